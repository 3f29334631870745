"""The palette shows the colours of hints, and the panel makes one the brush colour."""

import numpy as np
import pytest
from qtpy.QtGui import QColor
from qtpy.QtWidgets import QColorDialog

from napari_oneshot_color.plugin.hints import labels
from napari_oneshot_color.plugin.hints.colors import HintColors, Palette

RED, BLUE = (0.75, 0.25, 0.25), (0.25, 0.375, 0.75)  # exact as float32


@pytest.fixture
def palette(qtbot):
    made = Palette()
    qtbot.addWidget(made)
    return made


@pytest.fixture
def colors(viewer, qtbot):
    made = HintColors(viewer)
    qtbot.addWidget(made)
    return made


@pytest.fixture
def layer(viewer):
    data = np.zeros((8, 8), np.uint8)
    return viewer.add_labels(data, colormap=labels.colormap_of({1: RED}), name="dabs")


def test_buttons_have_the_colors_and_the_current_one_is_ticked(palette):
    palette.show_colors({1: RED, 4: BLUE}, 4)
    styles = {label: button.styleSheet() for label, button in palette.buttons.items()}
    assert "rgb(191, 64, 64)" in styles[1]
    assert "rgb(64, 96, 191)" in styles[4]
    assert [palette.buttons[label].text() for label in (1, 4)] == ["", "✓"]
    assert palette.buttons[1].accessibleName() == "Colour 1"
    assert palette.buttons[4].accessibleName() == "Colour 4, in hand"
    palette.show_colors({1: (1.0, 1.0, 0.9), 4: BLUE}, 1)
    assert palette.buttons[1].text() == "✓"
    assert "color: black" in palette.buttons[1].styleSheet()  # seen on a pale one, too


def test_clicked_button_is_chosen(palette):
    chosen = []
    palette.chosen.connect(chosen.append)
    palette.show_colors({1: RED, 4: BLUE}, 1)
    palette.buttons[4].click()
    assert chosen == [4]


def test_buttons_stay_while_the_labels_do(palette):
    palette.show_colors({1: RED}, 1)
    button = palette.buttons[1]
    palette.show_colors({1: BLUE}, 1)
    assert palette.buttons[1] is button
    palette.show_colors({1: BLUE, 2: RED}, 1)
    assert palette.buttons[1] is not button


def test_thousands_of_labels_have_few_buttons_the_current_one_among_them(palette):
    palette.show_colors(dict.fromkeys(range(1, 3001), RED), 2500)
    assert list(palette.buttons) == [*range(1, 65), 2500]


def test_panel_without_a_layer_does_nothing(colors):
    assert not colors.change.isEnabled()
    colors.set_color(BLUE)
    colors.add_color(BLUE)
    colors.paint_with(1)
    assert colors.palette_row.buttons == {}


def test_panel_follows_the_layer_it_serves_and_no_other(colors, layer, viewer):
    colors.set_layer(layer)
    colors.add_color(BLUE)
    assert list(colors.palette_row.buttons) == [1, 2]
    assert layer.selected_label == 2
    assert viewer.layers.selection.active == layer
    colors.paint_with(1)
    assert (layer.selected_label, layer.mode) == (1, "paint")
    colors.set_layer(None)
    labels.add_color(layer, RED)
    assert colors.palette_row.buttons == {}


def test_without_a_visible_color_a_dialog_opens(colors, viewer, monkeypatch):
    wanted = []
    colors.picked.connect(wanted.append)
    monkeypatch.setattr(QColorDialog, "getColor", lambda *_: QColor.fromRgbF(*BLUE))
    colors.pick.click()
    assert wanted == [pytest.approx(BLUE, abs=1e-4)]
    assert not colors.pick.isChecked()
    viewer.add_image(np.zeros((8, 8, 3)), rgb=True)
    colors.pick.click()
    assert colors.pick.isChecked()
    assert len(wanted) == 1


def test_only_one_tool_at_a_time_waits_for_a_click(colors, viewer, qtbot):
    viewer.add_image(np.zeros((8, 8, 3)), rgb=True)
    other = HintColors(viewer)
    qtbot.addWidget(other)
    before = list(viewer.mouse_drag_callbacks)
    colors.pick.click()
    other.pick.click()
    assert (colors.pick.isChecked(), other.pick.isChecked()) == (False, True)
    assert len(viewer.mouse_drag_callbacks) == len(before) + 1


def test_eyedropper_is_put_away_when_the_panel_is_hidden(colors, layer, viewer, qtbot):
    before = list(viewer.mouse_drag_callbacks)
    viewer.add_image(np.zeros((8, 8, 3)), rgb=True)
    colors.set_layer(layer)
    with qtbot.waitExposed(colors):
        colors.show()
    colors.pick.click()
    assert len(viewer.mouse_drag_callbacks) == len(before) + 1
    colors.hide()
    assert not colors.pick.isChecked()
    assert viewer.mouse_drag_callbacks == before


def test_eyedropper_is_put_away_when_the_panel_is_destroyed(viewer, layer, until):
    before = list(viewer.mouse_drag_callbacks)
    viewer.add_image(np.zeros((8, 8, 3)), rgb=True)
    panel = HintColors(viewer)
    panel.set_layer(layer)
    panel.pick.click()
    assert len(viewer.mouse_drag_callbacks) == len(before) + 1
    ended = []  # pytest-qt cannot disconnect from an object that is gone, with PySide
    panel.destroyed.connect(lambda *_: ended.append(True))
    panel.deleteLater()
    until(lambda: bool(ended))
    assert viewer.mouse_drag_callbacks == before
