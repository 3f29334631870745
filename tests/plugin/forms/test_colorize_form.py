"""The form of "Colorize from example": what it offers, notes, restores and describes."""

import numpy as np
import pytest

from napari_oneshot_color.plugin.forms.colorize_form import ColorizeForm
from napari_oneshot_color.plugin.layers.snapshot import metadata, truth_metadata
from napari_oneshot_color.plugin.runs.durations import Durations


@pytest.fixture
def form(viewer, layers, qtbot):
    made = ColorizeForm(viewer)
    qtbot.addWidget(made)
    made.reset_choices()
    return made


def names_in(box):
    return [layer.name for layer in box.choices]


def test_sources_are_in_color_and_targets_grey(viewer, form, source):
    viewer.add_labels(np.ones((48, 64), int), name="labels")
    viewer.add_image(source, rgb=True, name="second")
    form.reset_choices()
    assert names_in(form.source) == ["left", "second"]
    assert names_in(form.target) == ["right"]


def test_color_target_is_offered_once_its_luminance_may_be_used(form):
    form.settings.fields["target_luminance"].value = True
    assert sorted(names_in(form.target)) == ["left", "right"]


def test_results_are_offered_when_asked_for_and_the_truth_never(viewer, form, source):
    viewer.add_image(source, rgb=True, name="made", metadata=metadata({"finished": False}))
    viewer.add_image(source, rgb=True, name="truth", metadata=truth_metadata())
    form.reset_choices()
    assert names_in(form.source) == ["left"]
    form.own_layers.value = True
    assert names_in(form.source) == ["left", "made"]


def test_ticked_kinds_are_requested(form):
    assert form.wanted_layers == {"final"}
    form.layers["epochs"].value = True
    form.layers["tiles"].value = False
    assert "epochs" in form.wanted_layers
    assert "tiles" not in form.wanted_layers


def test_another_form_is_filled_in_the_same_way(viewer, form, target, qtbot):
    viewer.add_image(target, name="other")
    form.reset_choices()
    form.target.value = viewer.layers["other"]
    form.preset.value = "quick"
    form.settings.fields["epochs"].value = 3
    form.seed.value, form.device.value = 7, "cuda:5"
    form.layers["smoothed"].value = form.update_layers.value = form.own_layers.value = True
    again = ColorizeForm(viewer)
    qtbot.addWidget(again)
    again.reset_choices()
    again.restore(form.state())
    assert again.values() == form.values()
    assert again.state() == form.state()
    assert again.target.value.name == "other"
    again.restore({})
    assert again.values() == form.values()


def test_removed_layer_is_not_restored(viewer, form, qtbot, target):
    viewer.add_image(target, name="other")
    form.reset_choices()
    form.target.value = viewer.layers["other"]
    state = form.state()
    viewer.layers.remove("other")
    again = ColorizeForm(viewer)
    qtbot.addWidget(again)
    again.reset_choices()
    again.restore(state)
    assert again.target.value.name == "right"


def test_form_describes_settings_that_are_not_obvious(viewer, form, source, tiny, tmp_path):
    durations, settings = Durations(tmp_path / "durations.json"), tiny()
    assert form.described(settings, durations) == ""
    form.preset.value = "quick"
    assert form.described(settings, durations) == "Preset 'Quick': a moment here."
    form.settings.fields["epochs"].value += 1
    viewer.add_image(source, rgb=True, name="second")
    form.reset_choices()
    form.more_sources.rows[viewer.layers["second"]].box.setChecked(True)
    assert form.described(settings, durations) == (
        "Preset 'Quick', with other settings: a moment here. It learns from 2 sources."
    )
    inputs = form.inputs(settings)
    assert [image.name for image in inputs.sources] == ["left", "second"]
    assert inputs.weights == (1.0, 1.0)


def test_edits_are_emitted_at_once_and_settle_later(form, qtbot):
    edits = []
    form.edited.connect(lambda: edits.append(1))
    with qtbot.waitSignal(form.settled):
        form.seed.value = 3
        assert edits == [1]
