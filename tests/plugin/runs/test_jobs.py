"""Jobs are done one at a time, in turn or the newest alone, and their errors reach the user."""

import gc
import threading
import weakref

import pytest
from napari.qt import threading as threading_of_napari
from qtpy.QtCore import QObject

from napari_oneshot_color.errors import BadPairError, OneshotColorError
from napari_oneshot_color.plugin.runs import jobs
from napari_oneshot_color.plugin.runs.jobs import Jobs


@pytest.fixture
def in_turn(viewer, threads_end):
    yield Jobs()
    threads_end()


@pytest.fixture
def newest(viewer, threads_end):
    yield Jobs(newest_only=True)
    threads_end()


@pytest.fixture
def under_way(gate, until):
    """Start jobs, the first of which is held in the thread; return the answers so far."""

    def begin(some_jobs):
        answers = []

        def first():
            gate.pass_through()
            return "first"

        some_jobs.ask(first, answers.append)
        until(gate.reached.is_set)
        return answers

    return begin


def test_all_requested_jobs_run_in_order(in_turn, under_way, gate, until):
    answers = under_way(in_turn)
    for number in range(5):
        in_turn.ask(lambda number=number: number, answers.append)
    assert in_turn.is_busy
    gate.open()
    until(lambda: not in_turn.is_busy)
    assert answers == ["first", 0, 1, 2, 3, 4]


def test_superseded_requests_are_skipped(newest, under_way, gate, until):
    answers, asked = under_way(newest), []
    for number in range(5):
        newest.ask(lambda number=number: asked.append(number) or number, answers.append)
    gate.open()
    until(lambda: len(answers) == 2)
    assert answers == ["first", 4]
    assert asked == [4]


def test_forgotten_request_is_not_answered(newest, under_way, gate, until, threads_end):
    answers = under_way(newest)
    newest.ask(lambda: "second", answers.append)
    newest.forget()
    assert not newest.is_busy
    gate.open()
    threads_end()
    newest.ask(lambda: "third", answers.append)
    until(lambda: bool(answers))
    assert answers == ["third"]


def test_only_one_job_runs_at_a_time_also_after_one_was_forgotten(newest, under_way, gate, until):
    under_way(newest)
    newest.forget()
    begun, answers = threading.Event(), []
    newest.ask(begun.set, answers.append)
    assert not begun.wait(0.1)
    gate.open()
    until(lambda: len(answers) == 1)


@pytest.mark.parametrize("kind", ["in_turn", "newest"])
def test_known_errors_are_reported_and_the_next_request_is_answered(kind, until, said, request):
    some_jobs, answers = request.getfixturevalue(kind), []

    def fail():
        raise BadPairError("That does not fit.")

    some_jobs.ask(fail, answers.append)
    until(lambda: not some_jobs.is_busy)
    some_jobs.ask(lambda: "next", answers.append)
    until(lambda: bool(answers))
    assert said() == ["That does not fit."]
    assert answers == ["next"]


@pytest.mark.parametrize(
    ("raised", "sentence"),
    [
        (RuntimeError("CUDA out of memory"), "There was not enough memory"),
        (MemoryError(), "There was not enough memory"),
        (ValueError("a bug"), "a bug"),
    ],
)
def test_every_error_reaches_the_caller(in_turn, until, raised, sentence):
    def fail():
        raise raised

    errors = []
    in_turn.ask(fail, lambda _: None, errors.append)
    until(lambda: bool(errors))
    assert sentence in str(errors[0])
    assert not in_turn.is_busy


def test_run_yields_in_the_main_thread_and_ends_early_when_it_is_stopped(in_turn, until, gate):
    yielded, returned = [], []

    def steps(stop):
        yield threading.get_ident()
        gate.pass_through()
        return "stopped" if stop.is_set() else "whole"

    in_turn.start(
        steps, returned.append, yielded=lambda one: yielded.append((one, threading.get_ident()))
    )
    until(gate.reached.is_set)
    in_turn.stop()
    gate.open()
    until(lambda: bool(returned))
    assert returned == ["stopped"]
    [(thread, main)] = yielded
    assert main == threading.get_ident() != thread


def test_stop_affects_only_the_current_run(in_turn, until):
    in_turn.stop()
    returned = []

    def steps(stop):
        yield
        return stop.is_set()

    in_turn.start(steps, returned.append)
    until(lambda: bool(returned))
    assert returned == [False]


