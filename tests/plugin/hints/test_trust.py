"""The slider sets the uncertainty above which colour fades, and informs its run."""

import pytest
from psygnal import Signal

from napari_oneshot_color.plugin.hints.trust import TrustSlider


class Run:
    """What the slider needs of a run."""

    asked = Signal()

    def __init__(self, threshold=None, has_uncertainty=True):
        self.steering = type("Steering", (), {"threshold": threshold})
        self.has_uncertainty = has_uncertainty
        self.samples, self.settled = [], []
        self.sample_threshold = self.samples.append
        self.set_threshold = self.settled.append


@pytest.fixture
def trust(qtbot):
    made = TrustSlider()
    qtbot.addWidget(made)
    return made


def test_without_a_run_the_slider_is_disabled(trust):
    assert not trust.isEnabled()
    assert trust.threshold is None
    assert trust.text.text() == "Off"
    trust.slider.setValue(10)  # nobody is told, and nothing fails


def test_run_shows_samples_while_dragging_and_everything_on_release(trust):
    run = Run()
    trust.set_run(run)
    assert run.samples == []
    trust.slider.setSliderDown(True)
    trust.slider.setValue(105)
    assert trust.text.text() == "10.5"
    trust.slider.setValue(0)
    trust.slider.setValue(trust.slider.maximum())
    assert run.samples == [10.5, 0.0, None]
    assert trust.text.text() == "Off"
    trust.slider.setValue(80)
    assert run.settled == []
    trust.slider.setSliderDown(False)
    assert run.settled == [8.0]


def test_changes_without_dragging_settle_after_a_pause(trust, until):
    run = Run()
    trust.set_run(run)
    for value in (30, 20, 10):
        trust.slider.setValue(value)
    assert run.settled == []
    until(lambda: len(run.settled) > 0)
    assert (run.samples, run.settled) == ([3.0, 2.0, 1.0], [1.0])


def test_each_run_has_its_own_threshold(trust):
    first, second = Run(12.0), Run()
    trust.set_run(first)
    assert trust.threshold == 12.0
    trust.set_run(second)
    assert trust.threshold is None
    trust.slider.setValue(50)
    trust.set_run(first)
    assert (first.settled, second.settled) == ([], [5.0])
    assert trust.threshold == 12.0


def test_undone_threshold_is_shown(trust):
    run = Run(12.0)
    trust.set_run(run)
    run.steering.threshold = None
    run.asked.emit()
    assert trust.text.text() == "Off"
    assert run.samples == []


def test_threshold_beyond_the_scale_is_shown_at_its_end(trust):
    trust.set_run(Run(1000.0))
    assert trust.slider.value() == trust.slider.maximum()


def test_run_without_uncertainty_has_nothing_to_fade(trust):
    trust.set_run(Run(has_uncertainty=False))
    assert not trust.isEnabled()
    trust.set_run(Run())
    assert trust.isEnabled()
