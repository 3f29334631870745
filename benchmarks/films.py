"""Films that the benchmark makes itself: how colours hold while the scene leaves the key frame.

Run ``python -m benchmarks.films`` in the repository's root; it takes some minutes on two cores. The
films are made from the images that come with scikit-image, so that anyone can repeat it: a camera
moves over a picture, turns and comes nearer; the motorcycle's parts move by their distance, as its
disparity tells; the light drifts; every frame has noise of its own.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt, gaussian_filter, map_coordinates
from skimage import data
from skimage.color import deltaE_ciede2000, lab2rgb, rgb2lab
from skimage.metrics import peak_signal_noise_ratio
from skimage.util import img_as_float32

from benchmarks.report import PAGE, machine, table, write_block
from napari_oneshot_color.colorizer.colorizer import Colorizer
from napari_oneshot_color.pipeline import train
from napari_oneshot_color.pixels.color import lightness, luminance
from napari_oneshot_color.settings import Settings
from napari_oneshot_color.stacks.lazy import colorize_stack

SIDE = 256  # px
FRAMES = 15  # the first one is the key
NOISE = 0.01  # of the full range, standard deviation
DRIFT = 0.05  # of the full range, from the first frame to the last
LOOKED_AT = (1, 2, 7, 14)  # frames after the key

Image = NDArray[np.float32]


@dataclass(frozen=True)
class Film:
    """Frames in colour, and the grey ones that are coloured.

    Attributes
    ----------
    truth : (T, H, W, 3) float32 in [0, 1]
        With the light that drifts.
    grey : (T, H, W) float32 in [0, 1]
        Its luminance, under noise.
    """

    name: str
    truth: Image
    grey: Image


def films() -> list[Film]:
    """Make the three films, always the same."""
    left, _, disparity = data.stereo_motorcycle()
    nearest = distance_transform_edt(
        ~np.isfinite(disparity), return_distances=False, return_indices=True
    )
    shift = gaussian_filter(disparity[tuple(nearest)], 3)
    cat, colon = data.chelsea(), data.immunohistochemistry()
    return [
        _film("motorcycle, parallax", left, lambda y, x, t: (y, x + 0.5 * t * _at(shift, y, x))),
        _film("cat, the camera turns and comes nearer", cat, _turning(cat.shape, 8, 0.85)),
        _film("stained section, the table moves", colon, _turning(colon.shape, 2, 1.0, 60)),
    ]


def _at(values: NDArray[Any], y: NDArray[Any], x: NDArray[Any]) -> NDArray[Any]:
    found: NDArray[Any] = map_coordinates(values, [y, x], order=1, mode="nearest")
    return found


Path = Callable[[NDArray[Any], NDArray[Any], float], tuple[NDArray[Any], NDArray[Any]]]


def _turning(shape: tuple[int, ...], degrees: float, zoom: float, pan: float = 20) -> Path:
    """Turn, zoom and pan over a picture, so much from the first frame to the last."""
    middle = np.array(shape[:2]) / 2

    def place(y: NDArray[Any], x: NDArray[Any], t: float) -> tuple[NDArray[Any], NDArray[Any]]:
        angle, scale = np.deg2rad(degrees * t), zoom**t
        down, right = (y - middle[0]) * scale, (x - middle[1]) * scale
        turned = (
            np.cos(angle) * down - np.sin(angle) * right,
            np.sin(angle) * down + np.cos(angle) * right,
        )
        return turned[0] + middle[0] + pan * t / 2, turned[1] + middle[1] + pan * t

    return place


def _film(name: str, picture: NDArray[np.uint8], path: Path) -> Film:
    """Film the middle of a picture along a path, in so small a window that nothing is outside."""
    image = img_as_float32(picture)
    height, width = image.shape[:2]
    side = 0.7 * min(height, width)
    steps = (np.arange(SIDE) + 0.5) / SIDE * side
    y, x = np.meshgrid(steps + (height - side) / 2, steps + (width - side) / 2, indexing="ij")
    smooth = gaussian_filter(image, (0.4 * side / SIDE, 0.4 * side / SIDE, 0))
    rng = np.random.default_rng(0)
    truth = []
    for number in range(FRAMES):
        t = number / (FRAMES - 1)
        places = path(y, x, t)
        frame = np.stack([_at(smooth[..., c], *places) for c in range(3)], axis=-1)
        truth.append(np.clip(frame * (1 - DRIFT) + DRIFT * t, 0, 1))
    colors = np.stack(truth).astype(np.float32)
    grey = np.stack([luminance(frame) for frame in colors])
    noisy = np.clip(grey + rng.normal(0, NOISE, grey.shape), 0, 1).astype(np.float32)
    return Film(name, colors, noisy)


def still(film: Film, frames: int = 6) -> Image:
    """Repeat the first frame under a drift of its light, with noise of its own each time."""
    rng = np.random.default_rng(1)
    first = luminance(film.truth[0])
    drift = np.linspace(0, DRIFT, frames)[:, None, None]
    noisy = first * (1 - DRIFT) + drift + rng.normal(0, NOISE, (frames, *first.shape))
    return np.clip(noisy, 0, 1).astype(np.float32)


def change(frames: Image) -> float:
    """Mean distance of a*, b* from each frame to the next, pixel by pixel."""
    chroma = rgb2lab(frames)[..., 1:]
    return float(np.linalg.norm(np.diff(chroma, axis=0), axis=-1).mean())


def colored(
    colorizer: Colorizer, frames: Image, keys: Mapping[int, Image] | None = None
) -> tuple[Image, float]:
    """Colour frames one after the other; return them with the seconds of a core for each."""
    start = time.process_time()
    result = colorize_stack(colorizer, frames, limits=(0, 1), dtype=np.float32, keys=keys)
    found: Image = result.compute(scheduler="synchronous")
    return found, (time.process_time() - start) / len(frames)


def quality(film: Film, number: int, found: Image) -> tuple[float, float]:
    """PSNR in dB and mean ΔE2000 of a frame against its true colours, under the same noise."""
    lab = rgb2lab(film.truth[number])
    lab[..., 0] = lightness(film.grey[number])
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*negative Z values")  # clipped, as meant
        truth = np.clip(lab2rgb(lab), 0, 1).astype(np.float32)
    error = deltaE_ciede2000(rgb2lab(found), rgb2lab(truth))
    return float(peak_signal_noise_ratio(truth, found, data_range=1)), float(error.mean())


def main() -> None:
    """Measure, and rewrite the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", default="best")
    parser.add_argument("--no-docs", action="store_true", help="print, and write nothing")
    arguments = parser.parse_args()
    settings = Settings.preset(arguments.preset)
    rows = []
    for film in films():
        first, last = film.truth[0], film.truth[-1]
        colorizer = train(first, settings)
        for name, keys in (
            ("the first", {}),
            ("the first and the last", {0: first, FRAMES - 1: last}),
        ):
            found, seconds = colored(colorizer, film.grey, keys)
            scores = [quality(film, number, found[number]) for number in LOOKED_AT]
            flicker = change(colored(colorizer, still(film), {0: first} if keys else {})[0])
            row = [film.name, name, *(f"{psnr:.1f} / {error:.2f}" for psnr, error in scores)]
            rows.append([*row, f"{seconds:.2f}", f"{flicker:.2f}"])
            print(rows[-1], flush=True)
    header = ["film", "key frames", *(f"{n} frame{'s' * (n > 1)} on" for n in LOOKED_AT)]
    text = table([*header, "core seconds a frame", "flicker"], rows)
    print(text)
    if not arguments.no_docs:
        write_block("films", f"{machine()}\n\n{text}", PAGE.with_name("large.md"))


if __name__ == "__main__":
    main()
