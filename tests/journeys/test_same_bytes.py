"""Colours are what they were: tiny runs of every kind, compared with what was recorded once.

Processors add up in different orders, so images are kept to 8 bit and compared with a little
tolerance; rounding alone takes half a step. After a change of the method that is meant to change
colours, record anew:
``python tests/journeys/test_same_bytes.py``.
"""

from pathlib import Path

import numpy as np
import pytest

from napari_oneshot_color import Colorizer, Settings, colorize, train
from napari_oneshot_color.pair.hints import Hints
from napari_oneshot_color.pair.prepare import Source
from napari_oneshot_color.pipeline import apply_steps
from napari_oneshot_color.stacks.lazy import colorize_stack
from napari_oneshot_color.steering.hinting import apply_hints, colorize_from_hints
from napari_oneshot_color.steering.recoloring import recolor

DATA = Path(__file__).parents[1] / "data"
RECORD = DATA / "same_bytes.npz"
COLORIZERS = {name: DATA / f"colorizer_{name}.safetensors" for name in ("chroma", "dcgan")}

ON_ANY_COMPUTER = {"device": "cpu", "precision": "float32", "threads": 1, "seed": 3}
SMALL = ON_ANY_COMPUTER | {"base_width": 2, "tile_size": 32, "lattice_stride": 16, "epochs": 2}
TILED = {"working_size": 48, "patches_per_epoch": 16, "batch_size": 4, "generated_tiles": 12}
PRESETS = {
    "source-only": SMALL | {"patches_per_epoch": 24},
    "paper": SMALL | TILED | {"ssim_window": 7},
    "quick": SMALL | TILED | {"ssim_window": 7},
}
NEARLY_ALL, ALL = 0.75, 3.0  # steps of 8 bit that 99 % of the values may be off, and the rest


def settings_of(preset):
    return Settings.preset(preset, **PRESETS[preset])


def uneven(image):
    """Add noise: between places that are exactly alike, the choice depends on the processor."""
    noise = np.random.default_rng(0).integers(0, 25, image.shape)
    return (image + noise).astype(np.uint8)


def color_image():
    y, x = np.mgrid[0:48, 0:64]
    image = np.stack([2 * x + y, 230 - 2 * x - y, (4 * y) % 190 + x // 2], axis=-1)
    return uneven(image)


def grey_image(height=48, width=64):
    y, x = np.mgrid[0:height, 0:width]
    return uneven((x + y) // 2 + 20 + 90 * ((x // 16 + y // 16) % 2))


def hints(height=48, width=64):
    labels = np.zeros((height, width), np.uint8)
    labels[5:9, 5:30] = 1
    labels[30:40, 40:45] = 2
    return Hints(labels, {1: (0.8, 0.3, 0.25), 2: (0.1, 0.4, 0.8)})


def preset(name):
    return colorize(color_image(), grey_image(), settings_of(name)).final


def several(name):
    sources = [Source(color_image(), "a", weight=2.0), Source(255 - color_image()[::-1], "b")]
    return colorize(sources, grey_image(), settings_of(name)).final


def hinted():
    result = colorize(color_image(), grey_image(), settings_of("source-only"))
    return apply_hints(result, hints()).final


def recolored():
    result = colorize(color_image(), grey_image(), settings_of("paper"))
    regions = np.ones(result.regions.shape, np.int32)
    regions[:, 20:] = 2
    regions[:, 40:] = 3
    regions[40:] = 0
    return recolor(result, regions, {1: (0.2, 0.5, 0.3)}, {3}).final


def applied(name):
    steps = apply_steps(Colorizer.load(COLORIZERS[name], device="cpu"), grey_image(90, 70))
    while True:
        try:
            next(steps)
        except StopIteration as finished:
            return finished.value.final


def stack(name):
    images = np.stack([grey_image(), grey_image()[::-1]])
    colorizer = Colorizer.load(COLORIZERS[name], device="cpu")
    return colorize_stack(colorizer, images, dtype=np.float32).compute().reshape(96, 64, 3)


RUNS = {
    "preset source-only": lambda: preset("source-only"),
    "preset paper": lambda: preset("paper"),
    "preset quick": lambda: preset("quick"),
    "several sources, source-only": lambda: several("source-only"),
    "several sources, paper": lambda: several("paper"),
    "hints": hinted,
    "hints alone": lambda: colorize_from_hints(grey_image(90, 70), hints(90, 70)),
    "edited regions": recolored,
    "a colorizer's file, chroma": lambda: applied("chroma"),
    "a colorizer's file, dcgan": lambda: applied("dcgan"),
    "a stack, chroma": lambda: stack("chroma"),
    "a stack, dcgan": lambda: stack("dcgan"),
}


@pytest.mark.parametrize("name", RUNS)
def test_colors_have_not_changed(name):
    with np.load(RECORD) as recorded:
        before = recorded[name].astype(np.float32)
    now = 255 * RUNS[name]()
    assert now.shape == before.shape
    assert np.ptp(before) > 50, "black images say nothing"
    far = np.abs(now - before)
    assert np.quantile(far, 0.99) <= NEARLY_ALL
    assert far.max() <= ALL


def record():
    """Write the results of this version; colorizer files only if they are missing."""
    for name, preset_name in {"chroma": "source-only", "dcgan": "paper"}.items():
        if not COLORIZERS[name].exists():
            train(color_image(), settings_of(preset_name)).save(COLORIZERS[name])
    images = {name: np.rint(255 * run()).astype(np.uint8) for name, run in RUNS.items()}
    np.savez_compressed(RECORD, **images)


if __name__ == "__main__":
    record()
