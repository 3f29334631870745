"""A whole stack is computed into a zarr store, stopped, continued, and shown from there."""

import dask.array as da
import numpy as np
import pytest
import zarr
from qtpy.QtCore import QThreadPool
from qtpy.QtWidgets import QFileDialog, QMessageBox

from napari_oneshot_color.plugin.forms.run_controls import RunState
from napari_oneshot_color.plugin.runs.jobs import Jobs
from napari_oneshot_color.plugin.runs.session import Session
from napari_oneshot_color.plugin.stacks.slices import ColoredSlices, lazy
from napari_oneshot_color.stacks import zarr_writing
from napari_oneshot_color.stacks.lazy import colorize_stack

PLUGIN = "napari-oneshot-color"
LIMITS = (1000, 20000)


@pytest.fixture
def final(viewer, apply, click, stack):
    """The lazily coloured layer of a stack."""
    viewer.add_image(
        stack,
        name="cells",
        contrast_limits=LIMITS,
        scale=(4, 0.5, 0.25),
        units=("um", "um", "um"),
        axis_labels=("z", "y", "x"),
    )
    click(apply.controls.button)
    return viewer.layers["final · cells"]


@pytest.fixture
def expected(result, stack):
    return colorize_stack(result.colorizer, lazy(stack), limits=LIMITS).compute()


@pytest.fixture
def path(into, tmp_path):
    """The path of the store that the file dialog returns."""
    into(tmp_path / "cells")
    return tmp_path / "cells.zarr"


@pytest.fixture
def answer(monkeypatch):
    """Answer the question whether to continue; count how often it was asked."""
    asked = []

    def prepare(button):
        def question(*args):
            asked.append(args)
            return button

        monkeypatch.setattr(QMessageBox, "question", question)
        return asked

    return prepare


@pytest.fixture
def two_threads():
    """Allow two threads on every computer: on one core, Qt has no second one."""
    pool = QThreadPool.globalInstance()
    usual = pool.maxThreadCount()
    pool.setMaxThreadCount(max(2, usual))
    yield
    pool.setMaxThreadCount(usual)


@pytest.fixture
def stopped(said, final, apply, hold_chunk, path, click, gate, finish, threads_end):
    """A store that was stopped after two of three slices."""
    hold_chunk(apply)
    click(apply.controls.button)
    assert apply.controls.button.text() == "Stopping…"
    gate.open()
    finish(apply)
    threads_end()
    return path


def test_button_waits_for_a_stack(viewer, apply, layers, run):
    assert not apply.compute_all.isEnabled()
    apply.target.value = layers[1]
    run(apply)
    assert not apply.compute_all.isEnabled()


def test_button_follows_the_layer_and_the_other_widgets(viewer, final, apply):
    assert apply.compute_all.isEnabled()
    Session.of(viewer).running = Jobs()  # of another widget
    assert not apply.compute_all.isEnabled()
    Session.of(viewer).running = None
    assert apply.compute_all.isEnabled()
    viewer.layers.remove("final · cells")
    assert not apply.compute_all.isEnabled()


def test_all_slices_are_written_and_shown_from_the_file(
    viewer, final, apply, click, finish, path, expected, said, corners, seen, threads_end
):
    before = corners(final)
    click(apply.compute_all)
    assert apply.controls.state is RunState.RUNNING
    assert not apply.compute_all.isEnabled()
    finish(apply)
    assert said() == [f"Saved in {path}"]
    stored = zarr.open_array(path, mode="r")
    np.testing.assert_array_equal(stored[:], expected)
    assert stored.metadata.dimension_names == ("z", "y", "x", "c")
    assert stored.attrs["scale"] == [4, 0.5, 0.25, 1]
    assert stored.attrs["units"] == ["micrometer", "micrometer", "micrometer", ""]
    assert stored.attrs[PLUGIN]["target"]["name"] == "cells"
    assert stored.attrs[PLUGIN]["complete"]
    threads_end()
    np.testing.assert_array_equal(np.asarray(final.data), expected)
    viewer.dims.set_current_step(0, 2)
    np.testing.assert_array_equal(seen(final), expected[2])
    np.testing.assert_allclose(corners(final), before)
    assert final.rgb
    assert not apply.compute_all.isEnabled()
    assert apply.controls.button.isEnabled()


def test_stop_keeps_written_slices_and_the_lazy_layer(final, apply, stopped, stack, expected, said):
    assert said() == [
        "Stopped: 2 of 3 slices are coloured. 'Compute all…' goes on with 'cells.zarr'."
    ]
    np.testing.assert_array_equal(zarr.open_array(stopped, mode="r")[:2], expected[:2])
    assert not zarr.open_array(stopped, mode="r")[2].any()
    np.testing.assert_array_equal(final.data[2], expected[2])
    assert apply.compute_all.isEnabled()


def test_stopped_store_is_continued(
    final, apply, stopped, answer, click, finish, expected, monkeypatch, said
):
    asked = answer(QMessageBox.StandardButton.Yes)
    monkeypatch.setattr(apply.compute_all, "ask_for_path", lambda suggestion: pytest.fail("asked"))
    times = [file.stat().st_mtime_ns for file in sorted(stopped.glob("c/*/*/*/*"))]
    click(apply.compute_all)
    finish(apply)
    assert len(asked) == 1
    assert said()[-1] == f"Saved in {stopped}"
    np.testing.assert_array_equal(zarr.open_array(stopped, mode="r")[:], expected)
    after = [file.stat().st_mtime_ns for file in sorted(stopped.glob("c/*/*/*/*"))]
    assert after[:2] == times
    assert not hasattr(final.data, "instead")


