"""The parts of the method that benchmarks name exist."""

import time

from benchmarks.parts import REST, timed
from napari_oneshot_color import colorize


def test_seconds_of_a_run_are_divided_among_its_parts(chroma, scene, grey):
    begin = time.perf_counter()
    with timed() as seconds:
        colorize(scene, grey, chroma(correspondence=True, neighbour_weight=0.25))
    whole = time.perf_counter() - begin
    assert min(seconds.values()) >= 0
    assert 0.5 * whole < sum(seconds.values()) <= whole
    for part in ("training steps", "correspondences by shifts", "uncertainty", REST):
        assert seconds[part] > 0
