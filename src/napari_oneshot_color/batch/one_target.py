"""Colours one target: an image at once, a stack or a large image in parts."""

from __future__ import annotations

import threading
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import zarr

from napari_oneshot_color.batch.targets import Target
from napari_oneshot_color.colorizer.colorizer import Colorizer
from napari_oneshot_color.errors import BadPairError
from napari_oneshot_color.files.checksums import ChecksumBeside
from napari_oneshot_color.files.checksums import checksum as checksum_of
from napari_oneshot_color.files.decoding import decode
from napari_oneshot_color.files.formats import depth_for, encode_image, encode_like
from napari_oneshot_color.files.picture import Description, Picture
from napari_oneshot_color.files.writing import hidden, write_atomically
from napari_oneshot_color.pair.prepare import Source
from napari_oneshot_color.pair.problems import is_color_image
from napari_oneshot_color.pair.tones import grey_values
from napari_oneshot_color.pipeline import apply_steps
from napari_oneshot_color.progress import Progress, Steps
from napari_oneshot_color.record import ImageRecord
from napari_oneshot_color.stacks.keys import prepare_keys
from napari_oneshot_color.stacks.lazy import ColoredStack
from napari_oneshot_color.stacks.limits import stack_limits
from napari_oneshot_color.stacks.stored import LARGEST_IMAGE, StoredStack, as_stack
from napari_oneshot_color.stacks.tiff_writing import write_tiff
from napari_oneshot_color.stacks.video_reading import is_video
from napari_oneshot_color.stacks.video_writing import write_video
from napari_oneshot_color.stacks.zarr_store import is_complete
from napari_oneshot_color.stacks.zarr_writing import write_steps
from napari_oneshot_color.types import Limits
from napari_oneshot_color.versions import PROGRAM, installed_version

__all__ = ["Batch", "partial_store"]


