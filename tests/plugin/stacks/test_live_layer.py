"""Stacks are coloured as they are looked at, and nothing else of them is computed."""

import gc
import threading

import dask.array as da
import numpy as np
import pytest
from counted_stack import Counted
from dask.callbacks import Callback

from napari_oneshot_color.plugin.stacks import slices as slices_module
from napari_oneshot_color.plugin.stacks.slices import ColoredSlices, lazy
from napari_oneshot_color.stacks.computing import computed
from napari_oneshot_color.stacks.lazy import colorize_stack

PLUGIN = "napari-oneshot-color"
LIMITS = (1000, 20000)


@pytest.fixture
def add_stack(viewer, apply, click):
    """Add a stack named "cells", click Run, and return the layer that appears."""

    def add(data, **options):
        options = {"contrast_limits": LIMITS, **options}
        apply.target.value = viewer.add_image(data, name="cells", **options)
        click(apply.controls.button)
        return viewer.layers["final · cells"]

    return add


@pytest.fixture
def in_color(result):
    """Colour a stack without the viewer."""
    return lambda stack, limits=LIMITS: colorize_stack(
        result.colorizer, lazy(stack), limits=limits
    ).compute()


def grey_of(pixels, limits=LIMITS):
    low, high = limits
    grey = np.clip((pixels.astype(float) - low) / (high - low), 0, 1)
    return np.rint(grey * 255).astype(np.uint8)[..., None].repeat(3, axis=-1)


def is_colored(image):
    return bool(np.ptp(image.astype(int), axis=-1).max() > 0)


@pytest.mark.parametrize("kind", [np.asarray, da.from_array], ids=["numpy", "dask"])
def test_layer_appears_at_once_in_the_same_place(viewer, apply, add_stack, stack, corners, kind):
    final = add_stack(
        kind(stack),
        scale=(4, 0.5, 0.25),
        translate=(1, 2, 3),
        units=("um", "um", "um"),
        axis_labels=("z", "y", "x"),
    )
    cells = viewer.layers["cells"]
    assert final.rgb
    assert final.visible
    assert final.data.shape == (3, 48, 64, 3)
    assert final.data.dtype == np.uint8
    assert tuple(final.contrast_limits) == (0, 255)
    np.testing.assert_allclose(corners(final), corners(cells))
    assert final.units == cells.units
    assert final.axis_labels == cells.axis_labels
    provenance = final.metadata[PLUGIN]
    assert provenance["note"]
    assert provenance["source"]["name"] == "left.png"
    assert provenance["target"] == {"name": "cells", "shape": [3, 48, 64], "limits": [1000, 20000]}
    assert apply.controls.button.text() == "Run"
    assert apply.controls.button.isEnabled()


def test_only_viewed_slices_are_read_and_colored(viewer, add_stack, stack, seen, until, in_color):
    viewer.add_image(np.zeros((3, 48, 64), np.uint8), name="sliders")
    viewer.dims.set_current_step(0, 2)
    counted = Counted(stack)
    final = add_stack(counted.array, visible=False)
    np.testing.assert_array_equal(seen(final), grey_of(stack[2]))
    assert set(counted.read) == {(2,)}
    expected = in_color(stack)
    until(lambda: np.array_equal(seen(final), expected[2]))
    viewer.dims.set_current_step(0, 0)
    np.testing.assert_array_equal(seen(final), grey_of(stack[0]))
    until(lambda: np.array_equal(seen(final), expected[0]))
    assert set(counted.read) == {(2,), (0,)}
    counted.read.clear()
    viewer.dims.set_current_step(0, 2)
    np.testing.assert_array_equal(seen(final), expected[2])
    assert counted.read == []


def test_reading_the_layer_gives_colors(add_stack, stack, in_color):
    final = add_stack(stack)
    expected = in_color(stack)
    np.testing.assert_array_equal(final.data[1], expected[1])
    np.testing.assert_array_equal(np.asarray(final.data), expected)


def test_stack_of_four_axes_is_colored(viewer, add_stack, stack, seen, until, in_color):
    films = np.stack([stack, stack[::-1]])
    final = add_stack(films)
    assert final.data.shape == (2, 3, 48, 64, 3)
    viewer.dims.set_current_step((0, 1), (1, 2))
    expected = in_color(films)
    until(lambda: np.array_equal(seen(final), expected[1, 2]))


