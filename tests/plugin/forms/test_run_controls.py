"""The button, the sentence and the progress, by themselves."""

import pytest

from napari_oneshot_color.plugin.forms.run_controls import RunControls, RunState
from napari_oneshot_color.progress import STAGES, Progress


@pytest.fixture
def controls(qtbot):
    controls = RunControls()
    qtbot.addWidget(controls)
    return controls


def test_button_requests_a_run_once(controls, click, qtbot):
    with qtbot.waitSignal(controls.run_requested):
        click(controls.button)
    assert controls.state is RunState.IDLE  # the widget decides


def test_button_requests_a_stop_once(controls, click, qtbot):
    asked = []
    controls.stop_requested.connect(lambda: asked.append(None))
    controls.state = RunState.RUNNING
    click(controls.button)
    click(controls.button)
    assert len(asked) == 1
    assert controls.state is RunState.STOPPING


def test_problem_disables_the_button_and_a_hint_does_not(controls):
    controls.set_problem("Nothing to do.")
    assert controls.sentence.text() == "Nothing to do."
    assert not controls.button.isEnabled()
    controls.set_problem(None, hint="8 steps")
    assert controls.sentence.text() == "8 steps"
    assert controls.button.isEnabled()


def test_problem_never_disables_the_stop_button(controls):
    controls.state = RunState.RUNNING
    controls.set_problem("The layer is gone.")
    assert controls.button.isEnabled()
    controls.state = RunState.IDLE
    assert not controls.button.isEnabled()


def test_progress_shows_stage_epoch_and_time_left(controls):
    controls.state = RunState.RUNNING
    controls.show_progress(Progress("training", 3, 8, epoch=2, seconds_left=75.2))
    assert controls.stage.text() == "Training · epoch 2 · 1:15 left"
    assert (controls.bar.value(), controls.bar.maximum()) == (3, 8)


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_has_a_title(controls, stage):
    controls.show_progress(Progress(stage, 0, 1), prefix="slice 1 of 2 · ")
    assert controls.stage.text().removeprefix("slice 1 of 2 · ") not in ("", stage)
