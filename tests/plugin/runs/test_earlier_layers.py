"""Layers are brought back to what they were before a run that failed."""

import numpy as np
import pytest

from napari_oneshot_color.plugin.runs.earlier_layers import EarlierLayers


@pytest.fixture
def layer(viewer, vivid):
    final = (vivid.final * 255).astype(np.uint8)
    return viewer.add_image(final, rgb=True, name="final", metadata={"of": "before"})


def test_noted_state_is_restored(layer):
    before = EarlierLayers({"final": layer})
    pixels = layer.data
    before.note("final", layer)
    layer.visible = False
    layer.data = np.zeros((9, 9, 3), np.float32)
    layer.contrast_limits, layer.scale, layer.translate = (0, 0.5), (3, 4), (5, 6)
    layer.metadata = {"of": "the run"}
    before.bring_back("final", layer)
    assert layer.visible
    assert layer.data is pixels
    assert layer.contrast_limits == [0, 255]
    assert (layer.scale.tolist(), layer.translate.tolist()) == ([1, 1], [0, 0])
    assert layer.metadata == {"of": "before"}


def test_first_note_counts(layer):
    before = EarlierLayers({"final": layer})
    before.note("final", layer)
    layer.metadata = {"of": "the run"}
    before.note("final", layer)
    before.bring_back("final", layer)
    assert layer.metadata == {"of": "before"}


def test_untouched_properties_keep_their_current_value(layer):
    before = EarlierLayers({"final": layer})
    layer.visible, layer.metadata = False, {"of": "a hint"}
    before.bring_back("final", layer)
    assert layer.visible
    assert layer.metadata == {"of": "a hint"}


def test_layers_of_the_run_itself_are_not_among_them(layer):
    before = EarlierLayers({"final": layer})
    assert "final" in before
    assert "tiles" not in before
    before.note("tiles", layer)
    with pytest.raises(KeyError):
        before.bring_back("tiles", layer)
