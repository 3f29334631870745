"""Progress over all targets counts their chunks, and forgets what took no time."""

from tiny_stacks import finish

from napari_oneshot_color.batch.total import Total
from napari_oneshot_color.progress import Progress


def steps(count, total):
    for done in range(count):
        yield Progress("chunks", done, total)
    return True


def test_chunks_of_all_targets_are_counted():
    total = Total([1, 3])
    assert (total.progress().done, total.progress().total) == (0, 4)
    total.end()
    assert (total.progress(2).done, total.progress(2).total) == (3, 4)


def test_a_target_whose_chunks_were_guessed_is_counted_anew():
    total = Total([1, 1])
    assert finish(total.over_all(steps(3, 10)))
    total.end()
    assert total.progress().total == 11
    assert total.progress().done == 10


def test_skipped_targets_do_not_shorten_the_estimate():
    total = Total([100, 100])
    total.skip()
    total.end()
    progress = total.progress(0)
    assert progress.done == 100
    assert progress.seconds_left is None or progress.seconds_left >= 0
