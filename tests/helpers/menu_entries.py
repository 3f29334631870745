"""The plugin's entries in napari's menus, chosen as a user does."""

from napari._app_model import get_app_model

PLUGIN = "napari-oneshot-color"
ENTRIES = {
    "colorize": "Colorize from example",
    "recolor": "Correct colours",
    "hints": "Where to trust it",
    "apply": "Apply to more images",
}
"""Commands and what their entries say."""


def choose(command):
    """Choose an entry; until 0.6, napari called the commands after their entries."""
    commands = get_app_model().commands
    ids = f"{PLUGIN}.{command}", f"{PLUGIN}:{ENTRIES[command]}"
    return commands.execute_command(next(one for one in ids if one in commands)).result()
