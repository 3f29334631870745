"""Layers of every kind are taken as a run needs them; results lie where the target lies."""

import dask.array
import numpy as np
import pytest
from napari.layers import Image
from shown import STAGES

from napari_oneshot_color import Source
from napari_oneshot_color import colorize as colorize_headless
from napari_oneshot_color.plugin.layers.geometry import Geometry
from napari_oneshot_color.plugin.layers.kinds import LAYERS
from napari_oneshot_color.plugin.layers.snapshot import (
    file_name,
    is_color,
    is_grayscale,
    is_in,
    is_own,
    is_truth,
    metadata,
    snapshot,
    truth_metadata,
)

PLUGIN = "napari-oneshot-color"
PLACES = {
    "scale": {"scale": (0.5, 0.25)},
    "translate": {"translate": (100, -40)},
    "rotate": {"rotate": 30},
    "shear": {"shear": [0.4]},
    "affine": {"affine": [[0, 2, 3], [-1, 0.5, 4], [0, 0, 1]]},
    "units": {"units": ("um", "um"), "axis_labels": ("row", "column")},
    "all": {
        "scale": (0.5, 0.25),
        "translate": (100, -40),
        "rotate": 30,
        "shear": [0.4],
        "affine": [[0, 2, 3], [-1, 0.5, 4], [0, 0, 1]],
        "units": ("um", "mm"),
        "axis_labels": ("row", "column"),
    },
}


@pytest.mark.parametrize("place", PLACES)
def test_results_lie_on_the_target_at_every_size(viewer, uncertain, target, corners, place):
    from napari_oneshot_color.plugin.runs.run import Run

    layer = viewer.add_image(np.kron(target, np.ones((2, 3))), name="right", **PLACES[place])
    run = Run(viewer.layers, snapshot(layer), set(LAYERS))
    run.show_result(uncertain)
    assert len(run.layers.by_kind) == 11
    for kind, shown in run.layers.by_kind.items():
        places = [corner[-2:] for corner in corners(shown)]
        np.testing.assert_allclose(places, corners(layer), atol=1e-9)
        assert shown.units[-2:] == layer.units
        if kind == "epochs":
            assert shown.axis_labels == ("epoch", *layer.axis_labels)
        else:
            assert shown.axis_labels == layer.axis_labels
    assert layer.units == viewer.layers[0].units


@pytest.mark.parametrize("kinds", [STAGES], ids=["stages"])
def test_whole_run_keeps_the_geometry_and_the_target(
    viewer, color_right, target, layer_of, corners
):
    place = PLACES["all"]
    right = viewer.add_image(target, name="right", **place)
    before = Geometry.of(right), right.data.tobytes(), right.contrast_limits
    color_right(right, working_size=32)
    assert layer_of("merged").data.shape == (32, 43, 3)
    assert layer_of("final").data.shape == (48, 64, 3)
    for kind in ("tiles", "merged", "regions", "quickshift", "final"):
        np.testing.assert_allclose(corners(layer_of(kind)), corners(right), atol=1e-9)
        assert [str(unit) for unit in layer_of(kind).units] == ["micrometer", "millimeter"]
        assert layer_of(kind).axis_labels == ("row", "column")
    after = Geometry.of(right), right.data.tobytes(), right.contrast_limits
    assert repr(after) == repr(before)


def test_alpha_of_a_source_is_dropped_and_reported(color_right, source, target, tiny):
    transparent = np.dstack([source, np.maximum(source[..., 0], 1)])
    widget = color_right(target, left=transparent)
    assert "The alpha channel of 'left' was dropped." in widget.result.provenance["notes"]
    expected = colorize_headless(source, target, tiny())
    np.testing.assert_array_equal(widget.result.final, expected.final)


def test_16_bit_target_is_used_as_displayed(viewer, color_right, target, tiny, source):
    deep = target.astype(np.uint16) * 40 + 1000
    right = viewer.add_image(deep, name="right", contrast_limits=(2000, 9000))
    widget = color_right(right)
    expected = colorize_headless(source, deep, tiny(), target_limits=(2000, 9000))
    np.testing.assert_array_equal(widget.result.final, expected.final)
    np.testing.assert_array_equal(right.data, deep)


