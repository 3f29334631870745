"""Ten public pairs that are installed with scikit-image and scikit-learn, relit ones, own ones.

The true colours of every target are known, so each pair can be scored. The images are read
straight from the installed packages or from a folder: a missing file is an error, never a download.
"""

from __future__ import annotations

import csv
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from skimage.color import gray2rgb, lab2rgb, rgb2lab
from skimage.io import imread
from skimage.transform import resize
from skimage.util import img_as_float32

HALVED_SKIMAGE_FILES = {
    "immunohistochemistry": "ihc.png",
    "retina": "retina.jpg",
    "hubble": "hubble_deep_field.jpg",
    "coffee": "coffee.png",
    "chelsea": "chelsea.png",
    "astronaut": "astronaut.png",
    "rocket": "rocket.jpg",
}
HALVED_SKLEARN_FILES = {"china": "china.jpg", "flower": "flower.jpg"}

DEVELOPMENT = ("stereo-motorcycle", "retina", "coffee", "china", "astronaut")
"""Pairs that preset ``best`` was developed on."""

CHECK = ("immunohistochemistry", "hubble", "chelsea", "rocket", "flower")
"""Pairs that it was then measured on."""

Change = Callable[[NDArray[np.float32]], NDArray[np.floating]]

_RELIT: dict[str, tuple[str, Change]] = {
    "motorcycle, gamma 1.5": ("stereo-motorcycle", lambda grey: grey**1.5),
    "rocket, gamma 0.7": ("rocket", lambda grey: grey**0.7),
    "astronaut, low contrast": ("astronaut", lambda grey: 0.2 + 0.6 * grey),
    "coffee, noise": (
        "coffee",
        lambda grey: grey + np.random.default_rng(0).normal(0, 0.03, grey.shape),
    ),
}


@dataclass(frozen=True)
class BenchmarkPair:
    """One colour example, one grey target and the target's true colours.

    Attributes
    ----------
    name : str
        Short name, the first column of every table.
    source : (H, W, 3) float32 in [0, 1]
        The colour example, sRGB.
    target : (H, W) float32 in [0, 1]
        The grey image to colour, sRGB-encoded, with the same CIE L* as `truth`.
    truth : (H, W, 3) float32 in [0, 1]
        What the target looks like in colour, sRGB.
    """

    name: str
    source: NDArray[np.float32]
    target: NDArray[np.float32]
    truth: NDArray[np.float32]


def public_pairs(size: int | None = 256) -> list[BenchmarkPair]:
    """Load the ten pairs.

    The stereo pair colours the right view from the left one. Each of the other nine images
    is cut in two, and its left half colours its right half. All of them are then brought to
    `size` x `size`, the size the paper uses, by an anti-aliased resize of the whole content:
    nothing is cropped, so the aspect ratio changes.

    Parameters
    ----------
    size : int or None, default 256
        Height and width of every image in pixels; None leaves them as they are.

    Returns
    -------
    list of BenchmarkPair
        In the order of the tables, the stereo pair first.

    Raises
    ------
    FileNotFoundError
        If the installed scikit-image or scikit-learn lacks one of the images.
    """
    from sklearn.datasets import load_sample_image  # a folder's pairs can be measured without it

    left = _read_skimage("motorcycle_left.png")
    right = _read_skimage("motorcycle_right.png")
    pairs = [_pair("stereo-motorcycle", left, right, size)]
    for name, file in HALVED_SKIMAGE_FILES.items():
        pairs.append(_pair(name, *_halves(_read_skimage(file)), size))
    for name, file in HALVED_SKLEARN_FILES.items():
        pairs.append(_pair(name, *_halves(load_sample_image(file)), size))
    return pairs


def full_size_pairs() -> list[BenchmarkPair]:
    """Load the public pairs whose short side is more than 256 px, at their own size.

    Also the stained section, whose halves are mirrored until they are 1024 px high and wide: as
    much of a slide at the same magnification.
    """
    pairs = public_pairs(None)
    section = next(pair for pair in pairs if pair.name == "immunohistochemistry")
    mirrored = (_mirrored(one, 1024) for one in (section.source, section.target, section.truth))
    return [
        *(
            BenchmarkPair(f"{pair.name}, full size", pair.source, pair.target, pair.truth)
            for pair in pairs
            if min(pair.target.shape) > 256
        ),
        BenchmarkPair("section, mirrored to 1,024 px", *mirrored),
    ]


