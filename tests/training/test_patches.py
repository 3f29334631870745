"""Augmented training patches: each change alone does what it says, and grey stays registered.

The source is a ramp: red is a pixel's column and green its row, as parts of the size, so a patch's
colours tell where each of its pixels was read.
"""

import numpy as np
import pytest
import torch
from skimage.color import rgb2lab

from napari_oneshot_color.pixels.tensors import luminance_of_tensor
from napari_oneshot_color.training import patches
from napari_oneshot_color.training.patches import PatchSampler

SIDE, HEIGHT, WIDTH = 32, 150, 200
COUNT = 300
STILL = {
    "flip": False,
    "rotation": 0.0,
    "warp": 0.0,
    "resize_min": 1.0,
    "resize_max": 1.0,
    "brightness": 0.0,
    "contrast": 0.0,
}
CHANGES = {
    "flip": {"flip": True},
    "rotation": {"rotation": 15.0},
    "warp": {"warp": 0.1},
    "resize": {"resize_min": 0.8, "resize_max": 1.25},
    "brightness": {"brightness": 0.1},
    "contrast": {"contrast": 0.2},
}
TOGETHER = {name: value for change in CHANGES.values() for name, value in change.items()}
EVERY_CHANGE = {"none": {}, **CHANGES, "together": TOGETHER}


@pytest.fixture
def draw(tiny):
    """Draw patches with some changes and no others, in [0, 1]: grey and colour."""

    def drawn(source, seed=0, count=COUNT, **changes):
        generator = torch.Generator().manual_seed(seed)
        sampler = PatchSampler(source, tiny(**{**STILL, **changes}), generator)
        grey, color = sampler.draw(count)
        return (grey + 1) / 2, (color + 1) / 2

    return drawn


@pytest.fixture(scope="module")
def ramp():
    y, x = torch.meshgrid(
        torch.arange(HEIGHT) / (HEIGHT - 1), torch.arange(WIDTH) / (WIDTH - 1), indexing="ij"
    )
    return torch.stack([x, y, 0.5 * torch.ones_like(x)])


@pytest.fixture(scope="module")
def texture():
    """Colours from 0.4 to 0.6, which brightness and contrast do not clip."""
    noise = torch.rand(3, 90, 110, generator=torch.Generator().manual_seed(0))
    return 0.4 + 0.2 * noise


def columns_and_rows(color):
    """Return where in the source each pixel was read, ``(n, s, s)`` px."""
    return color[:, 0] * (WIDTH - 1), color[:, 1] * (HEIGHT - 1)


def slopes_at_centre(color):
    """Derivatives of column and row by a patch's x and y, at its centre: dx/dx, dx/dy, ..."""
    middle = SIDE // 2
    for coordinate in columns_and_rows(color):
        four = coordinate[:, middle - 1 : middle + 1, middle - 1 : middle + 1]
        yield (four[:, :, 1] - four[:, :, 0]).mean(1)
        yield (four[:, 1, :] - four[:, 0, :]).mean(1)


