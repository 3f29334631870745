"""The matcher for some settings, and the number of planes that a network is given."""

import numpy as np
import pytest

from napari_oneshot_color import Settings
from napari_oneshot_color.matching.chosen import cue_planes, matcher_for


@pytest.fixture(scope="module")
def image():
    return np.random.default_rng(0).random((64, 80, 3), np.float32)


@pytest.mark.parametrize(
    "changes",
    [{}, {"descriptor": "efficientnet-lite0", "descriptor_planes": 5}],
    ids=["plain", "with a descriptor"],
)
def test_network_is_given_as_many_planes_as_the_matcher_has(image, changes):
    settings = Settings.preset("source-only", **changes)
    matcher = matcher_for([image], settings)
    [own] = matcher.own_cues
    assert own.shape[1] == cue_planes(settings) == 4 + changes.get("descriptor_planes", 0)


def test_all_sources_are_searched_and_kept(image):
    matcher = matcher_for([image, image[::-1].copy()], Settings.preset("source-only"))
    assert len(matcher.sources) == len(matcher.own_cues) == 2
