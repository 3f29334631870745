"""Where tiles lie: equation (4), its border, and random places."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from napari_oneshot_color.stages.tiles import (
    all_positions,
    cut,
    lattice_positions,
    place,
    random_positions,
)

SIZES = {"height": st.integers(16, 90), "width": st.integers(16, 90)}
STRIDES = st.integers(1, 16)


def coordinates(height, width):
    """Make an image whose two channels are a pixel's row and column."""
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    return torch.stack([y, x]).float()


def test_equation_4_cuts_49_tiles_out_of_256_by_256():
    target = np.random.default_rng(0).random((1, 256, 256), dtype=np.float32)
    z = cut(torch.from_numpy(target), lattice_positions(256, 256, 64, 32), 64)
    assert z.shape == (49, 1, 64, 64)
    for i in range(7):
        for j in range(7):
            wanted = target[:, 32 * i : 32 * i + 64, 32 * j : 32 * j + 64]
            np.testing.assert_array_equal(z[7 * i + j], wanted)


def test_defaults_are_those_of_equation_4():
    np.testing.assert_array_equal(
        lattice_positions(256, 256), [(32 * i, 32 * j) for i in range(7) for j in range(7)]
    )


@pytest.mark.parametrize(
    ("width", "lefts"),
    [
        (64, [0]),
        (65, [0, 1]),
        (95, [0, 31]),
        (96, [0, 32]),
        (97, [0, 32, 33]),
        (100, [0, 32, 36]),
        (255, [0, 32, 64, 96, 128, 160, 191]),
        (257, [0, 32, 64, 96, 128, 160, 192, 193]),
    ],
)
def test_last_tile_is_anchored_at_the_border(width, lefts):
    assert lattice_positions(64, width)[:, 1].tolist() == lefts
    assert lattice_positions(width, 64)[:, 0].tolist() == lefts


def test_lattice_runs_row_by_row():
    assert lattice_positions(20, 24, tile=16, stride=8).tolist() == [
        [0, 0],
        [0, 8],
        [4, 0],
        [4, 8],
    ]


@given(**SIZES, stride=STRIDES)
def test_lattice_covers_every_pixel_and_stays_inside(height, width, stride):
    positions = lattice_positions(height, width, 16, stride)
    covered = np.zeros((height, width), bool)
    for top, left in positions:
        assert 0 <= top <= height - 16
        assert 0 <= left <= width - 16
        covered[top : top + 16, left : left + 16] = True
    assert covered.all()
    assert len(np.unique(positions, axis=0)) == len(positions)


@given(**SIZES, seed=st.integers(0, 1000))
def test_random_tiles_lie_inside(height, width, seed):
    rng = np.random.default_rng(seed)
    positions = random_positions(height, width, 16, 50, rng)
    assert positions.shape == (50, 2)
    assert positions.min() >= 0
    assert (positions.max(axis=0) <= [height - 16, width - 16]).all()


def test_random_tiles_reach_every_place():
    positions = random_positions(18, 19, 16, 500, np.random.default_rng(0))
    places = {tuple(position) for position in positions.tolist()}
    assert places == {(top, left) for top in range(3) for left in range(4)}


def test_random_tiles_follow_their_generator():
    first, same, other = (
        random_positions(99, 77, 16, 20, np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, same)
    assert (first != other).any()


def test_positions_are_the_lattice_followed_by_random_places():
    positions, on_lattice = all_positions(64, 96, 32, 32, 20, np.random.default_rng(0))
    lattice = lattice_positions(64, 96, 32, 32)
    assert len(positions) == 20
    assert on_lattice == len(lattice) == 6
    np.testing.assert_array_equal(positions[:6], lattice)
    np.testing.assert_array_equal(
        positions[6:], random_positions(64, 96, 32, 14, np.random.default_rng(0))
    )


def test_lattice_is_kept_whole_when_fewer_tiles_are_asked_for():
    positions, on_lattice = all_positions(64, 96, 32, 32, 1, np.random.default_rng(0))
    np.testing.assert_array_equal(positions, lattice_positions(64, 96, 32, 32))
    assert on_lattice == 6


@given(
    **SIZES,
    tile=st.integers(1, 16),
    dtype=st.sampled_from([torch.uint8, torch.int32, torch.float32, torch.float64, torch.bfloat16]),
    seed=st.integers(0, 1000),
)
def test_cut_equals_slicing(height, width, tile, dtype, seed):
    image = coordinates(height, width).to(dtype)
    positions = random_positions(height, width, tile, 5, np.random.default_rng(seed))
    pieces = cut(image, positions, tile)
    assert pieces.shape == (5, 2, tile, tile)
    for piece, (top, left) in zip(pieces, positions, strict=True):
        assert torch.equal(piece, image[:, top : top + tile, left : left + tile])


def test_cut_tiles_are_copies():
    image = coordinates(32, 32)
    cut(image, np.array([[0, 0]]), 16).zero_()
    assert torch.equal(image, coordinates(32, 32))


@given(**SIZES, stride=STRIDES)
def test_placed_lattice_tiles_reproduce_the_image(height, width, stride):
    image = np.random.default_rng(0).random((height, width, 3), dtype=np.float32)
    positions = lattice_positions(height, width, 16, stride)
    tiles = cut(torch.from_numpy(image).permute(2, 0, 1), positions, 16)
    laid = place(tiles.permute(0, 2, 3, 1).numpy(), positions, (height, width))
    np.testing.assert_array_equal(laid, image)


def test_place_lays_later_tiles_over_earlier_ones_and_leaves_the_rest_black():
    tiles = np.stack([np.full((2, 2, 3), value, np.float32) for value in (0.25, 0.75)])
    canvas = place(tiles, np.array([[0, 0], [1, 1]]), (3, 4))
    assert canvas.dtype == np.float32
    np.testing.assert_array_equal(
        canvas[..., 0], [[0.25, 0.25, 0, 0], [0.25, 0.75, 0.75, 0], [0, 0.75, 0.75, 0]]
    )
