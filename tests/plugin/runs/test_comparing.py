"""Before and after: fading the final layer, and restoring it."""

import pytest

from napari_oneshot_color.plugin.runs.comparing import Comparison


def test_final_layer_fades_over_the_grey_image(viewer, layers, completed):
    final = viewer.layers["final · right"]
    final.opacity, layers[1].visible = 0.8, False
    comparison = Comparison(viewer.layers, completed)
    comparison.show(0.5)
    assert final.opacity == pytest.approx(0.4)
    assert layers[1].visible
    comparison.show(0.0)
    assert final.opacity == 0
    comparison.end()
    assert final.opacity == pytest.approx(0.8)
    assert not layers[1].visible


def test_layers_removed_in_the_meantime_do_no_harm(viewer, completed):
    comparison = Comparison(viewer.layers, completed)
    viewer.layers.remove("right")
    comparison.show(0.5)
    viewer.layers.remove("final · right")
    comparison.show(0.2)
    comparison.end()
    assert [layer.name for layer in viewer.layers] == ["left"]
