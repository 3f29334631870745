"""Checks whether a cluster's scheduler and workers can run this program's tasks."""

from __future__ import annotations

from typing import Any

from napari_oneshot_color.errors import DeviceError
from napari_oneshot_color.stacks import lazy, zarr_writing
from napari_oneshot_color.stacks.scheduling import first_line
from napari_oneshot_color.versions import PROGRAM, installed_version

__all__ = ["check_cluster"]

_TASKS = (lazy, zarr_writing)  # modules that tasks need: a worker that imports this module has them


def check_cluster(client: Any) -> None:
    """Check that a cluster's scheduler and workers have this version of the program.

    A worker that cannot import the code of a task ends when it receives it.

    Parameters
    ----------
    client : distributed.Client
        Client of the cluster.

    Raises
    ------
    DeviceError
        If one of them has another version, or lacks the program or a package that it needs.
    """
    here = _version_that_runs()
    try:
        there = client.run(_version_that_runs)
        there["the scheduler"] = client.run_on_scheduler(_version_that_runs)
    except Exception as error:  # any import may fail there, in any way
        raise DeviceError(
            f"The cluster cannot run this program: {first_line(error)}. Install {PROGRAM} where "
            "its scheduler and its workers run, in the same version as here."
        ) from error
    for place, version in there.items():
        if version != here:
            raise DeviceError(
                f"{PROGRAM} is {here} here, and {version} at {place} of the cluster. Install the "
                "same version everywhere."
            )


def _version_that_runs() -> str:
    """Return the installed version; where it is called, this module is imported first."""
    return installed_version(PROGRAM)
