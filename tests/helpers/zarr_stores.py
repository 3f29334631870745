"""Stacks written to zarr, whole or stopped on the way, and their files."""

import threading

from tiny_stacks import finish

from napari_oneshot_color.stacks.zarr_writing import write_steps

INPUTS = {"colorizer": "0123", "target": {"name": "brain.zarr"}}


def write(colored, path, **options):
    finish(write_steps(colored, path, **{"attributes": INPUTS, **options}))


def chunk_files(path):
    return sorted(file for file in path.joinpath("c").rglob("*") if file.is_file())


def stopped_after(count, colored):
    """Make a stack set an event once `count` of its chunks were computed."""
    stop, seen = threading.Event(), []

    def look(block):
        seen.append(1)
        if len(seen) >= count:
            stop.set()
        return block

    return colored.map_blocks(look, dtype=colored.dtype, meta=colored._meta), stop, seen
