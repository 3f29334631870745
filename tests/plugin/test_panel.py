"""The panel: its entries in napari's menus, and its contents."""

import contextlib
import re
from weakref import ref

import menu_entries
import numpy as np
import pytest
from qtpy.QtCore import QEvent, Qt
from qtpy.QtGui import QHelpEvent
from qtpy.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDockWidget,
    QFileDialog,
    QLabel,
    QLineEdit,
    QScrollBar,
    QToolTip,
    QWidget,
)

from napari_oneshot_color.plugin.forms.elided import ElidedCheckBox
from napari_oneshot_color.plugin.forms.form_parts import CONTROLS
from napari_oneshot_color.plugin.forms.run_controls import RunState
from napari_oneshot_color.plugin.forms.section import Section
from napari_oneshot_color.plugin.layers.inputs import Inputs
from napari_oneshot_color.plugin.layers.snapshot import snapshot
from napari_oneshot_color.plugin.panel import TITLE, WIDTH, OneshotPanel
from napari_oneshot_color.plugin.runs.finished import Finished
from napari_oneshot_color.plugin.runs.run import Run
from napari_oneshot_color.plugin.runs.session import Session

PLUGIN = "napari-oneshot-color"
ENTRIES = {
    "Colorize from example": "Colorize",
    "Correct colours": "Correct",
    "Where to trust it": "Trust",
    "Apply to more images": "Apply",
}
COMMANDS = {"colorize": "Colorize", "recolor": "Correct", "hints": "Trust", "apply": "Apply"}


@pytest.fixture
def viewer(real_viewer):
    return real_viewer


@pytest.fixture
def panels(viewer, until):
    """Find the viewer's panels, once the widgets that opened them have gone."""

    def find():
        until(lambda: list(viewer.window.dock_widgets) == [TITLE])
        return [one for one in viewer.window.dock_widgets.values() if type(one) is OneshotPanel]

    return find


@pytest.fixture
def choose():
    """Choose an entry of napari's menus."""
    return menu_entries.choose


def shown(panel):
    return panel.tabs.tabText(panel.tabs.currentIndex())


def test_each_entry_opens_the_panel_at_its_tab(viewer, panels, click):
    for entry, tab in ENTRIES.items():
        _, door = viewer.window.add_plugin_dock_widget(PLUGIN, entry)
        [panel] = panels()
        assert panel is door.panel
        assert shown(panel) == tab
        click(panel.parent().title.close_button)


def test_second_entry_switches_the_tab_of_the_open_panel(viewer, panels, choose):
    for command, name in COMMANDS.items():
        choose(command)
        [panel] = panels()
        panel.colorize.seed.value = 7
        assert shown(panel) == name
    for command, name in reversed(COMMANDS.items()):
        choose(command)
        assert panels() == [panel]
        assert shown(panel) == name
    assert panel.colorize.seed.value == 7


def test_entry_shows_a_hidden_panel(viewer, panels, choose):
    choose("colorize")
    [panel] = panels()
    dock = panel.parent()
    assert isinstance(dock, QDockWidget)
    dock.hide()
    choose("colorize")
    assert panels() == [panel]
    assert not dock.isHidden()


def test_two_entries_at_once_open_one_panel(viewer, panels):
    for entry in ENTRIES:  # as `napari -w napari-oneshot-color` does
        viewer.window.add_plugin_dock_widget(PLUGIN, entry, tabify=True)
    [panel] = panels()
    assert shown(panel) == "Apply"


def test_closed_panel_is_opened_anew(viewer, panels, choose, click):
    choose("colorize")
    [panel] = panels()
    click(panel.parent().title.close_button)
    choose("apply")
    [again] = panels()
    assert again is not panel


@pytest.fixture
def panel(choose, panels):
    choose("colorize")
    [panel] = panels()
    return panel


@pytest.fixture
def completed_in(uncertain):
    """Let a viewer have a run of its layers "left" and "right", without having trained."""

    def complete(viewer):
        left, right = (viewer.layers[name] for name in ("left", "right"))
        run = Run(viewer.layers, snapshot(right), {"final"})
        run.show_result(uncertain)
        inputs = Inputs((snapshot(left),), (1.0,), snapshot(right))
        colorizer, target = uncertain.colorizer, ref(right.__wrapped__)
        session = Session.of(viewer)
        session.add(run)
        session.keep(Finished(inputs, colorizer.settings, colorizer, run, target=target))
        session.add_colorizer("a colorizer with a long name, which has no room", colorizer)

    return complete


