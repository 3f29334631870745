"""The learning rate falls as set, and every optimiser follows it."""

import numpy as np
import pytest
import torch
from prepared import prepared

from napari_oneshot_color import Settings
from napari_oneshot_color.colorizer.device import choose_device
from napari_oneshot_color.training.adversarial import AdversarialTraining
from napari_oneshot_color.training.step import learning_rate


@pytest.fixture
def start(source, tiny):
    """Begin a training that takes its steps by hand."""

    def started(**changes):
        settings = tiny(**changes)
        return AdversarialTraining([prepared(source)], settings, choose_device(settings))

    return started


def test_learning_rate_is_constant_in_the_paper():
    paper = Settings()
    assert {learning_rate(paper, step) for step in (1, 1400, 2800)} == {0.0006}


def test_learning_rate_falls_evenly_over_the_last_part_to_a_twentieth():
    settings = Settings(
        epochs=2, patches_per_epoch=100, batch_size=2, rate_decay=0.5, learning_rate=0.1
    )
    rates = [learning_rate(settings, step) for step in range(1, 101)]
    assert rates[:50] == [0.1] * 50
    np.testing.assert_allclose(np.diff(rates[49:]), -0.095 / 50)
    assert rates[-1] == pytest.approx(0.005)


def test_both_optimisers_follow_the_learning_rate(start, monkeypatch):
    used = []
    real = torch.optim.Adam.step

    def noted(self, *arguments):
        used.append(self.param_groups[0]["lr"])
        return real(self, *arguments)

    monkeypatch.setattr(torch.optim.Adam, "step", noted)
    training = start(epochs=1, patches_per_epoch=4, batch_size=2, rate_decay=1.0)
    for _ in range(2):
        training.step()
    settings = training._settings
    assert used == [learning_rate(settings, step) for step in (1, 1, 2, 2)]
    assert used[0] > used[2]


def test_stopped_run_has_the_learning_rates_of_the_complete_one():
    whole = Settings(rate_decay=0.5)
    assert learning_rate(whole.replace(max_steps=2000), 1999) == learning_rate(whole, 1999)
