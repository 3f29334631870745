"""The panel "One-shot Color": one for each viewer, with a tab for each step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QEvent, QSize, Qt, QTimer
from qtpy.QtWidgets import QDockWidget, QTabWidget, QVBoxLayout, QWidget

from napari_oneshot_color.plugin.forms.focus_ring import FocusRing
from napari_oneshot_color.plugin.forms.form_parts import explain, scrolling, tab_in_order
from napari_oneshot_color.plugin.forms.guide import Guide
from napari_oneshot_color.plugin.tabs.apply import ApplyTab
from napari_oneshot_color.plugin.tabs.colorize import ColorizeTab
from napari_oneshot_color.plugin.tabs.correct import CorrectTab
from napari_oneshot_color.plugin.tabs.trust import TrustTab

if TYPE_CHECKING:
    import napari.viewer
    from napari.layers import Image

    from napari_oneshot_color.colorizer.colorizer import Colorizer
    from napari_oneshot_color.plugin.runs.run import Run

__all__ = ["TITLE", "WIDTH", "Door", "OneshotPanel", "open_panel"]

TITLE = "One-shot Color"
_BAR = "QTabBar { padding: 0px; border: 0px; } QTabBar::tab { padding: 5px 9px; }"
"""napari's style pads both the bar and each tab, which cuts off the tabs' upper edge."""
WIDTH = 300
"""Preferred width of the panel in px."""
_HELP = {
    "Colorize": "Colour a grey image from a colour example.",
    "Correct": "Correct wrong colours.",
    "Trust": "See where the colours are unreliable.",
    "Apply": "Colour more images, or a stack, with a trained colorizer.",
}


class OneshotPanel(QWidget):
    """The panel: colour a layer, correct it, see where to trust it, and colour more images.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        The viewer whose layers are offered, and to which results are added.

    Attributes
    ----------
    colorize, correct, trust, apply : QWidget
        The tabs.
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        self.colorize = ColorizeTab(viewer)
        self.correct = CorrectTab(viewer)
        self.trust = TrustTab(viewer)
        self.apply = ApplyTab(viewer)
        self._by_name: dict[str, Any] = {
            "Colorize": self.colorize,
            "Correct": self.correct,
            "Trust": self.trust,
            "Apply": self.apply,
        }
        self.tabs = QTabWidget()
        bar = self.tabs.tabBar()
        assert bar is not None
        bar.setStyleSheet(_BAR)
        for number, (name, tab) in enumerate(self._by_name.items()):
            self.tabs.addTab(scrolling(tab), name)
            self.tabs.setTabToolTip(number, _HELP[name])
            tab_in_order(tab)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.tabs)
        layout.addWidget(Guide(), alignment=Qt.AlignmentFlag.AlignRight)
        for tab in (self.colorize, self.apply):
            tab.controls.stop_with(self)
        explain(self)
        self._ring = FocusRing(self)
        self.colorize.correct_wanted.connect(self._correct)
        self.colorize.apply_wanted.connect(self._apply)
        self.colorize.stack_wanted.connect(self._color_stack)

    def tab(self, name: str) -> Any:
        """Return a tab by its title: Colorize, Correct, Trust or Apply."""
        return self._by_name[name]

    def show_tab(self, name: str) -> None:
        """Show a tab, given its title."""
        self.tabs.setCurrentIndex(list(self._by_name).index(name))

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return a width that leaves room for the image on a small screen."""
        return QSize(WIDTH, super().sizeHint().height())

    def _correct(self, run: Run) -> None:
        self.correct.take_run(run)
        self.show_tab("Correct")

    def _apply(self, colorizer: Colorizer) -> None:
        self.apply.take_colorizer(colorizer)
        self.show_tab("Apply")

    def _color_stack(self, colorizer: Colorizer, layer: Image) -> None:
        self.apply.color_stack(colorizer, layer)
        self.show_tab("Apply")

    def reset_choices(self, event: object = None) -> None:
        """Update the choices of layers; napari calls this when layers change."""
        for tab in self._by_name.values():
            tab.reset_choices()


class Door(QWidget):
    """The widget of a menu entry, which opens the viewer's one panel at a tab.

    napari puts each entry's widget into its own dock. This one closes its dock at once, so that
    the entry can be chosen again.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        The viewer, which gets the panel if it has none.

    Attributes
    ----------
    panel : OneshotPanel
        The viewer's panel.
    """

    leads_to = ""
    """Title of the tab."""

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        self._viewer = viewer
        self.panel = open_panel(viewer, self.leads_to)

    @property
    def tab(self) -> Any:
        """The open tab."""
        return self.panel.tab(self.leads_to)

    def event(self, event: Any) -> bool:
        """Close the dock once this widget is in it."""
        dock = self.parent()
        if event.type() == QEvent.Type.ParentChange and isinstance(dock, QDockWidget):
            dock.hide()  # before napari adds it to the window and resizes it
            QTimer.singleShot(0, self._go)
        return super().event(event)

    def _go(self) -> None:
        self._viewer.window.remove_dock_widget(self)
        self.deleteLater()


def open_panel(viewer: Any, tab: str) -> OneshotPanel:
    """Show a viewer's panel at a tab; add the panel if there is none.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        A viewer with a window.
    tab : str
        Title of the tab, see `OneshotPanel.show_tab`.
    """
    found = [one for one in viewer.window.dock_widgets.values() if isinstance(one, OneshotPanel)]
    if found:
        [panel] = found
        dock: Any = panel
        while not isinstance(dock, QDockWidget):
            dock = dock.parent()
        dock.show()
        dock.raise_()
    else:
        panel = OneshotPanel(viewer)
        viewer.window.add_dock_widget(panel, name=TITLE)
    panel.show_tab(tab)
    return panel