def test_another_run_with_the_same_input_continues_the_store(
    final, apply, stopped, answer, click, finish, expected, said
):
    asked = answer(QMessageBox.StandardButton.Yes)
    click(apply.controls.button)
    click(apply.compute_all)
    finish(apply)
    assert len(asked) == 1
    assert said()[-1] == f"Saved in {stopped}"
    np.testing.assert_array_equal(zarr.open_array(stopped, mode="r")[:], expected)


def test_user_may_choose_another_path_instead_of_continuing(
    final, apply, stopped, answer, click, finish, tmp_path, into
):
    answer(QMessageBox.StandardButton.No)
    into(tmp_path / "other.zarr")
    click(apply.compute_all)
    finish(apply)
    assert zarr.open_array(tmp_path / "other.zarr", mode="r").nchunks_initialized == 3
    assert zarr.open_array(stopped, mode="r").nchunks_initialized == 2


def test_store_of_another_stack_is_left_alone(
    viewer, apply, stopped, answer, click, finish, said, stack, snapshot
):
    answer(QMessageBox.StandardButton.Yes)
    viewer.layers["cells"].data = stack[:, ::-1].copy()
    click(apply.controls.button)
    before = snapshot(stopped)
    click(apply.compute_all)
    finish(apply)
    assert "was begun with another colorizer, stack or limits" in said()[-1]
    assert snapshot(stopped) == before


def test_foreign_folder_is_left_alone(final, apply, path, answer, click, finish, said):
    answer(QMessageBox.StandardButton.Yes)
    path.mkdir()
    (path / "notes.txt").write_text("mine")
    click(apply.compute_all)
    finish(apply)
    assert "was not made by napari-oneshot-color" in said()[0]
    assert [file.name for file in path.iterdir()] == ["notes.txt"]
    assert apply.compute_all.isEnabled()


def test_cancelled_dialog_changes_nothing(final, apply, click, monkeypatch, said):
    monkeypatch.setattr(apply.compute_all, "ask_for_path", lambda suggestion: None)
    click(apply.compute_all)
    assert apply.controls.state is RunState.IDLE
    assert said() == []


def test_name_inside_a_store_means_the_store(final, apply, into, tmp_path):
    into(tmp_path / "cells.zarr" / "cells.zarr")
    assert apply.compute_all.ask_for_path("") == tmp_path / "cells.zarr"


def test_error_while_writing_is_reported_and_keeps_the_lazy_layer(
    final, apply, hold_chunk, path, gate, finish, said, expected
):
    hold_chunk(apply, error=MemoryError())
    gate.open()
    finish(apply)
    assert "There was not enough memory" in said()[0]
    np.testing.assert_array_equal(final.data[2], expected[2])
    assert apply.compute_all.isEnabled()


def test_layer_removed_in_the_meantime_does_not_come_back(
    viewer, final, apply, hold_chunk, path, gate, finish, names, said
):
    hold_chunk(apply)
    viewer.layers.remove("final · cells")
    viewer.layers.remove("cells")
    gate.open()
    finish(apply)
    assert names() == []
    assert said() == [f"Saved in {path}"]
    assert not apply.compute_all.isEnabled()


def test_data_replaced_by_the_user_in_the_meantime_stay(
    final, apply, hold_chunk, path, gate, finish, expected
):
    hold_chunk(apply)
    mine = final.data = np.zeros((3, 48, 64, 3), np.uint8)
    gate.open()
    finish(apply)
    assert final.data is mine


def test_viewed_slices_are_colored_while_all_are_computed(
    viewer, final, apply, hold_chunk, path, gate, finish, seen, until, expected, two_threads
):
    hold_chunk(apply)
    viewer.dims.set_current_step(0, 2)
    until(lambda: np.array_equal(seen(final), expected[2]))
    gate.open()
    finish(apply)
    assert isinstance(final.data, da.Array)


def test_checksum_of_samples_distinguishes_stacks(result, stack):
    colored = colorize_stack(result.colorizer, lazy(stack), limits=LIMITS)
    other = stack.copy()
    other[1, 5, 5] += 1
    sums = {
        ColoredSlices(colored, lazy(data), LIMITS).samples_checksum()
        for data in (stack, stack.copy(), other)
    }
    assert len(sums) == 2


@pytest.mark.parametrize(
    ("place", "sentence"),
    [("file/cells", "Files cannot be written to"), ("漢" * 90, "has 275 bytes; the limit is 255")],
    ids=["in a file", "name"],
)
def test_unusable_path_is_reported_before_a_slice_is_colored(
    final, apply, click, finish, into, said, tmp_path, monkeypatch, place, sentence
):
    def colored(*args, **options):
        raise AssertionError("a slice was coloured")

    monkeypatch.setattr(zarr_writing, "_write_chunk", colored)
    (tmp_path / "file").write_text("")
    into(tmp_path / place)
    click(apply.compute_all)
    finish(apply)
    assert len(said()) == 1
    assert sentence in said()[0]
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert apply.compute_all.isEnabled()


def test_suggested_name_is_one_that_a_file_can_have(viewer, apply, click, stack, monkeypatch):
    suggested = []
    monkeypatch.setattr(
        QFileDialog, "getSaveFileName", lambda *words: (suggested.append(words[2]) or "", "")
    )
    viewer.add_image(stack, name="a/b" + "漢" * 300)
    click(apply.controls.button)
    click(apply.compute_all)
    assert suggested[0].startswith("a_b漢")
    assert suggested[0].endswith("漢 colorized.zarr")
    assert len(suggested[0].encode()) < 255
