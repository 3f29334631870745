"""Colouring images and stacks with a colorizer that was trained before."""

import numpy as np
import pytest
from qtpy.QtWidgets import QFileDialog
from shown import as_shown

from napari_oneshot_color import pipeline
from napari_oneshot_color.colorizer.colorizer import Colorizer
from napari_oneshot_color.plugin.runs.session import Session

PLUGIN = "napari-oneshot-color"


def headless(colorizer, image, **options):
    steps = pipeline.apply_steps(colorizer, image, **options)
    while True:
        try:
            next(steps)
        except StopIteration as finished:
            return finished.value


def test_without_a_colorizer_the_widget_explains_where_to_get_one(open_widget, layers):
    widget = open_widget("Apply to more images")
    assert "Colour an image first" in widget.controls.sentence.text()
    assert not widget.controls.button.isEnabled()


def test_colorizer_trained_in_this_viewer_colors_another_layer(
    viewer, colorize, run, open_widget, target, names, corners
):
    run(colorize)
    apply = open_widget("Apply to more images")
    assert apply.colorizer.native.currentText() == "left"
    other = viewer.add_image(target[::-1], name="other", scale=(3, 3))
    apply.target.value = other
    run(apply)
    assert names()[-1] == "final · other"
    final = viewer.layers["final · other"]
    expected = headless(colorize.colorizer, target[::-1], target_name="other")
    np.testing.assert_array_equal(final.data, as_shown(expected.final))
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
    assert names()[2:] == [f"{kind} · right" for kind in kinds]


def test_target_of_another_size_is_colored(viewer, apply, run, target):
    viewer.add_image(np.kron(target, np.ones((3, 2))), name="large")
    run(apply)
    assert viewer.layers["final · large"].data.shape == (144, 128, 3)


def test_colorizer_is_read_from_a_file(
    viewer, open_widget, layers, result, run, click, tmp_path, monkeypatch, names
):
    path = tmp_path / "bird.safetensors"
    result.colorizer.save(path)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(path), ""))
    widget = open_widget("Apply to more images")
    click(widget.open_button)
    assert widget.colorizer.native.currentText() == "bird.safetensors"
    run(widget)
    expected = headless(result.colorizer, layers[1].data)
    np.testing.assert_array_equal(viewer.layers["final · right"].data, as_shown(expected.final))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"", "is not a colorizer"), (b"x" * 99, "is not a colorizer"), (None, "There is no file")],
    ids=["empty", "foreign", "missing"],
)
def test_bad_file_is_reported_and_changes_nothing(
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


def test_cancelled_dialog_changes_nothing(apply, click, monkeypatch, said):
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: ("", ""))
    click(apply.open_button)
    assert said() == []


def test_lack_of_memory_for_a_file_is_reported(apply, click, tmp_path, monkeypatch, said):
    def fail(path):
        raise MemoryError

    monkeypatch.setattr(Colorizer, "load", fail)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(tmp_path / "x"), ""))
    click(apply.open_button)
    assert "There was not enough memory" in said()[0]
    assert len(said()) == 1


def test_colorizers_of_the_same_name_are_numbered(viewer, apply, result):
    Session.of(viewer).add_colorizer("trained", result.colorizer)
    Session.of(viewer).add_colorizer("trained", result.colorizer)
    items = [apply.colorizer.native.itemText(i) for i in range(apply.colorizer.native.count())]
    assert items == ["trained", "trained (2)", "trained (3)"]


def test_slice_in_view_is_colored_as_an_image(viewer, apply, run, stack, names, corners):
    cells = viewer.add_image(
        stack, name="cells", scale=(4, 0.5, 0.25), translate=(8, 2, 3), contrast_limits=(0, 20000)
    )
    apply.target.value = cells
    assert not apply.extent.isHidden()
    viewer.dims.set_current_step(0, 2)
    apply.extent.in_view.setChecked(True)
    run(apply)
    assert names() == ["cells", "final · cells [2]"]
    final = viewer.layers[-1]
    expected = headless(apply.colorizer.value, stack[2], target_limits=(0, 20000))
    np.testing.assert_array_equal(final.data, as_shown(expected.final))
    np.testing.assert_allclose(corners(final), np.array(corners(cells))[:, 1:])
    assert "Slice 2 of 'cells' was used." in final.metadata[PLUGIN]["notes"]


def test_blank_slice_is_reported_before_coloring(viewer, apply, stack, until):
    stack[1] = 7
    apply.target.value = viewer.add_image(stack, name="cells")
    viewer.dims.set_current_step(0, 1)
    assert apply.controls.button.isEnabled()  # the others can be coloured
    apply.extent.in_view.setChecked(True)
    assert "The target is constant" in apply.controls.sentence.text()
    viewer.dims.set_current_step(0, 2)
    until(apply.controls.button.isEnabled)


def test_extent_is_asked_only_for_stacks(viewer, apply, layers, stack):
    apply.target.value = layers[1]
    assert apply.extent.isHidden()
    viewer.add_image(stack[:1], name="single")
    apply.target.value = viewer.layers["single"]
    assert apply.extent.isHidden()


def test_stack_is_colored_with_the_colorizer_of_the_last_run(viewer, apply, result, stack, names):
    session = Session.of(viewer)
    session.add_colorizer("other", result.colorizer)
    cells = viewer.add_image(stack, name="cells")
    apply.extent.in_view.setChecked(True)
    apply.color_stack(result.colorizer, cells)
    assert names()[-1] == "final · cells"
    assert viewer.layers[-1].data.shape == (3, 48, 64, 3)
    assert apply.target.value == cells
