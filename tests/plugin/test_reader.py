"""Colorizer files dropped onto the viewer, or opened from its menu."""

import numpy as np
import pytest
from napari._app_model import get_app_model

from napari_oneshot_color.plugin.apply_widget import ApplyWidget
from napari_oneshot_color.plugin.reader import get_reader, open_colorizers

PLUGIN = "napari-oneshot-color"


@pytest.fixture
def viewer(real_viewer):
    return real_viewer


@pytest.fixture
def file(result, tmp_path):
    path = tmp_path / "bird.safetensors"
    result.colorizer.save(path)
    return path


@pytest.fixture
def drop(viewer, until):
    """Open files as dropping them does."""
    window = getattr(viewer.window, "__wrapped__", viewer.window)

    def drop_in(*paths):
        # what napari does with what is dropped; it has no public name
        window._qt_viewer._qt_open([str(path) for path in paths], stack=False)
        panels = viewer.window.dock_widgets.values()
        [panel] = [one for one in panels if isinstance(one, ApplyWidget)]
        until(lambda: panel.open_button.text().startswith("Open "))

    return drop_in


@pytest.fixture
def widget(viewer, dock):
    """The panel that is there, or a new one."""

    def find():
        panels = [
            one for one in viewer.window.dock_widgets.values() if isinstance(one, ApplyWidget)
        ]
        return panels[0] if panels else dock("Apply a trained colorizer")

    return find


def test_dropped_colorizer_is_chosen_in_its_widget(
    viewer, drop, file, widget, target, run, said, names
):
    viewer.add_image(target, name="right")
    drop(file)
    assert said() == []
    assert names() == ["right"]
    assert widget().colorizer.native.currentText() == "bird.safetensors"
    run(widget())
    assert names() == ["right", "right · final"]


def test_several_colorizers_are_all_there(drop, file, widget, tmp_path):
    other = tmp_path / "other.safetensors"
    other.write_bytes(file.read_bytes())
    drop(file, other)
    items = widget().colorizer.native
    assert [items.itemText(i) for i in range(items.count())] == [file.name, other.name]
    assert items.currentText() == other.name


def test_widget_that_is_open_is_used(drop, file, widget):
    before = widget()
    drop(file)
    assert widget() is before
    assert before.colorizer.native.count() == 1


@pytest.fixture
def panels(viewer):
    """The titles of the panels that apply colorizers."""
    window = getattr(viewer.window, "__wrapped__", viewer.window)
    return lambda: [title for title in window.dock_widgets if title.startswith("Apply")]


@pytest.fixture
def by_menu():
    """Click the entry of napari's menu, which opens a panel, or hides it."""
    return lambda: get_app_model().commands.execute_command(f"{PLUGIN}.apply").result()


def test_panel_of_the_menu_is_used(drop, file, by_menu, panels):
    by_menu()
    drop(file)
    assert panels() == ["Apply a trained colorizer (One-shot Color)"]


def test_panel_that_a_drop_opens_is_the_menus(viewer, drop, file, by_menu, panels, said):
    drop(file)
    assert panels() == ["Apply a trained colorizer (One-shot Color)"]
    [panel] = (viewer.window.dock_widgets[title] for title in panels())
    by_menu()
    assert len(panels()) == 1
    panel.parent().hide()
    drop(file)
    assert len(panels()) == 1
    assert not panel.parent().isHidden()
    assert panel.colorizer.native.count() == 2


@pytest.mark.parametrize("content", [b"", b"x" * 99], ids=["empty", "foreign"])
def test_file_that_is_no_colorizer_is_said_in_a_sentence(drop, file, widget, said, content):
    file.write_bytes(content)
    drop(file)
    assert said() == [
        "'bird.safetensors' is not a colorizer, or is damaged. Save the colorizer again."
    ]
    assert widget().colorizer.native.count() == 0


def test_viewer_opens_it_from_python(viewer, file, widget, until):
    assert viewer.open(file, plugin="napari-oneshot-color") == []
    until(lambda: widget().colorizer.native.count() == 1)
    assert widget().colorizer.native.currentText() == file.name


def test_other_files_are_left_to_others():
    assert get_reader("image.tif") is None
    assert get_reader(["bird.safetensors", "image.tif"]) is None
    assert get_reader("BIRD.SAFETENSORS") is open_colorizers


def test_without_a_window_nothing_is_read(monkeypatch, file):
    monkeypatch.setattr("napari.current_viewer", lambda: None)
    assert open_colorizers(str(file)) == []
    assert np.size(open_colorizers([str(file)])) == 0
