"""Sentences about the reliability of a result, its uncertainty and its clipping."""

from dataclasses import replace

import numpy as np

from napari_oneshot_color.plugin.runs.verdict import verdict


def with_record(result, factor=1.0, **changes):
    uncertainty = None if factor is None else result.uncertainty * np.float32(factor)
    return replace(result, uncertainty=uncertainty, record=result.record.replace(**changes))


def test_certain_result_is_called_reliable(uncertain):
    said = verdict(with_record(uncertain, 0.1, novelty=1.0, clipped_fraction=0.0))
    assert said[0] == "Looks reliable as a whole."
    assert "half of the pixels" in said[1].lower()
    assert "differs from the source 1.0 times" in said[2]
    assert len(said) == 3


def test_uncertain_result_is_not_called_reliable(uncertain):
    assert verdict(with_record(uncertain, 3.0))[0] != "Looks reliable as a whole."


def test_result_without_an_estimate_explains_why(uncertain):
    said = verdict(with_record(uncertain, None, novelty=None, clipped_fraction=0.25))
    assert said[0].startswith("This preset gives no estimate of how reliable")
    assert said[1].startswith("25.0% of the pixels are paler")


def test_very_small_clipped_share_is_not_shown_as_zero(uncertain):
    assert verdict(with_record(uncertain, clipped_fraction=1e-6))[-1].startswith(
        "0.1% of the pixels"
    )
