"""Zarr: every version is read, and what is written is whole, resumable, and replaces nothing."""

import json
import os
import shutil
import signal
import threading
import time

import dask.array as da
import numpy as np
import pytest
import zarr
from tiny_stacks import finish, grey_stack, slow

from napari_oneshot_color import train
from napari_oneshot_color.errors import BadFileError, BadPairError, DeviceError
from napari_oneshot_color.stacks.lazy import colorize_stack
from napari_oneshot_color.stacks.zarr_reading import open_stack
from napari_oneshot_color.stacks.zarr_store import RECORD, is_complete
from napari_oneshot_color.stacks.zarr_writing import write_steps

INPUTS = {"colorizer": "0123", "target": {"name": "brain.zarr"}}


@pytest.fixture(scope="module")
def colorizer(source, tiny):
    return train(source, tiny(), source_name="left.png")


@pytest.fixture
def colored():
    """Colours of ten slices in four chunks each; two of the slices are black."""
    values = np.random.default_rng(0).integers(0, 256, (10, 20, 30, 3), np.uint8)
    values[3:5] = 0
    return da.from_array(values, chunks=(1, 12, 20, 3))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "brain_colorized.zarr"


def write(colored, path, **options):
    finish(write_steps(colored, path, **{"attributes": INPUTS, **options}))


def chunk_files(path):
    return sorted(file for file in path.joinpath("c").rglob("*") if file.is_file())


def stopped_after(count, colored):
    """Let a stack set an event once so many of its chunks were computed."""
    stop, seen = threading.Event(), []

    def look(block):
        seen.append(1)
        if len(seen) >= count:
            stop.set()
        return block

    return colored.map_blocks(look, dtype=colored.dtype, meta=colored._meta), stop, seen


# --- reading --------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_bare_array_is_opened_lazily_with_its_own_chunks(tmp_path, version, dtype):
    stack = grey_stack((4, 50, 60), dtype=dtype)
    zarr.create_array(tmp_path / "a.zarr", data=stack, chunks=(2, 30, 60), zarr_format=version)
    opened = open_stack(tmp_path / "a.zarr")
    assert opened.data.chunks == ((2, 2), (30, 20), (60,))
    assert opened.axes is None
    assert opened.scale is None
    np.testing.assert_array_equal(opened.data.compute(scheduler="synchronous"), stack)


def test_axes_of_a_bare_array_are_its_dimension_names(tmp_path):
    stack = grey_stack((2, 40, 40))
    zarr.create_array(tmp_path / "3.zarr", data=stack, dimension_names=("t", "y", "x"))
    zarr.create_array(
        tmp_path / "2.zarr",
        data=stack,
        zarr_format=2,
        attributes={"_ARRAY_DIMENSIONS": ["z", "y", "x"]},
    )
    assert open_stack(tmp_path / "3.zarr").axes == ("t", "y", "x")
    assert open_stack(tmp_path / "2.zarr").axes == ("z", "y", "x")


def ome_group(folder, version, stack, axes="zyx", **changes):
    """Write an OME-Zarr image of two levels."""
    scale = [2.0] * (len(axes) - 2) + [0.5, 0.5]
    image = {
        "axes": [
            {"name": axis, "type": "space", "unit": "micrometer"} if axis in "zyx" else
            {"name": axis, "type": "time" if axis == "t" else "channel"}
            for axis in axes
        ],
        "datasets": [
            {
                "path": f"level{level}",
                "coordinateTransformations": [{"type": "scale", "scale": scale}],
            }
            for level in (0, 1)
        ],
        **changes,
    }  # fmt: skip
    if version == "0.4":
        attributes = {"multiscales": [{"version": "0.4", **image}]}
    else:
        attributes = {"ome": {"version": "0.5", "multiscales": [image]}}
    zarr_format = 2 if version == "0.4" else 3
    group = zarr.create_group(folder, zarr_format=zarr_format, attributes=attributes)
    for level in (0, 1):
        pixels = stack[..., :: level + 1, :: level + 1]
        group.create_array(f"level{level}", data=pixels, chunks=(1,) * (stack.ndim - 2) + (32, 32))
    return folder


