"""What is said in the viewer: where something was saved, what went wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from napari_oneshot_color.errors import OneshotColorError

__all__ = ["attempt", "notify", "notify_error"]


def attempt(save: Callable[[], Path]) -> None:
    """Save, and say in the viewer where, or why it did not work."""
    try:
        notify(f"Saved in {save()}")
    except OneshotColorError as error:
        notify_error(error)


def notify(sentence: str) -> None:
    """Show a sentence in the viewer."""
    from napari.utils.notifications import show_info

    show_info(sentence)


def notify_error(error: Exception) -> None:
    """Show an error's sentence in the viewer, and the traceback of one that nobody foresaw."""
    from napari.utils.notifications import notification_manager, show_error

    if isinstance(error, OneshotColorError):
        show_error(str(error))
    else:
        notification_manager.receive_error(type(error), error, error.__traceback__)
