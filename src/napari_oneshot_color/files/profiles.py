"""Converts images with ICC profiles to sRGB, with littleCMS."""

from __future__ import annotations

import imagecodecs
import numpy as np

from napari_oneshot_color.types import AnyArray

__all__ = ["to_srgb"]

_SAME = 2  # of 255: a profile that differs no more from sRGB counts as sRGB
_SPACES = {b"RGB ": "RGB", b"GRAY": "grey", b"CMYK": "CMYK"}
_CHANNELS = {"RGB": "rgb", "grey": "gray", "CMYK": "cmyk"}


def to_srgb(color: AnyArray, profile: bytes, model: str, name: str) -> tuple[AnyArray, str]:
    """Convert an image from its profile to sRGB.

    Parameters
    ----------
    color : ndarray
        ``(H, W)`` grey, ``(H, W, 3)`` RGB or ``(H, W, 4)`` CMYK; uint8, uint16 or float32.
    profile : bytes
        The ICC profile.
    model : str
        ``grey``, ``RGB`` or ``CMYK``.
    name : str
        Name of the file, for the note.

    Returns
    -------
    image : ndarray
        sRGB, or grey if the input is grey; unchanged if the profile cannot be used.
    note : str
        A sentence about the conversion; empty if there was none.
    """
    space = _SPACES.get(profile[16:20], "")
    if space != model and (space, model) != ("RGB", "grey"):
        return color, f"The colour profile of '{name}' does not fit the image: it was ignored."
    if color.dtype.kind not in "uf" or (color.dtype.kind == "u" and color.dtype.itemsize > 2):
        return color, f"The colour profile of '{name}' was ignored: it is not for {color.dtype}."
    if color.dtype.kind == "f" and not (color.min() >= 0 and color.max() <= 1):
        return color, f"The colour profile of '{name}' was ignored: the pixels exceed 0 to 1."
    try:
        if space == "RGB" and _is_srgb(profile):
            return color, ""
        if color.ndim == 2:
            changed = _grey(color, profile, space)
            if changed is None:
                return color, ""
            return changed, f"The grey values of '{name}' were converted by its colour profile."
        converted = _converted(color, profile, space)
    except (RuntimeError, ValueError):
        return color, f"The colour profile of '{name}' cannot be read: it was ignored."
    if color.dtype.kind == "f":
        converted = np.clip(converted, 0, 1)
    return converted, f"The colours of '{name}' were converted to sRGB by its colour profile."


def _converted(color: AnyArray, profile: bytes, space: str) -> AnyArray:
    result: AnyArray = imagecodecs.cms_transform(
        np.ascontiguousarray(color.astype(np.float32) if color.dtype.kind == "f" else color),
        profile,
        imagecodecs.cms_profile("srgb"),
        colorspace=_CHANNELS[space],
        outcolorspace="rgb",
    )
    return result


def _is_srgb(profile: bytes) -> bool:
    """Return whether a profile is equivalent to sRGB, whatever its name."""
    steps = np.linspace(0, 255, 9).astype(np.uint8)
    cube = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(27, 27, 3)
    far = np.abs(_converted(cube, profile, "RGB").astype(int) - cube)
    return bool(far.max() <= _SAME)


def _grey(color: AnyArray, profile: bytes, space: str) -> AnyArray | None:
    """Apply the profile's curve to grey values; None if that changes nothing."""
    steps = np.arange(65536, dtype=np.uint16)[None]
    inks = np.dstack([steps] * 3) if space == "RGB" else steps
    curve = _converted(inks, profile, space)[0, :, 1]
    if np.abs(curve.astype(int) - steps[0]).max() <= _SAME * 257:
        return None
    if color.dtype.kind == "f":
        looked_up = np.interp(color, np.linspace(0, 1, 65536), curve / 65535)
        return looked_up.astype(np.float32)
    if color.dtype.itemsize == 1:
        return np.rint(curve[np.arange(256) * 257] / 257).astype(np.uint8)[color]
    return curve[color]
