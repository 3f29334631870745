"""A check box for each kind of layer that a run can add."""

from __future__ import annotations

from collections.abc import Collection

from magicgui.widgets import CheckBox, Container

from napari_oneshot_color.plugin.layers.kinds import LAYERS

__all__ = ["LayerBoxes"]


class LayerBoxes:
    """Lets the user tick the layers that a run shall add; "final" is ticked.

    Parameters
    ----------
    kinds : collection of str
        Those of `LAYERS` on offer.
    *more : magicgui.widgets.CheckBox
        Others, to be put below.

    Attributes
    ----------
    boxes : dict
        Kinds and their boxes.
    widget : magicgui.widgets.Container
        To be put into a form; this object keeps it alive.
    """

    def __init__(self, kinds: Collection[str], *more: CheckBox) -> None:
        self.boxes = {
            kind: CheckBox(
                text=kind[0].upper() + kind[1:], value=kind == "final", tooltip=LAYERS[kind]
            )
            for kind in kinds
        }
        self.widget = Container(widgets=[*self.boxes.values(), *more], labels=False)

    @property
    def wanted(self) -> set[str]:
        """The kinds that are ticked."""
        return {kind for kind, box in self.boxes.items() if box.value}
