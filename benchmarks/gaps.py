"""Gaps of a 10 ms timer on the GUI thread while the user does one thing in the viewer.

``xvfb-run -a python -m benchmarks.gaps ACTION`` measures one of `ACTIONS` and prints it as JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import napari
import numpy as np
from qtpy.QtCore import QEventLoop, Qt, QThreadPool, QTimer
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QComboBox, QFileDialog
from skimage import data
from skimage.color import rgb2gray
from skimage.transform import resize

from napari_oneshot_color.plugin.forms.run_controls import RunState

PLUGIN = "napari-oneshot-color"
COLORIZE, APPLY, CORRECT = "Colorize from example", "Apply to more images", "Correct colours"
INTERVAL = 10  # ms
LARGE = 2048  # px
STEPS = 20  # of training: its end is what is measured
PATIENCE = 120  # s after which something never comes


class Gaps:
    """Watches the GUI thread.

    Attributes
    ----------
    longest, longest_cpu : float
        Longest time between two ticks in ms, and the most that the thread itself computed in one.
    """

    def __init__(self) -> None:
        self.longest = self.longest_cpu = 0.0
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._last = time.perf_counter(), time.thread_time()

    def during(self, act: Callable[[], object], until: Callable[[], bool]) -> None:
        """Do something, and watch until something is so and half a second more."""
        wait(0.5)
        self._last = time.perf_counter(), time.thread_time()
        self._timer.start(INTERVAL)
        QTimer.singleShot(0, act)
        wait_for(until)
        wait(0.5)
        self._timer.stop()

    def _tick(self) -> None:
        now = time.perf_counter(), time.thread_time()
        gap, cpu = ((after - before) * 1000 for after, before in zip(now, self._last, strict=True))
        self.longest, self.longest_cpu = max(self.longest, gap), max(self.longest_cpu, cpu)
        self._last = now


def wait_for(is_so: Callable[[], bool]) -> None:
    """Let the viewer work until something is so, which is looked at after a moment at least.

    Raises
    ------
    TimeoutError
        If it never is.
    """
    loop, look = QEventLoop(), QTimer()
    given_up = time.monotonic() + PATIENCE

    def look_again() -> None:
        if is_so() or time.monotonic() > given_up:
            loop.quit()

    look.timeout.connect(look_again)
    look.start(50)
    loop.exec()
    if not is_so():
        raise TimeoutError(f"What was waited for did not come within {PATIENCE} s.")


def wait(seconds: float) -> None:
    """Let the viewer work for some seconds."""
    loop = QEventLoop()
    QTimer.singleShot(round(1000 * seconds), loop.quit)
    loop.exec()


def measured_actions() -> str:
    """Measure every action in a process of its own, and tabulate the longest gaps."""
    from benchmarks.report import table  # it imports torch, and is not for those processes

    rows = []
    for name in ACTIONS:
        command = [sys.executable, "-m", "benchmarks.gaps", name]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        told = json.loads(done.stdout.splitlines()[-1])
        rows.append([name, f"{told['longest']:.0f}", f"{told['longest_cpu']:.0f}"])
    return table(["when the user", "longest gap, ms", "of which the GUI thread computes, ms"], rows)


def main() -> None:
    """Measure one action."""
    viewer, gaps = napari.Viewer(), Gaps()
    wait(1)
    ACTIONS[sys.argv[1]](viewer, gaps)
    wait_for(_is_quiet)
    viewer.close()
    print(json.dumps({"longest": gaps.longest, "longest_cpu": gaps.longest_cpu}))


def _open(viewer: napari.Viewer, title: str) -> Any:
    return viewer.window.add_plugin_dock_widget(PLUGIN, title)[1].tab


def _is_warm() -> bool:
    return "napari_oneshot_color.steering.recoloring" in sys.modules and _is_quiet()


def _is_quiet() -> bool:
    pool = QThreadPool.globalInstance()
    return pool is None or pool.activeThreadCount() == 0


def _panel(viewer: napari.Viewer, gaps: Gaps) -> None:
    _open(viewer, COLORIZE)
    gaps.during(lambda: None, _is_warm)  # adding the dock itself is napari's


def _device(viewer: napari.Viewer, gaps: Gaps) -> None:
    box = _open(viewer, COLORIZE).device
    native: QComboBox = box.widget.native
    keys: Any = QTest  # qtpy's type knows no widgets
    gaps.during(lambda: keys.keyClick(native, Qt.Key.Key_A), lambda: "(" in native.itemText(0))


def _colorizer(viewer: napari.Viewer, gaps: Gaps) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mine.safetensors"
        code = (
            "from napari_oneshot_color import Settings, train\n"
            "from napari_oneshot_color.pair import samples\n"
            "settings = Settings.preset('best', max_steps=2)\n"
            f"train(samples.stereo_motorcycle().source, settings).save({str(path)!r})"
        )
        subprocess.run([sys.executable, "-c", code], check=True)
        panel = _open(viewer, APPLY)
        gaps.during(lambda: panel.try_to_open(path), lambda: panel.colorizer.value is not None)


def _add_pair(viewer: napari.Viewer, size: int | None) -> None:
    if size is None:
        viewer.open_sample(PLUGIN, "motorcycle")
        return
    image = data.immunohistochemistry()
    large = resize(image, (size, 2 * size), order=1)
    viewer.add_image((large[:, :size] * 255).astype(np.uint8), rgb=True, name="left")
    viewer.add_image((rgb2gray(large[:, size:]) * 255).astype(np.uint8), name="right")


def _run(viewer: napari.Viewer, size: int | None, gaps: Gaps | None = None) -> Any:
    """Colour a pair; if asked to, watch from the end of the training on."""
    panel = _open(viewer, COLORIZE)
    wait_for(_is_warm)
    _add_pair(viewer, size)
    panel.settings.fields["max_steps"].value = STEPS
    wait(1)
    panel.controls.button.click()

    def is_over() -> bool:
        return panel.controls.state is RunState.IDLE

    wait_for(lambda: is_over() or not panel.controls.stage.text().startswith(("Tr", "St")))
    if gaps is not None:
        gaps.during(lambda: None, is_over)
    wait_for(is_over)
    wait(2)
    return panel


def _end(size: int | None) -> Callable[[napari.Viewer, Gaps], None]:
    def end(viewer: napari.Viewer, gaps: Gaps) -> None:
        _run(viewer, size, gaps)

    return end


def _save(size: int | None) -> Callable[[napari.Viewer, Gaps], None]:
    def save(viewer: napari.Viewer, gaps: Gaps) -> None:
        panel = _run(viewer, size)
        with (
            tempfile.TemporaryDirectory() as folder,
            patch.object(QFileDialog, "getExistingDirectory", lambda *_: folder),
        ):
            button = panel.buttons["Save result…"]
            gaps.during(button.click, lambda: button.isEnabled() and _is_quiet())

    return save


def _recolor(size: int | None) -> Callable[[napari.Viewer, Gaps], None]:
    def recolor(viewer: napari.Viewer, gaps: Gaps) -> None:
        panel = _run(viewer, size)
        correct = _open(viewer, CORRECT)
        correct.regions.edit.click()
        wait(2)
        regions = next(layer for layer in viewer.layers if layer.name.startswith("regions"))
        regions.selected_label = int(regions.data[10, 10])
        gaps.during(
            lambda: correct.regions.set_color((0.0, 0.0, 1.0)),
            lambda: "regions_edited" in panel.result.provenance and _is_quiet(),
        )

    return recolor


ACTIONS: dict[str, Callable[[napari.Viewer, Gaps], None]] = {
    "has opened a panel, and torch is imported": _panel,
    "opens the list of devices immediately": _device,
    "opens a colorizer immediately": _colorizer,
    "sees a run end, motorcycle": _end(None),
    "sees a run end, 2048 x 2048 px": _end(LARGE),
    "saves a result, motorcycle": _save(None),
    "saves a result, 2048 x 2048 px": _save(LARGE),
    "recolours a region, 2048 x 2048 px": _recolor(LARGE),
}
"""What the user does, and how it is done here."""


if __name__ == "__main__":
    main()
