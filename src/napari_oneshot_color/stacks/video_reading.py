"""Opens videos and animated GIFs lazily, as stacks of grey frames."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

import dask.array as da
import numpy as np
from PIL import Image

from napari_oneshot_color.errors import BadFileError, BadPairError
from napari_oneshot_color.files import claims, places
from napari_oneshot_color.pair.tones import grey_values, is_nearly_grey
from napari_oneshot_color.stacks.stored import StoredStack
from napari_oneshot_color.stacks.windows import Window, Windowed
from napari_oneshot_color.types import AnyArray

__all__ = ["VIDEOS", "codecs", "is_frame", "is_video", "open_video"]

VIDEOS = frozenset({".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".mpg", ".mpeg"})
"""Endings of videos, in lower case; a GIF is a video if it has several frames."""

_UNREADABLE = (  # PyAV's, Pillow's
    *(OSError, ValueError, EOFError, SyntaxError, StopIteration),
    Image.DecompressionBombError,
)
_KEPT = 32  # decoded frames that are kept; frames are asked for nearly in order


def is_video(path: Path) -> bool:
    """Return whether a file is a video by its ending, or a GIF of several frames."""
    suffix = path.suffix.lower()
    if suffix != ".gif":
        return suffix in VIDEOS
    try:
        places.check_file(path)
        with Image.open(path) as image:
            return getattr(image, "n_frames", 1) > 1
    except (*_UNREADABLE, BadFileError):
        return False  # the error is reported when it is read as an image


def open_video(path: Path, *, luminance: bool = False) -> StoredStack:
    """Open a video as a grey stack, ``(T, H, W)`` uint8, lazily.

    Parameters
    ----------
    path : Path
        The file.
    luminance : bool
        Whether to use the luminance of a video in colour.

    Raises
    ------
    BadFileError
        If it is missing or damaged, or PyAV is not installed.
    BadPairError
        If it is in colour.
    """
    places.check_file(path)
    frames: _Frames
    if path.suffix.lower() == ".gif":
        frames, seconds = _gif(path)
    else:
        frames, seconds = _film(path)
    if not luminance and not is_nearly_grey(frames.sample):
        raise BadPairError(
            f"'{path.name}' is in colour. Convert it to grey, or ask for its luminance."
        )
    height, width = frames.sample.shape[:2]
    reader = _Reader(frames, (frames.count, height, width))
    meta = np.empty((0, 0, 0), np.uint8)

    def part(window: Window) -> da.Array:
        return da.from_array(Windowed(reader, window), chunks=(1, -1, -1), meta=meta, lock=False)

    return StoredStack(
        reader.shape,
        reader.dtype,
        (1, height, width),
        part,
        ("t", "y", "x"),
        (seconds, 1.0, 1.0),
        ("second", "", ""),
    )


def codecs() -> ModuleType:
    """Import PyAV, which decodes and encodes videos.

    Raises
    ------
    BadFileError
        If it is not installed.
    """
    try:
        import av
    except ImportError as error:
        raise BadFileError(
            "Videos need the extra 'video': pip install \"napari-oneshot-color[video]\"."
        ) from error
    module: ModuleType = av
    return module


class _Frames(Protocol):
    """Frames in order; `sample` is one of them, ``(H, W, 3)`` uint8."""

    count: int
    sample: AnyArray
    path: Path

    def from_start(self) -> Iterator[AnyArray]: ...


class _FilmFrames:
    def __init__(self, path: Path, count: int, sample: AnyArray) -> None:
        self.path, self.count, self.sample = path, count, sample

    def from_start(self) -> Iterator[AnyArray]:
        with codecs().open(str(self.path)) as container:
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            for frame in container.decode(stream):
                yield _upright(frame)


class _GifFrames:
    def __init__(self, path: Path, count: int, sample: AnyArray) -> None:
        self.path, self.count, self.sample = path, count, sample

    def from_start(self) -> Iterator[AnyArray]:
        with Image.open(self.path) as image:
            for number in range(self.count):
                image.seek(number)
                yield np.asarray(image.convert("RGB"))


def _film(path: Path) -> tuple[_FilmFrames, float]:
    av = codecs()
    try:
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            count = sum(is_frame(packet) for packet in container.demux(stream))
            sample = _upright(_middle(container, stream))
            rate = stream.average_rate
    except (av.FFmpegError, IndexError, StopIteration) as error:
        raise _damaged(path) from error
    return _FilmFrames(path.absolute(), count, sample), float(1 / rate) if rate else 1.0


def _middle(container: Any, stream: Any) -> Any:
    """Decode a frame from the middle of a film: the first may be a title, or the one in colour."""
    middle = (container.duration or 0) // 2  # in microseconds
    container.seek(middle)
    frame = None
    for frame in container.decode(stream):
        if frame.time is None or frame.time * 1e6 >= middle:
            break
    if frame is None:
        raise EOFError("no frame can be decoded")
    return frame


def is_frame(packet: Any) -> bool:
    """Return whether a packet is a frame that is shown: not empty, and not discarded."""
    return bool(packet.size) and not packet.is_discard


def _upright(frame: Any) -> AnyArray:
    """Turn a frame as players do, ``(H, W, 3)`` uint8."""
    image: AnyArray = frame.to_ndarray(format="rgb24")
    return np.rot90(image, round(frame.rotation / 90) % 4)


def _gif(path: Path) -> tuple[_GifFrames, float]:
    try:
        with Image.open(path) as image:
            count = getattr(image, "n_frames", 1)
            claims.check_whole(path.name, image.height, image.width, path.stat().st_size)
            image.seek(count // 2)
            sample = np.asarray(image.convert("RGB"))
            seconds = image.info.get("duration", 0) / 1000 or 0.1
    except _UNREADABLE as error:
        raise _damaged(path) from error
    return _GifFrames(path.absolute(), count, sample), seconds


class _Reader:
    """Frames as a lazy grey array, which is pickled without decoded frames."""

    dtype = np.dtype(np.uint8)
    ndim = 3

    def __init__(self, frames: _Frames, shape: tuple[int, int, int]) -> None:
        self._frames = frames
        self.shape = shape
        self._start_over()

    def __getstate__(self) -> dict[str, Any]:
        return {"_frames": self._frames, "shape": self.shape}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._start_over()

    def __dask_tokenize__(self) -> Any:
        stat = self._frames.path.stat()
        return str(self._frames.path), stat.st_size, stat.st_mtime_ns

    def __getitem__(self, index: tuple[int | slice, Any, Any]) -> AnyArray:
        times, *places = index
        if not isinstance(times, slice):
            frame: AnyArray = self._frame(int(times))[tuple(places)]
            return frame
        wanted = range(*times.indices(self.shape[0]))
        return np.stack([self._frame(time)[tuple(places)] for time in wanted])

    def _start_over(self) -> None:
        self._lock = threading.Lock()
        self._reading: Iterator[AnyArray] | None = None
        self._next = 0
        self._kept: dict[int, AnyArray] = {}

    def _frame(self, number: int) -> AnyArray:
        with self._lock:
            if number in self._kept:
                return self._kept[number]
            if self._reading is None or number < self._next:
                self._reading, self._next = self._frames.from_start(), 0
                self._kept.clear()
            try:
                while self._next <= number:
                    frame = next(self._reading)
                    if self._next > number - _KEPT:
                        self._kept[self._next] = grey_values(frame)
                    self._next += 1
            except _UNREADABLE as error:
                self._reading = None
                raise BadFileError(
                    f"Frame {self._next + 1} of {self.shape[0]} of '{self._frames.path.name}' "
                    "cannot be read: the video is damaged. Repair or shorten it."
                ) from error
            while len(self._kept) > _KEPT:
                del self._kept[min(self._kept)]
            return self._kept[number]


def _damaged(path: Path) -> BadFileError:
    return BadFileError(f"'{path.name}' cannot be read: it is not a video, or it is damaged.")
