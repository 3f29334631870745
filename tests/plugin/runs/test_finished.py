"""A run that has ended is called by its target, and is kept while its layers are there."""

from dataclasses import replace

import pytest

from napari_oneshot_color.plugin.layers.inputs import Inputs
from napari_oneshot_color.plugin.layers.snapshot import snapshot
from napari_oneshot_color.plugin.runs.finished import Finished
from napari_oneshot_color.plugin.runs.run import Run


@pytest.fixture
def inputs(layers):
    left, right = (snapshot(layer) for layer in layers)
    return Inputs((left,), (1.0,), right)


@pytest.fixture
def finish(viewer, inputs, result):
    """Finish a run with its final layer alone."""

    def do(number=1, before=None):
        run = Run(viewer.layers, inputs.target, {"final"}, number, before)
        run.show_result(result)
        return Finished(inputs, result.colorizer.settings, result.colorizer, run)

    return do


def test_title_is_that_of_the_layers(finish):
    assert finish().title == "right"
    assert finish(2).title == "right · run 2"


def test_failed_run_has_a_title_but_no_result(inputs, result, finish):
    failed = Finished(
        inputs, result.colorizer.settings, result.colorizer, remark=", last good state"
    )
    assert failed.title == "right, last good state"
    assert failed.result is None
    assert failed.is_kept_beside(finish())


def test_result_is_the_displayed_one(finish, result, until):
    finished = finish()
    assert finished.result is result
    run = finished.run
    run.set_regions(result.regions // 2 + 1, {}, ())
    until(lambda: finished.result is not result)
    assert finished.result is run.shown


def test_run_is_kept_unless_it_is_replaced_or_removed(finish, viewer):
    first, second = finish(), finish(2)
    assert first.is_kept_beside(second)
    assert not first.is_kept_beside(finish(before=first.run))
    assert second.is_kept_beside(first)
    viewer.layers.remove("final 2 · right")
    assert not second.is_kept_beside(first)


@pytest.mark.parametrize(
    ("novelty", "words", "first"),
    [
        (None, "looks reliable", "Looks reliable as a whole."),
        (2.0, "looks reliable", "Looks reliable as a whole."),
        (9.0, "do not trust it yet", "Do not trust these colours"),
    ],
)
def test_verdict_is_short_and_has_its_reasons(viewer, inputs, uncertain, novelty, words, first):
    sure = replace(uncertain, uncertainty=uncertain.uncertainty * 0)
    judged = replace(sure, record=sure.record.replace(novelty=novelty))
    run = Run(viewer.layers, inputs.target, {"final"})
    run.show_result(judged)
    finished = Finished(inputs, judged.colorizer.settings, judged.colorizer, run)
    verdict, reasons = finished.verdict()
    assert verdict == words
    assert reasons.startswith(first)


def test_result_without_an_estimate_is_not_judged(finish, inputs, result):
    verdict, reasons = finish().verdict()
    assert verdict == "not judged"
    assert reasons.startswith("This preset gives no estimate of how reliable")
    failed = Finished(inputs, result.colorizer.settings, result.colorizer)
    assert failed.verdict() == ("", "")
