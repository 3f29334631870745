"""The canvas shows what the layers contain, and napari's own dialog saves the same."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from napari.components import ViewerModel
from qtpy.QtWidgets import QFileDialog

from napari_oneshot_color.files.decoding import read_image
from napari_oneshot_color.files.formats import as_dtype
from napari_oneshot_color.plugin.layers.kinds import LAYERS
from napari_oneshot_color.plugin.layers.snapshot import snapshot
from napari_oneshot_color.plugin.runs.pictures import pictures
from napari_oneshot_color.plugin.runs.run import Run
from napari_oneshot_color.stages.regions import Painted

STAGES = {
    "tiles": "tiles_in_place",
    "merged": "merged",
    "smoothed": "smoothed",
    "quickshift": "quickshift",
    "final": "final",
}
COLORED = ("merged", "smoothed", "final", "tiles")
_MARGIN = 3  # px: a widget may lie over the rim of the canvas


@pytest.fixture
def viewer(make_napari_viewer_proxy):
    """An empty viewer whose canvas is really drawn."""
    return make_napari_viewer_proxy(show=True)


@pytest.fixture
def pale(vivid):
    """A result whose colours all lie between 0.35 and 0.65."""
    return shown_as(vivid, lambda image: 0.35 + 0.3 * image)


def shown_as(result, change):
    """Change the colours of every stage of a result."""
    stages = {kind: change(getattr(result, kind)) for kind in COLORED}
    colors, quickshift = change(result.region_colors), change(result.quickshift)
    painted = Painted.as_edited(result.regions, result.region_names, colors, quickshift)
    return replace(result, painted=painted, **stages)


@pytest.fixture
def run_of(viewer):
    """Show a result of any size, by default with all its layers."""

    def show(result, kinds=LAYERS):
        layer = viewer.add_image(as_dtype(result.target, np.dtype(np.uint8)), name="right")
        run = Run(viewer.layers, snapshot(layer), set(kinds))
        run.show_result(result)
        return run

    return show


@pytest.fixture
def is_seen(viewer, until):
    """Wait until the canvas shows an image, float in [0, 1], in a layer's place, at zoom 1."""

    def look(layer, image):
        for other in viewer.layers:
            other.visible = other.name == layer.name
        expected = np.rint(np.asarray(image, np.float64) * 255)
        low, high = layer.extent.world[:, -2:]
        camera = viewer.scene.camera if hasattr(viewer, "scene") else viewer.camera
        camera.zoom = 1
        far = []

        def is_like():
            size = np.array(viewer.screenshot(canvas_only=True, flash=False).shape[:2])
            middle = np.floor((low + high) / 2) + (1 - size % 2) / 2  # of pixels, not between them
            camera.center = (0, *middle)
            picture = viewer.screenshot(canvas_only=True, flash=False)[..., :3].astype(int)
            places = [
                np.arange(_MARGIN, side - _MARGIN) + 0.5 - side / 2 + centre
                for side, centre in zip(size, middle, strict=True)
            ]
            ahead = (0.0,) * (layer.ndim - 2)
            ends = [
                np.array(layer.world_to_data((*ahead, *(place[end] for place in places))))[-2:]
                for end in (0, -1)
            ]
            ys, xs = (
                np.rint(np.linspace(first, last, len(place))).astype(int)
                for first, last, place in zip(*ends, places, strict=True)
            )
            inside_y, inside_x = (
                (index >= 0) & (index < side)
                for index, side in zip((ys, xs), expected.shape, strict=False)
            )
            shown = picture[_MARGIN:-_MARGIN, _MARGIN:-_MARGIN][inside_y][:, inside_x]
            pixels = expected[ys[inside_y]][:, xs[inside_x]]
            far[:] = [np.abs(pixels - shown).max()] if shown.size > 1_000 else [255]
            return far[0] <= 1

        try:
            until(is_like, 5_000)
        except Exception:
            pytest.fail(f"'{layer.name}' is drawn up to {far[0]:.0f} of 255 away from its colours")

    return look


@pytest.fixture
def until(qtbot):
    """Process the viewer's events until a condition holds."""
    return lambda is_so, timeout=30_000: qtbot.waitUntil(is_so, timeout=timeout)


def test_low_contrast_is_drawn_unstretched(run_of, is_seen, pale):
    run = run_of(pale)
    for kind, name in STAGES.items():
        is_seen(run.layers[kind], getattr(pale, name))


def test_large_image_is_drawn_unstretched(run_of, is_seen, vivid):
    y, x = np.mgrid[0:2048, 0:2048] / np.float32(2048)
    large = np.stack([0.5 + 0.4 * x, 0.45 + 0.1 * y, 0.4 + 0.2 * x * y], axis=-1)
    large[::64, ::64] = 0, 1, 0  # few pixels, which a sample misses
    result = replace(vivid, target=large[..., 0].copy(), final=large, merged=large)
    run = run_of(result, {"final", "merged"})
    is_seen(run.layers["final"], large)
    is_seen(run.layers["merged"], large)


