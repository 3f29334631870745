"""Work in parts lets the viewer do something in between, and ends when nobody wants it."""

import pytest
from qtpy.QtCore import QTimer

from napari_oneshot_color.plugin.runs.bit_by_bit import bit_by_bit


@pytest.fixture
def done(viewer):
    return []


def parts(done, count=3):
    for number in range(count):
        done.append(number)
        yield


def test_viewer_responds_between_the_parts(done, until):
    QTimer.singleShot(0, lambda: done.append("the user"))
    bit_by_bit(parts(done), lambda: done.append("end"), lambda: True)
    assert done == [0]
    until(lambda: done[-1] == "end")
    assert [one for one in done if one != "the user"] == [0, 1, 2, "end"]
    assert done.index("the user") < done.index("end") - 1


def test_work_ends_once_it_is_cancelled(done, until, qtbot):
    bit_by_bit(parts(done), lambda: done.append("end"), lambda: len(done) < 2)
    until(lambda: len(done) == 2)
    qtbot.wait(20)
    assert done == [0, 1]


def test_failing_part_is_the_last_and_is_reported(done, qtbot):
    def failing():
        done.append(0)
        yield
        raise ValueError("a bug")

    with qtbot.captureExceptions() as errors:
        bit_by_bit(failing(), lambda: done.append("end"), lambda: True)
        qtbot.waitUntil(lambda: done == [0, "end"])
        qtbot.wait(20)
    assert [str(error) for _, error, _ in errors] == ["a bug"]
