"""The result of a run: the image of every stage, the losses and the record; saved to a folder."""

from __future__ import annotations

import contextlib
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from napari_oneshot_color.colorizer.colorizer import Colorizer
from napari_oneshot_color.errors import BadFileError, BadPairError, translated_errors
from napari_oneshot_color.files.checksums import checksum
from napari_oneshot_color.files.formats import as_dtype, encode_image, encode_like
from napari_oneshot_color.files.picture import Description, Picture
from napari_oneshot_color.files.writing import check_folder, move_files, write_errors_told
from napari_oneshot_color.pair.checks import check_kind
from napari_oneshot_color.pair.hints import Hints, encode_hints
from napari_oneshot_color.progress import LossHistory
from napari_oneshot_color.record import Checksum, Record
from napari_oneshot_color.stages.regions import Painted
from napari_oneshot_color.stages.tiles import place
from napari_oneshot_color.types import Image, Labels, Positions

__all__ = ["Result", "check_steerable"]


@dataclass(frozen=True)
class Result:
    """The result of a run. Colours are sRGB in [0, 1].

    Attributes
    ----------
    source : ndarray or None
        ``(H, W, 3)`` float32: the source as the method used it, at full size; None if an
        existing colorizer was applied.
    target : ndarray
        ``(H, W)`` float32: the target as the method used it, at full size.
    tiles : ndarray
        ``(n, s, s, 3)`` float32: the lattice tiles.
    positions : ndarray
        ``(n, 2)`` int64: their top and left at the working size.
    merged, smoothed : ndarray
        ``(h, w, 3)`` float32 at the working size.
    painted : Painted
        The Quickshift regions with their median colours, computed on first use; see
        `regions`, `region_names`, `region_colors`, `quickshift`.
    uncertainty : ndarray or None
        ``(h, w)`` float32 in units of a* and b*: how far the colour may be wrong; None if the
        settings do not look up the source.
    final : ndarray
        ``(H, W, 3)`` float32: the target's own L* with the result's a* and b*, at full size.
    lab : ndarray
        ``(H, W, 3)`` float32: the same in L*, a*, b*, before clipping to sRGB.
    losses : LossHistory
        The losses of every training step.
    epochs : ndarray
        ``(epochs, h, w, 3)`` float32: the result after every epoch.
    colorizer : Colorizer
        The trained generator.
    record : Record
        Settings, seed, device, versions, checksums, seconds, clipped fraction, notes.
    hints : Hints or None
        The hints that were applied with `steering.hinting.apply_hints`.
    """

    source: Image | None
    target: Image
    tiles: Image
    positions: Positions
    merged: Image
    smoothed: Image
    painted: Painted
    uncertainty: Image | None
    final: Image
    lab: Image
    losses: LossHistory
    epochs: Image
    colorizer: Colorizer
    record: Record
    hints: Hints | None = None

    @property
    def provenance(self) -> dict[str, Any]:
        """The record of the run as a JSON-compatible dictionary."""
        return self.record.to_dict()

    @property
    def regions(self) -> Labels:
        """The Quickshift labels: ``(h, w)`` int32, from 1; 0 means no region."""
        return self.painted.regions

    @property
    def region_names(self) -> Labels:
        """The labels in use: ``(n,)`` int32, ascending."""
        return self.painted.names

    @property
    def region_colors(self) -> Image:
        """The colours of the regions, medians or the user's: ``(n, 3)`` float32."""
        return self.painted.colors

    @property
    def quickshift(self) -> Image:
        """The regions in their colours: ``(h, w, 3)`` float32."""
        return self.painted.quickshift

    @property
    def tiles_in_place(self) -> Image:
        """The lattice tiles in place, with visible seams: ``(h, w, 3)`` float32."""
        height, width = self.merged.shape[:2]
        return place(self.tiles, self.positions, (height, width))

    def save(
        self,
        folder: str | Path,
        *,
        overwrite: bool = False,
        truth: Image | None = None,
        name: str | None = None,
        dtype: np.dtype[Any] | None = None,
        like: Picture | None = None,
    ) -> Path:
        """Write every stage, the summary pictures and ``result.json`` to a folder.

        All files are first written beside the folder, so that a full disk leaves it unchanged.

        Parameters
        ----------
        folder : str or Path
            The folder; created if it does not exist.
        overwrite : bool
            Whether existing files of the same names may be replaced.
        truth : ndarray, optional
            ``(H, W, 3)`` float32: the true colours, for the contact sheet.
        name : str, optional
            Name of a further file with the final image, such as ``scan_colorized.tif``.
        dtype : numpy.dtype, optional
            Data type of that file; ``uint8`` by default.
        like : Picture, optional
            The target as it was read, instead of `dtype`: that file gets its depth, alpha and
            pixel size.

        Returns
        -------
        Path
            The folder.

        Raises
        ------
        BadFileError
            If the folder is not empty and `overwrite` is False, or it cannot be written.
        """
        folder = Path(folder)
        check_folder(folder, overwrite=overwrite)
        with translated_errors():
            files = self._files(truth, name, dtype, like)
        missing = [place for place in (folder, *folder.parents) if not place.exists()]
        try:
            with write_errors_told(folder):
                folder.mkdir(parents=True, exist_ok=True)
                # in the folder itself, which may be a mount point
                with tempfile.TemporaryDirectory(dir=folder, prefix=".saving-") as fresh:
                    for file, data in files.items():
                        (Path(fresh) / file).write_bytes(data)
                    move_files(list(files), Path(fresh), folder)
        except BadFileError:
            for place in missing:
                with contextlib.suppress(OSError):
                    place.rmdir()
            raise
        return folder

    def _files(
        self,
        truth: Image | None,
        name: str | None,
        dtype: np.dtype[Any] | None,
        like: Picture | None,
    ) -> dict[str, bytes]:
        from napari_oneshot_color.result import pictures  # matplotlib takes a while to import

        images = {
            "tiles": self.tiles_in_place,
            "merged": self.merged,
            "smoothed": self.smoothed,
            "quickshift": self.quickshift,
            "final": self.final,
        }
        panels = {} if self.source is None else {"source": self.source}
        panels |= {"target": self.target, **images}
        if truth is not None:
            panels["truth"] = truth
        byte = np.dtype(np.uint8)
        files = {
            f"{stage}.png": encode_image(as_dtype(image, byte), ".png")
            for stage, image in images.items()
        }
        files["regions.png"] = pictures.regions_picture(self.target, self.regions)
        files["regions.tif"] = encode_image(self.regions, ".tif")
        if self.uncertainty is not None:
            files["uncertainty.tif"] = encode_image(self.uncertainty, ".tif")
            files["uncertainty.png"] = pictures.uncertainty_picture(self.uncertainty)
        files["contact_sheet.png"] = pictures.contact_sheet(panels)
        if len(self.losses):
            files["losses.png"] = pictures.loss_curves(self.losses)
        if len(self.epochs):
            files["epochs.png"] = pictures.epochs_strip(self.epochs)
        if name:
            pattern = like or Picture(np.zeros(0, dtype or byte), Description())
            files[name] = encode_like(self.final, pattern, Path(name).suffix.lower())
        if self.hints is not None:
            files |= encode_hints(self.hints)
        saved = self.record.replace(final=Checksum(sha256=checksum(self.final)))
        files["result.json"] = json.dumps(saved.to_dict(), indent=2).encode()
        return files


def check_steerable(result: Result, *, may_follow_hints: bool = False) -> None:
    """Check that an argument is a result without fading and, unless allowed, without hints.

    The record has room for each of these changes only once.

    Parameters
    ----------
    result : Result
        The argument.
    may_follow_hints : bool
        Whether the result may follow hints.

    Raises
    ------
    BadPairError
        If it is faded, follows hints without permission, or is not a result.
    """
    check_kind(result, Result, "The result is", "Give a result, such as colorize returns.")
    steered = None
    if result.record.hints is not None and not may_follow_hints:
        steered = "follows hints"
    elif result.record.faded_above is not None:
        steered = "is faded"
    if steered:
        raise BadPairError(
            f"This result {steered} already. Give the result from before: regions are edited "
            "first, then hints applied, then colours faded."
        )
