"""Clocks that run on a time of their own, and the records of a run."""

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest

from napari_oneshot_color import progress
from napari_oneshot_color.progress import Clock, LossHistory, Progress


@pytest.fixture
def now(monkeypatch):
    """A time that passes only when a test says so."""
    time = SimpleNamespace(seconds=100.0)
    monkeypatch.setattr(progress, "time", SimpleNamespace(perf_counter=lambda: time.seconds))
    return time


def test_report_is_due_once_per_interval(now):
    clock = Clock(interval=0.25)
    due = []
    for _ in range(8):
        now.seconds += 0.125
        due.append(clock.is_due())
    assert due == [False, True] * 4


def test_late_report_does_not_advance_the_next_one(now):
    clock = Clock(interval=0.25)
    now.seconds += 1.0
    assert clock.is_due()
    now.seconds += 0.125
    assert not clock.is_due()


def test_reports_come_ten_times_a_second_by_default():
    assert Clock().interval == 0.1


def test_seconds_left_follow_from_the_pace_so_far(now):
    clock = Clock()
    assert clock.seconds_left(0, 100) is None
    now.seconds += 5
    assert clock.seconds() == 5
    assert clock.seconds_left(20, 100) == 20
    assert clock.seconds_left(100, 100) == 0


def test_loss_history_is_made_from_the_columns_of_a_table():
    history = LossHistory.from_table(np.arange(8, dtype=np.float32).reshape(2, 4))
    assert len(history) == 2
    assert history.discriminator.tolist() == [0, 4]
    assert history.generator.tolist() == [1, 5]
    assert history.cross_entropy.tolist() == [2, 6]
    assert history.reconstruction.tolist() == [3, 7]


def test_record_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Progress("tiles", 0, 1).done = 1
