"""Describes the samples of a TIFF page: colours, bits, alpha, orientation, resolution."""

from __future__ import annotations

from typing import Any

import numpy as np
import tifffile

from napari_oneshot_color.errors import BadFileError
from napari_oneshot_color.files.picture import Description, color_samples, container_bits
from napari_oneshot_color.types import AnyArray

__all__ = [
    "CONVERTED",
    "ORIENTATION",
    "describe_page",
    "is_reduction",
    "is_whole",
    "orientation_of",
    "unwritten",
]

_PHOTOMETRIC = tifffile.PHOTOMETRIC
_MODELS: dict[int, str] = {
    _PHOTOMETRIC.MINISWHITE: "grey",
    _PHOTOMETRIC.MINISBLACK: "grey",
    _PHOTOMETRIC.RGB: "RGB",
    _PHOTOMETRIC.PALETTE: "palette",
    _PHOTOMETRIC.SEPARATED: "CMYK",
    _PHOTOMETRIC.YCBCR: "YCbCr",
    _PHOTOMETRIC.CIELAB: "CIELab",
    _PHOTOMETRIC.ICCLAB: "ICCLab",
}
_REFUSED: dict[int, str] = {
    _PHOTOMETRIC.MASK: "a transparency mask and no picture",
    _PHOTOMETRIC.ITULAB: "colours of fax machines (ITU Lab)",
    _PHOTOMETRIC.CFA: "the raw data of a camera",
    _PHOTOMETRIC.LINEAR_RAW: "the raw data of a camera",
    _PHOTOMETRIC.LOGL: "logarithms of luminance (LogLuv)",
    _PHOTOMETRIC.LOGLUV: "logarithms of luminance (LogLuv)",
}
CONVERTED = (tifffile.COMPRESSION.JPEG, tifffile.COMPRESSION.OJPEG)
_SPECIAL_INKS = 2
_LARGEST_COMPARED = 64_000_000  # pixels
_ALIKE = 0.9  # correlation of a page with its reduction
ORIENTATION = 274
_ASSOCIATED, _UNASSOCIATED = 1, 2


def describe_page(page: tifffile.TiffPage, name: str) -> Description:
    """Describe the samples of a page.

    Raises
    ------
    BadFileError
        If they are not an image that can be shown.
    """
    photometric, count = page.photometric, page.samplesperpixel
    model = _MODELS.get(photometric)
    if model is None:
        kind = _REFUSED.get(photometric, f"colours of an unknown kind ({int(photometric)})")
        raise BadFileError(f"'{name}' contains {kind}. Convert it to RGB or grey.")
    dtype = page.dtype
    if model == "CMYK":
        if count == 1:
            model = "black ink"
        elif count < 4 or page.tags.valueof(332, default=1) == _SPECIAL_INKS:
            raise BadFileError(f"'{name}' contains special printing inks. Convert it to RGB.")
    if model == "YCbCr" and page.compression in CONVERTED:
        model = "RGB"
    colors = color_samples(model)
    if count < colors:
        raise BadFileError(f"'{name}' claims to be {model}, but has only {count} channels.")
    is_inverted = photometric == _PHOTOMETRIC.MINISWHITE
    if is_inverted and dtype is not None and dtype.kind not in "bui":
        raise BadFileError(
            f"'{name}' says that its smallest value is white, but its {dtype} values have no "
            "largest one. Invert it, and save it with black as the smallest."
        )
    extras = tuple(page.extrasamples)
    alpha = next((i for i, kind in enumerate(extras) if kind in (1, 2)), None)
    beyond = count - colors
    if model == "RGB" and beyond == 1 and not extras:
        alpha = 0
    dropped = beyond - (alpha is not None)
    if model == "grey" and dropped > 1:
        raise BadFileError(
            f"'{name}' has {count} channels, but does not say that they are colours. Save it as "
            "RGB, or the channels as pages."
        )
    note = f"{dropped} of the channels of '{name}' are no colours: dropped." if dropped else ""
    palette = None
    if model == "palette":
        palette = _palette(np.moveaxis(np.asarray(page.colormap), 0, -1))
    luma = page.tags.valueof(529)
    bits = page.bitspersample if dtype is not None and dtype.kind in "bu" else 0
    profile = page.iccprofile
    return Description(
        name=name,
        format="TIFF",
        model=model,
        bits=0 if dtype is None or bits == container_bits(dtype) else bits,
        is_inverted=is_inverted,
        alpha=alpha,
        is_associated=alpha is not None and extras[alpha : alpha + 1] == (_ASSOCIATED,),
        profile=profile if isinstance(profile, bytes) and profile else None,
        palette=palette,
        luma=_luma(luma),
        resolution=_resolution(page),
    ).noting(note)


