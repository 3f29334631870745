"""Checks whether an image can be a source or a target, before anything starts."""

from __future__ import annotations

import numpy as np

from napari_oneshot_color.pair.sizes import working_shape
from napari_oneshot_color.pair.tones import has_equal_channels, is_nearly_grey, is_toned
from napari_oneshot_color.settings import Settings
from napari_oneshot_color.settings.fixed import WORKING_SIZES
from napari_oneshot_color.types import AnyArray, ArrayLike

__all__ = [
    "is_color_image",
    "source_problem",
    "source_shape_problem",
    "stack_problem",
    "target_problem",
    "target_shape_problem",
]

_MOST_SQUARES = 64  # largest area of an image, in squares of the working size, but 512 px at most


def source_shape_problem(image: ArrayLike, settings: Settings, role: str = "source") -> str | None:
    """Return why the shape or dtype of an image rules it out as a source, or None.

    Parameters
    ----------
    image : array
        The original image, which may be lazy: no pixel is read.
    settings : Settings
        For the sizes.
    role : str
        What the image is called in the sentence.
    """
    if len(image.shape) == 2 or image.shape[2:] == (1,):
        return f"The {role} is grey. Choose a colour (RGB) image as the {role}."
    if not is_color_image(image):
        return f"The {role} must be one RGB image, (height, width, 3), not of shape {image.shape}."
    return _size_problem(role, image, image.shape[:2], settings)


def target_shape_problem(image: ArrayLike, settings: Settings) -> str | None:
    """Return why the shape or dtype of an image rules it out as a target, or None.

    Parameters
    ----------
    image : array
        The original image, which may be lazy: no pixel is read.
    settings : Settings
        For the sizes.
    """
    if len(image.shape) != 2 and not is_color_image(image) and not _is_grey_and_alpha(image):
        return (
            f"The target must be one grey image, (height, width), not of shape {image.shape}. "
            "Train on one slice, then apply the colorizer to the whole stack."
        )
    return _size_problem("target", image, image.shape[:2], settings)


def stack_problem(stack: ArrayLike, settings: Settings) -> str | None:
    """Return why the shape or dtype of a stack rules it out as a target, or None.

    Parameters
    ----------
    stack : array
        ``(…, H, W)``; may be lazy: no pixel is read.
    settings : Settings
        For the sizes.
    """
    if len(stack.shape) < 2 or 0 in stack.shape:
        return f"The stack must be grey, (…, height, width), not of shape {stack.shape}."
    return _size_problem("stack", stack, stack.shape[-2:], settings)


def source_problem(image: AnyArray, settings: Settings, role: str = "source") -> str | None:
    """Return a sentence that says why an image cannot be a source, or None if it can.

    Parameters
    ----------
    image : ndarray
        The original image.
    settings : Settings
        For the sizes.
    role : str
        What the image is called in the sentence.
    """
    sentence = source_shape_problem(image, settings, role) or _finite_problem(role, image)
    if sentence:
        return sentence
    if image.shape[2] == 4:
        image = image[image[..., 3] > 0][None, :, :3]
        if image.size == 0:
            return f"The {role} is transparent throughout. Choose an image with some content."
    if has_equal_channels(image):
        return f"The {role} has no colour: its three channels are equal. Choose a coloured image."
    if (image[..., :3] == image[:1, :1, :3]).all():
        return f"The {role} is a single colour throughout. Choose an image with some content."
    return None


def target_problem(image: AnyArray, settings: Settings) -> str | None:
    """Return a sentence that says why an image cannot be a target, or None if it can.

    Parameters
    ----------
    image : ndarray
        The original image.
    settings : Settings
        For the sizes, and `target_luminance`, which allows colour targets.
    """
    sentence = target_shape_problem(image, settings) or _finite_problem("target", image)
    if sentence:
        return sentence
    if is_color_image(image) and not settings.target_luminance and not is_nearly_grey(image):
        if is_toned(image):
            return (
                "The target is toned in one colour, like a sepia print. To colour its grey, "
                "switch on 'target_luminance', which the colorizer keeps for later images."
            )
        return (
            "The target is in colour already. Choose a grey image, or switch on "
            "'target_luminance' before the training to use its luminance."
        )
    pixels = (
        image[..., :3] if is_color_image(image) else image.reshape(*image.shape[:2], -1)[..., 0]
    )
    if (pixels == pixels.flat[0]).all():
        return "The target is constant: its pixels are all equal. Choose an image with content."
    return None


def _is_grey_and_alpha(image: ArrayLike) -> bool:
    return len(image.shape) == 3 and image.shape[2] in (1, 2)


def is_color_image(image: ArrayLike) -> bool:
    """Return whether an image has three or four channels."""
    return len(image.shape) == 3 and image.shape[2] in (3, 4)


def _size_problem(
    role: str, image: ArrayLike, shape: tuple[int, ...], settings: Settings
) -> str | None:
    height, width = shape
    if image.dtype.kind not in "buif":
        return f"The {role} contains {image.dtype} values. Choose an image of real numbers."
    is_empty = min(height, width) == 0
    working = (0, 0) if is_empty else working_shape(height, width, settings.working_size)
    side = min(max(settings.usual_working_size, WORKING_SIZES[0]), WORKING_SIZES[-1])
    longest = _MOST_SQUARES * side**2
    if working[0] * working[1] > longest:
        return (
            f"The {role} is {width:,} x {height:,} px, too elongated: the method would "
            f"work on {working[0] * working[1] / 1e6:,.0f} megapixels at once. Cut it into pieces."
        )
    if min(working) < settings.smallest_side:
        return (
            f"The {role} is {width} x {height} px. It needs at least {settings.smallest_side} px "
            "on each side, the size of the smallest tile."
        )
    return None


def _finite_problem(role: str, image: AnyArray) -> str | None:
    if image.dtype.kind == "f" and not np.isfinite(image).all():
        return f"The {role} contains NaN or infinite values. Replace them, for example with zero."
    return None
