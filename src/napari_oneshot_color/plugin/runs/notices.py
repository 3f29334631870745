"""Notifications in the viewer: where something was saved, what went wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from napari_oneshot_color.errors import OneshotColorError
from napari_oneshot_color.log import log_unexpected

__all__ = ["attempt", "notify", "notify_error"]


def attempt(save: Callable[[], Path]) -> None:
    """Save, and show in the viewer where, or the reason of a failure."""
    try:
        notify(f"Saved in {save()}")
    except OneshotColorError as error:
        notify_error(error)


def notify(sentence: str) -> None:
    """Show a notification in the viewer."""
    from napari.utils.notifications import show_info

    show_info(sentence)


def notify_error(error: Exception) -> None:
    """Show an error in the viewer; unexpected errors are logged and shown with a traceback.

    The notification of an unexpected error names the log file.
    """
    from napari.utils.notifications import ErrorNotification, notification_manager, show_error

    if isinstance(error, OneshotColorError):
        show_error(str(error))
        return
    notification = ErrorNotification(error)
    notification.message = log_unexpected(error)
    notification_manager.dispatch(notification)
