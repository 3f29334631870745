"""Choosing layers: the lists follow the viewer, and a message reports what is wrong."""

import dask.array
import numpy as np
import pytest
from napari.layers import Image

from napari_oneshot_color.plugin.forms.run_controls import RunState
from napari_oneshot_color.plugin.layers.checks import pair_problem, target_problem

START = (0.0,) * 5
"""Where the viewer's sliders stand at first."""


def listed(combo):
    return [combo.native.itemText(index) for index in range(combo.native.count())]


def grey(image, **options):
    return Image(image, rgb=False, name="grey", **options)


def color(image, **options):
    return Image(image, rgb=True, name="colour", **options)


def test_color_layers_are_offered_as_source_and_grey_ones_as_target(viewer, colorize):
    viewer.add_labels(np.ones((48, 64), int), name="labels")
    viewer.add_points(name="points")
    assert listed(colorize.source) == ["left"]
    assert listed(colorize.target) == ["right"]


def test_lists_follow_added_renamed_and_removed_layers(viewer, colorize, layers, source, target):
    viewer.add_image(source, rgb=True, name="second")
    viewer.add_image(target, name="third")
    assert listed(colorize.source) == ["left", "second"]
    assert listed(colorize.target) == ["right", "third"]
    layers[0].name, layers[1].name = "example", "to colour"
    assert set(listed(colorize.source)) == {"example", "second"}
    assert set(listed(colorize.target)) == {"to colour", "third"}
    viewer.layers.remove("example")
    viewer.layers.remove("to colour")
    assert colorize.source.value.name == "second"
    assert colorize.target.value.name == "third"


def test_chosen_layers_stay_chosen_when_others_come_and_go(viewer, colorize, source):
    colorize.source.value = viewer.add_image(source, rgb=True, name="second")
    viewer.add_image(source, rgb=True, name="third")
    viewer.layers.remove("left")
    assert colorize.source.value.name == "second"


@pytest.mark.parametrize("chosen", ["left", "second", "third"])
def test_chosen_layer_stays_chosen_when_it_is_renamed(viewer, colorize, source, chosen):
    for name in ("second", "third"):
        viewer.add_image(source, rgb=True, name=name)
    colorize.source.value = layer = viewer.layers[chosen]
    layer.name = "example"
    assert colorize.source.value == layer
    assert colorize.source.native.currentText() == "example"


@pytest.mark.parametrize("order", [("second", "third"), ("third", "second")])
def test_selecting_two_layers_in_the_list_chooses_both(viewer, colorize, source, target, order):
    viewer.add_image(source, rgb=True, name="second")
    viewer.add_image(target, name="third")
    viewer.layers.selection.clear()
    for name in order:
        viewer.layers.selection.add(viewer.layers[name])
    assert colorize.source.value.name == "second"
    assert colorize.target.value.name == "third"


@pytest.mark.parametrize("selected", [["second"], ["second", "left"], ["left", "right", "third"]])
def test_selection_that_is_not_a_pair_changes_nothing(viewer, colorize, source, target, selected):
    viewer.add_image(source, rgb=True, name="second")
    viewer.add_image(target, name="third")
    viewer.layers.selection = {viewer.layers[name] for name in selected}
    assert colorize.source.value.name == "left"
    assert colorize.target.value.name == "right"


def test_widget_opened_before_the_layers_finds_them(open_widget, viewer, until, source, target):
    widget = open_widget("Colorize from example")
    until(lambda: "Add a colour (RGB) image" in widget.controls.sentence.text())
    viewer.add_image(source, rgb=True, name="late")
    until(lambda: "Add a grey image" in widget.controls.sentence.text())
    assert not widget.controls.button.isEnabled()
    viewer.add_image(target, name="later")
    until(lambda: "px" in widget.controls.sentence.text())  # too small for the preset's tiles


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda s, t: (None, grey(t)), "Add a colour (RGB) image"),
        (lambda s, t: (color(s), None), "Add a grey image"),
        (lambda s, t: (color(s), None), "switch on 'Target luminance'"),
        (lambda s, t: (color(s[:20]), grey(t)), "The source is 64 x 20 px. It needs at least 32"),
        (lambda s, t: (color(s), grey(t[:, :20])), "The target is 20 x 48 px. It needs at least"),
        (lambda s, t: (color(np.stack([t] * 3, -1)), grey(t)), "The source has no colour"),
        (lambda s, t: (color(s * 0 + s[:1, :1]), grey(t)), "The source is a single colour"),
        (lambda s, t: (color(np.stack([s, s])), grey(t)), "The source must be one RGB image"),
        (lambda s, t: (color(s), grey(np.where(t > 60, np.nan, 0.5))), "The target contains NaN"),
        (lambda s, t: (color(np.where(s > 60, np.inf, 0.5)), grey(t)), "The source contains NaN"),
        (lambda s, t: (color(s), grey(t * 0 + 9)), "The target is constant"),
        (lambda s, t: (color(s), grey(np.stack([t, t])[:, :, :20])), "The stack is 20 x 48 px"),
        (lambda s, t: (color(s), grey(np.stack([t * 0, t]))), "The target is constant"),
        (lambda s, t: (color(s), color(s)), "The target is in colour already"),
        (lambda s, t: (color(dask.array.from_array(s[:20])), grey(t)), "The source is 64 x 20"),
        (lambda s, t: (color(s), grey([t[:24], t[:12]], multiscale=True)), "is 64 x 24 px"),
    ],
)
def test_wrong_choice_is_reported(source, target, tiny, make, sentence):
    assert sentence in pair_problem(*make(source, target), tiny(), START)