@pytest.mark.parametrize("version", ["0.4", "0.5"])
@pytest.mark.parametrize("axes", ["zyx", "tczyx", "yx"])
def test_finest_level_of_ome_zarr_is_opened_with_axes_and_scale(tmp_path, version, axes):
    stack = grey_stack((2, 1, 3, 50, 60)[5 - len(axes) :])
    opened = open_stack(ome_group(tmp_path / "a.ome.zarr", version, stack, axes))
    assert opened.axes == tuple(axes)
    assert opened.scale == (2.0,) * (len(axes) - 2) + (0.5, 0.5)
    assert opened.units == tuple("micrometer" if axis in "zyx" else "" for axis in axes)
    np.testing.assert_array_equal(opened.data.compute(scheduler="synchronous"), stack)


def test_scale_of_the_whole_image_multiplies_that_of_the_level(tmp_path):
    whole = [{"type": "scale", "scale": [1.0, 3.0, 3.0]}]
    folder = tmp_path / "a.zarr"
    ome_group(folder, "0.5", grey_stack((2, 40, 40)), coordinateTransformations=whole)
    assert open_stack(folder).scale == (2.0, 1.5, 1.5)


def test_axes_that_do_not_end_in_y_x_are_refused(tmp_path):
    ome_group(tmp_path / "a.zarr", "0.4", grey_stack((40, 40, 3)), "yxc")
    with pytest.raises(BadFileError, match="must end in y, x"):
        open_stack(tmp_path / "a.zarr")


