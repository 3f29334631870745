"""Workers end before Python does, however it ends."""

import os
import subprocess
import sys

import pytest

from napari_oneshot_color.plugin import workers

BEGIN = """
import threading
import time
from qtpy.QtCore import QCoreApplication
from napari_oneshot_color.plugin.workers import start_worker

application = QCoreApplication([])
has_begun = threading.Event()

def steps():
    has_begun.set()
    time.sleep(0.5)  # Python is to end while it works
    yield

start_worker(steps, slots={})
"""


@pytest.mark.parametrize("end", ["", "has_begun.wait()"], ids=["at once", "while it works"])
def test_python_waits_for_a_worker(end):
    ended = subprocess.run(
        [sys.executable, "-c", BEGIN + end],
        capture_output=True,
        text=True,
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
    )
    assert (ended.returncode, ended.stderr) == (0, "")


def test_nothing_starts_once_python_has_begun_to_end(viewer, monkeypatch):
    monkeypatch.setattr(workers._is_over, "is_set", lambda: True)
    assert workers.start_worker(print, slots={}) is None
