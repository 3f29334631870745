"""The slider says above which uncertainty colour fades, and tells its run."""

import pytest

from napari_oneshot_color.plugin.hints.trust import TrustSlider


class Run:
    """What the slider needs of a run."""

    def __init__(self, threshold=None, has_uncertainty=True):
        self.steering = type("Steering", (), {"threshold": threshold})
        self.has_uncertainty = has_uncertainty
        self.asked = []
        self.set_threshold = self.asked.append
        self.show_uncertainty = lambda: self.asked.append("layer")


@pytest.fixture
def trust(qtbot):
    made = TrustSlider()
    qtbot.addWidget(made)
    return made


def test_without_a_run_it_is_off(trust):
    assert not trust.isEnabled()
    assert trust.threshold is None
    assert trust.text.text() == "off"
    trust.slider.setValue(10)  # nobody is told, and nothing fails


def test_run_is_told_as_it_is_dragged(trust):
    run = Run()
    trust.set_run(run)
    assert run.asked == []
    trust.slider.setValue(105)
    assert trust.text.text() == "10.5"
    trust.slider.setValue(0)
    trust.slider.setValue(trust.slider.maximum())
    assert run.asked == [10.5, 0.0, None]
    assert trust.text.text() == "off"


def test_each_run_has_its_own_threshold(trust):
    first, second = Run(12.0), Run()
    trust.set_run(first)
    assert trust.threshold == 12.0
    trust.set_run(second)
    assert trust.threshold is None
    trust.slider.setValue(50)
    assert (first.asked, second.asked) == ([], [5.0])


def test_threshold_beyond_the_scale_is_shown_at_its_end(trust):
    trust.set_run(Run(1000.0))
    assert trust.slider.value() == trust.slider.maximum()


def test_run_without_uncertainty_says_why_nothing_fades(trust):
    trust.set_run(Run(has_uncertainty=False))
    assert not trust.isEnabled()
    assert "This result has no uncertainty" in trust.toolTip()
    trust.set_run(Run())
    assert trust.isEnabled()
    assert "The colour fades where" in trust.toolTip()


def test_layer_is_shown_when_it_is_asked_for(trust):
    run = Run()
    trust.set_run(run)
    trust.show_layer.click()
    assert run.asked == ["layer"]
