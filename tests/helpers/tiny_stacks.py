"""Small grey stacks, a run iterated to its end, and a task that takes a moment."""

import time

import numpy as np


def grey_stack(shape, seed=0, dtype=np.uint8):
    """Make slices of blobs under noise, ``(…, H, W)``."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[: shape[-2], : shape[-1]]
    ramp = 60 + 50 * np.sin(x / 9 + seed) + 40 * np.cos(y / 7)
    values = np.clip(ramp + rng.normal(0, 12, shape), 0, 255) / 255
    if np.dtype(dtype).kind == "f":
        return values.astype(dtype)
    return (values * np.iinfo(dtype).max).astype(dtype)


def finish(steps, each=lambda progress: None):
    """Iterate a run to its end and return what it returns."""
    while True:
        try:
            each(next(steps))
        except StopIteration as finished:
            return finished.value


def slow(block):
    """Process a block slowly; workers of a cluster can import it from here."""
    time.sleep(0.05)  # a cluster is to be caught while it works
    return block
