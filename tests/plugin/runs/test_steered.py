"""Pictures of a changed result, and previews while a slider is dragged."""

import numpy as np
from shown import as_shown

from napari_oneshot_color.plugin.runs import steered
from napari_oneshot_color.plugin.runs.steered import faded_in_time, steered_pictures
from napari_oneshot_color.steering.changes import Steering
from napari_oneshot_color.steering.fading import fade, faded_sample


def test_wanted_changes_are_applied_and_drawn(uncertain):
    done, shown = steered_pictures(uncertain, Steering(threshold=9.0), None, {"final", "L*"})
    expected = fade(uncertain, 9.0)
    assert set(shown) == {"final", "L*"}
    np.testing.assert_array_equal(done.final.final, expected.final)
    np.testing.assert_array_equal(shown["final"].pixels, as_shown(expected.final))


def test_small_image_is_faded_as_a_whole(uncertain):
    sample = faded_in_time(uncertain, 9.0)
    assert sample.step == 1
    np.testing.assert_array_equal(sample.picture.pixels, as_shown(fade(uncertain, 9.0).final))


def test_large_image_is_faded_in_sampled_pixels(uncertain, monkeypatch):
    monkeypatch.setattr(steered, "_IN_TIME", 48 * 64 / 3.9)
    sample = faded_in_time(uncertain, None)
    assert sample.step == 2
    expected = faded_sample(uncertain, np.inf, 2)
    np.testing.assert_array_equal(sample.picture.pixels, as_shown(expected))