FOREIGN = {
    "missing": lambda folder: None,
    "empty": lambda folder: folder.mkdir(),
    "no JSON": lambda folder: (folder.mkdir(), (folder / "zarr.json").write_text("{")),
    "no text": lambda folder: (folder.mkdir(), (folder / ".zarray").write_bytes(b"\xff\xfe\x00")),
    "other JSON": lambda folder: (folder.mkdir(), (folder / "zarr.json").write_text("[1]")),
    "bare group": lambda folder: zarr.create_group(folder).create_array("in", shape=3, dtype="u1"),
    "level gone": lambda folder: zarr.create_group(
        folder, attributes={"multiscales": [{"datasets": [{"path": "0"}], "axes": ["y", "x"]}]}
    ),
    "level a number": lambda folder: zarr.create_group(
        folder, attributes={"multiscales": [{"datasets": [{"path": 0}], "axes": ["y", "x"]}]}
    ),
    "half described": lambda folder: zarr.create_group(folder, attributes={"multiscales": [{}]}),
    "axes of another array": lambda folder: ome_group(folder, "0.4", np.zeros((9, 9)), axes="zyx"),
    "bad scale": lambda folder: ome_group(
        folder,
        "0.4",
        np.zeros((9, 9)),
        "yx",
        coordinateTransformations=[{"type": "scale", "scale": [0, 1]}],
    ),
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_foreign_or_damaged_folder_is_a_sentence(tmp_path, kind):
    FOREIGN[kind](tmp_path / "a.zarr")
    with pytest.raises(BadFileError, match=r"a\.zarr") as raised:
        open_stack(tmp_path / "a.zarr")
    assert str(raised.value).endswith(".")


def test_group_says_what_could_be_named_instead(tmp_path):
    FOREIGN["bare group"](tmp_path / "a.zarr")
    with pytest.raises(BadFileError, match=r"such as 'a\.zarr/in'"):
        open_stack(tmp_path / "a.zarr")


def test_truncated_chunk_is_a_sentence_when_it_is_read(tmp_path):
    zarr.create_array(tmp_path / "a.zarr", data=grey_stack((2, 50, 60)), chunks=(1, 50, 60))
    chunk = tmp_path / "a.zarr" / "c" / "1" / "0" / "0"
    chunk.write_bytes(chunk.read_bytes()[:100])
    data = open_stack(tmp_path / "a.zarr").data
    data[0].compute(scheduler="synchronous")
    with pytest.raises(BadFileError, match=r"'a\.zarr' cannot be read: a chunk is damaged"):
        data[1].compute(scheduler="synchronous")


def test_pickles_are_not_opened(tmp_path):
    zarr.create_array(tmp_path / "a.zarr", data=grey_stack((2, 50, 60)), zarr_format=2)
    metadata = tmp_path / "a.zarr" / ".zarray"
    metadata.write_text(
        json.dumps(json.loads(metadata.read_text()) | {"filters": [{"id": "pickle"}]})
    )
    with pytest.raises(BadFileError, match="can execute"):
        open_stack(tmp_path / "a.zarr")


@pytest.mark.parametrize("version", [2, 3])
def test_the_word_pickle_in_an_attribute_is_no_pickle(tmp_path, version):
    zarr.create_array(
        tmp_path / "a.zarr",
        data=grey_stack((2, 50, 60)),
        zarr_format=version,
        attributes={"sample": "pickled gherkins", "name": "pickle"},
    )
    assert open_stack(tmp_path / "a.zarr").data.shape == (2, 50, 60)


# --- writing --------------------------------------------------------------------------------


def test_store_holds_the_colours_and_says_where_they_come_from(colored, path):
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


def test_axis_of_the_colours_has_a_name_of_its_own(colored, path):
    write(colored, path, axes=("c", "y", "x"))
    assert zarr.open_array(path).metadata.dimension_names == ("c", "y", "x", "rgb")


def test_irregular_chunks_become_regular(path):
    values = np.random.default_rng(0).integers(0, 256, (5, 20, 30, 3), np.uint8)
    write(da.from_array(values, chunks=((1, 2, 2), (4, 12, 4), (20, 10), (1, 2))), path)
    array = zarr.open_array(path, mode="r")
    assert array.chunks == (2, 12, 20, 3)
    np.testing.assert_array_equal(array[:], values)


def test_progress_goes_up_to_the_number_of_chunks(colored, path):
    records = list(write_steps(colored, path, attributes=INPUTS))
    assert {record.stage for record in records} == {"chunks"}
    assert (records[0].done, records[-1].done) == (0, 40)
    assert {record.total for record in records} == {40}
    counts = [record.done for record in records]
    assert counts == sorted(counts)


@pytest.mark.parametrize("size", [(48, 60), (90, 70)])
def test_coloured_stack_is_written_as_it_is_computed(colorizer, path, size):
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
def test_chunks_that_are_not_whole_are_made_again(colored, path, snapshot, kind):
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


def test_resume_of_a_store_that_is_not_there_starts_it(colored, path):
    write(colored, path, resume=True)
    assert is_complete(path)


def test_resume_of_a_complete_store_computes_nothing(colored, path, snapshot):
    write(colored, path)
    before = snapshot(path)
    watched, _, seen = stopped_after(100, colored)
    write(watched, path, resume=True)
    assert seen == []
    assert snapshot(path) == before


@pytest.mark.parametrize(
    "change",
    [
        {"attributes": {**INPUTS, "colorizer": "4567"}},
        {"colored": lambda stack: stack[:9]},
        {"colored": lambda stack: stack.astype(np.uint16)},
        {"colored": lambda stack: stack.rechunk((1, 20, 20, 3))},
    ],
)
def test_resume_with_other_inputs_is_refused(colored, path, snapshot, change):
    write(colored, path)
    before = snapshot(path)
    changed = change.pop("colored", lambda stack: stack)(colored)
    with pytest.raises(BadFileError, match="was begun with another colorizer, stack or limits"):
        write(changed, path, resume=True, **change)
    assert snapshot(path) == before


def test_what_exists_is_not_replaced_unless_asked_for(colored, path, snapshot):
    write(colored, path)
    before = snapshot(path)
    with pytest.raises(BadFileError, match="exists already"):
        write(colored, path)
    assert snapshot(path) == before
    write(colored + 1, path, overwrite=True, attributes={"colorizer": "4567"})
    np.testing.assert_array_equal(zarr.open_array(path, mode="r")[:], (colored + 1).compute())
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("allowed", [{"overwrite": True}, {"resume": True}])
@pytest.mark.parametrize("kind", ["folder", "file", "zarr"])
def test_what_another_program_made_is_never_touched(colored, path, snapshot, allowed, kind):
    if kind == "file":
        path.write_text("precious")
    elif kind == "folder":
        path.mkdir()
        (path / "diary.txt").write_text("precious")
    else:
        zarr.create_array(path, data=np.arange(9), attributes={"mine": True})
    before = snapshot(path.parent)
    with pytest.raises(BadFileError, match="was not made by napari-oneshot-color"):
        write(colored, path, **allowed)
    assert snapshot(path.parent) == before


@pytest.mark.parametrize("allowed", [{}, {"overwrite": True}, {"resume": True}])
def test_two_runs_at_once_do_not_mix(colored, path, allowed):
    steps = write_steps(colored, path, attributes=INPUTS)
    next(steps)
    with pytest.raises(BadFileError, match="Another run is writing to"):
        write(colored, path, **allowed)
    finish(steps)
    np.testing.assert_array_equal(zarr.open_array(path, mode="r")[:], colored.compute())
    assert list(path.parent.iterdir()) == [path]


def test_store_that_was_replaced_in_spite_of_all_is_left_alone(colored, path, snapshot):
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


def test_leftovers_of_a_lost_process_are_cleared(colored, path):
    for name in (".brain_colorized.zarr.new", ".brain_colorized.zarr.old"):
        (path.parent / name).mkdir()
        (path.parent / name / "zarr.json").write_text("{")
    write(colored, path)
    assert list(path.parent.iterdir()) == [path]


def test_bad_slice_is_a_sentence_and_the_others_stay(colorizer, path):
    stack = grey_stack((4, 48, 60), dtype=np.float32)
    stack[3, 5, 5] = np.nan
    colored = colorize_stack(colorizer, da.from_array(stack, chunks=(1, -1, -1)), limits=(0, 1))
    with pytest.raises(BadPairError, match="NaN"):
        write(colored, path)
    assert not is_complete(path)
    assert not (path / "c" / "3").exists()


def test_place_that_cannot_be_written_is_a_sentence(colored, tmp_path):
    (tmp_path / "file").write_text("precious")
    with pytest.raises(BadFileError, match="cannot be made"):
        write(colored, tmp_path / "file" / "a.zarr")


def test_full_disk_is_a_sentence(colored, path, monkeypatch):
    def fail(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(zarr.Array, "__setitem__", fail)
    with pytest.raises(BadFileError, match="No space left on device"):
        write(colored, path)


def test_run_that_is_given_up_ends_its_threads(colored, path):
    steps = write_steps(colored.map_blocks(slow, dtype=colored.dtype), path, attributes=INPUTS)
    next(steps)
    next(steps)
    steps.close()
    there = len(chunk_files(path))
    assert there < 40
    time.sleep(0.2)  # in which four more would be written
    assert len(chunk_files(path)) == there


# --- in a cluster ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def client():
    """Two processes that compute."""
    distributed = pytest.importorskip("distributed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CUDA_VISIBLE_DEVICES", "")
        patch.setenv("OMP_NUM_THREADS", "1")
        with (
            distributed.LocalCluster(
                n_workers=2,
                threads_per_worker=1,
                processes=True,
                dashboard_address="127.0.0.1:0",
                silence_logs=50,
            ) as cluster,
            distributed.Client(cluster, set_as_default=False) as client,
        ):
            yield client


def test_cluster_gives_the_same_bytes(client, colorizer, path, tmp_path, snapshot):
    zarr.create_array(tmp_path / "a.zarr", data=grey_stack((6, 70, 60)), chunks=(2, 40, 60))
    colored = colorize_stack(colorizer, open_stack(tmp_path / "a.zarr").data)
    write(colored, tmp_path / "alone.zarr")
    write(colored, path, client=client)
    assert snapshot(path) == snapshot(tmp_path / "alone.zarr")


def test_error_on_a_worker_is_the_same_sentence(client, colorizer, path):
    stack = grey_stack((2, 48, 60), dtype=np.float32)
    stack[1, 5, 5] = np.nan
    colored = colorize_stack(colorizer, da.from_array(stack, chunks=(1, -1, -1)), limits=(0, 1))
    with pytest.raises(BadPairError, match="NaN"):
        write(colored, path, client=client)


def test_other_error_on_a_worker_is_a_sentence(client, colored, path):
    def fail(block):
        raise KeyError("lost")

    with pytest.raises(DeviceError, match="The cluster failed: 'lost'"):
        write(colored.map_blocks(fail, dtype=colored.dtype), path, client=client)


def test_stopped_cluster_leaves_a_store_that_can_be_resumed(client, colored, path, snapshot):
    write(colored, path.with_name("whole.zarr"))
    stop = threading.Event()

    def stop_soon(progress):
        if progress.done:
            stop.set()

    slower = colored.map_blocks(slow, dtype=colored.dtype)
    finish(write_steps(slower, path, attributes=INPUTS, stop=stop, client=client), stop_soon)
    assert not is_complete(path)
    write(colored, path, resume=True)
    assert snapshot(path) == snapshot(path.with_name("whole.zarr"))


def test_worker_that_is_killed_is_survived(client, colored, path, snapshot):
    write(colored, path.with_name("whole.zarr"))
    killed = []

    def kill_one(progress):
        if progress.done and not killed:
            killed.append(next(iter(client.run(os.getpid).values())))
            os.kill(killed[0], signal.SIGKILL)

    slower = colored.map_blocks(slow, dtype=colored.dtype)
    finish(write_steps(slower, path, attributes=INPUTS, client=client), kill_one)
    assert killed
    assert snapshot(path) == snapshot(path.with_name("whole.zarr"))
