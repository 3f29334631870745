"""Reads images as they look on a screen, with a description of what was in the file."""

from __future__ import annotations

import io
import struct
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
from PIL import Image

from napari_oneshot_color.errors import BadFileError
from napari_oneshot_color.files import claims, places
from napari_oneshot_color.files.formats import WRITABLE
from napari_oneshot_color.files.picture import Description, Picture, container_bits, shown
from napari_oneshot_color.files.stated_colors import jp2_profile, states_other_colors
from napari_oneshot_color.files.tiff import read_tiff
from napari_oneshot_color.types import AnyArray

__all__ = ["READABLE", "decode", "format_of", "read_image", "suffix_for"]

_ENDINGS = {
    "PNG": {".png", ".apng"},
    "JPEG": {".jpg", ".jpeg", ".jpe", ".jfif", ".mpo"},
    "TIFF": {".tif", ".tiff"},
    "WEBP": {".webp"},
    "BMP": {".bmp"},
    "GIF": {".gif"},
    "AVIF": {".avif"},
    "HEIC": {".heic", ".heif"},
    "JPEG2000": {".jp2", ".j2k", ".jpf", ".jpx", ".j2c"},
    "PPM": {".ppm", ".pgm", ".pbm", ".pnm"},
}
READABLE = frozenset().union(*_ENDINGS.values())
"""File extensions that `decode` reads, in lower case."""

_ADVICE = "Convert it to PNG, JPEG or TIFF."
_SIGNATURE = 32  # bytes
_ORIENTATION = 0x0112


def read_image(path: str | Path, *, largest_megapixels: float | None = None) -> AnyArray:
    """Read an image as it looks on a screen: upright, and in grey or sRGB.

    Parameters
    ----------
    path : str or Path
        PNG, JPEG, TIFF, WebP, BMP, GIF, AVIF, JPEG 2000, PBM, PGM or PPM; HEIC if imagecodecs
        can read it.
    largest_megapixels : float, optional
        Upper limit of its size. None allows 500, or less if the file has implausibly few bytes
        for its size.

    Returns
    -------
    ndarray
        Grey ``(H, W)`` or ``(H, W, 2)`` with alpha, or sRGB ``(H, W, 3)`` or ``(H, W, 4)`` with
        alpha; a TIFF stack has further axes before these. Integers with fewer bits than their
        dtype are scaled to its whole range.

    Raises
    ------
    BadFileError
        If the file is missing, too large or damaged, or of a kind that cannot be read.
    """
    with claims.reading_up_to(largest_megapixels):
        return decode(path).pixels


def decode(path: str | Path) -> Picture:
    """Read an image like `read_image`, with a description of what was in the file."""
    path = Path(path)
    kind = format_of(path)
    try:
        if kind == "TIFF":
            picture = read_tiff(path)
        else:
            with warnings.catch_warnings():  # Pillow warns about metadata that we ignore
                warnings.simplefilter("ignore")
                picture = _DECODERS.get(kind, _by_pillow)(
                    places.content(path, claims.free_memory()), path.name, kind
                )
    except (BadFileError, MemoryError):
        raise
    except Exception as error:  # decoders raise many classes of errors
        raise BadFileError(f"'{path.name}' cannot be read: it is damaged or empty.") from error
    about = picture.about
    suffix = path.suffix.lower()
    if suffix in READABLE and suffix not in _ENDINGS[kind]:
        about = about.noting(f"'{path.name}' is a {kind} file by its content, and was read as one.")
    return replace(picture, about=about)


def suffix_for(path: Path) -> str:
    """Return the extension of a file's coloured version: its own, if correct and writable."""
    suffix = path.suffix.lower()
    try:
        kind = format_of(path)
    except BadFileError:
        return suffix if suffix in WRITABLE else ".png"
    if suffix in WRITABLE and suffix in _ENDINGS[kind]:
        return suffix
    return {"TIFF": ".tif", "JPEG": ".jpg"}.get(kind, ".png")


def format_of(path: Path) -> str:
    """Return the format of a file, recognised by its first bytes.

    Raises
    ------
    BadFileError
        If it is missing, unreadable, or of an unknown format.
    """
    try:
        with places.opened(path, "an image in it") as file:
            start = file.read(_SIGNATURE)
    except OSError as error:
        raise BadFileError(f"'{path}' cannot be read: {error.strerror or error}.") from error
    for kind, signature in (
        ("PNG", b"\x89PNG\r\n\x1a\n"),
        ("JPEG", b"\xff\xd8\xff"),
        ("TIFF", b"II*\0"),
        ("TIFF", b"MM\0*"),
        ("TIFF", b"II+\0"),
        ("TIFF", b"MM\0+"),
        ("BMP", b"BM"),
        ("GIF", b"GIF8"),
        ("JPEG2000", b"\0\0\0\x0cjP  \r\n\x87\n"),
        ("JPEG2000", b"\xff\x4f\xff\x51"),
    ):
        if start.startswith(signature):
            return kind
    if start[:1] == b"P" and start[1:2] in b"123456" and start[2:3].isspace():
        return "PPM"
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return "WEBP"
    if start[4:8] == b"ftyp":
        size = struct.unpack(">I", start[:4])[0]
        brands = {start[i : i + 4] for i in (8, *range(16, min(size, _SIGNATURE), 4))}
        if brands & {b"avif", b"avis"}:
            return "AVIF"
        if brands & {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}:
            return "HEIC"
    if path.suffix.lower() in READABLE:
        raise BadFileError(f"'{path.name}' cannot be read: it is damaged or empty.")
    raise BadFileError(f"'{path.name}' is not an image that can be read. {_ADVICE}")


