"""The bytes of a run depend on the threads in its settings, not on the environment."""

import json
import os
import subprocess
import sys
from dataclasses import replace

import pytest
import torch
from tiny_run import TINY

from napari_oneshot_color import colorize
from napari_oneshot_color.record import Checksum, read_record
from napari_oneshot_color.repeating import differences
from napari_oneshot_color.training.adversarial import AdversarialTraining

PROGRAM = """
import json, sys
import numpy as np
from napari_oneshot_color import (
    Colorizer, Hints, Settings, apply_hints, colorize, colorize_from_hints, fade, recolor
)
from napari_oneshot_color.files.checksums import checksum
from napari_oneshot_color.pipeline import apply_steps
from napari_oneshot_color.progress import Steps

rng = np.random.default_rng(0)
source = (rng.random((100, 110, 3)) * [200, 150, 250]).astype(np.uint8)
target = rng.integers(0, 255, (110, 100), dtype=np.uint8)
labels = np.zeros(target.shape, np.uint8)
labels[20:40, 30:60] = 1
hints = Hints(labels, {1: (0.8, 0.3, 0.2)})
sums = {}
for name, values in json.loads(sys.argv[1]).items():
    result = colorize(source, target, Settings.from_values(values))
    assert result.record.settings["threads"] == values["threads"]
    sums[name] = checksum(result.final)
    sums[name + ", weights"] = result.colorizer.checksum
    sums[name + ", hints"] = checksum(apply_hints(result, hints).final)
    if result.colorizer.settings.looks_at_source:
        sums[name + ", faded"] = checksum(fade(result, 5.0).final)
    again = Colorizer.from_bytes(result.colorizer.to_bytes(), device="cpu")
    sums[name + ", applied"] = checksum(Steps(apply_steps(again, target)).finish().final)
sums["hints alone"] = checksum(colorize_from_hints(target, hints))
print(json.dumps(sums))
"""
DCGAN = TINY | {"working_size": 80}
CHROMA = DCGAN | {
    "network": "chroma",
    "tile_size": 64,
    "base_width": 8,
    "neighbour_weight": 0.25,
    "correspondence": True,
    "caution": 0.5,
    "smoothing": "guided",
    "use_regions": False,
}
RUNS = {
    "dcgan on 2": DCGAN | {"threads": 2},
    "chroma on 2": CHROMA | {"threads": 2},
}


def sums_with(threads):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps(RUNS)],
        env=os.environ | {"OMP_NUM_THREADS": str(threads)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def sums():
    return {threads: sums_with(threads) for threads in (1, 2)}


def test_threads_of_the_environment_do_not_change_the_bytes(sums):
    differing = [name for name in sums[1] if sums[1][name] != sums[2][name]]
    assert differing == []


def test_a_run_records_its_number_of_threads(source, target, tiny, monkeypatch):
    seen = []
    step = AdversarialTraining.step

    def looked_at(training):
        seen.append(torch.get_num_threads())
        return step(training)

    monkeypatch.setattr(AdversarialTraining, "step", looked_at)
    result = colorize(source, target, tiny(threads=2))
    assert set(seen) == {2}
    assert result.record.settings["threads"] == 2


def test_repeat_uses_the_recorded_threads_and_reports_others(made):
    folder, result = made
    saved = read_record(folder)
    assert saved.settings.threads == result.record.settings["threads"] == 1
    other = result.record.replace(
        settings=result.record.settings | {"threads": 2}, final=Checksum(sha256="0")
    )
    [_, *reasons] = differences(replace(saved, record=other), result)
    assert reasons == ["threads: 1; it was 2."]
