"""What a result was made from and with, so that it can be trusted and repeated."""

from __future__ import annotations

import platform
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from typing import Any

import torch

from napari_oneshot_color.colorizer import Colorizer
from napari_oneshot_color.errors import BadPairError
from napari_oneshot_color.pair import Prepared
from napari_oneshot_color.settings import DESCRIPTORS

__all__ = [
    "NOTE",
    "Stopwatch",
    "check_not_steered",
    "describe",
    "describe_image",
    "installed_versions",
]

NOTE = "The colour is inferred from one example; it was not measured."
_STEERED = {"hints": "follows hints", "faded_above": "is faded"}
_LIBRARIES = ("napari-oneshot-color", "torch", "numpy", "scipy", "scikit-image")


class Stopwatch:
    """Adds up the seconds spent in each stage, in `seconds`."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def time(self, stage: str) -> Iterator[None]:
        """Count what is inside as `stage`."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[stage] = round(time.perf_counter() - start, 3)


def describe(
    colorizer: Colorizer, sources: Sequence[Prepared], weights: Sequence[float] | None = None
) -> dict[str, Any]:
    """Write down settings, device, versions and the sources, as JSON can hold it.

    The instructions that the processor has are told, too: torch's sums depend on them.

    Parameters
    ----------
    colorizer : Colorizer
        Its settings are the resolved ones: they repeat the run.
    sources : sequence of Prepared
        What it was trained on.
    weights : sequence of float, optional
        Of several sources.
    """
    told = [
        describe_image(source) | {"weight": weight}
        for source, weight in zip(sources, weights or [1.0] * len(sources), strict=True)
    ]
    more: dict[str, Any] = {"sources": told} if len(told) > 1 else {}
    descriptor = colorizer.settings.descriptor
    if descriptor != "none":  # it tells what resembles what; the colours are the sources' own
        more["descriptor"] = {"name": descriptor, "sha256": DESCRIPTORS[descriptor]}
    return {
        "note": NOTE,
        "settings": colorizer.settings.to_dict(),
        "seed": colorizer.settings.seed,
        "device": str(colorizer.device),
        "machine": f"{platform.machine()}, {torch.backends.cpu.get_cpu_capability()}",
        "versions": installed_versions(),
        "source": describe_image(sources[0]),
    } | more


def installed_versions() -> dict[str, str]:
    """List the versions of Python and of the libraries that colours depend on."""
    return {"python": platform.python_version()} | {
        library: version(library) for library in _LIBRARIES
    }


def describe_image(image: Prepared) -> dict[str, Any]:
    """Write down an image's name, size in px and checksum."""
    height, width = image.full.shape[:2]
    told = {"name": image.name, "height": height, "width": width, "sha256": image.checksum}
    return told if image.limits is None else told | {"limits": list(image.limits)}


def check_not_steered(provenance: Mapping[str, Any], *steps: str) -> None:
    """Make sure that a result was not steered yet in some ways, which its record tells only once.

    Parameters
    ----------
    provenance : mapping
        Of the result.
    *steps : str
        Which must not have been taken: ``hints``, ``faded_above``.

    Raises
    ------
    BadPairError
        If one was.
    """
    for step in steps:
        if step in provenance:
            raise BadPairError(
                f"This result {_STEERED[step]} already. Give the result as it was before: regions "
                "are edited first, then hints are followed, then colours are faded."
            )
