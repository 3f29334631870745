"""The geometry of layers: scale, translation, rotation, shear, affine, units, axis labels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from napari.layers import Image, Labels

__all__ = ["Geometry"]


@dataclass(frozen=True)
class Geometry:
    """The geometry of an image with n axes, as in napari's layers.

    Attributes
    ----------
    shape : tuple of int
        Height and width in px to which the transforms refer: the last two axes.
    scale, translate : ndarray
        ``(n,)`` float, per px and in world units.
    rotate : ndarray
        ``(n, n)`` float.
    shear : ndarray
        ``(n * (n - 1) / 2,)`` float, the upper triangle.
    affine : ndarray
        ``(n + 1, n + 1)`` float.
    units, axis_labels : tuple
        Units and labels of the axes.
    """

    shape: tuple[int, int]
    scale: np.ndarray
    translate: np.ndarray
    rotate: np.ndarray
    shear: np.ndarray
    affine: np.ndarray
    units: tuple[Any, ...]
    axis_labels: tuple[str, ...]

    @classmethod
    def of(cls, layer: Image | Labels) -> Geometry:
        """Return the geometry of a layer."""
        level = layer.data[0] if layer.multiscale else layer.data
        is_rgb = getattr(layer, "rgb", False)
        return cls(
            shape=tuple(level.shape[-3:-1] if is_rgb else level.shape[-2:]),
            scale=np.array(layer.scale),
            translate=np.array(layer.translate),
            rotate=np.array(layer.rotate),
            shear=np.array(layer.shear),
            affine=np.array(layer.affine.affine_matrix),
            units=tuple(layer.units),
            axis_labels=tuple(layer.axis_labels),
        )

    def plane(self) -> Geometry:
        """Return the geometry of the last two axes."""
        last = slice(-2, None)
        corner = np.r_[-3:0]
        return replace(
            self,
            scale=self.scale[last],
            translate=self.translate[last],
            rotate=self.rotate[last, last],
            shear=self.shear[-1:],
            affine=self.affine[np.ix_(corner, corner)],
            units=self.units[last],
            axis_labels=self.axis_labels[last],
        )

    def without_last(self, shape: tuple[int, ...]) -> Geometry:
        """Return the geometry without the last axis, the channels; `shape` is that of the rest."""
        count = len(self.scale) - 1
        kept = np.r_[0:count, count + 1]
        pairs = [column for row in range(count + 1) for column in range(row + 1, count + 1)]
        return replace(
            self,
            shape=(shape[-2], shape[-1]),
            scale=self.scale[:-1],
            translate=self.translate[:-1],
            rotate=self.rotate[:-1, :-1],
            shear=self.shear[[column != count for column in pairs]],
            affine=self.affine[np.ix_(kept, kept)],
            units=self.units[:-1],
            axis_labels=self.axis_labels[:-1],
        )

    def stacked(self, axis_label: str) -> Geometry:
        """Return the geometry with a leading axis of plain numbers."""

        def widened(matrix: np.ndarray) -> np.ndarray:
            wide = np.eye(len(matrix) + 1)
            wide[1:, 1:] = matrix
            return wide

        return replace(
            self,
            scale=np.array([1.0, *self.scale]),
            translate=np.array([0.0, *self.translate]),
            rotate=widened(self.rotate),
            shear=np.array([*np.zeros(len(self.scale)), *self.shear]),
            affine=widened(self.affine),
            units=("pixel", *self.units),
            axis_labels=(axis_label, *self.axis_labels),
        )

    def arguments(self, shape: tuple[int, ...]) -> dict[str, Any]:
        """Return the geometry for an image of another size that covers the same area.

        Parameters
        ----------
        shape : tuple of int
            Height and width in px of the image to show.

        Returns
        -------
        dict
            Keyword arguments of ``Viewer.add_image`` and ``add_labels``.
        """
        from napari.utils.transforms import Affine

        factor = np.ones(len(self.scale))
        factor[-2:] = np.array(self.shape) / np.array(shape)
        to_world = Affine(
            scale=self.scale,
            rotate=self.rotate,
            shear=self.shear,
            translate=self.translate,
            ndim=len(self.scale),
        )
        # napari's origin is the centre of the first pixel, which is further in for larger pixels
        shift = to_world.linear_matrix @ ((factor - 1) / 2)
        return {
            "scale": self.scale * factor,
            "translate": self.translate + shift,
            "rotate": self.rotate,
            "shear": self.shear,
            "affine": self.affine,
            "units": self.units,
            "axis_labels": self.axis_labels,
        }

    def sampled(self, step: int) -> dict[str, Any]:
        """Return the geometry for every `step`-th row and column, starting at ``step // 2``.

        Returns
        -------
        dict
            As for `arguments`.
        """
        from napari.utils.transforms import Affine

        own = self.arguments(self.shape)
        placed = {name: own[name] for name in ("scale", "rotate", "shear", "translate")}
        first = np.zeros(len(self.scale))
        first[-2:] = step // 2
        factor = np.ones(len(self.scale))
        factor[-2:] = step
        start = Affine(**placed, ndim=len(self.scale))(first)
        return {**own, "scale": self.scale * factor, "translate": start}

    def described(self, shape: tuple[int, ...]) -> dict[str, Any]:
        """Return axes, scale and units for a file, as far as the user gave them.

        Parameters
        ----------
        shape : tuple of int
            Height and width in px of the image in the file.

        Returns
        -------
        dict
            Keyword arguments of `stacks.zarr_writing.write_steps`.
        """
        numbers = range(-len(self.axis_labels), 0)
        counted = {*map(str, numbers), *(f"axis {number}" for number in numbers)}
        has_names = not counted & set(self.axis_labels)  # these are napari's defaults
        units = ["" if str(unit) == "pixel" else str(unit) for unit in self.units]
        return {
            "axes": self.axis_labels if has_names else None,
            "scale": [float(side) for side in self.arguments(shape)["scale"]],
            "units": units if any(units) else None,
        }
