"""Colorizer files dropped onto the viewer, or opened from its menu."""

import menu_entries
import numpy as np
import pytest

from napari_oneshot_color.plugin.panel import OneshotPanel
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
        until(lambda: shown_in(viewer)[0].apply.open_button.text().startswith("Open "))

    return drop_in


@pytest.fixture
def widget(viewer, dock):
    """The tab of the open panel, or of a new one."""

    def find():
        panels = shown_in(viewer)
        return panels[0].apply if panels else dock("Apply to more images")

    return find


def shown_in(viewer):
    return [one for one in viewer.window.dock_widgets.values() if isinstance(one, OneshotPanel)]


def test_dropped_colorizer_is_chosen_in_its_widget(
    viewer, drop, file, widget, target, run, said, names
):
    viewer.add_image(target, name="right")
    drop(file)
    assert said() == []
    assert names() == ["right"]
    assert widget().colorizer.native.currentText() == "bird.safetensors"
    run(widget())
    assert names() == ["right", "final · right"]


def test_several_dropped_colorizers_are_all_offered(drop, file, widget, tmp_path):
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
def by_menu():
    """Click the entry of napari's menu, which opens the panel."""
    return lambda: menu_entries.choose("apply")


def test_panel_opened_from_the_menu_is_used(viewer, drop, file, by_menu):
    by_menu()
    [panel] = shown_in(viewer)
    panel.show_tab("Colorize")
    drop(file)
    assert shown_in(viewer) == [panel]
    assert panel.tabs.currentIndex() == 3


def test_panel_opened_by_a_drop_is_the_one_of_the_menu(viewer, drop, file, by_menu):
    drop(file)
    [panel] = shown_in(viewer)
    by_menu()
    assert shown_in(viewer) == [panel]
    panel.parent().hide()
    drop(file)
    assert shown_in(viewer) == [panel]
    assert not panel.parent().isHidden()
    assert panel.apply.colorizer.native.count() == 2


def test_file_that_is_not_a_colorizer_is_reported(drop, file, widget, said):
    sentence = "'bird.safetensors' is not a colorizer, or is damaged. Save the colorizer again."
    for number, content in enumerate([b"", b"x" * 99], start=1):
        file.write_bytes(content)
        drop(file)
        assert said() == number * [sentence]
        assert widget().colorizer.native.count() == 0


def test_viewer_opens_a_colorizer_from_python(viewer, file, widget, until):
    assert viewer.open(file, plugin="napari-oneshot-color") == []
    until(lambda: widget().colorizer.native.count() == 1)
    assert widget().colorizer.native.currentText() == file.name


def test_other_files_are_left_to_other_readers():
    assert get_reader("image.tif") is None
    assert get_reader(["bird.safetensors", "image.tif"]) is None
    assert get_reader("BIRD.SAFETENSORS") is open_colorizers


def test_without_a_window_no_colorizer_is_read(monkeypatch, file):
    monkeypatch.setattr("napari.current_viewer", lambda: None)
    assert open_colorizers(str(file)) == []
    assert np.size(open_colorizers([str(file)])) == 0
