"""A store is continued or replaced only as allowed, and a foreign folder never."""

import numpy as np
import pytest
import zarr
from tiny_stacks import finish, slow
from zarr_stores import INPUTS, stopped_after, write

from napari_oneshot_color.errors import BadFileError
from napari_oneshot_color.progress import Clock
from napari_oneshot_color.stacks import zarr_writing
from napari_oneshot_color.stacks.zarr_store import RECORD, is_complete
from napari_oneshot_color.stacks.zarr_writing import write_steps


def test_resuming_a_missing_store_starts_it(colored, path):
    write(colored, path, resume=True)
    assert is_complete(path)


def test_resuming_a_complete_store_computes_nothing(colored, path, snapshot):
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
def test_resuming_with_other_inputs_is_refused(colored, path, snapshot, change):
    write(colored, path)
    before = snapshot(path)
    changed = change.pop("colored", lambda stack: stack)(colored)
    with pytest.raises(BadFileError, match="was begun with another colorizer, stack or limits"):
        write(changed, path, resume=True, **change)
    assert snapshot(path) == before


def test_existing_folder_is_not_replaced_unless_allowed(colored, path, snapshot):
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
def test_folder_of_another_program_is_never_touched(colored, path, snapshot, allowed, kind):
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


def test_leftovers_of_a_killed_process_are_removed(colored, path):
    for name in (".brain_colorized.zarr.new", ".brain_colorized.zarr.old"):
        (path.parent / name).mkdir()
        (path.parent / name / "zarr.json").write_text("{")
    write(colored, path)
    assert list(path.parent.iterdir()) == [path]


def test_unwritable_path_gives_a_clear_error(colored, tmp_path):
    (tmp_path / "file").write_text("precious")
    with pytest.raises(BadFileError, match="cannot be created"):
        write(colored, tmp_path / "file" / "a.zarr")


def known_after(count, what):
    """Make a `later` that returns None for so many calls, and then the attributes."""
    asked = iter([None] * count)
    return lambda: next(asked, what)


def test_late_attributes_are_recorded_before_a_store_is_complete(colored, path, snapshot):
    write(colored, path.with_name("at_once.zarr"), later=lambda: {"target": "0123"})
    stages = []
    steps = write_steps(colored, path, attributes=INPUTS, later=known_after(20, {"target": "0123"}))
    finish(steps, lambda progress: stages.append((progress.stage, is_complete(path))))
    assert ("reading", False) in stages
    assert zarr.open_array(path, mode="r").attrs[RECORD]["target"] == "0123"
    assert snapshot(path) == snapshot(path.with_name("at_once.zarr"))


def test_store_left_before_its_input_was_known_is_made_anew(colored, path):
    stopped, stop, _ = stopped_after(4, colored)
    write(stopped, path, stop=stop, later=lambda: None)
    watched, _, seen = stopped_after(100, colored)
    write(watched, path, resume=True, later=lambda: {"target": "0123"})
    assert len(seen) == 40
    assert is_complete(path)


def test_store_left_after_its_input_was_known_is_continued_with_the_same_input(
    colored, path, snapshot, monkeypatch
):
    monkeypatch.setattr(zarr_writing, "Clock", AlwaysDue)
    stopped, stop, _ = stopped_after(20, colored.map_blocks(slow, dtype=colored.dtype))
    write(stopped, path, stop=stop, later=lambda: {"target": "0123"})
    before = snapshot(path)
    with pytest.raises(BadFileError, match="was begun with another"):
        write(colored, path, resume=True, later=lambda: {"target": "4567"})
    assert snapshot(path) == before
    watched, _, seen = stopped_after(100, colored)
    write(watched, path, resume=True, later=known_after(3, {"target": "0123"}))
    assert 0 < len(seen) < 40
    assert is_complete(path)


class AlwaysDue(Clock):
    def is_due(self):
        return True
