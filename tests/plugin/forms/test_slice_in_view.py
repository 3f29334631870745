"""The form follows the slice in view, once the sliders rest."""

import numpy as np
import pytest
from qtpy.QtWidgets import QWidget

from napari_oneshot_color.plugin.forms.slice_in_view import SliceInView


@pytest.fixture
def view(viewer, stack, qtbot):
    """The slices of a layer, and how often a change of the slice in view was reported."""
    layer = viewer.add_image(np.concatenate([stack] * 3), name="cells")
    parent = QWidget()
    qtbot.addWidget(parent)
    made = SliceInView(viewer, lambda: layer, parent)
    made.layer, made.told, made.form = layer, [], parent
    made.changed.connect(lambda: made.told.append(made.index(layer)))
    return made


def test_slices_passed_quickly_are_not_reported(view, viewer, until):
    for step in range(1, 8):
        viewer.dims.set_current_step(0, step)
    assert view.told == []
    until(lambda: view.told == [(7,)])


def test_slice_that_stays_is_reported_once(view, viewer, until, qtbot):
    viewer.dims.set_current_step(0, 3)
    until(lambda: view.told == [(3,)])
    viewer.dims.set_current_step(0, 0)
    viewer.dims.set_current_step(0, 3)
    viewer.dims.set_current_step(1, 9)  # no axis of slices
    qtbot.wait(300)
    assert view.told == [(3,)]


def test_layer_is_used_as_in_view(view, viewer, stack):
    viewer.dims.set_current_step(0, 4)
    np.testing.assert_array_equal(view.take(view.layer).data, stack[1])
    assert view.index(view.layer) == (4,)
    assert view.index(None) == ()