def centres(color):
    middle = slice(SIDE // 2 - 1, SIDE // 2 + 1)
    return torch.stack(
        [c[:, middle, middle].mean(dim=(1, 2)) for c in columns_and_rows(color)], dim=1
    )


def test_patches_have_the_shape_and_range_that_the_networks_take(texture, tiny):
    sampler = PatchSampler(texture, tiny(), torch.Generator().manual_seed(0))
    grey, color = sampler.draw(5)
    assert grey.shape == (5, 1, SIDE, SIDE)
    assert color.shape == (5, 3, SIDE, SIDE)
    assert grey.dtype == color.dtype == torch.float32
    assert grey.min() < 0 < grey.max()  # around 0, not around 1/2
    assert color.min() < 0 < color.max()


def test_unchanged_patches_are_exact_crops(ramp, draw):
    _, color = draw(ramp)
    column, row = columns_and_rows(color)
    y, x = torch.meshgrid(torch.arange(SIDE), torch.arange(SIDE), indexing="ij")
    torch.testing.assert_close(column, column[:, :1, :1] + x, rtol=0, atol=1e-3)
    torch.testing.assert_close(row, row[:, :1, :1] + y, rtol=0, atol=1e-3)
    assert column.min() >= 0
    assert column.max() <= WIDTH - 1


def test_unchanged_patches_come_from_everywhere(ramp, draw):
    _, color = draw(ramp)
    for coordinate, length in zip(columns_and_rows(color), (WIDTH, HEIGHT), strict=True):
        first = coordinate[:, 0, 0]
        assert first.min() < 0.05 * length
        assert first.max() > length - SIDE - 0.05 * length
        assert first.mean().item() == pytest.approx((length - SIDE) / 2, rel=0.1)


def test_patch_of_a_source_of_its_own_size_is_the_source(texture, draw):
    source = texture[:, :SIDE, :SIDE].contiguous()
    _, color = draw(source, count=3)
    torch.testing.assert_close(color, source.expand(3, -1, -1, -1), rtol=0, atol=1e-5)


def test_flip_mirrors_half_of_the_patches_left_to_right(ramp, draw):
    _, color = draw(ramp, flip=True)
    x_by_x, x_by_y, y_by_x, y_by_y = slopes_at_centre(color)
    torch.testing.assert_close(x_by_x.abs(), torch.ones(COUNT), rtol=0, atol=1e-3)
    torch.testing.assert_close(y_by_y, torch.ones(COUNT), rtol=0, atol=1e-3)
    assert torch.cat([x_by_y, y_by_x]).abs().max() < 1e-3
    assert 0.4 < (x_by_x < 0).float().mean() < 0.6


def test_flipped_patch_is_the_mirror_image_of_the_unflipped_one(texture, draw):
    _, straight = draw(texture)
    _, flipped = draw(texture, flip=True)
    mirrored = (flipped - straight).abs().amax(dim=(1, 2, 3)) > 1e-3
    assert 0 < mirrored.sum() < COUNT
    torch.testing.assert_close(flipped[mirrored], straight[mirrored].flip(-1), rtol=0, atol=1e-4)


@pytest.mark.parametrize("largest", [15.0, 60.0])
def test_rotation_turns_by_up_to_its_angle_either_way_and_keeps_the_scale(ramp, draw, largest):
    _, color = draw(ramp, rotation=largest)
    x_by_x, x_by_y, y_by_x, y_by_y = slopes_at_centre(color)
    angle = torch.rad2deg(torch.atan2(y_by_x, x_by_x))
    assert angle.abs().max() <= largest + 0.1
    assert angle.min() < -0.9 * largest
    assert angle.max() > 0.9 * largest
    ones = torch.ones(COUNT)
    torch.testing.assert_close(torch.hypot(x_by_x, y_by_x), ones, rtol=0, atol=1e-3)
    torch.testing.assert_close(x_by_x * y_by_y - x_by_y * y_by_x, ones, rtol=0, atol=1e-3)


@pytest.mark.parametrize(("low", "high"), [(0.5, 1.0), (1.0, 2.0), (0.8, 1.25)])
def test_resize_grows_the_content_by_a_factor_in_its_range(ramp, draw, low, high):
    _, color = draw(ramp, resize_min=low, resize_max=high)
    x_by_x, x_by_y, y_by_x, y_by_y = slopes_at_centre(color)
    factor = 1 / x_by_x
    assert low - 1e-3 <= factor.min() < 1.1 * low
    assert 0.9 * high < factor.max() <= high + 1e-3
    middle = (low * high) ** 0.5
    assert 0.4 < (factor > middle).float().mean() < 0.6  # as often larger as smaller
    torch.testing.assert_close(x_by_x, y_by_y, rtol=0, atol=1e-3)
    assert torch.cat([x_by_y, y_by_x]).abs().max() < 1e-3


def test_resized_patches_still_lie_inside_the_source(ramp, draw):
    _, color = draw(ramp, resize_min=0.5, resize_max=2.0)
    column, row = columns_and_rows(color)
    for coordinate in (column[:, 0], row[:, :, 0]):
        steps = coordinate.diff(dim=1)  # a mirrored border would turn the ramp around
        assert (steps > 0).all()


def test_warp_keeps_the_centre_and_moves_the_corners(ramp, draw):
    _, still = draw(ramp)
    _, warped = draw(ramp, warp=0.1)
    moved = (centres(warped) - centres(still)).norm(dim=1)
    assert moved.max() < 0.05
    corners = (warped[:, :2, 0, 0] - still[:, :2, 0, 0]).abs().sum(1) * HEIGHT
    assert corners.median() > 0.5
    # 10 % shear and 10 % depth move a corner by little more than 20 % of half the side
    assert corners.max() < 0.3 * SIDE


def test_warp_shears_by_up_to_its_range(ramp, draw):
    _, color = draw(ramp, warp=0.1)
    x_by_x, x_by_y, y_by_x, y_by_y = slopes_at_centre(color)
    assert x_by_y.abs().max() <= 0.1 + 5e-3
    assert x_by_y.min() < -0.09
    assert x_by_y.max() > 0.09
    assert y_by_x.abs().max() < 5e-3
    torch.testing.assert_close(x_by_x, torch.ones(COUNT), rtol=0, atol=5e-3)
    torch.testing.assert_close(y_by_y, torch.ones(COUNT), rtol=0, atol=5e-3)


def test_warp_leans_patches_in_perspective(ramp, draw):
    _, color = draw(ramp, warp=0.1)
    row = color[:, 1] * (HEIGHT - 1)
    middle = SIDE // 2
    left, right = (
        row[:, middle + 4, edge] - row[:, middle - 4, edge] for edge in (middle - 8, middle + 8)
    )
    ratio = left / right  # 16 px apart, of 32: depth differs by up to 0.1 / 2, so its square by 0.1
    assert ratio.max() > 1.05
    assert ratio.min() < 1 / 1.05
    assert ratio.max() < 1.15


def test_brightness_shifts_a_patch_as_a_whole_by_up_to_its_range(texture, draw):
    _, still = draw(texture)
    _, shifted = draw(texture, brightness=0.1)
    shift = (shifted - still).mean(dim=(1, 2, 3))
    torch.testing.assert_close(
        shifted, still + shift.view(-1, 1, 1, 1).expand_as(still), rtol=0, atol=1e-5
    )
    assert shift.abs().max() <= 0.1 + 1e-5
    assert shift.min() < -0.09
    assert shift.max() > 0.09


def test_contrast_stretches_a_patch_around_its_mean_by_up_to_its_range(texture, draw):
    _, still = draw(texture)
    _, changed = draw(texture, contrast=0.2)
    axes = (1, 2, 3)
    torch.testing.assert_close(changed.mean(axes), still.mean(axes), rtol=0, atol=1e-5)
    gain = changed.std(axes) / still.std(axes)
    assert gain.max() <= 1.2 + 1e-4
    assert gain.min() >= 0.8 - 1e-4
    assert gain.max() > 1.18
    assert gain.min() < 0.82


def test_colors_stay_in_range_however_bright(texture, tiny):
    sampler = PatchSampler(
        texture, tiny(brightness=1.0, contrast=0.95), torch.Generator().manual_seed(0)
    )
    grey, color = sampler.draw(100)
    assert color.min() == -1
    assert color.max() == 1
    assert grey.abs().max() <= 1


@pytest.mark.parametrize("changes", EVERY_CHANGE.values(), ids=EVERY_CHANGE)
def test_grey_stays_registered_under_every_change(source, draw, changes):
    image = torch.from_numpy(source.astype(np.float32) / 255).permute(2, 0, 1)
    grey, color = draw(image, count=12, **changes)
    torch.testing.assert_close(grey, luminance_of_tensor(color), rtol=0, atol=1e-5)
    color = np.clip(color.permute(0, 2, 3, 1).numpy(), 0, 1)
    grey = np.clip(grey.permute(0, 2, 3, 1).numpy(), 0, 1)
    lightness = rgb2lab(color)[..., 0]
    np.testing.assert_allclose(rgb2lab(grey.repeat(3, axis=3))[..., 0], lightness, atol=0.01)


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_every_change_changes_patches(texture, draw, change):
    _, still = draw(texture, count=8)
    _, changed = draw(texture, count=8, **change)
    assert (changed - still).abs().max() > 0.01


def test_patch_over_the_border_continues_as_a_mirror_image(draw):
    source = torch.full((3, SIDE, SIDE), 0.5)
    source[0] = torch.linspace(0.4, 0.9, SIDE)
    _, color = draw(source, rotation=45.0, count=50)
    assert color[:, 1:].min().item() == pytest.approx(0.5)  # nothing black came in
    assert color[:, 0].min() >= 0.4 - 1e-5
    assert color[:, 0].max() <= 0.9 + 1e-5


def test_source_smaller_than_the_widest_patch_can_be_used(texture, draw):
    _, color = draw(texture[:, :SIDE, :70], resize_min=0.1, resize_max=0.2)
    assert color.isfinite().all()
    assert color.min() >= 0.4 - 1e-5
    assert color.max() <= 0.6 + 1e-5


def test_same_seed_draws_the_same_patches_and_another_seed_others(texture, draw):
    first, same, other = (draw(texture, seed, **TOGETHER) for seed in (3, 3, 4))
    assert torch.equal(first[0], same[0])
    assert torch.equal(first[1], same[1])
    assert not torch.equal(first[1], other[1])


def test_each_draw_gives_new_patches(texture, tiny):
    sampler = PatchSampler(texture, tiny(), torch.Generator().manual_seed(0))
    assert not torch.equal(sampler.draw(4)[1], sampler.draw(4)[1])


def test_randomness_comes_from_the_given_generator_only(texture, draw):
    before = torch.get_rng_state()
    draw(texture, **TOGETHER)
    assert torch.equal(torch.get_rng_state(), before)


def test_one_batch_is_one_sampling_call(texture, draw, monkeypatch):
    calls = []
    real = patches.grid_sample

    def counted(*args, **kwargs):
        calls.append(args)
        return real(*args, **kwargs)

    monkeypatch.setattr(patches, "grid_sample", counted)
    draw(texture, count=64, **TOGETHER)
    assert len(calls) == 1


def test_source_is_left_unchanged(texture, draw):
    before = texture.clone()
    draw(texture, **TOGETHER)
    assert torch.equal(texture, before)