def test_jobs_end_with_their_owner(viewer, under_way, gate, threads_end, until):
    owner = QObject()
    some_jobs = Jobs(owner)
    answers = under_way(some_jobs)
    some_jobs.ask(lambda: "second", answers.append)
    ended = []  # pytest-qt cannot disconnect from an object that is gone, with PySide
    owner.destroyed.connect(lambda *_: ended.append(True))
    owner.deleteLater()
    until(lambda: bool(ended))
    assert some_jobs.is_closed
    gate.open()
    threads_end()
    some_jobs.ask(lambda: "third", answers.append)
    assert not some_jobs.is_busy
    assert answers == []


def test_slow_job_requests_a_sign_of_work(in_turn, under_way, gate, until, monkeypatch, qtbot):
    monkeypatch.setattr(jobs, "_SLOW", 10)
    signs = []
    in_turn.changed.connect(lambda: signs.append((in_turn.is_busy, in_turn.is_slow)))
    under_way(in_turn)
    until(lambda: in_turn.is_slow)
    gate.open()
    until(lambda: not in_turn.is_busy)
    assert signs == [(True, False), (True, True), (False, False)]


def test_quick_job_requests_no_sign_while_the_next_one_runs(
    in_turn, under_way, gate, until, monkeypatch, qtbot
):
    monkeypatch.setattr(jobs, "_SLOW", 50)
    in_turn.ask(lambda: None, lambda _: None)
    until(lambda: not in_turn.is_busy)
    monkeypatch.setattr(jobs, "_SLOW", 60_000)
    under_way(in_turn)
    qtbot.wait(150)
    assert not in_turn.is_slow


def test_garbage_is_collected_only_in_the_main_thread(in_turn, until, threads_end, monkeypatch):
    """It may hold widgets of a viewer that was closed, and those end in no other thread."""
    collected = []
    monkeypatch.setattr(jobs.gc, "collect", lambda: collected.append(threading.get_ident()))

    def fail(stop):
        yield
        raise OneshotColorError("No.")

    errors = []
    in_turn.start(fail, lambda _: None, errors.append)
    until(lambda: len(errors) == 1)
    threads_end()
    assert collected == [threading.get_ident()]


@pytest.mark.parametrize("holds", [True, False])
def test_napari_knows_of_the_jobs_that_hold_the_viewer(viewer, until, monkeypatch, holds):
    """It asks the user before it closes during a job that it knows of."""
    known = []

    def create_worker(*args, **options):
        known.append(args)
        return create(*args, **options)

    create = threading_of_napari.create_worker
    monkeypatch.setattr(threading_of_napari, "create_worker", create_worker)
    answers = []
    some_jobs = Jobs(holds_viewer=holds)
    some_jobs.ask(lambda: "done", answers.append)
    until(lambda: answers == ["done"])
    assert bool(known) == holds


def test_running_jobs_are_kept_alive_with_their_receiver(viewer, gate, under_way, until):
    answers = under_way(Jobs())
    gc.collect()
    gate.open()
    until(lambda: answers == ["first"])
    assert not Jobs._active


def test_closed_jobs_live_until_their_thread_has_reported_its_end(
    viewer, gate, under_way, until, is_dead
):
    some_jobs = Jobs()
    under_way(some_jobs)
    some_jobs.close()
    reference = weakref.ref(some_jobs)
    del some_jobs
    assert not is_dead(reference)
    gate.open()
    until(lambda: is_dead(reference))


def test_owner_that_is_garbage_together_with_its_jobs_does_no_harm(viewer, is_dead):
    owner = QObject()
    owner.jobs, owner.itself = Jobs(owner), owner
    reference = weakref.ref(owner.jobs)
    del owner
    assert is_dead(reference)


def test_job_ended_by_napari_does_not_block_the_next(in_turn, until, gate):
    returned = []

    def steps(stop):
        gate.pass_through()
        yield
        return "never"

    in_turn.start(steps, returned.append)
    until(gate.reached.is_set)
    in_turn._worker.quit()  # as napari does before it closes
    gate.open()
    until(lambda: not in_turn.is_busy)
    in_turn.ask(lambda: "next", returned.append)
    until(lambda: returned == ["next"])
