"""The widgets of a viewer share its runs, and at most one is under way."""

import pytest

from napari_oneshot_color.plugin.layers.inputs import Inputs
from napari_oneshot_color.plugin.layers.snapshot import snapshot
from napari_oneshot_color.plugin.runs.finished import Finished
from napari_oneshot_color.plugin.runs.jobs import Jobs
from napari_oneshot_color.plugin.runs.run import Run
from napari_oneshot_color.plugin.runs.session import Session


@pytest.fixture
def session(viewer):
    return Session.of(viewer)


@pytest.fixture
def make(viewer, layers, result):
    """Make a run with its final layer."""

    def do(number=1, before=None):
        run = Run(viewer.layers, snapshot(layers[1]), {"final"}, number, before)
        run.show_result(result)
        return run

    return do


@pytest.fixture
def changes(session):
    """Count how often the session reports a change."""
    counted = []
    session.changed.connect(lambda: counted.append(1))
    return counted


def test_viewer_and_its_proxy_have_one_session(viewer, session):
    assert Session.of(viewer.__wrapped__) is session


def test_runs_are_numbered_per_target(session, make):
    assert session.number("right") == 1
    session.add(make())
    assert session.number("right") == 2
    session.add(make(2))
    assert session.number("right") == 3
    assert session.number("other") == 1


def test_runs_that_were_replaced_or_removed_are_forgotten(viewer, session, make, changes):
    first, second = make(), make(2)
    session.add(first)
    session.add(second)
    assert session.runs == [first, second]
    again = make(1, first)
    session.add(again)
    assert session.runs == [second, again]
    viewer.layers.remove("final 2 · right")
    third = make(3)
    session.add(third)
    assert session.runs == [again, third]
    assert len(changes) == 4


def test_run_without_a_result_keeps_only_its_name(viewer, session, layers):
    session.add(Run(viewer.layers, snapshot(layers[1]), {"final"}))
    assert session.runs == []
    assert session.number("right") == 2


def test_finished_runs_come_in_their_order(session, make, layers, result):
    left, right = (snapshot(layer) for layer in layers)
    inputs = Inputs((left,), (1.0,), right)
    first = Finished(inputs, result.colorizer.settings, result.colorizer, make())
    failed = Finished(inputs, result.colorizer.settings, result.colorizer)
    again = Finished(inputs, result.colorizer.settings, result.colorizer, make(1, first.run))
    session.keep(first)
    session.keep(failed)
    assert session.finished == [first, failed]
    session.keep(again)
    assert session.finished == [failed, again]


def test_colorizers_of_one_name_are_numbered(session, result, changes):
    for _ in range(3):
        session.add_colorizer("trained", result.colorizer)
    assert list(session.colorizers) == ["trained", "trained (2)", "trained (3)"]
    assert len(changes) == 3


def test_deleted_widget_is_no_longer_running(session, changes):
    gone, other = Jobs(), Jobs()
    session.running = gone
    other.close()
    assert session.running is gone
    gone.close()
    assert session.running is None
    assert len(changes) == 2
