"""How the forms behave: combo boxes that follow the layers, rows, scrolling."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Protocol
from weakref import ref

from magicgui.widgets import CheckBox
from qtpy.compat import isalive
from qtpy.QtCore import QEvent, QObject, Qt
from qtpy.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QFormLayout,
    QFrame,
    QLabel,
    QLayout,
    QPushButton,
    QScrollArea,
    QScrollBar,
    QSizePolicy,
    QToolTip,
    QWidget,
)

from napari_oneshot_color.plugin.forms.elided import elide, shown_in

if TYPE_CHECKING:
    from magicgui.widgets import ComboBox
    from magicgui.widgets.bases import ValueWidget
    from napari.components import LayerList

__all__ = [
    "CONTROLS",
    "button",
    "explain",
    "follow_names",
    "if_alive",
    "line",
    "offer_anew",
    "rows",
    "scrolling",
    "shrinking",
    "tab_in_order",
    "wheel_with_focus",
    "wrapped",
]


CONTROLS = (QAbstractButton, QAbstractSlider, QAbstractSpinBox, QComboBox)
"""What a user works with."""


class _Choosing(Protocol):
    def reset_choices(self) -> None: ...


def follow_names(layers: LayerList, widget: _Choosing) -> None:
    """Reset a widget's choices when a layer gets another name; napari 0.6 does it for others only.

    Later ones reset docked widgets after new names as they do after new layers.
    """
    if "renamed" in layers.events:
        return
    watching = ref(widget)

    def look(event: Any) -> None:
        alive = watching()
        if event.type == "name" and alive is not None:
            alive.reset_choices()

    layers.events.connect(look)


def if_alive(method: Callable[..., None]) -> Callable[..., None]:
    """Let a widget's method do nothing once Qt has destroyed the widget: a run may outlive it."""

    @wraps(method)
    def unless_gone(self: Any, *arguments: Any) -> None:
        if isalive(self):  # type: ignore[no-untyped-call]
            method(self, *arguments)

    return unless_gone


def button(text: str, help: str) -> QPushButton:
    """Make a button that says what it does when the mouse rests on it."""
    made = QPushButton(text)
    made.setToolTip(help)
    return made


def line() -> QFrame:
    """Make a line between two parts of a form."""
    drawn = QFrame()
    drawn.setFrameShape(QFrame.Shape.HLine)
    return drawn


def offer_anew(box: ComboBox) -> None:
    """Offer what there is now. magicgui goes by names: a choice that was renamed would be lost."""
    chosen = box.value
    with box.changed.blocked():
        box.reset_choices()
        if chosen in box.choices:
            box.value = chosen


def shrinking(box: QComboBox) -> None:
    """Let a combo box be narrower than its longest entry: layers have long names."""
    elide(box)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(12)


def rows(*fields: ValueWidget[Any]) -> QWidget:
    """Put magicgui's fields below each other, their labels in a column of one width.

    The fields must be kept alive elsewhere: Qt has their native widgets alone.
    """
    form = QWidget()
    layout = QFormLayout(form)
    layout.setContentsMargins(4, 4, 4, 4)
    layout.setVerticalSpacing(4)
    layout.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    layout.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
    layout.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
    for field in fields:
        if isinstance(field, CheckBox):  # it says itself what it is
            layout.addRow(field.native)
            continue
        label = QLabel(field.label)
        label.setToolTip(field.tooltip or "")
        label.setBuddy(field.native)
        field.native.setAccessibleName(field.label)
        layout.addRow(label, field.native)
    return form


def wrapped(text: str = "") -> QLabel:
    """Make a label that takes the width it is given, and as many lines as it needs."""
    label = QLabel(text)
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    return label


def scrolling(content: QWidget) -> QScrollArea:
    """Let a form scroll up and down, so that the button below it stays in sight."""
    area = _UpAndDown()
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setWidget(content)
    return area


def tab_in_order(panel: QWidget) -> None:
    """Let the Tab key go from control to control as they lie below each other."""
    controls = list(_in_order(panel))
    for before, after in pairwise(controls):
        QWidget.setTabOrder(before, after)


def _in_order(place: QWidget | QLayout) -> Iterator[QWidget]:
    if isinstance(place, CONTROLS):
        yield place
        return
    layout = place if isinstance(place, QLayout) else place.layout()
    items = [] if layout is None else [layout.itemAt(n) for n in range(layout.count())]
    for item in items:
        for inside in () if item is None else (item.widget(), item.layout()):
            if inside is not None:  # an empty combo box is false
                yield from _in_order(inside)


def explain(panel: QWidget) -> None:
    """Let screen readers name and describe every control, and let tooltips have several lines.

    Those that come later must be explained when they come.
    """
    wrapper = _TooltipWrapper(panel)
    for child in panel.findChildren(QWidget):
        child.installEventFilter(wrapper)
        if isinstance(child, CONTROLS) and not isinstance(child, QScrollBar):
            if isinstance(child, QAbstractButton) and not child.accessibleName():
                child.setAccessibleName(child.text().replace("&", ""))
            if not child.accessibleDescription():
                child.setAccessibleDescription(child.toolTip())


def _cut_off(widget: QWidget) -> list[str]:
    """Return the whole of what a combo box shows in part."""
    if isinstance(widget, QComboBox) and shown_in(widget) != widget.currentText():
        return [widget.currentText()]
    return []


class _TooltipWrapper(QObject):
    """Shows tooltips in as many lines as they need: Qt leaves plain text in one.

    That of a combo box begins with the name that it has no room for.
    """

    def eventFilter(self, watched: Any, event: Any) -> bool:  # noqa: N802 - Qt's name
        """Show a tooltip."""
        if event.type() != QEvent.Type.ToolTip or not watched.toolTip():
            return False
        parts = [escape(part, quote=False) for part in (*_cut_off(watched), watched.toolTip())]
        QToolTip.showText(event.globalPos(), f"<qt>{'<br>'.join(parts)}</qt>", watched)
        return True


def wheel_with_focus(panel: QWidget) -> None:
    """Let the mouse wheel change the fields of a panel only where they have the focus.

    Else it changes whatever the pointer is over while the user scrolls past.
    """
    keeper = _WheelKeeper(panel)
    for field in panel.findChildren(QWidget):
        if isinstance(field, QAbstractSpinBox | QComboBox | QAbstractSlider):
            keeper.watch(field)


class _WheelKeeper(QObject):
    """Keeps the wheel from fields without focus: what they lie in scrolls."""

    def watch(self, field: QWidget) -> None:
        if not isinstance(field, QScrollBar):
            field.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # the wheel gives no focus
            field.installEventFilter(self)

    def eventFilter(self, watched: Any, event: Any) -> bool:  # noqa: N802 - Qt's name
        """Hand the wheel on."""
        if event.type() == QEvent.Type.Wheel and not watched.hasFocus():
            event.ignore()
            return True
        return False


class _UpAndDown(QScrollArea):
    """A scroll area that is always as wide as what it holds."""

    def eventFilter(self, watched: Any, event: Any) -> bool:  # noqa: N802 - Qt's name
        """Follow the content's width, which changes with its style and as parts unfold."""
        bar = self.verticalScrollBar()
        if event.type() == QEvent.Type.LayoutRequest and bar is not None:
            width = max(bar.width(), bar.sizeHint().width())  # a style may widen it
            self.setMinimumWidth(watched.minimumSizeHint().width() + width + 2)
        return super().eventFilter(watched, event)
