"""The command line: ``napari-oneshot-color`` and its commands."""

from __future__ import annotations

import json
import logging
import sys
from typing import Annotated, Any, Literal

import typer

from napari_oneshot_color.cli.apply import apply
from napari_oneshot_color.cli.colorize import colorize, demo
from napari_oneshot_color.cli.console import err, say, tolerant
from napari_oneshot_color.cli.info import info
from napari_oneshot_color.cli.rank import rank
from napari_oneshot_color.cli.repeat import repeat
from napari_oneshot_color.cli.train import train
from napari_oneshot_color.errors import OneshotColorError, translated_errors
from napari_oneshot_color.log import log_to_file, log_unexpected
from napari_oneshot_color.settings import DEFAULT_PRESET, PRESETS, Settings, all_settings

__all__ = ["app", "main"]

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Colour a grey image from ONE colour example, offline. A small network is trained "
    "on this computer.",
)

PresetName: Any = Literal[tuple(PRESETS)]


def main() -> None:
    """Run the command line.

    The exit code is 0 for success, 1 for an error, 2 for wrong usage, and 130 after Ctrl-C.
    """
    tolerant()
    log_to_file()
    logging.getLogger("tifffile").setLevel(logging.CRITICAL)  # we report what matters ourselves
    try:
        with translated_errors():
            app()
    except OneshotColorError as error:
        say(f"Error: {error}", err)
        sys.exit(1)
    except OSError as error:  # not foreseen
        name = f" '{error.filename}'" if error.filename else ""
        say(f"Error: {error.strerror or error}:{name}. Check the file and its permissions.", err)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        say(f"Error: {log_unexpected(error)}", err)
        sys.exit(1)


@app.command(name="settings")
def print_settings(
    preset: Annotated[
        PresetName, typer.Option(help=f"One of: {', '.join(PRESETS)}.")
    ] = DEFAULT_PRESET,
) -> None:
    """Print all settings as JSON, with explanations. Edit the output and use it with --settings."""
    values = Settings.preset(preset).to_dict()
    explained = {setting.name: setting.full_help for setting in all_settings()}
    print(json.dumps({"settings": values, "help": explained}, indent=2))  # noqa: T201


for _command in (colorize, rank, repeat, demo, train, apply, info):
    app.command()(_command)