def unfold(widget):
    for section in widget.findChildren(Section):
        section.unfold()


def controls_in(widget):
    return [
        child
        for child in widget.findChildren(QWidget)
        if isinstance(child, CONTROLS)
        and not isinstance(child, QScrollBar)
        and not child.objectName().startswith(("qt_", "ScrollLeft", "ScrollRight"))
    ]


def test_every_control_has_a_name_and_is_explained(panel):
    assert len(controls_in(panel)) > 80
    unnamed = [child for child in controls_in(panel) if not child.accessibleName()]
    assert unnamed == []
    silent = [child.accessibleName() for child in controls_in(panel) if not child.toolTip()]
    assert not silent, silent


def test_panel_contains_no_identifiers(panel):
    texts = [child.toolTip() for child in panel.findChildren(QWidget)]
    for kind in (QLabel, QAbstractButton):
        texts += [child.text() for child in panel.findChildren(kind)]
    for box in panel.findChildren(QComboBox):
        texts += [box.itemText(n) for n in range(box.count())]
    terse = re.compile(r"dcgan|tile_size|\btruth\b|\bcolor\b|0 means|\b0 takes")
    assert [text for text in texts if terse.search(text)] == []


def test_tooltips_have_as_many_lines_as_they_need(panel, qtbot):
    box = panel.colorize.preset_choice.buttons["best"]
    place = box.mapToGlobal(box.rect().center())
    QApplication.sendEvent(box, QHelpEvent(QEvent.Type.ToolTip, box.rect().center(), place))
    assert QToolTip.text() == f"<qt>{box.toolTip()}</qt>"
    QToolTip.hideText()


def is_cut(widget):
    """Return whether a label, a button or a field has too little room for its text."""
    if not widget.isVisible() or isinstance(widget, ElidedCheckBox):
        return False
    if isinstance(widget, QLabel) and widget.wordWrap():
        return widget.height() < widget.heightForWidth(widget.width())
    if isinstance(widget, QAbstractSpinBox):
        line = widget.findChild(QLineEdit)
        if line.width() <= line.fontMetrics().horizontalAdvance(widget.text()):
            return True
    elif isinstance(widget, QLabel | QAbstractButton):
        wanted = widget.minimumSizeHint().width() if widget.text() else 0
        return widget.width() < wanted
    return widget.height() < widget.minimumSizeHint().height()


def test_no_text_is_cut_or_widens_the_panel(
    make_napari_viewer_proxy, qtbot, source, target, completed_in
):
    viewer = make_napari_viewer_proxy(show=True)
    viewer.window.resize(1280, 720)
    viewer.add_image(source, rgb=True, name="left")
    viewer.add_image(source[::-1], rgb=True, name="a source with a long name, the second one")
    viewer.add_image(np.stack([target] * 3), name="stack")
    viewer.add_image(target, name="right")
    _, door = viewer.window.add_plugin_dock_widget(PLUGIN, "Colorize from example")
    panel = door.panel
    completed_in(viewer)
    for name in ENTRIES.values():
        panel.show_tab(name)
        tab = panel.tab(name)
        unfold(tab)
        if name == "Colorize":
            qtbot.waitUntil(lambda tab=tab: tab.results.next.isVisible())
            tab.results.buttons["Compare"].click()
            tab.more_sources.choose([viewer.layers[1]])
        if name == "Correct":
            tab.paint((0.1, 0.3, 0.7))
            tab.regions.edit.click()
        if name == "Apply":
            tab.target.value = viewer.layers["stack"]
        kinds = (QLabel, QAbstractButton, QAbstractSpinBox, QComboBox)
        parts = [child for kind in kinds for child in tab.findChildren(kind)]
        cut = lambda parts=parts: [one for one in parts if is_cut(one)]  # noqa: E731
        with contextlib.suppress(qtbot.TimeoutError):
            qtbot.waitUntil(lambda cut=cut: cut() == [], timeout=3000)
        assert [(type(one).__name__, one.text(), one.toolTip()) for one in cut()] == []
        tab.layout().activate()
        assert tab.minimumSizeHint().width() <= WIDTH - 18, name  # a scroll bar has its place, too


