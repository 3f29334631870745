"""The boxes for the layers to add."""

from magicgui.widgets import CheckBox

from napari_oneshot_color.plugin.forms.layer_boxes import LayerBoxes
from napari_oneshot_color.plugin.layers.kinds import LAYERS


def test_only_the_final_layer_is_ticked_at_first(qtbot):
    boxes = LayerBoxes(LAYERS)
    assert list(boxes.boxes) == list(LAYERS)
    assert boxes.wanted == {"final"}
    boxes.boxes["tiles"].value = True
    assert boxes.wanted == {"final", "tiles"}


def test_each_kind_is_explained_and_other_boxes_come_below(qtbot):
    more = CheckBox(text="Update", tooltip="Refresh what is there.")
    boxes = LayerBoxes(["merged", "final"], more)
    assert [box.tooltip for box in boxes.widget] == [
        LAYERS["merged"],
        LAYERS["final"],
        "Refresh what is there.",
    ]
