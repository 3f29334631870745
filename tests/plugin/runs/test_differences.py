"""Runs are described by their preset and their differences from it."""

import pytest

from napari_oneshot_color import Settings
from napari_oneshot_color.plugin.runs.differences import differences, peculiarities


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (Settings.preset("best"), "Best"),
        (Settings.preset("best", seed=1, max_steps=60), "Best, seed 1, 60 steps"),
        (Settings.preset("paper", epochs=1), "As in the paper, 200 steps"),
        (Settings.preset("quick", cuda_graph=False), "Quick, no cuda graph"),
        (Settings.preset("source-only", working_size=384), "Source only"),
        (Settings.preset("best", learning_rate=0.004), "Best, learning rate 0.004"),
    ],
)
def test_preset_comes_first_and_then_what_differs(settings, words):
    assert peculiarities(settings) == words


def test_many_differences_are_counted():
    changed = Settings.preset(
        "paper", seed=3, beta1=0.4, beta2=0.9, kernel_size=3, learning_rate=0.1, epochs=2
    )
    assert peculiarities(changed).startswith("As in the paper, seed 3, 400 steps, ")
    assert peculiarities(changed).endswith(", 3 more")
    assert len(differences(changed)[1]) == 6
