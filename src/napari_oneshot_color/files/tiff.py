"""Reads TIFF files: chooses the pages that are the image, and decodes them."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

from napari_oneshot_color.errors import BadFileError
from napari_oneshot_color.files import claims, places
from napari_oneshot_color.files.libtiff import decoded_by_libtiff
from napari_oneshot_color.files.picture import Description, Picture, shown
from napari_oneshot_color.files.pixel_sizes import pixel_sizes
from napari_oneshot_color.files.tiff_claims import check_page, check_series
from napari_oneshot_color.files.tiff_pages import (
    CONVERTED,
    describe_page,
    is_reduction,
    is_whole,
    orientation_of,
    unwritten,
)
from napari_oneshot_color.types import AnyArray

__all__ = ["Content", "content_of", "files_of", "open_tiff", "opened", "read_tiff"]

_IN_ONE_GO = ("shaped", "imagej")
_FEW_PAGES = 1000  # up to this many, the tags of every page are read

_SLIDES = ("svs", "scn", "ndpi", "bif", "qpi", "philips", "avs")


@dataclass(frozen=True)
class Content:
    """The image or stack of a TIFF file.

    Attributes
    ----------
    series : tifffile.TiffPageSeries
        Its pages.
    about : Description
        Their description; the orientation is that of the first page.
    orientations : tuple of int
        The orientation of every page.
    files : tuple of Path
        All files that contain its pages.
    """

    series: tifffile.TiffPageSeries
    about: Description
    orientations: tuple[int, ...]
    files: tuple[Path, ...]

    @property
    def is_single(self) -> bool:
        """Whether it is a single image, not a stack."""
        return not set(self.series.axes) - set("YXS")

    @property
    def needs_libtiff(self) -> bool:
        """Whether tifffile cannot decode it, or decodes it to wrong colours."""
        page = self.series.keyframe
        if page.compression in CONVERTED:
            is_old = page.compression == tifffile.COMPRESSION.OJPEG
            return is_old or self.about.model in ("CIELab", "ICCLab")
        return page.is_subsampled


def open_tiff(path: Path) -> tifffile.TiffFile:
    """Open a file so that its series can be found even if its description is faulty."""
    flags: dict[str, Any] = {}
    while True:
        file = tifffile.TiffFile(path, **flags)
        try:
            count = len(file.pages)
            if count > _FEW_PAGES:
                first: Any = file.pages.first
                height, width, stored = first.imagelength, first.imagewidth, file.filehandle.size
                claims.check_parts(path.name, height, width, stored, pages=count)
            is_document = count <= _FEW_PAGES and "is_uniform" not in flags
            if is_document and file.series[0].kind == "uniform":
                flags["is_uniform"] = False  # looks at each page
            else:
                _ = file.series
                return file
        except BadFileError:
            file.close()
            raise
        except Exception:
            flag = "is_ome" if file.is_ome and "is_ome" not in flags else "is_uniform"
            if flag in flags:
                file.close()
                raise
            flags[flag] = False
        file.close()


@contextmanager
def opened(path: Path) -> Iterator[tuple[tifffile.TiffFile, Content]]:
    """Open a TIFF file and find its image or stack.

    Raises
    ------
    BadFileError
        If it is damaged, truncated or ambiguous, or does not contain an image.
    """
    places.check_file(path)
    try:
        with open_tiff(path) as file:
            yield file, content_of(file, path)
    except (BadFileError, MemoryError):
        raise
    except Exception as error:  # damaged headers cause many classes of errors
        raise BadFileError(f"'{path.name}' cannot be read: it is damaged or empty.") from error


def files_of(path: Path) -> tuple[Path, ...]:
    """List all files of the data set that a file belongs to; only itself if it cannot be read."""
    try:
        places.check_file(path)
        with tifffile.TiffFile(path) as file:
            if not file.is_ome:
                return (path,)
        with opened(path) as (_, content):
            return tuple(sorted(content.files))
    except (BadFileError, OSError, tifffile.TiffFileError):
        return (path,)


def read_tiff(path: Path) -> Picture:
    """Read a whole TIFF file as upright grey or sRGB.

    Returns
    -------
    Picture
        ``(H, W)`` to ``(H, W, 4)``; a stack has further axes before these.
    """
    with opened(path) as (file, content):
        about = content.about
        page = content.series.keyframe
        check_page(page, path.name, file.filehandle.size, math.prod(content.series.shape))
        samples = _samples(path, content)
        if samples is None:
            return decoded_by_libtiff(path, about, content.series.keyframe.index)
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
        raise BadFileError(
            f"The pages of '{path.name}' are turned in different ways. Turn them all upright."
        )
    if len(turned) == 1:
        return turned[0]
    whole = np.stack([one.pixels for one in turned])
    whole = whole.reshape(*samples.shape[:-page_axes], *turned[0].pixels.shape)
    return Picture(whole, turned[0].about)


def content_of(file: tifffile.TiffFile, path: Path) -> Content:
    """Choose the image or stack of a TIFF file, and note what else it contains.

    Raises
    ------
    BadFileError
        If there are several, the file is truncated, or does not contain an image.
    """
    for one in file.series:
        check_series(one, path.name)
    series, note = _chosen(file, path.name)
    about = describe_page(series.keyframe, path.name)
    pages = _pages_of(series)
    if any(page is None for page in pages):
        raise BadFileError(
            f"'{path.name}' belongs to a data set of several files, and pages of it are missing. "
            "Put all its files into one folder."
        )
    if not is_whole(series) or _breaks_off(file):
        raise BadFileError(f"'{path.name}' cannot be read: it is damaged, its end is missing.")
    orientations = tuple(orientation_of(page) for page in pages)
    if about.model == "palette" and not _is_one_palette(series):
        raise BadFileError(f"The pages of '{path.name}' have different palettes. Split them.")
    sizes, units = pixel_sizes(file, "YX")
    faulty = ""
    if file.is_ome is False and "OME-XML" in str(series.keyframe.description)[:2000]:
        faulty = f"The OME description of '{path.name}' is faulty: it was ignored."
    about = replace(
        about,
        pages=len(series.pages),
        orientation=orientations[0] if orientations else 1,
        pixel_size=None if sizes is None or units is None else (sizes[0], sizes[1], units[0]),
    ).noting(note, unwritten(series, path.name), faulty)
    parents = dict.fromkeys(page.parent for page in pages)
    files = tuple(Path(parent.filehandle.path) for parent in parents)
    return Content(series, about, orientations, files)


def _pages_of(series: tifffile.TiffPageSeries) -> list[Any]:
    """List the pages of a series, or only the first if all were written contiguously.

    Pages are not cached: reading a hundred thousand of them takes a minute.
    """
    if series.kind in _IN_ONE_GO and series.dataoffset is not None:
        return [series.keyframe]
    return list(series.pages)


def _each(content: Content, count: int) -> tuple[int, ...]:
    """Return the orientation of every slice; one page may contain many slices."""
    if len(content.orientations) == count:
        return content.orientations
    return (content.about.orientation,) * count


def _chosen(file: tifffile.TiffFile, name: str) -> tuple[tifffile.TiffPageSeries, str]:
    """Choose the largest series and note the others; raise if they are not negligible."""
    every = [one for one in file.series if not one.keyframe.is_mask] or list(file.series)
    full = [one for one in every if not one.keyframe.is_reduced] or every
    series = max(full, key=lambda one: one.keyframe.imagelength * one.keyframe.imagewidth)
    if sum(one.shape == series.shape for one in full) > 1:
        count = sum(one.shape == series.shape for one in full)
        raise BadFileError(
            f"'{name}' contains {count} images or stacks. Save each as a separate file."
        )
    others = [one for one in file.series if one is not series]
    if series.kind == "generic":
        others += [level for level in series.levels[1:] if not level.keyframe.is_subifd]
    small = [one for one in others if is_reduction(one, series)]
    beside = [one for one in others if one not in small and not one.keyframe.is_mask]
    if beside and series.kind not in _SLIDES:
        sizes = ", ".join(
            f"{one.keyframe.imagewidth} x {one.keyframe.imagelength}" for one in (series, *beside)
        )
        raise BadFileError(
            f"'{name}' contains pages of different sizes or kinds: {sizes} px. Save each as a "
            "separate file."
        )
    notes = []
    if small:
        notes.append(f"'{name}' also contains smaller versions: the largest was used.")
    if beside:
        kinds = ", ".join(one.name or "another image" for one in beside)
        notes.append(f"Beside the slide, '{name}' contains: {kinds}. They were ignored.")
    return series, " ".join(notes)


def _is_one_palette(series: tifffile.TiffPageSeries) -> bool:
    palette: Any = series.keyframe.colormap
    own: list[Any] = [getattr(page, "colormap", None) for page in series.pages]
    return all(one is None or np.array_equal(one, palette) for one in own)


def _breaks_off(file: tifffile.TiffFile) -> bool:
    """Return whether the chain of pages continues beyond the end of the file."""
    place = file.pages.next_page_offset  # follows them all
    if place is None:
        return False
    file.filehandle.seek(place)
    offset = file.filehandle.read(file.tiff.offsetsize)
    following: int = struct.unpack(file.tiff.offsetformat, offset)[0]
    return following >= file.filehandle.size


def _samples(path: Path, content: Content) -> AnyArray | None:
    """Decode all pages; None if only libtiff can decode them."""
    if content.needs_libtiff and content.is_single:
        return None
    if content.needs_libtiff:
        raise BadFileError(
            f"'{path.name}' cannot be read: its pages are in colour and packed in a rare way. "
            "Save it again."
        )
    try:
        return np.asarray(content.series.asarray())
    except NotImplementedError as error:  # tifffile lacks the codec
        raise BadFileError(f"'{path.name}' cannot be read: {error}. Save it again.") from error
