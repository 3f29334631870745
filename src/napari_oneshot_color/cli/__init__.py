"""The command line: ``napari-oneshot-color`` and its commands."""

from napari_oneshot_color.cli.app import app, main

__all__ = ["app", "main"]
