"""Uncertainty is shown as a layer and as a message, and uncertain colours fade by the slider."""

from dataclasses import replace

import numpy as np
import pytest
from shown import as_shown

from napari_oneshot_color.pair.hints import Hints
from napari_oneshot_color.plugin.layers.kinds import LAYERS
from napari_oneshot_color.plugin.layers.snapshot import snapshot
from napari_oneshot_color.plugin.runs import steered
from napari_oneshot_color.plugin.runs.run import Run
from napari_oneshot_color.plugin.runs.session import Session
from napari_oneshot_color.steering.fading import fade, faded_sample
from napari_oneshot_color.steering.hinting import apply_hints

PLUGIN = "napari-oneshot-color"
TITLE = "Where to trust it"


@pytest.fixture
def show(viewer, layers):
    """Show a result as a finished run, with some of its layers."""

    def as_run(result, kinds=("final",), number=1):
        run = Run(viewer.layers, snapshot(layers[1]), set(kinds), number)
        run.show_result(result)
        Session.of(viewer).add(run)
        return run

    return as_run


@pytest.fixture
def finished(show, uncertain):
    return show(uncertain, LAYERS)


@pytest.fixture
def tab(finished, open_widget, threads_end):
    """The tab "Trust" in a viewer with a finished run."""
    yield open_widget(TITLE)
    threads_end()


@pytest.fixture
def shows(until, layer_of, finished):
    """Wait until the layers show a result."""

    def wait(expected, threshold):
        until(lambda: finished.obeyed.threshold == threshold)
        np.testing.assert_array_equal(layer_of("final").data, as_shown(expected.final))
        for channel, kind in enumerate(("L*", "a*", "b*")):
            np.testing.assert_array_equal(layer_of(kind).data, expected.lab[..., channel])

    return wait


@pytest.fixture
def hints():
    labels = np.zeros((48, 64), np.uint8)
    labels[15:25, 25:35] = 1
    return Hints(labels, {1: (0.8, 0.3, 0.25)})


# --- fading ---------------------------------------------------------------------------------


def test_slider_fades_what_is_more_uncertain(tab, shows, uncertain, layer_of):
    assert tab.trust.text.text() == "Off"
    tab.trust.slider.setValue(105)
    assert tab.trust.text.text() == "10.5"
    shows(fade(uncertain, 10.5), 10.5)
    assert layer_of("final").metadata[PLUGIN]["faded_above"] == 10.5


def test_slider_at_its_right_end_fades_nothing(tab, shows, uncertain, finished):
    tab.trust.slider.setValue(0)
    shows(fade(uncertain, 0), 0)
    tab.trust.slider.setValue(tab.trust.slider.maximum())
    shows(uncertain, None)
    assert finished.shown is finished.result


def test_dragged_slider_ends_where_it_is_released(tab, shows, uncertain):
    tab.trust.slider.setSliderDown(True)
    for value in range(250, 100, -1):
        tab.trust.slider.setValue(value)
    tab.trust.slider.setSliderDown(False)
    shows(fade(uncertain, 10.1), 10.1)


def test_large_result_is_coarser_while_dragging_and_complete_after(
    tab, shows, uncertain, until, layer_of, corners, monkeypatch, finished
):
    monkeypatch.setattr(steered, "_IN_TIME", 48 * 64 / 8)
    final = layer_of("final")
    final.scale, final.translate = (0.5, 2), (9, -4)
    places, before = corners(final), final.data
    tab.trust.slider.setSliderDown(True)
    tab.trust.slider.setValue(100)
    coarse = as_shown(faded_sample(uncertain, 10.0, 3))
    assert coarse.shape == (16, 21, 3)
    until(lambda: np.array_equal(final.data, coarse))
    np.testing.assert_allclose(final.data_to_world((0, 0)), (9 + 0.5, -4 + 2))
    np.testing.assert_allclose(corners(final)[-1], places[-1], atol=2.1)
    assert finished.shown is uncertain
    tab.trust.slider.setSliderDown(False)
    shows(fade(uncertain, 10.0), 10.0)
    np.testing.assert_allclose(corners(final), places)
    tab.trust.slider.setSliderDown(True)
    tab.trust.slider.setValue(120)
    until(lambda: final.data.shape == coarse.shape)
    tab.trust.slider.setValue(100)
    tab.trust.slider.setSliderDown(False)
    assert final.data.shape == before.shape
    np.testing.assert_allclose(corners(final), places)


def test_hinted_result_fades(tab, finished, hints, shows, uncertain):
    finished.set_hints(hints)
    tab.trust.slider.setValue(100)
    hinted = apply_hints(uncertain, hints)
    shows(fade(hinted, 10.0), 10.0)
    tab.trust.slider.setValue(150)
    shows(fade(hinted, 15.0), 15.0)