@pytest.mark.parametrize("dtype", [bool, np.int16, np.float32, np.float64])
def test_target_may_be_of_any_real_dtype(viewer, color_right, target, layer_of, dtype):
    pixels = (target > 100) if dtype is bool else (target.astype(dtype) - 100)
    color_right(viewer.add_image(pixels, name="right"))
    assert layer_of("final").data.shape == (48, 64, 3)


def test_lazy_layers_are_computed_in_the_run(viewer, color_right, source, target, tiny):
    right = viewer.add_image(dask.array.from_array(target, chunks=16), name="right")
    widget = color_right(right, left=dask.array.from_array(source, chunks=16))
    expected = colorize_headless(source, target, tiny())
    np.testing.assert_array_equal(widget.result.final, expected.final)
    assert isinstance(right.data, dask.array.Array)


def test_snapshot_does_not_follow_the_layer(layers, target):
    taken = snapshot(layers[1])
    layers[1].name, layers[1].data = "other", np.zeros((5, 5))
    assert taken.name == "right"
    np.testing.assert_array_equal(taken.array(), target)


@pytest.mark.parametrize(
    ("pixels", "options", "limits"),
    [
        (np.uint8([[0, 9]]), {}, None),
        (np.uint8([[0, 9]]), {"contrast_limits": (2, 5)}, (2.0, 5.0)),
        (np.array([[False, True]]), {}, None),
        (np.uint16([[0, 9]]), {"contrast_limits": (2, 5)}, (2.0, 5.0)),
        (np.float32([[0, 9]]), {"contrast_limits": (-2, 5)}, (-2.0, 5.0)),
        (np.uint8([[[0, 9, 9]]]), {"rgb": True}, None),
        (np.uint16([[[0, 9, 9]]]), {"rgb": True, "contrast_limits": (2, 5)}, (2.0, 5.0)),
    ],
    ids=["8 bit", "8 bit, changed", "bool", "16 bit", "float", "colour", "colour of 16 bit"],
)
def test_limits_are_the_displayed_contrast_limits(viewer, pixels, options, limits):
    assert snapshot(viewer.add_image(pixels, **options)).limits == limits


@pytest.mark.parametrize(("smallest", "side"), [(None, 64), (64, 64), (33, 64), (32, 32), (9, 16)])
def test_level_of_a_pyramid_is_the_coarsest_that_is_large_enough(viewer, smallest, side):
    levels = [np.zeros((one, one + 2)) for one in (64, 32, 16)]
    taken = snapshot(viewer.add_image(levels, multiscale=True, name="p"), smallest)
    assert taken.data.shape == (side, side + 2)
    assert taken.geometry.shape == (64, 66)
    assert taken.notes[0].startswith("'p' has several levels: level ")


def test_level_too_large_for_memory_is_skipped(viewer):
    levels = [dask.array.zeros((side, side)) for side in (20_000, 5_000, 1_000)]
    layer = viewer.add_image(levels, multiscale=True, contrast_limits=(0, 1))
    assert snapshot(layer).data.shape == (5_000, 5_000)


def test_layers_are_distinguished(viewer, layers):
    labels = viewer.add_labels(np.ones((4, 4), int))
    assert [is_color(layer) for layer in (*layers, labels)] == [True, False, False]
    assert [is_grayscale(layer) for layer in (*layers, labels)] == [False, True, False]
    made = viewer.add_image(np.zeros((4, 4)), metadata=metadata({"finished": False}))
    truth = viewer.add_image(np.zeros((4, 4)), metadata=truth_metadata())
    assert [is_own(layer) for layer in (layers[0], made, truth)] == [False, True, True]
    assert [is_truth(layer) for layer in (layers[0], made, truth)] == [False, False, True]


def test_removed_layer_is_no_longer_there(viewer, layers):
    assert is_in(viewer.layers, layers[0])
    viewer.layers.remove("left")
    assert not is_in(viewer.layers, layers[0])
    assert not is_in(viewer.layers, None)


