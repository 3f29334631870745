"""Hints are followed exactly where they are, and sensibly around."""

from dataclasses import replace

import numpy as np
import pytest
from skimage.color import lab2rgb, rgb2lab

from napari_oneshot_color.errors import BadPairError
from napari_oneshot_color.pair.hints import Hints
from napari_oneshot_color.steering.fading import fade
from napari_oneshot_color.steering.hinting import apply_hints, colorize_from_hints

RED, BLUE = (0.7, 0.45, 0.45), (0.45, 0.5, 0.65)  # pale: sRGB can show them in any light


def ab_of(color):
    return rgb2lab(np.float32([[color]]))[0, 0, 1:]


def halves(shape=(40, 60)):
    """Make a grey image with a step in the middle."""
    grey = np.full(shape, 0.3, np.float32)
    grey[:, shape[1] // 2 :] = 0.7
    return grey


def one_hint(where, shape=(40, 60), label=1):
    labels = np.zeros(shape, np.uint8)
    labels[where] = label
    return labels


# --- hints on a result ----------------------------------------------------------------------


def test_painted_pixels_get_their_color_exactly(vivid):
    labels = one_hint(np.s_[10:14, 10:20], vivid.target.shape)
    hinted = apply_hints(vivid, Hints(labels, {1: RED}))
    ab = hinted.lab[labels == 1][:, 1:]
    np.testing.assert_allclose(ab, np.broadcast_to(ab_of(RED), ab.shape), atol=1e-3)


def test_lightness_is_that_of_the_target(vivid):
    hints = Hints(one_hint(np.s_[5:9, 5:9], vivid.target.shape), {1: BLUE})
    np.testing.assert_array_equal(apply_hints(vivid, hints).lab[..., 0], vivid.lab[..., 0])


def test_color_changes_more_near_a_hint_than_far_away(vivid):
    labels = one_hint(np.s_[20:24, 8:12], vivid.target.shape)
    hinted = apply_hints(vivid, Hints(labels, {1: RED}))
    change = np.linalg.norm(hinted.lab - vivid.lab, axis=-1)
    assert change[18:26, 6:14].mean() > 3 * change[:, -12:].mean()


def test_no_hints_change_nothing(vivid):
    hinted = apply_hints(vivid, Hints(np.zeros(vivid.target.shape, np.uint8), {}))
    np.testing.assert_allclose(hinted.final, vivid.final, atol=1e-5)


def test_hints_go_into_the_provenance_and_the_result_is_left_alone(vivid):
    before = vivid.final.copy()
    labels = one_hint(np.s_[0:2, 0:3], vivid.target.shape, label=7)
    hinted = apply_hints(vivid, Hints(labels, {7: RED, 9: BLUE}))
    told = hinted.provenance["hints"]
    assert told["colors"] == {"7": [0.7, 0.45, 0.45]}
    assert told["pixels"] == 6
    assert len(told["sha256"]) == 64
    assert "hints" not in vivid.provenance
    np.testing.assert_array_equal(vivid.final, before)


def test_hints_reduce_the_uncertainty_around_them(vivid):
    shape = vivid.merged.shape[:2]
    doubtful = replace(vivid, uncertainty=np.full(shape, 20, np.float32))
    labels = one_hint(np.s_[20:26, 8:14], vivid.target.shape)
    settled = apply_hints(doubtful, Hints(labels, {1: RED})).uncertainty
    assert settled.shape == shape
    assert settled[21:25, 9:13].max() < 1
    assert settled[:, -8:].mean() > settled[18:28, 6:16].mean()
    assert (doubtful.uncertainty == 20).all()
    assert apply_hints(vivid, Hints(labels, {1: RED})).uncertainty is None


def test_same_hints_give_the_same_bytes(vivid):
    hints = Hints(one_hint(np.s_[5:9, 5:9], vivid.target.shape), {1: BLUE})
    assert apply_hints(vivid, hints).final.tobytes() == apply_hints(vivid, hints).final.tobytes()


@pytest.mark.parametrize(
    ("labels", "colors", "sentence"),
    [
        (np.ones((4, 4), np.uint8), {1: RED}, "Paint them on a layer of the target's size"),
        (np.full((48, 64), 3, np.uint8), {1: RED}, "label 3 has no colour"),
        (np.full((48, 64), -3), {-3: RED}, "have a label -3"),
        (np.ones((48, 64)), {1: RED}, "dtype float64 are not labels"),
        (np.ones((2, 48, 64), int), {1: RED}, "are not labels"),
        (np.ones((48, 64), int), {1: (255, 0, 0)}, "red, green and blue from 0 to 1"),
        (np.ones((48, 64), int), {1: (np.nan, 0, 0)}, "red, green and blue from 0 to 1"),
        (np.ones((48, 64), int), {1: "red"}, "red, green and blue from 0 to 1"),
    ],
)
def test_hints_that_do_not_fit_are_refused(vivid, labels, colors, sentence):
    with pytest.raises(BadPairError, match=sentence):
        apply_hints(vivid, Hints(labels, colors))


def test_hints_are_applied_once_and_before_fading(vivid):
    hints = Hints(np.ones(vivid.target.shape, np.uint8), {1: RED})
    with pytest.raises(BadPairError, match="follows hints already"):
        apply_hints(apply_hints(vivid, hints), hints)
    vague = replace(vivid, uncertainty=np.ones(vivid.merged.shape[:2], np.float32))
    with pytest.raises(BadPairError, match="is faded already"):
        apply_hints(fade(vague, 5.0), hints)


# --- hints alone ----------------------------------------------------------------------------


def test_hints_alone_color_a_target():
    target = (255 * halves((80, 120))).astype(np.uint8)
    labels = one_hint((40, 10), (80, 120)) + one_hint((40, 110), (80, 120), label=2)
    colored = colorize_from_hints(target, Hints(labels, {1: RED, 2: BLUE}))
    assert colored.shape == (80, 120, 3)
    ab = rgb2lab(colored)[..., 1:]
    np.testing.assert_allclose(ab[:, :58].mean((0, 1)), ab_of(RED), atol=10)
    np.testing.assert_allclose(ab[:, 62:].mean((0, 1)), ab_of(BLUE), atol=10)


def test_correct_hints_improve_a_wrong_result(vivid):
    rng = np.random.default_rng(0)
    height, width = vivid.target.shape
    y, x = np.mgrid[:height, :width]
    lab = np.dstack([vivid.lab[..., 0], 30 * np.sin(x / 20), 30 * np.cos(y / 15)])
    truth = lab2rgb(lab)
    errors = []
    for count in (0, 5, 50):
        labels = np.zeros((height, width), np.int32)
        places = rng.permutation(height * width)[:count]
        labels.flat[places] = np.arange(1, count + 1)
        colors = {i + 1: tuple(truth.reshape(-1, 3)[place]) for i, place in enumerate(places)}
        hinted = apply_hints(vivid, Hints(labels, colors))
        errors.append(np.abs(hinted.lab[..., 1:] - rgb2lab(truth)[..., 1:]).mean())
    assert errors[0] > errors[1] > errors[2]
    assert errors[2] < 0.6 * errors[0]
