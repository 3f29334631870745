"""What takes a while to import, imported in the background once a panel is open."""

from __future__ import annotations

import importlib
import sys
import threading

from qtpy.QtCore import QTimer

__all__ = ["import_soon"]

_DELAY = 300  # ms: the panel itself comes first
_INTERVAL = 0.001  # s for which a thread that computes keeps the others waiting; 5 ms by default
_MODULES = ("torch", "napari_oneshot_color.pipeline", "napari_oneshot_color.recoloring")
_begun = threading.Event()


def import_soon() -> None:
    """Import torch, and what builds on it, in a thread of its own: else the first click waits."""
    if not _begun.is_set():
        QTimer.singleShot(_DELAY, _begin)


def _begin() -> None:
    if not _begun.is_set():
        _begun.set()
        threading.Thread(target=_import, name="oneshot-color-import", daemon=True).start()


def _import() -> None:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(_INTERVAL)
    try:
        for module in _MODULES:
            importlib.import_module(module)
    except Exception:  # whoever needs it says what is wrong
        _begun.clear()
    finally:
        sys.setswitchinterval(interval)