def _mirrored(image: NDArray[Any], side: int) -> NDArray[Any]:
    """Go on with an image beyond its lower and right border, as in a mirror."""
    height, width = image.shape[:2]
    beyond = [(0, side - height), (0, side - width), (0, 0)]
    return np.pad(image, beyond[: image.ndim], mode="symmetric")


def relit_pairs() -> list[BenchmarkPair]:
    """Load public pairs whose target has another distribution of lightness than its source.

    The truth is changed alike: it keeps a* and b*, and has the new target's L*.
    """
    public = {pair.name: pair for pair in public_pairs()}
    pairs = []
    for name, (of, change) in _RELIT.items():
        pair = public[of]
        target = np.clip(change(pair.target), 0, 1).astype(np.float32)
        lightness = rgb2lab(gray2rgb(target))[..., :1]
        lab = np.concatenate([lightness, rgb2lab(pair.truth)[..., 1:]], axis=-1)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*negative Z values")  # clipped, as meant
            truth = np.clip(lab2rgb(lab), 0, 1).astype(np.float32)
        pairs.append(BenchmarkPair(name, pair.source, target, truth))
    return pairs


def folder_pairs(folder: Path, size: int = 256) -> list[BenchmarkPair]:
    """Load the pairs that a folder's ``index.csv`` names.

    Parameters
    ----------
    folder : Path
        Holds the images and an ``index.csv`` with the columns name, source and target: both are
        files in colour, and the target is made grey.
    size : int, default 256
        Short side of every image in pixels. Smaller images are left as they are.

    Returns
    -------
    list of BenchmarkPair
        In the order of the index.
    """
    with (folder / "index.csv").open(newline="") as index:
        rows = list(csv.DictReader(index))
    pairs = []
    for row in rows:
        source, truth = (_shrunk(imread(folder / row[key]), size) for key in ("source", "target"))
        pairs.append(BenchmarkPair(row["name"], source, grey_with_same_lightness(truth), truth))
    return pairs


def grey_with_same_lightness(rgb: NDArray[np.float32]) -> NDArray[np.float32]:
    """Turn a colour image into the grey image with the same CIE L*.

    The usual weighted sum of encoded channels changes L*. Here the sum is taken in linear
    light and encoded again, so that a colouring that keeps the target's L* can be perfect.

    Parameters
    ----------
    rgb : (H, W, 3) float32 in [0, 1]
        sRGB image.

    Returns
    -------
    (H, W) float32 in [0, 1]
        sRGB-encoded grey: red, green and blue all have this value.
    """
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    luminance = linear @ np.array([0.2126, 0.7152, 0.0722])
    encoded = np.where(
        luminance <= 0.0031308,
        12.92 * luminance,
        1.055 * luminance ** (1 / 2.4) - 0.055,
    )
    return np.asarray(np.clip(encoded, 0, 1), dtype=np.float32)


def _read_skimage(file: str) -> NDArray[np.uint8]:
    # skimage.data.retina() and its siblings fall back to a download when a file is missing;
    # reading the file itself cannot.
    path = files("skimage.data").joinpath(file)
    if not path.is_file():
        raise FileNotFoundError(f"The installed scikit-image lacks {file}; reinstall it.")
    return np.asarray(imread(str(path)), dtype=np.uint8)[..., :3]


def _halves(image: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    # An odd width loses its middle column, so that both halves are equally wide.
    half = image.shape[1] // 2
    return image[:, :half], image[:, -half:]


def _pair(
    name: str, source: NDArray[np.uint8], truth: NDArray[np.uint8], size: int | None
) -> BenchmarkPair:
    resized_truth = _resized(truth, size)
    return BenchmarkPair(
        name=name,
        source=_resized(source, size),
        target=grey_with_same_lightness(resized_truth),
        truth=resized_truth,
    )


def _resized(image: NDArray[np.uint8], size: int | None) -> NDArray[np.float32]:
    if size is None:
        return np.asarray(img_as_float32(image))
    resized = resize(img_as_float32(image), (size, size), order=1, anti_aliasing=True)
    return np.asarray(np.clip(resized, 0, 1), dtype=np.float32)


def _shrunk(image: NDArray[np.uint8], size: int) -> NDArray[np.float32]:
    factor = min(1.0, size / min(image.shape[:2]))
    shape = [round(side * factor) for side in image.shape[:2]]
    resized = resize(img_as_float32(image[..., :3]), shape, order=1, anti_aliasing=True)
    return np.asarray(np.clip(resized, 0, 1), dtype=np.float32)
