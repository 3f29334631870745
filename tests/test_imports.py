"""Importing the core loads only what it needs."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import napari_oneshot_color

VIEWER = {"napari", "qtpy", "PyQt5", "PyQt6", "PySide2", "PySide6", "magicgui", "superqt"}
ROOT = Path(napari_oneshot_color.__file__).parent
CORE = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for path in ROOT.rglob("[!_]*.py")
    if "plugin" not in path.parts
)


def packages_after(statement):
    """Return the packages that a fresh interpreter has loaded after a statement."""
    code = f"{statement}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    finished = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    return {name.partition(".")[0] for name in json.loads(finished.stdout)}


def test_core_loads_no_viewer():
    statement = "\n".join(f"import napari_oneshot_color.{module}" for module in CORE)
    statement += "\nfrom napari_oneshot_color import *"
    assert {"pipeline", "cli.app", "result.result"} <= set(CORE)
    loaded = packages_after(statement)
    assert "torch" in loaded
    assert not loaded & VIEWER


@pytest.mark.parametrize(
    "statement",
    [
        "import napari_oneshot_color, napari_oneshot_color.settings\n"
        "napari_oneshot_color.Settings.preset('best')",
        "import napari_oneshot_color.cli",
    ],
    ids=["settings", "command line"],
)
def test_torch_is_not_loaded_before_it_is_needed(statement):
    loaded = packages_after(statement)
    assert "napari_oneshot_color" in loaded
    assert not loaded & {"torch", "matplotlib", "skimage", *VIEWER}


@pytest.mark.parametrize("name", napari_oneshot_color.__all__)
def test_public_name_exists(name):
    assert getattr(napari_oneshot_color, name).__name__ == name
    assert name in dir(napari_oneshot_color)


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'colourize'"):
        napari_oneshot_color.colourize  # noqa: B018
