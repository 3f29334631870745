"""Writes coloured stacks as videos, with the sound of the grey one, or as animated GIFs."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from PIL import Image

from napari_oneshot_color.errors import BadFileError
from napari_oneshot_color.files.writing import written_whole
from napari_oneshot_color.stacks.video_reading import codecs, is_frame
from napari_oneshot_color.types import AnyArray

__all__ = ["WRITTEN", "video_suffix_for", "write_video"]

WRITTEN = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska", ".gif": "gif"}
"""Endings of videos that can be written; others become ``.mp4``."""

_NOTE = "Colours inferred by napari-oneshot-color; lightness as filmed."
_BT709 = 1  # in all tables of the standard; players assume it if a film states nothing
_SAME_BYTES = {"fflags": "+bitexact"}  # no versions or times in the file
_QUALITY = {"crf": "16", "preset": "medium"}


def video_suffix_for(path: Path) -> str:
    """Return the ending of a video's coloured version: its own, if it can be written."""
    suffix = path.suffix.lower()
    return suffix if suffix in WRITTEN else ".mp4"


def write_video(stack: zarr.Array[Any], path: Path, *, like: Path, stop: threading.Event) -> bool:
    """Write a coloured stack as a video like another one, whole or not at all.

    Frame times and sound are kept; the sound becomes AAC if the container is another one.

    Parameters
    ----------
    stack : zarr.Array
        ``(T, H, W, 3)`` uint8.
    path : Path
        The file; it is replaced. Its ending is one of `WRITTEN`.
    like : Path
        The grey video.
    stop : threading.Event
        Once set, writing ends.

    Returns
    -------
    bool
        Whether it was written; False if it was stopped.

    Raises
    ------
    BadFileError
        If it cannot be written.
    """
    suffix = path.suffix.lower()
    write = _write_gif if suffix == ".gif" else _write_film
    try:
        with written_whole(path) as temporary, _encoding_errors_told(path):
            write(stack, temporary, suffix, like, stop)
    except _StoppedError:
        return False
    return True


class _StoppedError(Exception):
    """Ends the writing."""


@contextlib.contextmanager
def _encoding_errors_told(path: Path) -> Iterator[None]:
    try:
        yield
    except ValueError as error:  # from PyAV, for an argument that the encoder refuses
        raise BadFileError(
            f"'{path.name}' cannot be encoded: {error}. Name an output that ends in '.zarr' to "
            "keep its frames."
        ) from error


def _write_film(
    stack: zarr.Array[Any], path: Path, suffix: str, like: Path, stop: threading.Event
) -> None:
    av = codecs()
    with (
        av.open(str(like)) as source,
        av.open(str(like)) as heard,
        av.open(str(path), "w", format=WRITTEN[suffix], container_options=_SAME_BYTES) as film,
    ):
        film.metadata["comment"] = _NOTE
        filmed = source.streams.video[0]
        stream = _stream(film, filmed, stack.shape)
        sound = _Sound(heard, film, is_copied=like.suffix.lower() == suffix)
        for frame, time in zip(_frames(stack), _times(source), strict=True):
            if stop.is_set():
                raise _StoppedError
            sound.go_on_to(time * filmed.time_base)
            picture = _picture(frame, stream)
            picture.pts, picture.time_base = time, filmed.time_base
            film.mux(stream.encode(picture))
        film.mux(stream.encode(None))
        sound.go_on_to(None)


def _stream(film: Any, like: Any, shape: tuple[int, ...]) -> Any:
    stream = film.add_stream("libx264", rate=like.average_rate or 25)
    stream.height, stream.width = (side + side % 2 for side in shape[1:3])  # players want even ones
    stream.pix_fmt = "yuv420p"
    stream.options = _QUALITY
    context = stream.codec_context
    context.time_base = like.time_base
    context.thread_count = 1  # the bytes depend on it
    context.flags |= codecs().codec.context.Flags.bitexact
    context.colorspace = context.color_primaries = context.color_trc = _BT709
    return stream


def _picture(frame: AnyArray, stream: Any) -> Any:
    height, width = frame.shape[:2]
    even = np.pad(frame, [(0, stream.height - height), (0, stream.width - width), (0, 0)], "edge")
    picture = codecs().VideoFrame.from_ndarray(even, format="rgb24")
    # PyAV before 17 converts to BT.601 unless both are named
    return picture.reformat(format="yuv420p", src_colorspace="ITU709", dst_colorspace="ITU709")


def _times(source: Any) -> list[int]:
    """List the time of each frame, in the stream's time base."""
    stream = source.streams.video[0]
    times = [packet.pts for packet in source.demux(stream) if is_frame(packet)]
    if None in times:  # an AVI has none
        step = 1 / ((stream.average_rate or 25) * stream.time_base)
        return [round(number * step) for number in range(len(times))]
    return sorted(times)


class _Sound:
    """Transfers the sound of one film to another: copied, or encoded as AAC."""

    def __init__(self, source: Any, film: Any, *, is_copied: bool) -> None:
        self._film = film
        self._packets: Iterator[Any] = iter(())
        self._waiting: Any = None
        if not source.streams.audio:
            return
        heard = source.streams.audio[0]
        self._is_copied = is_copied
        if self._is_copied:
            self._stream = film.add_stream_from_template(heard)
        else:
            self._stream = film.add_stream("aac", rate=heard.rate)
            self._stream.codec_context.flags |= codecs().codec.context.Flags.bitexact
        self._packets = iter(source.demux(heard))

    def go_on_to(self, seconds: Fraction | None) -> None:
        """Write the sound up to a time; None writes the rest."""
        for packet in self._until(seconds):
            if self._is_copied:
                if packet.dts is not None:  # the last one is empty
                    packet.stream = self._stream
                    self._film.mux(packet)
                continue
            for frame in packet.decode():
                self._film.mux(self._stream.encode(frame))
            if packet.dts is None:
                self._film.mux(self._stream.encode(None))

    def _until(self, seconds: Fraction | None) -> Iterator[Any]:
        while True:
            packet, self._waiting = self._waiting or next(self._packets, None), None
            if packet is None:
                return
            is_later = packet.dts is not None and seconds is not None
            if is_later and packet.dts * packet.time_base > seconds:
                self._waiting = packet
                return
            yield packet


def _write_gif(
    stack: zarr.Array[Any], path: Path, suffix: str, like: Path, stop: threading.Event
) -> None:
    with Image.open(like) as image:
        durations = []
        for number in range(stack.shape[0]):
            image.seek(number)
            durations.append(image.info.get("duration", 100))
        loop = {"loop": image.info["loop"]} if "loop" in image.info else {}
    images = (_palette(frame) for frame in _frames(stack) if not stop.is_set())
    first = next(images, None)
    if first is None:
        raise _StoppedError
    first.save(
        path,
        "GIF",
        save_all=True,
        append_images=images,
        duration=durations,
        comment=_NOTE.encode(),
        disposal=1,
        optimize=False,
        **loop,
    )
    if stop.is_set():
        raise _StoppedError


def _palette(frame: AnyArray) -> Image.Image:
    """Reduce a frame to its own 256 colours, dithered: GIF holds no more."""
    return Image.fromarray(frame).quantize(256, Image.Quantize.MEDIANCUT)


def _frames(stack: zarr.Array[Any]) -> Iterator[AnyArray]:
    for number in range(stack.shape[0]):
        yield np.asarray(stack[number])
