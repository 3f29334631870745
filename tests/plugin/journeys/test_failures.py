"""Errors in the middle of a run reach the user; the form, the memory and the layers recover."""

import weakref

import numpy as np
import pytest
from shown import STAGES

from napari_oneshot_color.plugin.runs.session import Session
from napari_oneshot_color.training.adversarial import AdversarialTraining

OUT_OF_MEMORY = (RuntimeError, "CUDA out of memory. Tried to allocate 2.00 GiB")


@pytest.fixture
def kinds():
    """The stages that are shown."""
    return STAGES


@pytest.fixture
def fail(steps):
    """Raise an error before one of the training's steps; return references to the training."""

    def prepare(kind, message, step=6):
        seen = []

        def act(training):
            seen.append(weakref.ref(training))
            raise kind(message)

        steps(step, act)
        return seen

    return prepare


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (OUT_OF_MEMORY, "There was not enough memory. Lower the batch size"),
        ((MemoryError, ""), "There was not enough memory. Lower the batch size"),
        ((RuntimeError, "CUDA error: device lost"), "device lost. Choose the device 'cpu'"),
        ((ValueError, "an unforeseen bug"), "an unforeseen bug"),
    ],
    ids=["full GPU", "full memory", "lost device", "bug"],
)
def test_error_in_the_middle_reaches_the_user_and_frees_form_and_memory(
    viewer, colorize, fail, run, said, names, is_dead, talkative, error, advice
):
    seen = fail(*error)
    run(colorize)
    assert len(said()) == 1
    assert advice in said()[0]
    assert colorize.controls.button.text() == "Run"
    assert colorize.controls.button.isEnabled()
    assert not colorize.controls.bar.isVisibleTo(colorize)
    assert names() == ["left", "right"]
    assert not any(button.isEnabled() for button in colorize.buttons.values())
    assert is_dead(seen[0])


def test_form_works_again_after_an_error(colorize, fail, run, names):
    fail(*OUT_OF_MEMORY)
    run(colorize)
    run(colorize)
    assert len(names()) == 7


def test_missing_device_is_reported(colorize, run, said, names):
    colorize.device.widget.choices = ["cuda:99"]
    run(colorize)
    assert "'cuda:99' is not available on this computer" in said()[0]
    assert names() == ["left", "right"]


def test_errors_found_only_during_the_run_are_reported(viewer, colorize, run, said, target):
    import dask.array

    hidden = np.where(target > 60, np.nan, 0.5)
    lazy = viewer.add_image(
        dask.array.from_array(hidden), contrast_limits=(0, 1), rgb=False, name="lazy"
    )
    colorize.target.value = lazy
    run(colorize)
    assert "The target contains NaN" in said()[0]


@pytest.mark.parametrize("updates", [False, True], ids=["new layers", "update"])
@pytest.mark.parametrize("error", [OUT_OF_MEMORY, (ValueError, "a bug")], ids=["memory", "bug"])
def test_earlier_layers_are_as_they_were_after_a_failed_run(
    colorize, fail, run, fill, layer_of, state_of, talkative, updates, error
):
    colorize.layers["tiles"].value = colorize.layers["epochs"].value = True
    run(colorize)
    layer_of("quickshift").data = np.zeros((48, 64, 3), np.float32)  # as edited by the user
    layer_of("merged").visible = True
    before = state_of()
    result = colorize.result

    fill(colorize, seed=5, working_size=32)
    colorize.update_layers.value = updates
    colorize.layers["L*a*b*"].value = True
    fail(*error)
    run(colorize)

    assert state_of() == before
    assert colorize.result is result
    assert colorize.buttons["Save result…"].isEnabled()


def test_failed_update_takes_away_only_what_it_added(
    colorize, fail, run, fill, state_of, talkative
):
    run(colorize)
    before = state_of()
    colorize.update_layers.value = colorize.layers["epochs"].value = True
    fill(colorize, seed=5)
    fail(*OUT_OF_MEMORY, step=8)
    run(colorize)
    assert state_of() == before


def test_copied_texts_describe_the_run_with_a_result(viewer, colorize, fail, run, target):
    run(colorize)
    text = colorize.as_python()
    colorize.target.value = viewer.add_image(
        target.astype(np.uint16), contrast_limits=(0, 500), name="other"
    )
    fail(*OUT_OF_MEMORY)
    run(colorize)
    assert colorize.as_python() == text


def test_diverged_training_is_reported_and_its_last_good_colorizer_kept(
    viewer, colorize, run, said, names, open_widget, monkeypatch
):
    step = AdversarialTraining.step
    done = []

    def diverging(training):
        done.append(None)
        return step(training) * (np.nan if len(done) > 4 else 1)

    monkeypatch.setattr(AdversarialTraining, "step", diverging)
    run(colorize)
    assert "Training diverged" in said()[0]
    assert "The last good state was kept" in said()[0]
    assert names() == ["left", "right"]
    enabled = [name for name, button in colorize.buttons.items() if button.isEnabled()]
    assert enabled == ["Save colorizer…", "Colour more like this"]
    assert list(Session.of(viewer).colorizers) == ["left, last good state"]
    assert open_widget("Apply to more images").colorizer.value is colorize.colorizer
