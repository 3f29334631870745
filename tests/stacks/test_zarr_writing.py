"""Written zarr is complete, resumable, and replaces nothing."""

import shutil

import dask.array as da
import numpy as np
import pytest
import zarr
from tiny_stacks import finish, grey_stack
from zarr_stores import INPUTS, chunk_files, stopped_after, write

from napari_oneshot_color.errors import BadFileError, BadPairError
from napari_oneshot_color.stacks.lazy import colorize_stack
from napari_oneshot_color.stacks.zarr_store import RECORD, is_complete
from napari_oneshot_color.stacks.zarr_writing import write_steps

# --- writing --------------------------------------------------------------------------------


def test_store_holds_the_colors_and_their_provenance(colored, path):
    write(colored, path, axes=("z", "y", "x"), scale=(2.0, 0.5, 0.5), units=("µm",) * 3)
    array = zarr.open_array(path, mode="r")
    np.testing.assert_array_equal(array[:], colored.compute())
    assert array.metadata.zarr_format == 3
    assert array.metadata.dimension_names == ("z", "y", "x", "c")
    assert array.chunks == (1, 12, 20, 3)
    assert array.attrs["axes"] == ["z", "y", "x", "c"]
    assert array.attrs["scale"] == [2, 0.5, 0.5, 1]
    assert array.attrs["units"] == ["µm", "µm", "µm", ""]
    assert array.attrs[RECORD].items() >= {**INPUTS, "complete": True}.items()
    assert is_complete(path)
    assert list(path.parent.iterdir()) == [path]


def test_black_chunks_exist_too(colored, path):
    write(colored, path)
    assert len(chunk_files(path)) == 40


def test_axis_of_the_colors_has_a_name_of_its_own(colored, path):
    write(colored, path, axes=("c", "y", "x"))
    assert zarr.open_array(path).metadata.dimension_names == ("c", "y", "x", "rgb")


def test_irregular_chunks_become_regular(path):
    values = np.random.default_rng(0).integers(0, 256, (5, 20, 30, 3), np.uint8)
    write(da.from_array(values, chunks=((1, 2, 2), (4, 12, 4), (20, 10), (1, 2))), path)
    array = zarr.open_array(path, mode="r")
    assert array.chunks == (2, 12, 20, 3)
    np.testing.assert_array_equal(array[:], values)


def test_progress_reaches_the_number_of_chunks(colored, path):
    records = list(write_steps(colored, path, attributes=INPUTS))
    assert {record.stage for record in records} == {"chunks"}
    assert (records[0].done, records[-1].done) == (0, 40)
    assert {record.total for record in records} == {40}
    counts = [record.done for record in records]
    assert counts == sorted(counts)


@pytest.mark.parametrize("size", [(48, 60), (90, 70)])
def test_colored_stack_is_written_as_it_is_computed(colorizer, path, size):
    stack = colorize_stack(
        colorizer, da.from_array(grey_stack((3, *size)), chunks=(2, 50, 60)), dtype=np.uint16
    )
    write(stack, path)
    expected = stack.compute(scheduler="synchronous")
    np.testing.assert_array_equal(zarr.open_array(path, mode="r")[:], expected)


def test_stop_leaves_a_store_that_can_be_read_and_resumed(colored, path, snapshot):
    write(colored, path.with_name("whole.zarr"))
    watched, stop, seen = stopped_after(7, colored)
    write(watched, path, stop=stop)
    there = len(chunk_files(path))
    assert 6 <= there <= len(seen) < 40
    assert not is_complete(path)
    assert zarr.open_array(path, mode="r").shape == colored.shape

    watched, _, seen = stopped_after(100, colored)
    write(watched, path, resume=True)
    assert len(seen) == 40 - there
    assert snapshot(path) == snapshot(path.with_name("whole.zarr"))


@pytest.mark.parametrize("kind", ["missing", "empty", "partial"])
def test_incomplete_chunks_are_computed_again(colored, path, snapshot, kind):
    write(colored, path)
    before = snapshot(path)
    first, *_ = chunk_files(path)
    if kind == "empty":
        first.write_bytes(b"")
    else:
        first.unlink()
    if kind == "partial":
        first.with_suffix(".0123.partial").write_bytes(b"half")
    watched, _, seen = stopped_after(100, colored)
    write(watched, path, resume=True)
    assert len(seen) == 1
    assert snapshot(path) == before


@pytest.mark.parametrize("allowed", [{}, {"overwrite": True}, {"resume": True}])
def test_two_runs_at_once_do_not_mix(colored, path, allowed):
    steps = write_steps(colored, path, attributes=INPUTS)
    next(steps)
    with pytest.raises(BadFileError, match="Another run is writing to"):
        write(colored, path, **allowed)
    finish(steps)
    np.testing.assert_array_equal(zarr.open_array(path, mode="r")[:], colored.compute())
    assert list(path.parent.iterdir()) == [path]


def test_store_replaced_in_the_meantime_is_left_alone(colored, path, snapshot):
    steps = write_steps(colored, path, attributes=INPUTS)
    next(steps)
    other = path.with_name("other.zarr")
    write(colored + 1, other, attributes={"colorizer": "4567"})
    shutil.rmtree(path)
    other.rename(path)
    before = snapshot(path)
    with pytest.raises(BadFileError, match="was overwritten by another run"):
        finish(steps)
    assert snapshot(path) == before


def test_bad_slice_gives_a_clear_error_and_the_others_stay(colorizer, path):
    stack = grey_stack((4, 48, 60), dtype=np.float32)
    stack[3, 5, 5] = np.nan
    colored = colorize_stack(colorizer, da.from_array(stack, chunks=(1, -1, -1)), limits=(0, 1))
    with pytest.raises(BadPairError, match="NaN"):
        write(colored, path)
    assert not is_complete(path)
    assert not (path / "c" / "3").exists()


def test_full_disk_gives_a_clear_error(colored, path, monkeypatch):
    def fail(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(zarr.Array, "__setitem__", fail)
    with pytest.raises(BadFileError, match="No space left on device"):
        write(colored, path)
