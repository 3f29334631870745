"""A colorizer is read from a file, in the background."""

import pytest
from qtpy.QtWidgets import QFileDialog

from napari_oneshot_color.plugin.forms.open_colorizer import OpenColorizer


@pytest.fixture
def button(qtbot):
    made = OpenColorizer()
    qtbot.addWidget(made)
    return made


def test_chosen_file_is_read(button, result, click, tmp_path, monkeypatch):
    path = tmp_path / "bird.safetensors"
    result.colorizer.save(path)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(path), ""))
    opened = []
    button.opened.connect(lambda *both: opened.append(both))
    click(button)
    [(where, colorizer)] = opened
    assert where == path
    assert colorizer.checksum == result.colorizer.checksum


def test_button_shows_that_a_file_is_being_read(button, tmp_path, until, said):
    button.open(tmp_path / "none.safetensors")
    assert button.text() == "Opening…"
    until(lambda: button.text() == "Open a colorizer…")
    assert "There is no file" in said()[0]
