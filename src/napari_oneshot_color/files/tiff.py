"""TIFF files: which of their pages is the picture, and what the samples mean."""

from __future__ import annotations

import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from PIL import TiffImagePlugin

from napari_oneshot_color.errors import BadFileError
from napari_oneshot_color.files.picture import Description, Picture, container_bits, shown
from napari_oneshot_color.files.pixel_sizes import pixel_sizes
from napari_oneshot_color.types import AnyArray

__all__ = ["Content", "content_of", "files_of", "open_tiff", "opened", "read_tiff"]

_FEW_PAGES = 1000  # of a document; each one's own tags are looked at
_LARGEST_COMPARED = 64_000_000  # pixels
_ALIKE = 0.9  # correlation of a page with its reduction

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
_CONVERTED = (tifffile.COMPRESSION.JPEG, tifffile.COMPRESSION.OJPEG)
_SPECIAL_INKS = 2
_ORIENTATION = 274
_ASSOCIATED, _UNASSOCIATED = 1, 2
_SLIDES = ("svs", "scn", "ndpi", "bif", "qpi", "philips", "avs")


@dataclass(frozen=True)
class Content:
    """The picture or stack of a TIFF file.

    Attributes
    ----------
    series : tifffile.TiffPageSeries
        Its pages.
    about : Description
        What they hold; the orientation is the first page's.
    orientations : tuple of int
        Of every page.
    files : tuple of Path
        All that its pages lie in.
    """

    series: tifffile.TiffPageSeries
    about: Description
    orientations: tuple[int, ...]
    files: tuple[Path, ...]

    @property
    def is_single(self) -> bool:
        """Whether it is one image, and no stack."""
        return not set(self.series.axes) - set("YXS")

    @property
    def needs_libtiff(self) -> bool:
        """Whether it is of the few kinds that tifffile decodes not at all, or in other colours."""
        page = self.series.keyframe
        if page.compression in _CONVERTED:
            is_old = page.compression == tifffile.COMPRESSION.OJPEG
            return is_old or self.about.model in ("CIELab", "ICCLab")
        return page.is_subsampled


def open_tiff(path: Path) -> tifffile.TiffFile:
    """Open a file so that its series can be found, be its description as faulty as it may."""
    flags: dict[str, Any] = {}
    while True:
        file = tifffile.TiffFile(path, **flags)
        try:
            is_document = len(file.pages) <= _FEW_PAGES and "is_uniform" not in flags
            if is_document and file.series[0].kind == "uniform":
                flags["is_uniform"] = False  # looks at each page
            else:
                _ = file.series
                return file
        except Exception:
            flag = "is_ome" if file.is_ome and "is_ome" not in flags else "is_uniform"
            if flag in flags:
                file.close()
                raise
            flags[flag] = False
        file.close()


@contextmanager
def opened(path: Path) -> Iterator[tuple[tifffile.TiffFile, Content]]:
    """Open a TIFF file and find its picture or stack.

    Raises
    ------
    BadFileError
        If it is damaged, truncated, ambiguous, or holds what is no picture.
    """
    try:
        with open_tiff(path) as file:
            yield file, content_of(file, path)
    except (BadFileError, MemoryError, PermissionError):
        raise
    except Exception as error:  # a damaged header fails in many ways
        raise BadFileError(f"'{path.name}' cannot be read: it is damaged or empty.") from error


def files_of(path: Path) -> tuple[Path, ...]:
    """List all files of the data set that a file belongs to; itself alone, if it cannot be read."""
    try:
        with tifffile.TiffFile(path) as file:
            if not file.is_ome:
                return (path,)
        with opened(path) as (_, content):
            return tuple(sorted(content.files))
    except (BadFileError, OSError, tifffile.TiffFileError):
        return (path,)


def read_tiff(path: Path) -> Picture:
    """Read a TIFF file whole, as a person sees it.

    Returns
    -------
    Picture
        ``(H, W)`` to ``(H, W, 4)``, or with more axes before these for a stack.
    """
    with opened(path) as (_, content):
        about = content.about
        samples = _samples(path, content)
        if samples is None:
            return _by_pillow(path, about, content.series.keyframe.index)
    axes = content.series.axes
    if "S" in axes:
        samples = np.moveaxis(samples, axes.index("S"), -1)
    if content.is_single:
        return shown(samples, about)
    page_axes = 3 if "S" in axes else 2
    pages = samples.reshape(-1, *samples.shape[-page_axes:])
    turned = [
        shown(page, replace(about, orientation=orientation))
        for page, orientation in zip(pages, _each(content, len(pages)), strict=True)
    ]
    if len({one.pixels.shape for one in turned}) > 1:
        raise BadFileError(f"The pages of '{path.name}' stand upright and lie. Turn them alike.")
    if len(turned) == 1:
        return turned[0]
    whole = np.stack([one.pixels for one in turned])
    whole = whole.reshape(*samples.shape[:-page_axes], *turned[0].pixels.shape)
    return Picture(whole, turned[0].about)