def test_fading_is_undone_with_the_slider(tab, finished, shows, uncertain):
    tab.trust.slider.setValue(100)
    shows(fade(uncertain, 10.0), 10.0)
    tab.trust.slider.setValue(50)
    shows(fade(uncertain, 5.0), 5.0)
    finished.undo()
    assert tab.trust.text.text() == "10.0"
    shows(fade(uncertain, 10.0), 10.0)
    finished.undo()
    assert tab.trust.text.text() == "Off"
    shows(uncertain, None)
    finished.redo()
    shows(fade(uncertain, 10.0), 10.0)


def test_result_without_uncertainty_does_not_fade(show, vivid, open_widget):
    show(vivid)
    tab = open_widget(TITLE)
    assert tab.run.native.currentText() == "final · right"
    assert not tab.trust.isEnabled()
    assert tab.trust.isHidden() or tab.trust.parent().isHidden()
    assert "This preset gives no estimate of how reliable" in tab.sentence.text()


def test_each_run_keeps_its_own_threshold(tab, show, uncertain, finished):
    tab.trust.slider.setValue(100)
    second = show(uncertain, number=2)
    assert tab.run.value is second
    assert tab.trust.text.text() == "Off"
    tab.run.value = finished
    assert tab.trust.text.text() == "10.0"


def test_newest_run_is_selected_and_without_a_run_the_tab_explains_what_to_do(
    open_widget, show, uncertain
):
    tab = open_widget(TITLE)
    assert "There is no result yet" in tab.sentence.text()
    run = show(uncertain)
    assert tab.run.value is run
    assert tab.trust.isEnabled()


# --- on top of the result -------------------------------------------------------------------


def test_uncertainty_is_shown_half_transparent_over_the_result(
    viewer, show, uncertain, open_widget, layer_of
):
    show(uncertain)
    tab = open_widget(TITLE)
    tab.overlay.click()
    layer = layer_of("uncertainty")
    np.testing.assert_array_equal(layer.data, uncertain.uncertainty)
    assert layer.colormap.name == "magma"
    assert layer.contrast_limits == [0, 30]
    assert (layer.visible, layer.opacity) == (True, 0.5)
    tab.overlay.click()
    assert not layer.visible
    layer.opacity = 0.8
    tab.overlay.click()
    assert (layer.visible, layer.opacity) == (True, 0.8)
    viewer.layers.remove(layer.name)
    assert not tab.overlay.isChecked()
    tab.overlay.click()
    assert layer_of("uncertainty").visible


def test_box_follows_the_visibility_in_the_layer_list(tab, layer_of):
    layer = layer_of("uncertainty")
    layer.visible = True
    assert tab.overlay.isChecked()
    layer.visible = False
    assert not tab.overlay.isChecked()


def test_uncertainty_comes_above_the_final_layer_and_below_the_hints(viewer, tab, click, names):
    viewer.add_labels(np.zeros((48, 64), int), name="hints")
    assert names().index("uncertainty · right") < names().index("final · right")
    for _ in range(3):
        tab.overlay.click()
        assert names()[-3:] == ["final · right", "uncertainty · right", "hints"]


def test_hints_reduce_the_displayed_uncertainty(tab, finished, hints, uncertain, until, click):
    tab.overlay.click()
    finished.set_hints(hints)
    until(lambda: finished.obeyed.hints is hints)
    expected = apply_hints(uncertain, hints).uncertainty
    np.testing.assert_array_equal(finished.layers.uncertainty.data, expected)
    assert expected[20, 30] < uncertain.uncertainty[20, 30]


# --- in words -------------------------------------------------------------------------------


def test_message_contains_all_reasons(show, uncertain, open_widget):
    record = uncertain.record.replace(novelty=1.3, clipped_fraction=0.042)
    show(replace(uncertain, record=record))
    said = open_widget(TITLE).sentence.text()
    half, most = np.percentile(uncertain.uncertainty, (50, 90))
    assert f"below {half:.1f} in half of the pixels, and below {most:.1f} in nine tenths" in said
    assert "differs from the source 1.3 times" in said
    assert "4.2% of the pixels are paler" in said
    assert "trust" in said  # the ramp's median is above what is warned of


def test_reliable_result_is_called_reliable(show, uncertain, open_widget):
    show(replace(uncertain, uncertainty=uncertain.uncertainty / 10))
    assert open_widget(TITLE).sentence.text().startswith("Looks reliable as a whole.")


def test_run_without_its_final_layer_is_not_offered(viewer, tab, finished):
    viewer.layers.remove("final · right")
    assert tab.run.native.count() == 0
    assert finished in Session.of(viewer).runs


def test_renamed_layer_stays_chosen(tab, layer_of):
    layer_of("final").name = "picture"
    assert tab.run.native.currentText() == "picture"