def test_window_does_not_grow(make_napari_viewer, qtbot, source, target):
    viewer = make_napari_viewer(show=True)
    window = viewer.window._qt_window  # its size has no public name
    viewer.add_image(source, rgb=True, name="left")
    viewer.add_image(target, name="right")
    for size in ((1000, 700), (1280, 720)):
        viewer.window.resize(*size)
        qtbot.waitUntil(lambda size=size: (window.width(), window.height()) == size)
        _, door = viewer.window.add_plugin_dock_widget(PLUGIN, "Colorize from example")
        for name in ENTRIES.values():
            door.panel.show_tab(name)
            unfold(door.panel.tab(name))
            qtbot.wait(100)
            assert (window.width(), window.height()) == size


@pytest.fixture
def counted(qtbot):
    """Click as a user does, and count."""
    clicks = []

    def click_on(button):
        assert button.isVisibleTo(button.window())
        assert button.isEnabled()
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
        clicks.append(button)

    click_on.clicks = clicks
    return click_on


def test_sample_to_result_takes_three_clicks(viewer, choose, panels, counted, fill, until):
    counted.clicks.append(choose("colorize"))  # the entry in the menu
    [panel] = panels()
    tab = panel.colorize
    fill(tab)  # for the test's sake: tiny
    counted(tab.start.button)
    until(lambda: tab.controls.button.isEnabled())
    counted(tab.controls.button)
    until(lambda: tab.controls.state is RunState.IDLE and tab.result is not None)
    assert viewer.layers["final · motorcycle"].visible
    assert len(counted.clicks) == 3


def test_own_pair_to_saved_picture_takes_six_clicks(
    viewer, choose, panels, counted, fill, until, source, target, tmp_path, monkeypatch
):
    viewer.add_image(source, rgb=True, name="other")
    viewer.add_image(source[::-1], rgb=True, name="example")
    viewer.add_image(target, name="scan")
    counted.clicks.append(choose("colorize"))  # the entry in the menu
    [panel] = panels()
    tab = panel.colorize
    fill(tab)
    tab.source.value = viewer.layers["example"]  # opens the list, and chooses in it
    counted.clicks.extend([tab.source, tab.source])
    until(lambda: tab.controls.button.isEnabled())
    counted(tab.controls.button)
    until(lambda: tab.controls.state is RunState.IDLE and tab.result is not None)

    def answer(*_):
        counted.clicks.append("Save")  # in the dialog, which suggests a name
        return str(tmp_path / "scan.png"), ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", answer)
    counted(tab.buttons["Save…"])
    until((tmp_path / "scan.png").is_file)
    assert len(counted.clicks) == 6


def test_next_steps_lead_to_the_other_tabs(panel, layers, fill, run, click, until):
    tab = panel.colorize
    fill(tab)
    until(lambda: tab.controls.button.isEnabled())
    run(tab)
    click(tab.buttons["Colour more like this"])
    assert shown(panel) == "Apply"
    assert panel.apply.colorizer.value is tab.colorizer
    panel.show_tab("Colorize")
    click(tab.buttons["Correct a colour"])
    assert shown(panel) == "Correct"


def test_tab_key_goes_from_top_to_bottom(panel):
    tab = panel.colorize
    wanted = [
        tab.start.button,
        tab.source.native,
        tab.target.native,
        *tab.preset_choice.buttons.values(),
        tab.controls.button,
        tab.results.choice.native,
        tab.buttons["Save…"],
        tab.buttons["Undo"],
        tab.results.stages,
        tab.buttons["Correct a colour"],
        tab.more.button,
        tab.preset.native,
        tab.seed.native,
    ]
    visited, widget = [], tab.start.button
    while widget != wanted[-1] and len(visited) < 1000:
        visited.append(widget)  # none outside of the panel: PySide would keep the viewer alive
        widget = widget.nextInFocusChain()
    places = [visited.index(control) for control in wanted[:-1]]
    assert places == sorted(places)
