"""What stays is averaged with the slices beside it; what moves or changes is left alone."""

import dask.array as da
import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from napari_oneshot_color.stacks import steadying
from napari_oneshot_color.stacks.steadying import steadied, steadied_slices

NOISE = 0.01


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def scene(rng):
    """A smooth picture with much texture, 96 x 128 px."""
    texture = gaussian_filter(rng.normal(0, 1, (96, 128)), 2)
    return np.float32(0.5 + 0.12 * texture / texture.std())


def error(found, truth):
    return float(np.sqrt(np.mean((found - truth) ** 2)))


def noisy(frames, rng):
    return [np.float32(frame + rng.normal(0, NOISE, frame.shape)) for frame in frames]


def test_noise_of_a_still_scene_is_averaged(scene, rng):
    own, *others = noisy([scene] * 9, rng)
    found = steadied(own, others)
    assert found.dtype == np.float32
    assert error(found, scene) < 1.2 * NOISE / 3  # of nine frames


def test_unsteady_light_is_averaged(scene):
    lamp = [0.98, 1.02, 0.97, 1.03, 1.0]
    own, *others = [np.float32(scene * light) for light in lamp]
    assert error(steadied(own, others), scene) < 0.1 * error(own, scene)


@pytest.mark.parametrize("shift", [1, 3, 40])
def test_scene_that_moves_is_left_alone(scene, rng, shift):
    clean = [np.roll(scene, shift * number, axis=1) for number in range(5)]
    own, *others = noisy(clean, rng)
    assert error(steadied(clean[0], clean[1:]), clean[0]) < 0.1 * NOISE
    assert error(steadied(own, others), clean[0]) < 1.05 * NOISE


def test_only_the_background_of_a_moving_thing_is_averaged(scene, rng):
    thing = gaussian_filter(rng.normal(0, 1, (96, 128)), 2)[:32, :32]
    clean = []
    for number in range(5):
        frame = scene.copy()
        frame[30:62, 4 * number : 4 * number + 32] = 0.5 + 0.12 * thing / thing.std()
        clean.append(frame)
    own, *others = noisy(clean, rng)
    found = steadied(own, others)
    assert error(found[:, 80:], clean[0][:, 80:]) < 0.6 * NOISE
    assert error(found[30:62, :32], clean[0][30:62, :32]) < 1.2 * NOISE


def ground(shape=(96, 128), low=0.1, high=0.5):
    """A scene with much sky, which is flat, and some ground."""
    image = np.full(shape, low, np.float32)
    image[2 * shape[0] // 3 :] = high
    return image


@pytest.mark.parametrize("noise", [0, NOISE])
def test_scenes_before_and_after_a_cut_are_left_alone(rng, scene, noise):
    before, after = ground(low=0.8, high=0.3), ground(low=0.15, high=0.6)
    frames = [np.float32(one + rng.normal(0, noise, one.shape)) for one in (before, after, after)]
    assert error(steadied(frames[0], frames[1:]), before) < 0.005 + noise
    assert error(steadied(frames[1], frames[::2]), after) < 0.005 + noise


@pytest.mark.parametrize("noise", [0, NOISE])
@pytest.mark.parametrize("softness", [0.5, 12])
def test_flat_and_soft_things_that_move_are_left_alone(rng, noise, softness):
    y, x = np.mgrid[:96, :192]
    clean = []
    for number in range(5):
        disc = (np.hypot(y - 48, x - 50 - 15 * number) < 30).astype(float)
        clean.append(np.float32(0.2 + 0.5 * gaussian_filter(disc, softness)))
    frames = [np.float32(one + rng.normal(0, noise, one.shape)) for one in clean]
    found = steadied(frames[2], frames[:2] + frames[3:])
    assert np.abs(gaussian_filter(found - clean[2], 3)).max() < 0.05
    assert error(found, clean[2]) < 0.006 + noise


def test_channels_that_show_different_things_are_not_mixed(rng):
    first, second = ground(low=0.3, high=0.7), ground(low=0.1, high=0.2)[::-1]
    own, other = noisy([first, second], rng)
    assert error(steadied(own, [other]), first) < 1.1 * NOISE


def test_still_scene_with_a_clipped_background_is_averaged(scene, rng):
    scene = np.where(np.arange(128) < 64, 0, scene)  # half of the picture has no noise
    frames = [np.clip(one, 0, 1) * (scene > 0) for one in noisy([scene] * 9, rng)]
    found = steadied(np.float32(frames[0]), [np.float32(one) for one in frames[1:]])
    assert error(found[:, 72:], scene[:, 72:]) < 0.5 * NOISE


def test_slice_with_nan_is_left_out_and_left_alone(scene, rng):
    own, other, broken = noisy([scene] * 3, rng)
    broken[3, 4] = np.nan
    np.testing.assert_array_equal(steadied(own, [broken, other]), steadied(own, [other]))
    assert steadied(broken, [own]) is broken


def test_slices_that_have_nothing_in_common_are_left_alone(rng):
    own, other = rng.random((2, 64, 64), dtype=np.float32)
    np.testing.assert_array_equal(steadied(own, [other]), own)


def test_equal_slices_keep_their_bytes(scene):
    np.testing.assert_array_equal(steadied(scene, [scene, scene]), scene)


def test_constant_slice_stays_constant(scene):
    blank = np.full_like(scene, 0.5)
    np.testing.assert_array_equal(steadied(blank, [np.float32(0.5 + 0.01 * scene)]), blank)


def test_slice_without_others_stays_as_it_is(scene):
    assert steadied(scene, []) is scene


def test_every_slice_takes_those_on_both_sides_along_the_last_axis(scene, rng):
    frames = np.stack(noisy([scene] * 8, rng)).reshape(2, 4, *scene.shape)
    working = da.from_array(frames, chunks=(1, 1, -1, -1))
    found = steadied_slices(working, 1)
    assert found.chunks == working.chunks
    found = found.compute(scheduler="synchronous")
    np.testing.assert_array_equal(found[0, 0], steadied(frames[0, 0], [frames[0, 1]]))
    np.testing.assert_array_equal(found[1, 2], steadied(frames[1, 2], list(frames[1, [1, 3]])))


def test_next_slice_of_a_chain_takes_what_was_steadied_before(scene, rng, monkeypatch):
    frames = da.from_array(np.stack(noisy([scene] * 5, rng)), chunks=(1, -1, -1))
    found = steadied_slices(frames, 1)
    before = found[:3].compute(scheduler="synchronous")
    monkeypatch.setattr(steadying, "steadied", None)  # they are not computed again
    np.testing.assert_array_equal(found[:3].compute(scheduler="synchronous"), before)


def test_slices_beyond_reach_are_not_read(scene):
    read = []

    def look(block, block_info=None):
        read.append(block_info[0]["chunk-location"][0])
        return block

    frames = da.from_array(np.stack([scene] * 9), chunks=(1, -1, -1))
    frames = frames.map_blocks(look, dtype=frames.dtype, meta=frames._meta)
    steadied_slices(frames, 2)[4].compute(scheduler="synchronous")
    assert sorted(read) == [2, 3, 4, 5, 6]


@pytest.mark.parametrize("shape", [(64, 64), (3, 64, 64)])
def test_single_image_and_reach_of_none_change_nothing(shape):
    working = da.zeros(shape, chunks=(1,) * (len(shape) - 2) + (64, 64), dtype=np.float32)
    reach = 4 if len(shape) == 2 else 0
    assert steadied_slices(working, reach) is working
