"""Why an image cannot be a key, or a stack have any: known before a pixel is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from napari_oneshot_color.colorizer.colorizer import Colorizer

__all__ = ["place_problem", "taking_problem"]


def taking_problem(colorizer: Colorizer, shape: Sequence[int]) -> str | None:
    """Return a sentence that says why a stack can have no keys, or None if it can.

    Parameters
    ----------
    colorizer : Colorizer
        The colorizer for the stack.
    shape : sequence of int
        Shape of the stack, ``(T, H, W)``.
    """
    if len(shape) != 3:
        return (
            f"Keys need a stack with exactly one axis besides height and width; this one "
            f"has {len(shape) - 2}. Leave the keys out, or colour its parts one by one."
        )
    if colorizer.matcher is None or not colorizer.settings.correspondence:
        return (
            "This colorizer does not search its source while it colours, so it cannot use keys. "
            "Train one with the preset 'best', 'instant' or 'source-only'."
        )
    return None


def place_problem(
    number: int,
    name: str,
    size: Sequence[int],
    shape: Sequence[int],
    taken: Mapping[int, str] | None = None,
) -> str | None:
    """Return a sentence that says why an image cannot be the key of a slice, or None.

    No pixel is looked at.

    Parameters
    ----------
    number : int
        The slice's, counted from 0.
    name : str
        The key's.
    size : sequence of int
        Its height and width.
    shape : sequence of int
        Shape of the stack, ``(T, H, W)``.
    taken : mapping of int to str, optional
        Slices that have a key already, and the names of these.
    """
    count, height, width = shape
    if not 0 <= number < count:
        return (
            f"There is no slice {number} for the key '{name}': the stack has slices 0 to "
            f"{count - 1}."
        )
    if number in (taken or {}):
        return (
            f"Slice {number} has a key already, '{(taken or {})[number]}'. Remove that one first, "
            f"or give '{name}' to another slice."
        )
    if tuple(size) != (height, width):
        return (
            f"The key '{name}' has {size[1]} x {size[0]} px, and the slices {width} x {height}. "
            f"Give slice {number} itself in colour."
        )
    return None
