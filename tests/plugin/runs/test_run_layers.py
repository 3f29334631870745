"""The layers of a run are its own: found by reference, and gone when the user removes them."""

import numpy as np
import pytest
from shown import as_shown

from napari_oneshot_color.plugin.layers.snapshot import is_own, snapshot
from napari_oneshot_color.plugin.runs.pictures import pictures
from napari_oneshot_color.plugin.runs.run_layers import RunLayers


@pytest.fixture
def add(viewer, layers, vivid):
    """Show a result in layers of some kinds."""

    def do(kinds, number=1, before=None, result=vivid):
        own = RunLayers(viewer.layers, snapshot(layers[1]), set(kinds), number, before)
        for _ in own.show_steps(result, pictures(result, own.kinds)):
            pass
        return own

    return do


def test_wanted_layers_are_added_and_the_final_one_is_seen(viewer, add, names):
    own = add({"merged", "final", "regions"})
    assert names()[2:] == ["merged · right", "regions · right", "final · right"]
    assert [layer.visible for layer in own.by_kind.values()] == [False, False, True]
    assert viewer.layers.selection.active.name == "final · right"
    assert all(is_own(layer) for layer in own.by_kind.values())


def test_lab_is_three_layers(add):
    assert list(add({"L*a*b*"}).by_kind) == ["L*", "a*", "b*"]


def test_layer_is_found_by_reference_and_not_by_name(viewer, add, vivid):
    first = add({"final"})
    first["final"].name = "mine"
    second = add({"final"})
    assert second["final"] is not first["final"]
    blank = np.zeros_like(first["final"].data)
    first["final"].data = blank
    second.update(vivid, pictures(vivid, second.edited_kinds))
    assert first["final"].data is blank


def test_removed_layer_does_not_come_back(viewer, add, vivid, names):
    own = add({"merged", "quickshift", "final"})
    viewer.layers.remove("quickshift · right")
    assert own.edited_kinds == {"final"}
    own.show("quickshift", vivid.quickshift)
    own.update(vivid, pictures(vivid, {"quickshift", "final"}))
    assert names()[2:] == ["merged · right", "final · right"]
    assert own.has_layers
    assert own.is_there
    viewer.layers.remove("final · right")
    assert own.final is None
    assert not own.is_there
    viewer.layers.remove("merged · right")
    assert not own.has_layers


def test_all_layers_of_an_earlier_run_are_refreshed(add, result, names):
    first = add({"merged", "final"})
    before = names()
    again = add({"quickshift"}, before=first, result=result)
    assert names() == [*before, "quickshift · right"]
    np.testing.assert_array_equal(first["merged"].data, as_shown(result.merged))
    assert first.is_taken_over_by(again)
    assert not first.is_taken_over_by(add({"final"}, 2))


def test_undo_restores_the_earlier_layers(viewer, layers, add, state_of, vivid):
    first = add({"merged", "final"})
    before = state_of()
    again = RunLayers(viewer.layers, snapshot(layers[1]), {"tiles"}, before=first)
    again.show_live(np.zeros((48, 64, 3), np.float32))
    again.show("merged", np.zeros((48, 64, 3), np.float32))
    assert state_of() != before
    again.undo()
    assert state_of() == before


def test_epochs_grow_into_a_stack(viewer, layers):
    own = RunLayers(viewer.layers, snapshot(layers[1]), {"epochs"})
    for value in (0.0, 0.5, 1.0):
        own.add_epoch(np.full((48, 64, 3), value, np.float32))
    assert own["epochs"].data.shape == (3, 48, 64, 3)
    assert own["epochs"].data[:, 0, 0, 0].tolist() == [0, 128, 255]
    assert own["epochs"].axis_labels[0] == "epoch"


def test_tiles_are_shown_alone_once_and_then_left_to_the_user(viewer, add, layers):
    first = add({"final"})
    own = RunLayers(viewer.layers, snapshot(layers[1]), {"tiles"}, before=first)
    tiles = np.zeros((48, 64, 3), np.float32)
    own.show_live(tiles)
    assert (own["tiles"].visible, own["final"].visible) == (True, False)
    own["final"].visible = True
    own.show_live(tiles + 1)
    assert own["final"].visible


def test_uncertainty_of_an_earlier_result_is_removed(add, uncertain, vivid, names):
    first = add({"uncertainty", "final"}, result=uncertain)
    assert "uncertainty · right" in names()
    add({"final"}, before=first, result=vivid)
    assert "uncertainty · right" not in names()


def test_name_is_one_that_a_file_can_have(viewer, target, vivid):
    layer = viewer.add_image(target, name="a/b.v2")
    own = RunLayers(viewer.layers, snapshot(layer), {"final"})
    own.show("final", vivid.final)
    assert own["final"].name == "final · a_b_v2"
    assert own.target_name == "a/b.v2"