def test_live_tiles_are_drawn_unstretched_after_every_change(viewer, is_seen, target):
    layer = viewer.add_image(target, name="right")
    run = Run(viewer.layers, snapshot(layer), {"tiles", "epochs"})
    ramp = np.linspace(0, 1, 48 * 64 * 3, dtype=np.float32).reshape(48, 64, 3)
    for low, high in ((0.4, 0.6), (0.0, 1.0), (0.1, 0.3)):
        tiles = low + (high - low) * ramp
        run.layers.show_live(tiles)
        is_seen(run.layers["tiles"], tiles)
        if "epochs" in run.layers:
            run.layers["epochs"].visible = True
        run.layers.add_epoch(tiles)
        viewer.dims.set_current_step(0, run.layers["epochs"].data.shape[0] - 1)
        is_seen(run.layers["epochs"], tiles)


def test_refreshed_layers_are_drawn_unstretched(run_of, is_seen, viewer, vivid, pale):
    run = run_of(pale)
    again = Run(viewer.layers, snapshot(viewer.layers["right"]), set(LAYERS), before=run)
    again.show_result(vivid)
    is_seen(again.layers["final"], vivid.final)
    again.layers.update(pale, pictures(pale, again.layers.edited_kinds))
    is_seen(again.layers["final"], pale.final)
    is_seen(again.layers["quickshift"], pale.quickshift)
    again.layers["final"].data = np.zeros((48, 64, 3), np.float32)  # the user's own
    again.layers["final"].contrast_limits = (0, 0.5)
    again.layers.update(vivid, pictures(vivid, again.layers.edited_kinds))
    is_seen(again.layers["final"], vivid.final)


@pytest.fixture
def save_by_dialog(viewer, monkeypatch):
    """Save the selected layer by napari's File › Save; return the suggested name."""

    def save(path):
        suggested = []

        def answer(dialog, parent, caption, suggestion, **options):
            suggested.append(suggestion)
            return str(path), ""

        monkeypatch.setattr(QFileDialog, "getSaveFileName", answer)
        window = getattr(viewer, "__wrapped__", viewer).window
        # what File › Save calls; it has no public name
        window._qt_viewer._save_layers_dialog(selected=True)
        return suggested[0]

    return save


def test_every_stage_saved_by_the_dialog_opens_unchanged(
    viewer, run_of, vivid, save_by_dialog, tmp_path
):
    run = run_of(vivid)
    other = ViewerModel()
    for (kind, name), suffix in product(STAGES.items(), (".png", ".jpg", ".tif")):
        viewer.layers.selection.active = run.layers[kind]
        path = tmp_path / f"{kind}{suffix}"
        save_by_dialog(path)
        expected = as_dtype(getattr(vivid, name), np.dtype(np.uint8))
        saved = read_image(path)
        [opened] = other.open(path, plugin="napari")
        assert opened.rgb
        np.testing.assert_array_equal(opened.data, saved)
        if suffix == ".jpg":
            assert (
                np.abs(saved.astype(int) - expected).mean() < 15
            )  # JPEG halves what it has of colour
        else:
            np.testing.assert_array_equal(saved, expected)


SUGGESTIONS = {
    "right": "final · right",
    "cells.v2": "final · cells_v2",
    "a/b: c*?": "final · a_b_ c__",
    "größe λ [2]": "final · größe λ [2]",
}


@pytest.mark.parametrize("suffix", ["", ".png"])
def test_suggested_file_name_can_be_kept(viewer, vivid, save_by_dialog, tmp_path, suffix):
    for named, suggestion in SUGGESTIONS.items():
        layer = viewer.add_image(as_dtype(vivid.target, np.dtype(np.uint8)), name=named)
        run = Run(viewer.layers, snapshot(layer), {"final"})
        run.show_result(vivid)
        viewer.layers.selection.active = run.layers["final"]
        path = tmp_path / f"{suggestion}{suffix}"
        assert save_by_dialog(path).endswith(f"/{suggestion}")
        [saved] = tmp_path.iterdir()
        assert saved.name == f"{suggestion}{suffix or '.tif'}"
        np.testing.assert_array_equal(read_image(saved), run.layers["final"].data)
        saved.unlink()


def test_hidden_stages_have_thumbnails(run_of, vivid):
    run = run_of(vivid)
    for kind in STAGES:
        assert run.layers[kind].visible == (kind == "final")
        assert run.layers[kind].thumbnail[..., :3].any(), kind


def test_layers_take_a_quarter_of_the_memory(run_of, vivid):
    run = run_of(vivid)
    for kind, name in STAGES.items():
        assert run.layers[kind].data.nbytes == getattr(vivid, name).nbytes / 4
