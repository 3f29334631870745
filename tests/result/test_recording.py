"""Every training has the same kind of record, even one that diverges."""

import json
import platform

import numpy as np
import pytest
from skimage.color import gray2rgb

from napari_oneshot_color import Source, colorize, train
from napari_oneshot_color.files.checksums import checksum
from napari_oneshot_color.progress import STAGES
from napari_oneshot_color.training import objective
from napari_oneshot_color.training.loop import TrainingDivergedError


def test_provenance_contains_everything_needed_to_check_and_repeat(source, target, tiny, result):
    told = result.provenance
    assert json.loads(json.dumps(told)) == told
    assert told["note"] == "The colour is inferred from one example; it was not measured."
    assert told["settings"] == tiny().to_dict()
    assert told["seed"] == 0
    assert told["device"] == "CPU, 1 thread"
    assert told["versions"]["python"] == platform.python_version()
    for library in ("napari-oneshot-color", "torch", "numpy", "scipy", "scikit-image"):
        assert told["versions"][library]
    assert told["source"] == {
        "name": "left.png",
        "height": 48,
        "width": 64,
        "sha256": checksum(source),
    }
    assert told["target"] == {
        "name": "right.png",
        "height": 48,
        "width": 64,
        "sha256": checksum(target),
    }
    assert told["steps"] == 8
    assert told["stopped"] is False
    assert list(told["seconds"]) == list(STAGES)
    assert all(seconds >= 0 for seconds in told["seconds"].values())
    assert 0 <= told["clipped_fraction"] <= 1
    assert told["notes"] == []


def test_limits_are_part_of_the_provenance(source, target, tiny):
    plain = colorize(source, target, tiny())
    limited = colorize(source, target, tiny(), target_limits=(20, 200), source_limits=(0, 250))
    assert limited.final.tobytes() != plain.final.tobytes()
    assert limited.provenance["target"]["limits"] == [20, 200]
    assert limited.provenance["source"]["limits"] == [0, 250]


def test_notes_of_both_images_reach_the_provenance(source, target, tiny):
    alpha = np.full((48, 64, 1), 9, np.uint8)
    result = colorize(np.concatenate([source, alpha], axis=2), gray2rgb(target), tiny())
    assert result.provenance["notes"] == [
        "The alpha channel of 'source' was dropped.",
        "'target' has three equal channels and was read as grey.",
    ]


def poison(monkeypatch, after=5):
    """Let the losses be NaN after some steps."""
    real = objective.reconstruction_loss
    count = 0

    def poisoned(*args):
        nonlocal count
        count += 1
        return real(*args) * (float("nan") if count > after else 1)

    monkeypatch.setattr(objective, "reconstruction_loss", poisoned)


@pytest.mark.parametrize("run", [colorize, lambda sources, target, s: train(sources, s)])
def test_diverged_run_has_the_same_record_as_a_stopped_one(source, target, tiny, monkeypatch, run):
    sources = [
        Source(np.dstack([source, target]), "a", weight=2.0),  # its alpha is worth a note
        Source(255 - source, "b", weight=0.5),
    ]
    good = train(sources, tiny(max_steps=4)).provenance
    poison(monkeypatch)
    with pytest.raises(TrainingDivergedError) as caught:
        run(sources, target, tiny())
    left = caught.value.colorizer.provenance
    assert left == good | {"stopped": True}
    assert [one["weight"] for one in left["sources"]] == [2.0, 0.5]
    assert left["steps"] == 4
    assert "alpha channel of 'a'" in left["notes"][0]