def _luma(numbers: Any) -> tuple[float, float, float] | None:
    """Read YCbCrCoefficients: three fractions, stored as six numbers."""
    try:
        red, green, blue = (numbers[i] / numbers[i + 1] for i in (0, 2, 4))
    except (TypeError, IndexError, ZeroDivisionError):
        return None
    return red, green, blue


def _resolution(page: tifffile.TiffPage) -> tuple[float, float, int] | None:
    try:
        x, y = (
            page.tags[code].value[0] / page.tags[code].value[1]
            for code in ("XResolution", "YResolution")
        )
    except (KeyError, TypeError, IndexError, ZeroDivisionError):
        return None
    unit = page.tags.valueof(296, default=2)
    return (x, y, int(unit)) if x > 0 and y > 0 and unit in (1, 2, 3) else None


def _palette(palette: AnyArray) -> AnyArray:
    """Convert a 16-bit palette; most contain 8-bit values, scaled in one of two ways."""
    for spread in (257, 256):
        if not (palette % spread).any():
            return (palette // spread).astype(np.uint8)
    return palette


def orientation_of(page: Any) -> int:
    """Return the orientation of a page: 1 to 8, as in TIFF and EXIF."""
    tags = getattr(page, "tags", None)
    turned = (
        page.keyframe.tags.valueof(ORIENTATION, default=1)
        if tags is None
        else tags.valueof(ORIENTATION, default=1)
    )
    return turned if turned in range(1, 9) else 1


def is_reduction(small: tifffile.TiffPageSeries, large: tifffile.TiffPageSeries) -> bool:
    """Return whether a series is a smaller version of another, by its tag or its content."""
    if small.keyframe.is_reduced:
        return True
    height, width = large.keyframe.imagelength, large.keyframe.imagewidth
    low, narrow = small.keyframe.imagelength, small.keyframe.imagewidth
    if low >= height or narrow >= width or abs(height / low * narrow - width) > width / narrow + 1:
        return False
    if height * width > _LARGEST_COMPARED:
        return True
    page, thumbnail = (_grey_of(one.pages[0]) for one in (large, small))
    edges = [
        np.linspace(0, side, part + 1).astype(int)
        for side, part in ((height, low), (width, narrow))
    ]
    sums = np.add.reduceat(np.add.reduceat(page, edges[0][:-1], 0), edges[1][:-1], 1)
    means = sums / (np.diff(edges[0])[:, None] * np.diff(edges[1]))
    corners = page[edges[0][:-1]][:, edges[1][:-1]]
    return any(_correlation(one, thumbnail) > _ALIKE for one in (means, corners))


def is_whole(series: tifffile.TiffPageSeries) -> bool:
    """Return whether the files are long enough for all pages of a series."""
    if series.dataoffset is not None:
        return bool(series.dataoffset + series.nbytes <= series.keyframe.parent.filehandle.size)
    return all(
        page is not None
        and any(page.databytecounts)
        and all(
            (offset > 0 or count == 0) and offset + count <= page.parent.filehandle.size
            for offset, count in zip(page.dataoffsets, page.databytecounts, strict=True)
        )
        for page in series.pages
    )


def unwritten(series: tifffile.TiffPageSeries, name: str) -> str:
    """Return a note if strips or tiles were never written, which TIFF allows."""
    if series.dataoffset is not None:
        return ""
    pages = [page for page in series.pages if page is not None]
    count = sum(page.databytecounts.count(0) for page in pages)
    words = "was never written: it is black" if count == 1 else "were never written: they are black"
    return f"{count} of the parts of '{name}' {words}." if count else ""


def _grey_of(page: Any) -> AnyArray:
    samples = np.asarray(page.asarray())
    if samples.ndim > 2:
        samples = samples.mean(axis=page.axes.index("S"))
    return samples.astype(np.float64)


def _correlation(one: AnyArray, other: AnyArray) -> float:
    one, other = one - one.mean(), other - other.mean()
    power = np.sqrt((one**2).sum() * (other**2).sum())
    return float((one * other).sum() / power) if power else 1.0
