"""Changes are applied in a fixed order, and unchanged parts are not computed again."""

from dataclasses import replace

import numpy as np
import pytest

from napari_oneshot_color.pair.hints import Hints
from napari_oneshot_color.steering import order
from napari_oneshot_color.steering.changes import Steering
from napari_oneshot_color.steering.fading import fade
from napari_oneshot_color.steering.hinting import apply_hints
from napari_oneshot_color.steering.order import steer, steered
from napari_oneshot_color.steering.recoloring import recolor


@pytest.fixture(scope="module")
def uncertain(vivid):
    """A result whose uncertainty grows to the right; tests must not change it."""
    ramp = np.linspace(0, 30, vivid.regions.shape[1], dtype=np.float32)
    return replace(vivid, uncertainty=np.tile(ramp, (vivid.regions.shape[0], 1)))


@pytest.fixture
def everything(uncertain):
    """Edited regions, one hint, and a threshold."""
    regions = uncertain.regions // 2 + 1
    labels = np.zeros(uncertain.target.shape, np.uint8)
    labels[10:14, 20:24] = 1
    return Steering(
        regions=regions,
        region_colors={int(regions[0, 0]): (0.0, 0.0, 1.0)},
        regions_excluded=(int(regions[-1, -1]),),
        hints=Hints(labels, {1: (0.9, 0.2, 0.1)}),
        threshold=12.0,
    )


@pytest.fixture
def done(monkeypatch):
    """List the changes that are applied, in order."""
    listed = []

    def noting(name, act):
        def noted(*args):
            listed.append(name)
            return act(*args)

        return noted

    for name in ("recolor", "apply_hints", "fade"):
        monkeypatch.setattr(order, name, noting(name, getattr(order, name)))
    return listed


def test_regions_come_first_then_hints_then_fading(uncertain, everything, done):
    found = steered(uncertain, everything)
    assert done == ["recolor", "apply_hints", "fade"]
    regions, colors = everything.regions, everything.region_colors
    edited = recolor(uncertain, regions, colors, everything.regions_excluded)
    expected = fade(apply_hints(edited, everything.hints), 12.0)
    np.testing.assert_array_equal(found.final, expected.final)
    assert found.record == expected.record


def test_without_changes_the_result_itself_is_returned(uncertain, done):
    assert steered(uncertain, Steering()) is uncertain
    assert done == []


@pytest.mark.parametrize(
    ("change", "again"),
    [
        ({"threshold": 9.0}, ["fade"]),
        ({"threshold": None}, []),
        ({"hints": None}, ["fade"]),
        ({"region_colors": {}}, ["recolor", "apply_hints", "fade"]),
        ({"regions_excluded": ()}, ["recolor", "apply_hints", "fade"]),
        ({"regions": None}, ["apply_hints", "fade"]),
    ],
    ids=lambda one: "+".join(one) if isinstance(one, dict) else "",
)
def test_unchanged_parts_are_not_computed_again(uncertain, everything, done, change, again):
    last = steer(uncertain, everything)
    done.clear()
    wanted = replace(everything, **change)
    found = steer(uncertain, wanted, last).final
    assert done == again
    np.testing.assert_array_equal(found.final, steered(uncertain, wanted).final)


def test_changes_of_another_result_are_not_reused(uncertain, everything, done):
    last = steer(uncertain, everything)
    done.clear()
    steer(replace(uncertain), everything, last)
    assert done == ["recolor", "apply_hints", "fade"]
