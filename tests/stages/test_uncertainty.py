"""The uncertainty and the warning about a doubtful result."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from napari_oneshot_color import Settings, colorize
from napari_oneshot_color.matching.cues import Neighbours
from napari_oneshot_color.pixels.color import rgb_of_lab
from napari_oneshot_color.record import Record
from napari_oneshot_color.stages.uncertainty import FAMILIAR, doubt, estimate_uncertainty


def neighbours(chroma=0.0, spread=0.0, distance=FAMILIAR, shape=(10, 12)):
    """Make neighbours of one colour, at a distance that does not change the uncertainty."""
    return Neighbours(
        np.full((*shape, 2), chroma, np.float32),
        np.full(shape, distance, np.float32),
        np.full(shape, spread, np.float32),
        planes=np.empty((0, *shape), np.float32),
        local=torch.zeros(shape[0] * shape[1], 15),
        described=torch.empty(*shape, 0),
    )


def merged(a, b=0.0, shape=(40, 48)):
    """Make an image of one colour, L* 50."""
    lab = np.broadcast_to(np.float32([50, a, b]), (*shape, 3))
    return rgb_of_lab(lab)


def test_agreement_is_certain():
    estimate = estimate_uncertainty(merged(0), neighbours(), None, 1.0)
    assert estimate.shape == (40, 48)
    assert estimate.dtype == np.float32
    np.testing.assert_allclose(estimate, 0, atol=0.1)


def test_estimate_is_contradiction_plus_spread():
    estimate = estimate_uncertainty(merged(20, 10), neighbours(spread=6), None, 1.0)
    np.testing.assert_allclose(estimate, np.hypot(20, 10) + 6, atol=0.1)


def test_places_far_from_the_source_are_more_uncertain_up_to_a_limit():
    near, far, farthest = (
        estimate_uncertainty(merged(0), neighbours(spread=6, distance=times * FAMILIAR), None, 1.0)
        for times in (0.5, 2, 100)
    )
    np.testing.assert_allclose(near, 3, atol=0.1)
    np.testing.assert_allclose(far, 12, atol=0.1)
    np.testing.assert_allclose(farthest, 24, atol=0.1)


def test_places_found_in_the_source_are_more_certain():
    trust = np.zeros((40, 48), np.float32)
    trust[:, 24:] = 1
    estimate = estimate_uncertainty(merged(0), neighbours(spread=10), trust, 1.0)
    np.testing.assert_allclose(estimate[:, :24], 10, atol=0.1)
    np.testing.assert_allclose(estimate[:, 24:], 3, atol=0.1)


@pytest.fixture(scope="module")
def estimated(source, target, tiny):
    settings = tiny(
        network="chroma", neighbour_weight=0.25, smoothing="guided", use_regions=False,
        working_size=96, max_steps=8,
    )  # fmt: skip
    return colorize(np.tile(source, (2, 2, 1)), np.tile(target, (2, 2)), settings)


def test_run_estimates_uncertainty_if_it_searches_the_source(estimated, result):
    assert estimated.uncertainty.shape == estimated.merged.shape[:2]
    assert estimated.uncertainty.min() >= 0
    assert estimated.uncertainty.max() > 0
    assert result.uncertainty is None  # the paper's network alone


def test_user_is_warned_of_a_doubtful_result(estimated, result):
    familiar = replace(estimated, record=Record(novelty=1.2))
    certain = replace(familiar, uncertainty=np.full((9, 9), 3, np.float32))
    doubtful = replace(familiar, uncertainty=np.full((9, 9), 25, np.float32))
    assert doubt(certain.uncertainty, certain.provenance.get("novelty")) is None
    assert doubt(result.uncertainty, result.provenance.get("novelty")) is None
    sentence = doubt(doubtful.uncertainty, doubtful.provenance.get("novelty"))
    assert "disagree by 25 or more in a*, b*" in sentence


def test_user_is_warned_of_a_target_unlike_the_source(estimated):
    certain = replace(estimated, uncertainty=np.full((9, 9), 3, np.float32))
    known, novel = (replace(certain, record=Record(novelty=value)) for value in (2.4, 7.3))
    assert doubt(known.uncertainty, known.provenance.get("novelty")) is None
    assert "7 times as much" in doubt(novel.uncertainty, novel.provenance.get("novelty"))


@pytest.mark.parametrize(
    ("novelty", "match", "words"),
    [
        (1.2, 0.3, "little in common with the target, 0.30"),
        (1.2, 0.5, None),
        (4.0, 0.5, None),  # local grey alone is unlike
        (7.3, 0.5, "7 times as much"),
        (4.0, None, "4 times as much"),
    ],
)
def test_user_is_warned_of_a_source_that_has_little_in_common(novelty, match, words):
    sentence = doubt(np.full((9, 9), 3, np.float32), novelty, match)
    assert sentence is None if words is None else words in sentence


def test_warning_is_among_the_notes_of_a_run(tiny):
    rng = np.random.default_rng(0)
    source = rng.integers(0, 255, (70, 80, 3), np.uint8)  # colours that no grey can tell
    target = rng.integers(0, 255, (70, 80), np.uint8)
    settings = Settings.preset(
        "best",
        device="cpu",
        threads=1,
        precision="float32",
        max_steps=2,
        base_width=4,
        tile_size=64,
    )
    found = colorize(source, target, settings).provenance["notes"]
    assert any("Do not trust these colours" in note for note in found)


def test_estimate_is_saved(estimated, tmp_path):
    folder = estimated.save(tmp_path / "out")
    assert (folder / "uncertainty.tif").is_file()
    assert (folder / "uncertainty.png").read_bytes()[:4] == b"\x89PNG"
