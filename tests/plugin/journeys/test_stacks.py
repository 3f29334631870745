"""A stack shown in Colorize: trained on the slice in view, and then applied to all."""

import dask.array as da
import numpy as np
import pytest
from shown import as_shown

from napari_oneshot_color import colorize as colorize_headless
from napari_oneshot_color.plugin.runs.session import Session

PLUGIN = "napari-oneshot-color"
MAKE = {
    "numpy": lambda stack: stack,
    "dask": lambda stack: da.from_array(stack, chunks=(1, 48, 64)),
    "four axes": lambda stack: np.stack([stack[::-1], stack]),
}


@pytest.fixture(params=MAKE)
def cells(request, viewer, stack):
    """A stack in the viewer, whose slice 2 is in view."""
    data = MAKE[request.param](stack)
    layer = viewer.add_image(data, name="cells", contrast_limits=(0, 20000))
    viewer.dims.point = (1,) * (data.ndim - 3) + (2, 0, 0)
    return layer


@pytest.fixture
def trained(cells, color_right):
    """The tab after a run on the slice in view."""
    return color_right(cells)


def test_slice_in_view_is_colored(trained, viewer, cells, source, stack, tiny, layer_of):
    index = "1, 2" if cells.ndim == 4 else "2"
    final = layer_of("final")
    assert final.name == f"final · cells [{index}]"
    expected = colorize_headless(source, stack[2], tiny(), target_limits=(0, 20000))
    np.testing.assert_array_equal(final.data, as_shown(expected.final))
    assert f"Slice {index} of 'cells' was used." in final.metadata[PLUGIN]["notes"]


def test_trained_colorizer_colors_the_whole_stack(trained, viewer, cells, open_widget, click):
    apply = open_widget("Apply to more images")
    trained.stack_wanted.connect(apply.color_stack)
    one = viewer.layers[-1]
    button = trained.buttons["Colour the whole stack"]
    assert button.isVisibleTo(trained)
    click(button)
    whole = viewer.layers[-1]
    assert whole.name == "final · cells"
    assert whole.data.shape == (*cells.data.shape, 3)
    assert whole.visible
    assert not one.visible  # it would lie over every slice
    index = (*(1,) * (cells.ndim - 3), 2)
    np.testing.assert_array_equal(whole.data[index].compute(), one.data)
    assert Session.of(viewer).running is None


@pytest.mark.parametrize("kind", ["numpy", "dask"])
def test_button_in_the_window_leads_to_the_whole_stack(
    make_napari_viewer, source, stack, fill, click, finish, until, qtbot, kind
):
    viewer = make_napari_viewer(show=True)
    viewer.add_image(source, rgb=True, name="left")
    viewer.add_image(MAKE[kind](stack), name="cells", contrast_limits=(0, 20000))
    viewer.dims.set_current_step(0, 1)
    _, door = viewer.window.add_plugin_dock_widget(PLUGIN, "Colorize from example")
    panel = door.panel
    fill(panel.colorize)
    until(panel.colorize.controls.button.isEnabled)
    click(panel.colorize.controls.button)
    finish(panel.colorize)
    until(lambda: panel.colorize.result is not None)
    click(panel.colorize.buttons["Colour the whole stack"])
    assert panel.tabs.tabText(panel.tabs.currentIndex()) == "Apply"
    final = viewer.layers["final · cells"]
    assert panel.apply.compute_all.isEnabled()
    whole = final.data.compute()
    viewer.dims.set_current_step(0, 2)
    until(lambda: np.array_equal(np.asarray(final._data_view), whole[2]))
    assert not viewer.layers["final · cells [1]"].visible
    assert viewer.layers["cells"].visible


def test_stack_is_named_before_the_run(viewer, colorize, stack, until):
    assert "slice" not in colorize.controls.sentence.text()
    colorize.target.value = viewer.add_image(stack, name="cells")
    until(lambda: "slice in view" in colorize.controls.sentence.text())
    assert colorize.controls.button.isEnabled()


def test_newly_visible_slice_becomes_the_target(viewer, colorize, stack, until):
    stack[1] = 7
    colorize.target.value = viewer.add_image(stack, name="cells")
    until(colorize.controls.button.isEnabled)
    viewer.dims.set_current_step(0, 1)
    until(lambda: "The target is constant" in colorize.controls.sentence.text())
    viewer.dims.set_current_step(0, 2)
    until(colorize.controls.button.isEnabled)


def test_match_mark_belongs_to_the_slice_in_view(viewer, open_widget, source, until):
    large = np.repeat(np.repeat(source, 3, 0), 3, 1)
    left = viewer.add_image(large, rgb=True, name="left")
    same, noise = large.mean(axis=-1) / 255, np.random.default_rng(0).random(large.shape[:2])
    viewer.add_image(np.stack([same, noise]), name="cells")
    colorize = open_widget("Colorize from example")
    viewer.dims.set_current_step(0, 0)

    def score():
        match = colorize.matches.of(left)
        return getattr(match, "score", None)

    until(lambda: score() is not None)
    alike = score()
    viewer.dims.set_current_step(0, 1)
    until(lambda: score() not in (None, alike))
    assert score() < alike


def test_single_image_offers_no_stack(colorize, run):
    run(colorize)
    assert not colorize.buttons["Colour the whole stack"].isVisibleTo(colorize)


def test_removed_stack_is_no_longer_offered(viewer, color_right, stack):
    cells = viewer.add_image(stack, name="cells")
    trained = color_right(cells)
    button = trained.buttons["Colour the whole stack"]
    assert button.isVisibleTo(trained)
    viewer.layers.remove(cells)
    assert not button.isVisibleTo(trained)
