"""Unintended changes: by the wheel, by the Tab key, by a removed layer."""

import numpy as np
import pytest
from qtpy.QtCore import QPoint, QPointF, Qt
from qtpy.QtGui import QWheelEvent
from qtpy.QtWidgets import (
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QScrollBar,
)

from napari_oneshot_color.plugin.layers.snapshot import snapshot
from napari_oneshot_color.plugin.runs.run_layers import RunLayers

PLUGIN = "napari-oneshot-color"
TITLES = [
    "Colorize from example",
    "Apply to more images",
    "Correct colours",
    "Where to trust it",
]


@pytest.fixture
def viewer(make_napari_viewer_proxy):
    """An empty viewer with a visible window, so that fields can have the focus."""
    return make_napari_viewer_proxy(show=True)


@pytest.fixture
def open_widget(viewer, until):
    """Open a widget in the window, and wait until it is visible."""

    def open_one(title):
        panel = viewer.window.add_plugin_dock_widget(PLUGIN, title)[1].tab
        until(panel.isVisible)
        panel.window().activateWindow()
        return panel

    return open_one


def roll(widget):
    """Turn the mouse wheel over a widget."""
    middle = QPointF(widget.rect().center())
    event = QWheelEvent(
        middle,
        QPointF(widget.mapToGlobal(widget.rect().center())),
        QPoint(0, 0),
        QPoint(0, -120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)
    return event


def value_of(field):
    return field.currentIndex() if isinstance(field, QComboBox) else field.value()


def fields_of(panel):
    kinds = (QAbstractSpinBox, QComboBox, QAbstractSlider)
    return [
        field
        for kind in kinds
        for field in panel.findChildren(kind)
        if not isinstance(field, QScrollBar)
    ]


@pytest.mark.parametrize("title", TITLES)
def test_wheel_over_a_field_without_focus_changes_nothing(
    viewer, open_widget, source, target, finished, title
):
    viewer.add_image(source, rgb=True, name="second")
    viewer.add_image(target, name="third")
    panel = open_widget(title)
    QApplication.processEvents()
    fields = fields_of(panel)
    assert fields
    for field in fields:
        field.clearFocus()
        before = value_of(field)
        assert not roll(field).isAccepted()  # so what the field lies in scrolls
        assert value_of(field) == before, field
        assert not field.hasFocus()


def test_wheel_over_a_field_with_focus_changes_it(open_widget, layers, until):
    panel = open_widget("Colorize from example")
    panel.more.unfold()
    field = panel.seed.native
    field.setFocus()
    until(field.hasFocus)
    field.setValue(5)
    roll(field)
    assert field.value() == 4


def test_tab_key_skips_a_folded_section(open_widget, layers, until, qtbot):
    panel = open_widget("Colorize from example")
    panel.more.unfold()
    panel.source.native.setFocus()
    until(panel.source.native.hasFocus)
    entered = []
    for _ in range(60):
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        entered.append(QApplication.focusWidget())
    hidden = [*panel.settings.fields.values(), *panel.layers.values()]
    natives = [field.native for field in hidden]
    inside = [one for one in entered if any(one is n or n.isAncestorOf(one) for n in natives)]
    assert inside == []
    assert panel.seed.native in entered or any(isinstance(one, QLineEdit) for one in entered)


def test_tab_key_enters_an_unfolded_section(open_widget, layers):
    panel = open_widget("Colorize from example")
    panel.more.unfold()
    field = panel.layers["tiles"].native
    assert not field.isVisible()
    section = field.parent()
    while type(section) is not type(panel.losses):
        section = section.parent()
    section.unfold()
    assert field.isVisible()
    section.unfold(False)
    assert not field.isVisible()


@pytest.fixture
def listed():
    return lambda box: [box.native.itemText(n) for n in range(box.native.count())]


def test_removed_target_or_source_is_not_replaced_by_our_layers(
    viewer, open_widget, finished, listed, until
):
    panel, apply = open_widget(TITLES[0]), open_widget(TITLES[1])
    assert listed(panel.source) == ["left"]
    assert listed(panel.target) == listed(apply.target) == ["right"]
    viewer.layers.remove("right")
    viewer.layers.remove("left")
    assert panel.source.value is None
    assert panel.target.value is None
    assert apply.target.value is None
    until(lambda: "Add a colour (RGB) image" in panel.controls.sentence.text())


def test_layers_of_a_current_run_are_not_sources(viewer, open_widget, layers, listed):
    panel = open_widget(TITLES[0])
    layers_of_run = RunLayers(viewer.layers, snapshot(layers[1]), {"tiles"})
    layers_of_run.show_live(np.zeros((48, 64, 3), np.float32))
    assert "tiles · right" in [layer.name for layer in viewer.layers]
    assert listed(panel.source) == ["left"]


@pytest.mark.parametrize("kinds", [{"merged", "L*", "final"}], ids=["with L*"])
def test_results_are_offered_on_request(viewer, open_widget, finished, listed):
    panel = open_widget(TITLES[0])
    viewer.layers.selection = {viewer.layers["merged · right"], viewer.layers["right"]}
    assert panel.source.value.name == "left"
    panel.own_layers.value = True
    assert "final · right" in listed(panel.source)
    assert "L* · right" in listed(panel.target)
    assert panel.source.value.name == "left"
    viewer.layers.selection.clear()
    viewer.layers.selection = {viewer.layers["merged · right"], viewer.layers["right"]}
    assert panel.source.value.name == "merged · right"


@pytest.mark.parametrize("key", ["motorcycle", "immunohistochemistry", "retina"])
def test_sample_images_lie_side_by_side_and_the_truth_is_hidden(
    viewer, open_widget, until, listed, key
):
    panel = open_widget(TITLES[0])
    viewer.open_sample(PLUGIN, key)
    source, truth, target = viewer.layers
    right_of_source = source.extent.world[1][1]
    assert right_of_source < target.extent.world[0][1]
    assert source.extent.world[0][0] == target.extent.world[0][0]
    np.testing.assert_array_equal(truth.extent.world, target.extent.world)
    camera = viewer.scene.camera if hasattr(viewer, "scene") else viewer.camera
    world = np.stack([source.extent.world, target.extent.world])
    middle = (world.min(axis=(0, 1)) + world.max(axis=(0, 1))) / 2
    until(lambda: np.allclose(camera.center[-2:], middle, atol=1))
    panel.own_layers.value = True
    assert listed(panel.source) == [source.name]
    assert truth not in panel.more_sources.rows
    assert panel.target.value == target
