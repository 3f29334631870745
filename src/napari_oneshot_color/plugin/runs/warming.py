"""What takes a while to import, imported in the background once a panel is open."""

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

_DELAY = 300  # ms: the panel itself comes first
_INTERVAL = 0.001  # s for which a thread that computes keeps the others waiting; 5 ms by default
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
    """Import torch, and what builds on it, in a thread of its own: else the first click waits."""
    if not _begun.is_set():
        QTimer.singleShot(_DELAY, _begin)


def _begin() -> None:
    if not _begun.is_set():
        _begun.set()
        threading.Thread(target=_import, name="oneshot-color-import", daemon=True).start()


def _load_libraries() -> None:
    """Load torch's libraries as its import does, but let the other threads go on meanwhile.

    Python itself loads an extension, and all that it needs, with its lock held: most of a second.
    Where this is of no use, the import does it.
    """
    found = importlib.util.find_spec("torch")
    if not sys.platform.startswith("linux") or found is None or not found.origin:
        return
    folder = Path(found.origin).with_name("lib")
    load = ctypes.CDLL(None).dlopen  # a foreign function, which is called without the lock
    load.restype = ctypes.c_void_p
    for name, mode in _LIBRARIES.items():
        if (folder / name).is_file():
            load(os.fsencode(folder / name), mode)


def _compile_labels() -> None:
    """Let napari compile what maps labels to colours, as it does for the first layer of them."""
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
    except Exception:  # whoever needs it says what is wrong
        _begun.clear()
    finally:
        sys.setswitchinterval(interval)