class Batch:
    """The common options of all targets of a run.

    Parameters
    ----------
    colorizer : Colorizer
        Trained here or read from a file.
    limits : tuple of float or None
        Values that become 0 and 1; None chooses limits for each target.
    stop : threading.Event
        Ends the run soon when set.
    client : distributed.Client or None
        Client of a cluster that colours stacks.
    luminance : bool
        Whether to use the luminance of targets in colour.
    keys : mapping of int to Source, optional
        Slices of the one target in colour.

    Attributes
    ----------
    notes : list of tuple
        Targets, each with a sentence about how it was converted.
    """

    def __init__(
        self,
        colorizer: Colorizer,
        limits: Limits | None,
        stop: threading.Event,
        client: Any,
        *,
        luminance: bool = False,
        keys: Mapping[int, Source] | None = None,
    ) -> None:
        self.stop = stop
        self._keys = dict(keys or {})
        self.notes: list[tuple[Path, str]] = []
        self._luminance = luminance
        self._colorizer = colorizer
        self._limits = limits
        self._client = client
        self._checksum = colorizer.checksum

    @property
    def options(self) -> dict[str, Any]:
        """JSON-compatible options that affect the outputs."""
        asked: dict[str, Any] = {"luminance": True} if self._luminance else {}
        if self._keys:
            images = {str(number): key.image for number, key in sorted(self._keys.items())}
            asked["keys"] = {number: checksum_of(image) for number, image in images.items()}
        return asked | {
            "colorizer": self._checksum,
            "limits": None if self._limits is None else list(self._limits),
            "version": installed_version(PROGRAM),
        }

    def color(
        self, target: Target, place: Path, checksum: ChecksumBeside, *, resume: bool
    ) -> Generator[Progress, None, bool]:
        """Colour one target into a file or zarr store, replacing an existing one.

        Parameters
        ----------
        target : Target
            The target.
        place : Path
            The output.
        checksum : ChecksumBeside
            The checksum of the target.
        resume : bool
            Whether to continue an output that was begun.

        Yields
        ------
        Progress
            With stage ``chunks``, or ``reading`` while only the checksum is missing.

        Returns
        -------
        bool
            Whether it was written; False if it was stopped.

        Raises
        ------
        OneshotColorError
            If the target cannot be coloured, or the output cannot be written.
        """
        stack = target.open_stack(luminance=self._luminance)
        if stack is None:
            picture = decode(target.path)
            self._note(target.path, picture.about)
            if self._keys:
                raise BadPairError(
                    "Keys are slices of a stack, and this is a single image. Train with the colour "
                    "image instead."
                )
            if picture.pixels.ndim != 2 or picture.pixels.size <= LARGEST_IMAGE:
                return (yield from self._color_image(picture, target, place))
            stack = as_stack(picture, luminance=self._luminance)
        store = place if place.suffix == ".zarr" else partial_store(place)
        is_written = yield from self.color_stack(
            stack, store, target.path, checksum, resume=resume, overwrite=True
        )
        return is_written and (store == place or self._convert(store, stack, target.path, place))

    def color_stack(
        self,
        stack: StoredStack,
        place: Path,
        target: Path,
        checksum: ChecksumBeside,
        *,
        resume: bool,
        overwrite: bool,
    ) -> Generator[Progress, None, bool]:
        """Colour a stack into a zarr store; see `color` and `stacks.zarr_writing.write_steps`."""
        limits = self._limits or stack_limits(stack)
        if stack.about is not None:
            self._note(target, stack.about)
            limits = stack.about.limits(self._limits, stack.dtype) or limits
        keys = prepare_keys(self._keys, self._colorizer, stack.shape)
        depth = depth_for(stack.dtype, ".tif")
        colored = ColoredStack(self._colorizer, stack, limits, depth, keys)
        image = ImageRecord(name=target.name, limits=limits)
        record = self._colorizer.record.replace(
            colorizer=self._checksum,
            target=image,
            keys=tuple(key.record for key in keys) or None,
            version=installed_version(PROGRAM),
        )

        def later() -> dict[str, Any] | None:
            if checksum.known is None:
                return None
            return {"target": image.replace(sha256=checksum.known).to_dict()}

        for progress in write_steps(
            colored,
            place,
            attributes=record.to_dict(),
            later=later,
            axes=stack.axes,
            scale=stack.scale,
            units=stack.units,
            resume=resume,
            overwrite=overwrite,
            stop=self.stop,
            client=self._client,
        ):
            yield checksum.progress if progress.stage == "reading" else progress
        return is_complete(place)

    def _color_image(
        self, picture: Picture, target: Target, place: Path
    ) -> Generator[Progress, None, bool]:
        image, name = picture.pixels, target.path.name
        if self._luminance and is_color_image(image):
            image = grey_values(image)
        limits = picture.about.limits(self._limits, image.dtype)
        steps = Steps(apply_steps(self._colorizer, image, target_limits=limits, target_name=name))
        for _ in steps:
            yield Progress("chunks", 0, 1)
            if self.stop.is_set():
                return False
        data = encode_like(steps.result.final, picture, place.suffix)
        write_atomically(place, data, overwrite=True)
        return True

    def _note(self, path: Path, about: Description) -> None:
        self.notes += [(path, note) for note in about.notes if (path, note) not in self.notes]

    def _convert(self, store: Path, stack: StoredStack, target: Path, place: Path) -> bool:
        """Convert a zarr store to a file; return False if it was stopped."""
        colored = zarr.open_array(store, mode="r")
        if place.suffix in (".tif", ".tiff"):
            return write_tiff(
                colored,
                place,
                axes=stack.axes,
                scale=stack.scale,
                units=stack.units,
                stop=self.stop,
            )
        if is_video(target):
            return write_video(colored, place, like=target, stop=self.stop)
        write_atomically(place, encode_image(np.asarray(colored[:]), place.suffix), overwrite=True)
        return True


def partial_store(place: Path) -> Path:
    """Return the temporary store of a stack, from which its own format is written."""
    return hidden(place, "partial.zarr")
