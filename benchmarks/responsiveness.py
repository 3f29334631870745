"""How the viewer feels while it works: the gaps of a 10 ms timer on the GUI thread.

Run ``xvfb-run -a python -m benchmarks.responsiveness`` in the repository's root, or without Xvfb
where there is a display; it takes a few minutes on two cores. Each of `benchmarks.gaps.ACTIONS` is
measured in a process of its own; ``--actions`` measures them alone, and writes nothing.
"""

from __future__ import annotations

import argparse
import threading
import time
from typing import Any

import napari
import numpy as np
from qtpy.QtCore import QEventLoop, Qt, QTimer

from benchmarks.gaps import measured_actions
from benchmarks.report import machine, table, write_block
from napari_oneshot_color.pair import samples
from napari_oneshot_color.pipeline import colorize
from napari_oneshot_color.plugin.forms.run_controls import RunState
from napari_oneshot_color.settings import DEFAULT_PRESET, Settings

CHANGES = {"epochs": 5}
INTERVAL = 10  # ms


def main() -> None:
    """Train headlessly and in the viewer, alternately, and rewrite the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--actions", action="store_true")
    if parser.parse_args().actions:
        print(measured_actions())
        return
    pair = samples.stereo_motorcycle()
    settings = Settings.preset(DEFAULT_PRESET, **CHANGES)
    viewer = napari.Viewer()
    _, door = viewer.window.add_plugin_dock_widget("napari-oneshot-color", "Colorize from example")
    widget = door.tab
    viewer.open_sample("napari-oneshot-color", "motorcycle")
    for name, value in CHANGES.items():
        widget.settings.fields[name].value = value
    alone: list[float] = []
    watched: list[float] = []
    gaps: list[float] = []
    _headless(pair, settings)  # warms up
    for turn in "alone", "watched", "watched", "alone", "alone", "watched", "watched", "alone":
        if turn == "alone":
            alone.append(_headless(pair, settings))
        else:
            watched.append(_in_viewer(widget, gaps))
    viewer.close()
    print("headless, s:", alone, "in the viewer, s:", watched)
    slower = np.median(np.array(watched) / np.array(alone))
    rows = [
        ["median gap, ms", f"{np.median(gaps):.0f}"],
        ["95 % of the gaps are below, ms", f"{np.percentile(gaps, 95):.0f}"],
        ["99 % of the gaps are below, ms", f"{np.percentile(gaps, 99):.0f}"],
        ["longest gap, ms", f"{max(gaps):.0f}"],
        [f"training time in the viewer / headless, preset {DEFAULT_PRESET}", f"{slower:.2f}"],
    ]
    text = table(
        [f"GUI thread while training ({len(gaps):,} gaps of a {INTERVAL} ms timer)", ""], rows
    )
    print(text)
    actions = measured_actions()
    print(actions)
    write_block("responsiveness", f"{machine()}\n\n{text}\n\n{actions}")


def _headless(pair: samples.SamplePair, settings: Settings) -> float:
    """Train in a thread, as the viewer does, and return the seconds of training."""
    results = []
    thread = threading.Thread(
        target=lambda: results.append(colorize(pair.source, pair.target, settings))
    )
    thread.start()
    thread.join()
    return float(results[0].provenance["seconds"]["training"])


def _in_viewer(widget: Any, gaps: list[float]) -> float:
    """Train by a click, collect the gaps in ms meanwhile, and return the seconds of training."""
    timer, last = QTimer(), time.perf_counter()
    timer.setTimerType(Qt.TimerType.PreciseTimer)

    def tick() -> None:
        nonlocal last
        now = time.perf_counter()
        if widget.controls.stage.text().startswith("Training"):
            gaps.append((now - last) * 1000)
        last = now

    timer.timeout.connect(tick)
    widget.controls.button.click()
    timer.start(INTERVAL)
    loop = QEventLoop()
    done = QTimer()

    def look() -> None:
        if widget.controls.state is RunState.IDLE:
            loop.quit()

    done.timeout.connect(look)
    done.start(50)
    loop.exec()
    timer.stop()
    return float(widget.result.provenance["seconds"]["training"])


if __name__ == "__main__":
    main()