def content_of(file: tifffile.TiffFile, path: Path) -> Content:
    """Choose the picture or stack of a TIFF file, and say what else is there.

    Raises
    ------
    BadFileError
        If there are several, it is truncated, or holds what is no picture.
    """
    series, note = _chosen(file, path.name)
    about = _described(series.keyframe, path.name)
    if any(page is None for page in series.pages):
        raise BadFileError(
            f"'{path.name}' belongs to a data set of several files, and pages of it are missing. "
            "Put all its files into one folder."
        )
    if not _is_whole(series) or _breaks_off(file):
        raise BadFileError(f"'{path.name}' cannot be read: it is damaged, its end is missing.")
    orientations = tuple(_orientation(page) for page in series.pages)
    if about.model == "palette" and not _is_one_palette(series):
        raise BadFileError(f"The pages of '{path.name}' have palettes of their own. Split them.")
    sizes, units = pixel_sizes(file, "YX")
    faulty = ""
    if file.is_ome is False and "OME-XML" in str(series.keyframe.description)[:2000]:
        faulty = f"The OME description of '{path.name}' is faulty: it was left out."
    about = replace(
        about,
        pages=len(series.pages),
        orientation=orientations[0] if orientations else 1,
        pixel_size=None if sizes is None or units is None else (sizes[0], sizes[1], units[0]),
    ).noting(note, faulty)
    files = {Path(page.parent.filehandle.path): None for page in series.pages if page is not None}
    return Content(series, about, orientations, tuple(files))


def _each(content: Content, count: int) -> tuple[int, ...]:
    """Give every slice its page's orientation; one page may hold many slices."""
    if len(content.orientations) == count:
        return content.orientations
    return (content.about.orientation,) * count


def _chosen(file: tifffile.TiffFile, name: str) -> tuple[tifffile.TiffPageSeries, str]:
    """Take the largest series; say what is beside it, unless it is too much to be left out."""
    every = [one for one in file.series if not one.keyframe.is_mask] or list(file.series)
    full = [one for one in every if not one.keyframe.is_reduced] or every
    series = max(full, key=lambda one: one.keyframe.imagelength * one.keyframe.imagewidth)
    if sum(one.shape == series.shape for one in full) > 1:
        count = sum(one.shape == series.shape for one in full)
        raise BadFileError(
            f"'{name}' holds {count} images or stacks. Save each in a file of its own."
        )
    others = [one for one in file.series if one is not series]
    if series.kind == "generic":
        others += [level for level in series.levels[1:] if not level.keyframe.is_subifd]
    small = [one for one in others if _is_reduction(one, series)]
    beside = [one for one in others if one not in small and not one.keyframe.is_mask]
    if beside and series.kind not in _SLIDES:
        sizes = ", ".join(
            f"{one.keyframe.imagewidth} x {one.keyframe.imagelength}" for one in (series, *beside)
        )
        raise BadFileError(
            f"'{name}' holds pages of different sizes or kinds: {sizes} px. Save each in a file of "
            "its own."
        )
    notes = []
    if small:
        notes.append(f"'{name}' also holds {len(small)} smaller versions: the largest was taken.")
    if beside:
        kinds = ", ".join(one.name or "another image" for one in beside)
        notes.append(f"Beside the slide, '{name}' holds: {kinds}. They were left out.")
    return series, " ".join(notes)


def _is_reduction(small: tifffile.TiffPageSeries, large: tifffile.TiffPageSeries) -> bool:
    """Whether a series is a smaller version of another, as it says itself or as it looks."""
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


def _grey_of(page: Any) -> AnyArray:
    samples = np.asarray(page.asarray())
    if samples.ndim > 2:
        samples = samples.mean(axis=page.axes.index("S"))
    return samples.astype(np.float64)


def _correlation(one: AnyArray, other: AnyArray) -> float:
    one, other = one - one.mean(), other - other.mean()
    power = np.sqrt((one**2).sum() * (other**2).sum())
    return float((one * other).sum() / power) if power else 1.0


