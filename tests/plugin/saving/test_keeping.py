"""Buttons that save a run, with and without a result."""

import numpy as np
import pytest
from qtpy.QtWidgets import QFileDialog
from shown import as_shown

from napari_oneshot_color.files.decoding import read_image
from napari_oneshot_color.plugin.runs.finished import Finished
from napari_oneshot_color.plugin.runs.session import Session
from napari_oneshot_color.plugin.saving.keeping import Keeping


@pytest.fixture
def keeping(viewer, qtbot):
    made = Keeping(Session.of(viewer))
    qtbot.addWidget(made)
    qtbot.addWidget(made.save)
    return made


def enabled(keeping):
    return [name for name, button in keeping.buttons.items() if button.isEnabled()]


def test_buttons_are_enabled_if_there_is_something_to_save(keeping, completed, result):
    assert enabled(keeping) == []
    keeping.set_finished(completed)
    assert enabled(keeping) == list(keeping.buttons)
    keeping.set_finished(Finished(completed.inputs, completed.settings, result.colorizer))
    assert enabled(keeping) == ["Save colorizer…"]


def test_suggested_name_is_the_targets(keeping, completed, monkeypatch, click, tmp_path, result):
    asked = []

    def answer(parent, title, name, formats):
        asked.extend([name, formats])
        return str(tmp_path / name), "TIFF (*.tif *.tiff)"

    monkeypatch.setattr(QFileDialog, "getSaveFileName", answer)
    keeping.set_finished(completed)
    click(keeping.save)
    assert asked[0] == "right colorized.png"
    assert asked[1].startswith("PNG (*.png);;TIFF (*.tif *.tiff);;")
    saved = read_image(tmp_path / "right colorized.png")
    np.testing.assert_array_equal(saved, as_shown(result.final))