@pytest.mark.parametrize("limits", [(0, 255), (20, 120), (0, 1)], ids=["whole", "some", "bool"])
def test_bytes_and_bool_are_used_as_displayed(add_stack, stack, in_color, limits):
    few = (stack // 100).astype(np.uint8) if limits != (0, 1) else stack > 12000
    final = add_stack(few, contrast_limits=limits)
    np.testing.assert_array_equal(np.asarray(final.data), in_color(few, limits=limits))


def test_slices_scrolled_past_are_not_colored(
    viewer, add_stack, stack, seen, until, in_color, gate, monkeypatch
):
    colored = []
    color = ColoredSlices.color

    def held(slices, index, scheduler=None):
        colored.append(index)
        gate.pass_through()
        return color(slices, index, scheduler)

    monkeypatch.setattr(ColoredSlices, "color", held)
    many = np.concatenate([stack, stack])
    final = add_stack(many)
    until(gate.reached.is_set)
    (first,) = colored
    for step in (4, 0, 5, 1):
        viewer.dims.set_current_step(0, step)
        np.testing.assert_array_equal(seen(final), grey_of(many[step]))
    gate.open()
    expected = in_color(many)
    until(lambda: np.array_equal(seen(final), expected[1]))
    assert colored == [first, (1,)]


def test_blank_slices_stay_grey(viewer, add_stack, stack, said, until):
    stack[0], stack[2] = 4000, 0
    final = add_stack(stack, contrast_limits=(0, 20000))
    images = np.asarray(final.data)
    assert (images[0] == round(255 * 0.2)).all()
    assert (images[2] == 0).all()
    assert is_colored(images[1])
    assert said() == []


def test_damaged_slice_is_reported_once_and_shown_in_grey(
    viewer, add_stack, stack, seen, until, said
):
    damaged = stack.astype(np.float32)
    damaged[1, :5] = np.nan
    damaged[2, 5:] = np.nan
    final = add_stack(damaged)
    until(lambda: is_colored(seen(final)) or len(said()) > 0)
    for index in (1, 2):
        viewer.dims.set_current_step(0, index)
        until(lambda index=index: (index,) in final.data.instead.__self__.slices._known)
        expected = grey_of(np.nan_to_num(damaged[index], nan=LIMITS[0]))
        np.testing.assert_array_equal(seen(final), expected)
    assert said() == [
        "Slice 1 of 'cells' stays grey. There are NaN values. Replace them, for example with zero."
    ]


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (MemoryError(), "There was not enough memory"),
        (RuntimeError("CUDA error: device lost"), "device lost. Choose the device 'cpu'"),
        (OSError("the disk is gone"), "unforeseen happened twice (OSError: the disk is gone)"),
    ],
    ids=["memory", "device", "file"],
)
def test_unreadable_slice_is_reported_and_black(
    viewer, add_stack, stack, seen, until, said, error, sentence
):
    def fail(block_id):
        if block_id[0] == 2:
            raise error
        return stack[block_id[:1]][np.newaxis]

    ones, sides = (1,) * 3, ((48,), (64,))
    data = da.map_blocks(fail, chunks=(ones, *sides), dtype=stack.dtype, meta=stack[:0])
    final = add_stack(data)
    viewer.layers["cells"].visible = False
    viewer.dims.set_current_step(0, 2)
    until(lambda: len(said()) == 1)
    assert said()[0].startswith("Slice 2 of 'cells' stays grey.")
    assert sentence in said()[0]
    assert said()[0].endswith("It is tried again when you come back to it.")
    assert not seen(final).any()
    viewer.dims.set_current_step(0, 0)
    until(lambda: is_colored(seen(final)))