def _png(data: bytes, name: str, kind: str) -> Picture:
    if data[24] <= 8:
        return _by_pillow(data, name, kind)
    image = _opened(data, name, kind)  # Pillow has no 16-bit colour
    about = _about(image, data, name, kind)
    samples = imagecodecs.png_decode(data)
    channels = samples.shape[2] if samples.ndim == 3 else 1
    model = "grey" if channels < 3 else "RGB"
    return shown(samples, replace(about, model=model, alpha=0 if channels in (2, 4) else None))


def _jpeg(data: bytes, name: str, kind: str) -> Picture:
    frame, bits, height, width = _jpeg_frame(data)
    if bits == 8 and frame in (0xC0, 0xC1, 0xC2):
        return _by_pillow(data, name, kind)
    claims.check_whole(name, height, width, len(data), pixel_bytes=6)
    samples = imagecodecs.jpeg_decode(data)  # 12 bit, or lossless
    if samples.ndim == 3 and samples.shape[2] == 4:
        raise BadFileError(f"'{name}' contains printing inks of {bits} bit. {_ADVICE}")
    about = Description(
        name=name,
        format=kind,
        model="grey" if samples.ndim == 2 else "RGB",
        bits=0 if bits == container_bits(samples.dtype) else bits,
    )
    return shown(samples, about)


def _jpeg_frame(data: bytes) -> tuple[int, int, int, int]:
    """Find the frame header of a JPEG file: its marker, bits per sample, height and width."""
    place = 2
    while True:
        while data[place + 1] == 0xFF:  # padding
            place += 1
        marker, size = data[place + 1], int.from_bytes(data[place + 2 : place + 4], "big")
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", data[place + 5 : place + 9])
            return marker, data[place + 4], height, width
        place += 2 + size


def _heic(data: bytes, name: str, kind: str) -> Picture:
    if not imagecodecs.HEIF.available:
        raise BadFileError(f"'{name}' is a HEIC file, which cannot be read here. {_ADVICE}")
    for height, width in _heif_sizes(data):
        claims.check_whole(name, height, width, len(data), pixel_bytes=4)
    samples = imagecodecs.heif_decode(data)
    samples = samples[0] if samples.ndim == 4 else samples
    model = "grey" if samples.ndim == 2 else "RGB"
    alpha = 0 if samples.ndim == 3 and samples.shape[2] == 4 else None
    return shown(samples, Description(name=name, format=kind, model=model, alpha=alpha))


def _heif_sizes(data: bytes) -> Iterator[tuple[int, int]]:
    """Return the height and width of all images in a HEIC file, its parts included."""
    place = data.find(b"ispe")
    while place >= 0:
        numbers = data[place + 8 : place + 16]
        if len(numbers) == 8:
            width, height = struct.unpack(">II", numbers)
            yield height, width
        place = data.find(b"ispe", place + 4)


def _by_pillow(data: bytes, name: str, kind: str) -> Picture:
    image = _opened(data, name, kind)
    image.load()
    about = _about(image, data, name, kind)
    mode = image.mode
    if mode in ("RGBa", "La"):
        image = image.convert({"RGBa": "RGBA", "La": "LA"}[mode])
    elif mode in ("1", "P", "PA") or (mode in ("L", "RGB") and image.has_transparency_data):
        grey = mode in ("1", "L")
        names = {
            (True, False): "L",
            (True, True): "LA",
            (False, False): "RGB",
            (False, True): "RGBA",
        }
        image = image.convert(names[grey, image.has_transparency_data])
    elif mode not in ("L", "LA", "RGB", "RGBA", "CMYK", "F", "I") and not mode.startswith("I;16"):
        image = image.convert("RGB")
    samples = np.asarray(image)
    if image.mode == "I" and samples.min() >= 0 and samples.max() <= 0xFFFF:
        samples = samples.astype(np.uint16)
    model = {"L": "grey", "LA": "grey", "CMYK": "CMYK"}.get(image.mode, "RGB")
    model = "grey" if samples.ndim == 2 else model
    alpha = 0 if image.mode in ("LA", "RGBA") else None
    return shown(samples, replace(about, model=model, alpha=alpha))


def _opened(data: bytes, name: str, kind: str) -> Image.Image:
    """Open a file with Pillow's decoder for it, if it is not too large."""
    Image.init()
    if kind not in Image.OPEN:
        raise BadFileError(f"{kind} files cannot be read here. {_ADVICE}")
    factory: Any = Image.OPEN[kind][0]
    image: Image.Image = factory(io.BytesIO(data), None)
    claims.check_whole(name, image.height, image.width, len(data), pixel_bytes=len(image.mode))
    return image


def _about(image: Image.Image, data: bytes, name: str, kind: str) -> Description:
    about = Description(name=name, format=kind)
    frames = getattr(image, "n_frames", 1)
    if frames > 1:
        about = about.noting(f"'{name}' contains {frames} frames: the first was used.")
    if states_other_colors(kind, data, image.info):
        about = about.noting(
            f"'{name}' states primaries or a gamma other than sRGB's: they were ignored."
        )
    orientation = 1
    try:
        orientation = image.getexif().get(_ORIENTATION, 1)
    except Exception:  # the picture can be used without it
        about = about.noting(f"The EXIF description of '{name}' is faulty: it was ignored.")
    profile = jp2_profile(data) if kind == "JPEG2000" else image.info.get("icc_profile")
    return replace(
        about,
        pages=frames,
        orientation=orientation if orientation in range(1, 9) else 1,
        profile=profile if isinstance(profile, bytes) and profile else None,
    )


_DECODERS = {"PNG": _png, "JPEG": _jpeg, "HEIC": _heic}
