"""Colouring images and stacks with a colorizer that was trained before."""

import dask.array
import numpy as np
import pytest
from qtpy.QtWidgets import QFileDialog

from napari_oneshot_color import pipeline
from napari_oneshot_color.errors import OutOfMemoryError
from napari_oneshot_color.files import as_dtype
from napari_oneshot_color.plugin.session import Session

PLUGIN = "napari-oneshot-color"


def headless(colorizer, image, **options):
    steps = pipeline.apply_steps(colorizer, image, **options)
    while True:
        try:
            next(steps)
        except StopIteration as finished:
            return finished.value


def test_without_a_colorizer_the_widget_says_where_to_get_one(open_widget, layers):
    widget = open_widget("Apply a trained colorizer")
    assert "Train a colorizer with 'Colorize from example'" in widget.controls.sentence.text()
    assert not widget.controls.button.isEnabled()


def test_colorizer_trained_in_this_viewer_colours_another_layer(
    viewer, colorize, run, open_widget, target, names, corners
):
    run(colorize)
    apply = open_widget("Apply a trained colorizer")
    assert apply.colorizer.native.currentText() == "left (right)"
    other = viewer.add_image(target[::-1], name="other", scale=(3, 3))
    apply.target.value = other
    run(apply)
    assert names()[-1] == "other · final"
    final = viewer.layers["other · final"]
    expected = headless(colorize.colorizer, target[::-1], target_name="other")
    np.testing.assert_array_equal(final.data, expected.final)
    np.testing.assert_allclose(corners(final), corners(other))
    provenance = final.metadata[PLUGIN]
    assert provenance["source"]["name"] == "left"
    assert provenance["target"]["name"] == "other"
    assert provenance["note"]


def test_ticked_stages_of_an_image_are_added(viewer, apply, run, layers, names):
    apply.target.value = layers[1]
    for box in apply.layers.values():
        box.value = True
    run(apply)
    kinds = ["tiles", "merged", "smoothed", "regions", "quickshift", "L*", "a*", "b*", "final"]
    assert names()[2:] == [f"right · {kind}" for kind in kinds]


def test_target_of_another_size_is_coloured(viewer, apply, run, target):
    viewer.add_image(np.kron(target, np.ones((3, 2))), name="large")
    run(apply)
    assert viewer.layers["large · final"].data.shape == (144, 128, 3)


def test_colorizer_is_read_from_a_file(
    viewer, open_widget, layers, result, run, click, tmp_path, monkeypatch, names
):
    path = tmp_path / "bird.safetensors"
    result.colorizer.save(path)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(path), ""))
    widget = open_widget("Apply a trained colorizer")
    click(widget.open_button)
    assert widget.colorizer.native.currentText() == "bird.safetensors"
    run(widget)
    expected = headless(result.colorizer, layers[1].data)
    np.testing.assert_array_equal(viewer.layers["right · final"].data, expected.final)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"", "is not a colorizer"), (b"x" * 99, "is not a colorizer"), (None, "There is no file")],
    ids=["empty", "foreign", "missing"],
)
def test_bad_file_is_said_and_changes_nothing(
    apply, layers, click, tmp_path, monkeypatch, said, content, sentence
):
    path = tmp_path / "bad.safetensors"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(path), ""))
    click(apply.open_button)
    assert sentence in said()[0]
    assert apply.colorizer.native.count() == 1
    assert apply.controls.button.isEnabled()


def test_dialog_that_was_cancelled_changes_nothing(apply, click, monkeypatch, said):
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: ("", ""))
    click(apply.open_button)
    assert said() == []