@pytest.mark.parametrize(
    ("name", "safe"),
    [("a/b: c*", "a_b_ c_"), ("größe λ", "größe λ"), ("x" * 300, "x" * 160), ("..", "image")],
)
def test_name_is_one_that_a_file_can_have(name, safe):
    assert file_name(name) == safe
    assert file_name("a.b", also="") == "a_b"


def test_axes_of_length_1_are_ignored(viewer, color_right, source, target, layer_of, corners):
    place = {"scale": (7, 0.5, 0.25), "translate": (3, 100, -40)}
    right = viewer.add_image(target[None], name="right", **place)
    widget = color_right(right, left=source[None])
    assert widget.result.final.shape == (48, 64, 3)
    places = [corner[-2:] for corner in corners(right)]
    np.testing.assert_allclose([corner[-2:] for corner in corners(layer_of("final"))], places)


def test_grey_with_alpha_is_an_image(viewer, color_right, source, target, layer_of, tiny):
    with_alpha = np.dstack([target, np.full_like(target, 255)])
    place = {"scale": (0.5, 0.25, 1), "translate": (100, -40, 0), "units": ("um", "um", "pixel")}
    right = viewer.add_image(with_alpha, rgb=False, name="right", **place)
    widget = color_right(right)
    expected = colorize_headless(source, target, tiny())
    np.testing.assert_array_equal(widget.result.final, expected.final)
    assert "The alpha channel of 'right' was ignored." in widget.result.record.notes
    final = layer_of("final")
    np.testing.assert_allclose(final.scale[-2:], (0.5, 0.25))
    np.testing.assert_allclose(final.translate[-2:], (100, -40))
    assert [str(unit) for unit in final.units] == ["micrometer", "micrometer"]


@pytest.mark.parametrize("axes", ["last", "first"])
def test_lazy_layers_are_not_read_to_be_described(target, axes):
    def forbidden(*args):
        raise AssertionError("it was read")

    shape = (48, 64, 2) if axes == "last" else (1, 48, 64)
    lazy = dask.array.from_array(np.zeros(shape, np.uint8)).map_blocks(
        forbidden, dtype=np.uint8, meta=np.empty((0,) * 3, np.uint8)
    )

    class Layer:
        data, rgb, multiscale, name, ndim = lazy, False, False, "lazy", 3
        contrast_limits, source = (0, 255), type("Source", (), {"path": None})
        scale, translate, rotate, shear = np.ones(3), np.zeros(3), np.eye(3), np.zeros(3)
        affine, units, axis_labels = type("A", (), {"affine_matrix": np.eye(4)}), "abc", "abc"

    image = snapshot(Layer)
    assert image.data.shape == image.geometry.shape == (48, 64)
    assert image.limits is None


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_source_and_target_are_used_with_their_displayed_contrast(
    viewer, color_right, source, target, tiny, dtype
):
    factor = 1 if dtype is np.uint8 else 16  # 12 bits in 16
    left = viewer.add_image(source.astype(dtype) * factor, rgb=True, name="left")
    right = viewer.add_image(target.astype(dtype) * factor, name="right")
    left.contrast_limits = 5 * factor, 250 * factor
    right.contrast_limits = 30 * factor, 200 * factor
    widget = color_right(right, left=left)
    example = Source(left.data, "left", (5 * factor, 250 * factor))
    limits = 30 * factor, 200 * factor
    expected = colorize_headless(example, right.data, tiny(), target_limits=limits)
    np.testing.assert_array_equal(widget.result.final, expected.final)
    assert widget.result.record.source.limits == (5 * factor, 250 * factor)
    assert widget.result.record.target.limits == limits


def test_unchanged_contrast_is_ignored(target, source):
    assert snapshot(Image(target)).limits is None
    assert snapshot(Image(target > 100)).limits is None
    assert snapshot(Image(source, rgb=True)).limits is None
    floats = Image(source / np.float32(255), rgb=True, contrast_limits=(0, 1))
    assert snapshot(floats).limits is None