def _described(page: tifffile.TiffPage, name: str) -> Description:
    """Say what the samples of a page mean.

    Raises
    ------
    BadFileError
        If that is nothing that a person could look at.
    """
    photometric, count = page.photometric, page.samplesperpixel
    model = _MODELS.get(photometric)
    if model is None:
        told = _REFUSED.get(photometric, f"colours of an unknown kind ({int(photometric)})")
        raise BadFileError(f"'{name}' holds {told}. Convert it to RGB or grayscale.")
    dtype = page.dtype
    if model == "CMYK":
        if count == 1:
            model = "black ink"
        elif count < 4 or page.tags.valueof(332, default=1) == _SPECIAL_INKS:
            raise BadFileError(f"'{name}' holds special printing inks. Convert it to RGB.")
    if model == "YCbCr" and page.compression in _CONVERTED:
        model = "RGB"
    colors = {"grey": 1, "palette": 1, "black ink": 1, "CMYK": 4}.get(model, 3)
    if count < colors:
        raise BadFileError(f"'{name}' says it is {model} and has only {count} channels.")
    is_inverted = photometric == _PHOTOMETRIC.MINISWHITE
    if is_inverted and dtype is not None and dtype.kind not in "bui":
        raise BadFileError(
            f"'{name}' says that its smallest value is white, and holds {dtype} values without a "
            "largest. Invert it, and save it with black as the smallest."
        )
    extras = tuple(page.extrasamples)
    alpha = next((i for i, kind in enumerate(extras) if kind in (1, 2)), None)
    beyond = count - colors
    if model == "RGB" and beyond == 1 and not extras:
        alpha = 0
    left_out = beyond - (alpha is not None)
    if model == "grey" and left_out > 1:
        raise BadFileError(
            f"'{name}' holds {count} channels, and does not say that they are colours. Save it as "
            "RGB, or the channels as pages."
        )
    note = f"{left_out} of the channels of '{name}' hold no colours: left out." if left_out else ""
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


def _luma(told: Any) -> tuple[float, float, float] | None:
    """Read YCbCrCoefficients: three fractions, as six numbers."""
    try:
        red, green, blue = (told[i] / told[i + 1] for i in (0, 2, 4))
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
    """Take a palette of 16 bit; most hold 8 bit, spread out in one of two ways."""
    for spread in (257, 256):
        if not (palette % spread).any():
            return (palette // spread).astype(np.uint8)
    return palette


def _is_one_palette(series: tifffile.TiffPageSeries) -> bool:
    palette: Any = series.keyframe.colormap
    own: list[Any] = [getattr(page, "colormap", None) for page in series.pages]
    return all(one is None or np.array_equal(one, palette) for one in own)


def _orientation(page: Any) -> int:
    tags = getattr(page, "tags", None)
    told = (
        page.keyframe.tags.valueof(_ORIENTATION, default=1)
        if tags is None
        else tags.valueof(_ORIENTATION, default=1)
    )
    return told if told in range(1, 9) else 1


def _is_whole(series: tifffile.TiffPageSeries) -> bool:
    """Whether the files are long enough for all pages of a series."""
    if series.dataoffset is not None:
        return bool(series.dataoffset + series.nbytes <= series.keyframe.parent.filehandle.size)
    return all(
        page is not None
        and len(page.dataoffsets) > 0
        and all(
            offset > 0 and offset + count <= page.parent.filehandle.size
            for offset, count in zip(page.dataoffsets, page.databytecounts, strict=True)
        )
        for page in series.pages
    )


def _breaks_off(file: tifffile.TiffFile) -> bool:
    """Whether the last page that is there names a next one beyond the end of the file."""
    place = file.pages.next_page_offset  # follows them all
    if place is None:
        return False
    file.filehandle.seek(place)
    told = file.filehandle.read(file.tiff.offsetsize)
    following: int = struct.unpack(file.tiff.offsetformat, told)[0]
    return following >= file.filehandle.size


def _samples(path: Path, content: Content) -> AnyArray | None:
    """Decode all pages; None for the few kinds that only libtiff decodes."""
    if content.needs_libtiff and content.is_single:
        return None
    try:
        if content.needs_libtiff:
            raise NotImplementedError("its pages are in colour, and packed in a rare way")
        return np.asarray(content.series.asarray())
    except NotImplementedError as error:
        raise BadFileError(f"'{path.name}' cannot be read: {error}. Save it anew.") from error


_LIBTIFF = threading.Lock()


def _by_pillow(path: Path, about: Description, page: int) -> Picture:
    """Let libtiff decode an image, as Pillow shows it."""
    with _LIBTIFF:  # the switch is the module's, and so is everybody's
        before = TiffImagePlugin.READ_LIBTIFF
        TiffImagePlugin.READ_LIBTIFF = True
        try:
            with open(path, "rb") as data:
                image = TiffImagePlugin.TiffImageFile(data, str(path))
                image.seek(page)
                is_lab = image.mode == "LAB"
                pixels = np.asarray(image if is_lab else image.convert("RGB"))
        finally:
            TiffImagePlugin.READ_LIBTIFF = before
    model = "CIELab" if is_lab else "RGB"
    orientation = about.orientation if _ORIENTATION in image.tag_v2 else 1  # Pillow may turn it
    return shown(pixels, replace(about, model=model, bits=0, alpha=None, orientation=orientation))