@pytest.mark.parametrize("lazy", [False, True], ids=["numpy", "dask"])
def test_stack_becomes_one_coloured_stack_in_the_same_place(
    viewer, apply, run, stack, result, lazy, names, corners
):
    data = dask.array.from_array(stack, chunks=(1, 48, 64)) if lazy else stack
    layer = viewer.add_image(
        data,
        name="cells",
        contrast_limits=(1000, 20000),
        scale=(4, 0.5, 0.25),
        translate=(1, 2, 3),
        units=("um", "um", "um"),
        axis_labels=("z", "y", "x"),
    )
    run(apply)
    assert names() == ["cells", "cells · final"]
    final = viewer.layers["cells · final"]
    assert final.rgb
    assert final.data.shape == (3, 48, 64, 3)
    np.testing.assert_allclose(corners(final), corners(layer))
    assert final.units == layer.units
    assert final.axis_labels == layer.axis_labels
    assert final.metadata[PLUGIN]["note"]
    for index, pixels in enumerate(stack):
        expected = headless(result.colorizer, pixels, target_limits=(1000, 20000)).final
        np.testing.assert_array_equal(final.data[index], as_dtype(expected, np.dtype(np.uint8)))


def test_slices_appear_one_by_one_and_stop_keeps_them(
    viewer, apply, stack, hold_slice, gate, click, finish, said, until
):
    viewer.add_image(stack, name="cells")
    hold_slice(apply, 1)
    until(lambda: "cells · final" in viewer.layers)
    final = viewer.layers["cells · final"]
    assert final.data[0].any()
    assert not final.data[1:].any()
    until(lambda: apply.controls.stage.text().startswith("slice"))
    click(apply.controls.button)
    assert apply.controls.button.text() == "Stopping…"
    gate.open()
    finish(apply)
    assert [bool(image.any()) for image in final.data] == [True, True, False]
    assert said() == ["Stopped: 2 of 3 slices are coloured, the others are black."]


def test_first_slice_is_already_counted(viewer, apply, stack, gate, hold_slice, until, finish):
    viewer.add_image(stack, name="cells")
    hold_slice(apply, 1)
    until(lambda: apply.controls.stage.text().startswith("slice 1 of 3 · Joining"))
    gate.open()
    finish(apply)
    assert viewer.layers["cells · final"].data.any(axis=(1, 2, 3)).all()


def test_error_in_the_middle_of_a_stack_leaves_the_layers_as_they_were(
    viewer, apply, stack, hold_slice, gate, finish, said, names, until
):
    viewer.add_image(stack, name="cells")
    hold_slice(apply, 1, error=OutOfMemoryError("There was not enough memory."))
    until(lambda: "cells · final" in names())
    gate.open()
    finish(apply)
    assert said() == ["There was not enough memory."]
    assert names() == ["cells"]
    assert apply.controls.button.isEnabled()


def test_bug_in_the_middle_of_a_stack_frees_the_form(
    viewer, apply, stack, hold_slice, gate, finish, said, names
):
    viewer.add_image(stack, name="cells")
    hold_slice(apply, 1, error=ValueError("a bug"))
    gate.open()
    finish(apply)
    assert said() == ["a bug"]
    assert names() == ["cells"]


def test_stack_removed_in_the_middle_stays_away(
    viewer, apply, stack, hold_slice, gate, finish, names, until
):
    viewer.add_image(stack, name="cells")
    hold_slice(apply, 1)
    until(lambda: "cells · final" in names())
    viewer.layers.remove("cells · final")
    viewer.layers.remove("cells")
    gate.open()
    finish(apply)
    assert names() == []


def test_blank_slices_stay_grey(viewer, apply, run, stack, said):
    stack[0], stack[2] = 2000, 0
    viewer.add_image(stack, name="cells", contrast_limits=(0, 20000))
    run(apply)
    final = viewer.layers["cells · final"]
    assert (final.data[0] == round(255 * 0.1)).all()
    assert (final.data[2] == 0).all()
    assert np.ptp(final.data[1]) > 0
    assert said() == []


def test_colorizers_of_the_same_name_are_numbered(viewer, apply, result):
    Session.of(viewer).add_colorizer("trained", result.colorizer)
    Session.of(viewer).add_colorizer("trained", result.colorizer)
    items = [apply.colorizer.native.itemText(i) for i in range(apply.colorizer.native.count())]
    assert items == ["trained", "trained (2)", "trained (3)"]