@pytest.mark.parametrize("failures", [1, 2], ids=["once", "twice"])
def test_slice_with_an_unexpected_error_is_retried(
    viewer, add_stack, stack, seen, until, said, in_color, failures, monkeypatch
):
    left = [failures]

    def compute(*arrays, scheduler=None):
        if scheduler is None and viewer.dims.current_step[0] == 2:
            left[0] -= 1
            if left[0] >= 0:
                raise KeyError("a key of nobody's")
        return computed(*arrays, scheduler=scheduler)

    monkeypatch.setattr(slices_module, "computed", compute)
    final = add_stack(stack)
    viewer.layers["cells"].visible = False
    expected = in_color(stack)
    until(lambda: np.array_equal(seen(final), expected[viewer.dims.current_step[0]]))
    viewer.dims.set_current_step(0, 2)
    if failures == 2:
        until(lambda: len(said()) == 1)
        assert "happened twice (KeyError" in said()[0]
        viewer.dims.set_current_step(0, 0)
        until(lambda: np.array_equal(seen(final), expected[0]))
        viewer.dims.set_current_step(0, 2)
    until(lambda: np.array_equal(seen(final), expected[2]))
    assert len(said()) == (failures == 2)


def test_slices_are_colored_outside_the_cache_of_napari(
    viewer, add_stack, stack, seen, until, said, in_color
):
    main = threading.main_thread()

    def pretask(key, graph, state):  # as the cache, which knows no other thread
        if threading.current_thread() is not main:
            raise KeyError(key)

    with Callback(pretask=pretask):
        final = add_stack(da.from_array(stack, chunks=(1, 48, 64)))
        expected = in_color(stack)
        for index in (2, 0, 1):
            viewer.dims.set_current_step(0, index)
            until(lambda index=index: np.array_equal(seen(final), expected[index]))
    assert said() == []


def test_lazy_target_is_read_outside_the_cache_of_napari(target):
    from napari.layers import Image

    from napari_oneshot_color.plugin.layers.snapshot import snapshot

    def start(graph):
        raise KeyError("the cache")

    image = snapshot(Image(da.from_array(target, chunks=(48, 64))))
    with Callback(start=start):
        np.testing.assert_array_equal(image.array(), target)


def test_several_slices_at_once_are_grey_with_a_message(
    viewer, add_stack, stack, seen, until, said, threads_end
):
    final = add_stack(stack)
    until(lambda: is_colored(seen(final)))
    threads_end()
    viewer.dims.order = (1, 0, 2)
    assert seen(final).shape == (3, 64, 3)
    until(lambda: len(said()) == 1)
    assert "'Compute all…' colours them." in said()[0]
    viewer.dims.order = (2, 0, 1)
    threads_end()
    assert len(said()) == 1


def test_hidden_layer_computes_nothing(viewer, add_stack, stack, threads_end):
    counted = Counted(stack)
    final = add_stack(counted.array)
    threads_end()
    viewer.layers["cells"].visible = final.visible = False
    counted.read.clear()
    viewer.dims.set_current_step(0, 0)
    threads_end()
    assert counted.read == []


def test_layer_removed_while_its_slice_is_colored_does_not_come_back(
    viewer, add_stack, stack, gate, monkeypatch, until, names, threads_end, said
):
    color = ColoredSlices.color

    def held(*args):
        gate.pass_through()
        return color(*args)

    monkeypatch.setattr(ColoredSlices, "color", held)
    add_stack(stack)
    until(gate.reached.is_set)
    viewer.layers.clear()
    gate.open()
    threads_end()
    assert names() == []
    assert said() == []


def test_layer_continues_to_be_colored_after_its_widget_is_closed(
    viewer, apply, add_stack, stack, seen, until, in_color
):
    final = add_stack(stack)
    apply.close()
    apply.compute_all.live = None  # nothing but the layer is left
    gc.collect()
    expected = in_color(stack)
    for index in (0, 2):
        viewer.dims.set_current_step(0, index)
        until(lambda index=index: np.array_equal(seen(final), expected[index]))


def test_second_run_adds_a_layer_of_its_own(apply, add_stack, stack, click, names):
    add_stack(stack)
    click(apply.controls.button)
    assert names() == ["cells", "final · cells", "final 2 · cells"]


def test_stack_too_small_adds_nothing(viewer, apply, stack, names):
    viewer.add_image(stack[:, :20], name="cells")
    assert "The stack is 64 x 20 px" in apply.controls.sentence.text()
    apply.run()
    assert names() == ["cells"]
