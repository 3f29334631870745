"""Before and after: fading the final layer, and bringing all of it back."""

from weakref import ref

import pytest

from napari_oneshot_color.plugin.layers.inputs import Inputs
from napari_oneshot_color.plugin.layers.snapshot import snapshot
from napari_oneshot_color.plugin.runs.comparing import Comparison
from napari_oneshot_color.plugin.runs.finished import Finished
from napari_oneshot_color.plugin.runs.run import Run


@pytest.fixture
def finished(viewer, layers, result):
    left, right = (snapshot(layer) for layer in layers)
    run = Run(viewer.layers, right, {"final"})
    run.show_result(result)
    inputs = Inputs((left,), (1.0,), right)
    target = ref(layers[1].__wrapped__)
    return Finished(inputs, result.colorizer.settings, result.colorizer, run, target=target)


def test_final_layer_fades_over_the_grey_image(viewer, layers, finished):
    final = viewer.layers["final · right"]
    final.opacity, layers[1].visible = 0.8, False
    comparison = Comparison(viewer.layers, finished)
    comparison.show(0.5)
    assert final.opacity == pytest.approx(0.4)
    assert layers[1].visible
    comparison.show(0.0)
    assert final.opacity == 0
    comparison.end()
    assert final.opacity == pytest.approx(0.8)
    assert not layers[1].visible


def test_layers_that_were_removed_meanwhile_do_no_harm(viewer, finished):
    comparison = Comparison(viewer.layers, finished)
    viewer.layers.remove("right")
    comparison.show(0.5)
    viewer.layers.remove("final · right")
    comparison.show(0.2)
    comparison.end()
    assert [layer.name for layer in viewer.layers] == ["left"]
