"""A cluster's scheduler and workers, asked whether they can run this program's tasks."""

from __future__ import annotations

from typing import Any

from napari_oneshot_color.errors import DeviceError
from napari_oneshot_color.stacks import lazy, zarr_writing
from napari_oneshot_color.stacks.scheduling import first_line
from napari_oneshot_color.versions import PROGRAM, installed_version

__all__ = ["check_cluster"]

_TASKS = (lazy, zarr_writing)  # what they are made of: who imports this module can run them


def check_cluster(client: Any) -> None:
    """Make sure that a cluster's scheduler and workers have this program, in this version.

    A worker that cannot import what a task is made of ends when it is given one.

    Parameters
    ----------
    client : distributed.Client
        The cluster's.

    Raises
    ------
    DeviceError
        If they have not, or lack a package that it needs.
    """
    here = _version_that_runs()
    try:
        there = client.run(_version_that_runs)
        there["the scheduler"] = client.run_on_scheduler(_version_that_runs)
    except Exception as error:  # the import of anything may fail there, in any way
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
    """Return the version where tasks can be run: there, this module is imported first."""
    return installed_version(PROGRAM)
