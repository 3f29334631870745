"""A store is recognised, gone on with or replaced only as allowed, and never a foreign one."""

import numpy as np
import pytest
import zarr
from zarr_stores import INPUTS, stopped_after, write

from napari_oneshot_color.errors import BadFileError
from napari_oneshot_color.stacks.zarr_store import is_complete


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


def test_leftovers_of_a_lost_process_are_cleared(colored, path):
    for name in (".brain_colorized.zarr.new", ".brain_colorized.zarr.old"):
        (path.parent / name).mkdir()
        (path.parent / name / "zarr.json").write_text("{")
    write(colored, path)
    assert list(path.parent.iterdir()) == [path]


def test_place_that_cannot_be_written_is_a_sentence(colored, tmp_path):
    (tmp_path / "file").write_text("precious")
    with pytest.raises(BadFileError, match="cannot be made"):
        write(colored, tmp_path / "file" / "a.zarr")
