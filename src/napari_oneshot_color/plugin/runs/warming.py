"""Imports slow libraries in the background once a panel is open."""

from __future__ import annotations

import ctypes
import importlib
import importlib.util
import os
import sys
import threading
from pathlib import Path

import numpy as np
from qtpy.QtCore import QTimer

__all__ = ["import_soon"]

_DELAY = 300  # ms, so that the panel appears first
_INTERVAL = 0.001  # s after which Python switches threads; 5 ms by default
_MODULES = (
    "torch",
    "napari_oneshot_color.pipeline",
    "napari_oneshot_color.steering.recoloring",
)
_LIBRARIES = (
    {
        "libtorch_global_deps.so": os.RTLD_NOW | os.RTLD_GLOBAL,
        "libtorch_python.so": os.RTLD_LAZY | os.RTLD_LOCAL,
    }
    if sys.platform.startswith("linux")
    else {}
)
_begun = threading.Event()


def import_soon() -> None:
    """Import torch and the modules that need it in a thread, so that the first click is quick."""
    if not _begun.is_set():
        QTimer.singleShot(_DELAY, _begin)


def _begin() -> None:
    if not _begun.is_set():
        _begun.set()
        threading.Thread(target=_import, name="oneshot-color-import", daemon=True).start()


def _load_libraries() -> None:
    """Load torch's libraries like its import does, but without blocking other threads.

    Python holds its lock while it loads an extension with its dependencies, which takes most of a
    second. If this fails, the import loads them.
    """
    found = importlib.util.find_spec("torch")
    if not sys.platform.startswith("linux") or found is None or not found.origin:
        return
    folder = Path(found.origin).with_name("lib")
    load = ctypes.CDLL(None).dlopen  # foreign functions release the lock
    load.restype = ctypes.c_void_p
    for name, mode in _LIBRARIES.items():
        if (folder / name).is_file():
            load(os.fsencode(folder / name), mode)


def _compile_labels() -> None:
    """Make napari compile its colour mapping of labels, as it does for the first Labels layer."""
    from napari.layers import Labels

    Labels(np.eye(4, dtype=np.int32))


def _import() -> None:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(_INTERVAL)
    try:
        _load_libraries()
        for module in _MODULES:
            importlib.import_module(module)
        _compile_labels()
    except Exception:  # reported when it is needed
        _begun.clear()
    finally:
        sys.setswitchinterval(interval)
