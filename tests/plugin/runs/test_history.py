"""Undo and redo."""

import pytest

from napari_oneshot_color.plugin.runs.history import History, Undoable


class Number(Undoable[int]):
    """A number that can be set, and undone."""

    def __init__(self):
        self.history = History()
        self.now = 0

    def set(self, value):
        self.history.keep(self.now)
        self.now = value

    def return_to(self, state):
        self.now = state

    now = 0


@pytest.fixture
def number():
    return Number()


def test_states_are_undone_and_redone_in_order(number):
    for value in (1, 2, 3):
        number.set(value)
    number.undo()
    number.undo()
    assert number.now == 1
    number.redo()
    assert number.now == 2
    number.redo()
    number.redo()
    assert number.now == 3
    assert not number.can_redo


def test_new_state_discards_undone_states(number):
    number.set(1)
    number.undo()
    assert number.can_redo
    number.set(7)
    assert not number.can_redo
    number.undo()
    number.undo()
    assert number.now == 0
    assert not number.can_undo


def test_change_without_effect_is_dropped(number):
    number.set(1)
    number.history.drop()
    assert not number.can_undo
    number.history.drop()


@pytest.mark.parametrize(("pixels", "count"), [(1, 50), (40_000_000, 13), (10**9, 5)])
def test_large_targets_have_a_shorter_history(pixels, count):
    history = History(pixels)
    for state in range(100):
        history.keep(state)
    states = []
    now = 100
    while history.can_go_back:
        now = history.back(now)
        states.append(now)
    assert states == list(range(99, 99 - count, -1))
