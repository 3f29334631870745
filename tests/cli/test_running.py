"""Progress bars: the stage, the losses and the time left, and signals handed back."""

import io
import signal
from types import SimpleNamespace

import pytest
from rich.console import Console

from napari_oneshot_color import progress as progress_module
from napari_oneshot_color.cli.running import watch
from napari_oneshot_color.progress import Losses, Progress


def steps(stop):
    losses = Losses(0.5234, 1234.5, -0.523, 1235.0)
    yield Progress("training", 0, 384, epoch=1)
    yield Progress("training", 120, 384, epoch=2, seconds_left=65.2, losses=losses)
    yield Progress("tiles", 1024, 1024)
    return "done"


def shown(width):
    buffer = io.StringIO()
    result = watch(steps, Console(file=buffer, width=width, force_terminal=True))
    return result, buffer.getvalue()


def test_progress_bars_return_the_result_of_the_run():
    assert shown(160)[0] == "done"


@pytest.mark.parametrize("width", [160, 80])
def test_bars_show_stage_count_time_left_and_losses(width):
    _, text = shown(width)
    for words in ("Training", "120/384", "1:05 left", "epoch 2", "0.523", "1234.5", "-0.52"):
        assert words in text
    assert "Colouring tiles" in text
    assert "1024/1024" in text


def test_log_gets_lines_instead_of_progress_bars(monkeypatch):
    seconds = iter(range(0, 1000, 10))
    time = SimpleNamespace(perf_counter=lambda: next(seconds))
    monkeypatch.setattr(progress_module, "time", time)
    buffer = io.StringIO()
    watch(steps, Console(file=buffer, width=160))
    first, second, third = buffer.getvalue().splitlines()
    assert first == "Training  0/384"
    for words in ("Training  120/384", "1:05 left", "epoch 2", "0.523", "1234.5", "-0.52"):
        assert words in second
    assert third == "Colouring tiles  1024/1024"


def test_signal_handlers_are_restored_after_a_run_and_after_an_error():
    before = signal.getsignal(signal.SIGINT)
    shown(80)
    assert signal.getsignal(signal.SIGINT) is before

    def failing(stop):
        yield Progress("training", 0, 1)
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        watch(failing, Console(file=io.StringIO()))
    assert signal.getsignal(signal.SIGINT) is before


def test_first_interrupt_sets_the_stop_event_and_the_second_quits():
    stops = []

    def interrupted(stop):
        yield Progress("training", 0, 10)
        stops.append(stop.is_set())
        signal.raise_signal(signal.SIGINT)
        stops.append(stop.is_set())
        yield Progress("training", 1, 10)
        signal.raise_signal(signal.SIGINT)
        yield Progress("training", 2, 10)

    buffer = io.StringIO()
    with pytest.raises(KeyboardInterrupt):
        watch(interrupted, Console(file=buffer, width=100))
    assert stops == [False, True]
    assert "Press Ctrl-C again to quit" in buffer.getvalue()
