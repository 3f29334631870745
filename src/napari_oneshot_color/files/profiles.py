"""Colour profiles (ICC) of image files, turned into sRGB by littleCMS."""

from __future__ import annotations

import imagecodecs
import numpy as np

from napari_oneshot_color.types import AnyArray

__all__ = ["to_srgb"]

_SAME = 2  # of 255: profiles that differ no more are sRGB by another name
_SPACES = {b"RGB ": "RGB", b"GRAY": "grey", b"CMYK": "CMYK"}
_CHANNELS = {"RGB": "rgb", "grey": "gray", "CMYK": "cmyk"}


def to_srgb(color: AnyArray, profile: bytes, model: str, name: str) -> tuple[AnyArray, str]:
    """Convert an image by its profile.

    Parameters
    ----------
    color : ndarray
        ``(H, W)`` grey, ``(H, W, 3)`` RGB or ``(H, W, 4)`` CMYK; uint8, uint16 or float32.
    profile : bytes
        The ICC profile.
    model : str
        ``grey``, ``RGB`` or ``CMYK``.
    name : str
        The file's, for the sentence.

    Returns
    -------
    image : ndarray
        sRGB, grey for grey; as it came where the profile says nothing of use.
    note : str
        A sentence about what was done; empty where nothing was.
    """
    space = _SPACES.get(profile[16:20], "")
    if space != model and (space, model) != ("RGB", "grey"):
        return color, f"The colour profile of '{name}' does not fit the image: it was left out."
    if color.dtype.kind not in "uf" or (color.dtype.kind == "u" and color.dtype.itemsize > 2):
        return color, f"The colour profile of '{name}' was left out: its values are no light."
    if color.dtype.kind == "f" and not (color.min() >= 0 and color.max() <= 1):
        return color, f"The colour profile of '{name}' was left out: it is beyond 0 to 1."
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
        return color, f"The colour profile of '{name}' cannot be read: it was left out."
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
    """Whether a profile leaves colours as they are, whatever it is called."""
    steps = np.linspace(0, 255, 9).astype(np.uint8)
    cube = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(27, 27, 3)
    far = np.abs(_converted(cube, profile, "RGB").astype(int) - cube)
    return bool(far.max() <= _SAME)


def _grey(color: AnyArray, profile: bytes, space: str) -> AnyArray | None:
    """Look grey values up in the curve that the profile has; None where that changes nothing."""
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
