"""Of many questions only the last is answered, beside the one under way."""

import threading

import pytest

from napari_oneshot_color.errors import BadPairError, OneshotColorError
from napari_oneshot_color.plugin.runs import threads
from napari_oneshot_color.plugin.runs.threads import Failure, Job, Latest


@pytest.fixture
def latest(viewer, threads_end):
    yield Latest()
    threads_end()


@pytest.fixture
def under_way(latest, gate, until):
    """Hold a first question in the thread; return what was answered so far."""
    answers = []

    def first():
        gate.pass_through()
        return "first"

    latest.ask(first, answers.append)
    until(gate.reached.is_set)
    return answers


def test_what_was_asked_for_in_between_is_skipped(latest, under_way, gate, until):
    asked = []
    for number in range(5):
        latest.ask(lambda number=number: asked.append(number) or number, under_way.append)
    gate.open()
    until(lambda: len(under_way) == 2)
    assert under_way == ["first", 4]
    assert asked == [4]


def test_forgotten_question_is_not_answered(latest, under_way, gate, until, threads_end):
    latest.ask(lambda: "second", under_way.append)
    latest.forget()
    gate.open()
    threads_end()
    latest.ask(lambda: "third", under_way.append)
    until(lambda: bool(under_way))
    assert under_way == ["third"]


def test_known_errors_are_said_and_the_next_question_is_answered(latest, until, said):
    answers = []

    def fail():
        raise BadPairError("That does not fit.")

    latest.ask(fail, answers.append)
    latest.ask(lambda: "next", answers.append)
    until(lambda: bool(answers))
    assert said() == ["That does not fit."]
    assert answers == ["next"]


def test_garbage_is_collected_in_the_main_thread_alone(viewer, until, threads_end, monkeypatch):
    """It may hold widgets of a viewer that was closed, and those end in no other thread."""
    collected = []
    monkeypatch.setattr(threads.gc, "collect", lambda: collected.append(threading.get_ident()))

    def fail(stop):
        yield
        raise OneshotColorError("No.")

    outcomes = []
    job = Job()
    job.start(fail, returned=outcomes.append)
    until(lambda: len(outcomes) == 1)
    threads_end()
    assert isinstance(outcomes[0], Failure)
    assert collected == [threading.get_ident()]