@pytest.mark.parametrize(
    "make",
    [
        lambda s, t: (color(s), grey(t)),
        lambda s, t: (color(np.dstack([s, s[..., 0]])), grey(t)),
        lambda s, t: (color(s / np.float32(255)), grey(t > 60)),
        lambda s, t: (color(dask.array.from_array(s)), grey(dask.array.from_array(t))),
        lambda s, t: (color(s), grey([np.kron(t, [[1, 1], [1, 1]]), t], multiscale=True)),
        lambda s, t: (color(s), grey(t.astype(np.uint16) * 200)),
        lambda s, t: (color(s), grey(np.stack([t, t * 0]))),
        lambda s, t: (color(s), grey(dask.array.from_array(np.stack([t, t])))),
        lambda s, t: (color(s), color(np.stack([t] * 3, -1))),
    ],
)
def test_right_choice_shows_no_message(source, target, tiny, make):
    assert pair_problem(*make(source, target), tiny(), START) is None


def test_same_layer_twice_is_reported(source, tiny):
    layer = color(source)
    assert "are the same layer" in pair_problem(layer, layer, tiny(target_luminance=True), START)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda t: None, "Add a grey image"),
        (lambda t: grey(np.stack([t[:20]] * 2)), "The stack is 64 x 20 px"),
        (lambda t: grey(t[None, None, :, :20]), "The target is 20 x 48 px"),
        (lambda t: grey(dask.array.from_array(np.stack([t[:20]] * 2))), "The stack is 64 x 20 px"),
    ],
)
def test_wrong_stack_is_reported(target, tiny, make, sentence):
    assert sentence in target_problem(make(target), tiny())


@pytest.mark.parametrize(
    "make",
    [
        lambda t: grey(np.stack([t * 0, t])),
        lambda t: grey(np.stack([t, np.full(t.shape, np.nan)])),
        lambda t: grey(t[None, None, None]),
    ],
    ids=["blank slice", "damaged slice", "five axes"],
)
def test_right_stack_shows_no_message(target, tiny, make):
    assert target_problem(make(target), tiny()) is None


def test_message_under_the_button_disables_it_until_the_choice_is_right(
    viewer, colorize, until, click, target, names
):
    controls = colorize.controls
    until(lambda: controls.button.isEnabled())
    assert controls.button.isEnabled()
    colorize.target.value = viewer.add_image(target[:, :20], name="narrow")
    until(lambda: "The target is 20 x 48 px" in controls.sentence.text())
    assert not controls.button.isEnabled()
    click(controls.button)
    assert controls.state is RunState.IDLE
    viewer.layers.remove("narrow")
    until(lambda: controls.button.isEnabled())
    assert controls.button.isEnabled()
    assert names() == ["left", "right"]


def test_choice_is_checked_again_when_run_is_clicked(colorize, layers):
    layers[1].data = np.zeros((48, 64), np.uint8)
    colorize.run()
    assert colorize.controls.state is RunState.IDLE
    assert "The target is constant" in colorize.controls.sentence.text()


def test_impossible_settings_are_reported_and_disable_the_button(colorize, until):
    colorize.settings.fields["kernel_size"].value = 4
    until(lambda: colorize.controls.sentence.text() == "'Kernel size' must be odd, not 4.")
    assert not colorize.controls.button.isEnabled()


def test_color_target_is_offered_once_its_luminance_is_requested(
    viewer, colorize, until, source, run, layer_of
):
    other = viewer.add_image(source[:, ::-1], rgb=True, name="mirrored")
    assert listed(colorize.target) == ["right"]
    colorize.settings.fields["target_luminance"].value = True
    assert set(listed(colorize.target)) == {"left", "right", "mirrored"}
    colorize.target.value = colorize.source.value
    until(lambda: "are the same layer" in colorize.controls.sentence.text())
    assert not colorize.controls.button.isEnabled()
    colorize.target.value = other
    until(lambda: colorize.controls.button.isEnabled())
    run(colorize)
    assert layer_of("final").name == "final · mirrored"
    assert layer_of("final").data.shape == (48, 64, 3)
