"""Recorded steps: when they are recorded, replayed, or run without a recording.

There is no GPU here: a stand-in for the graph notes what it is given and replays it.
"""

import contextlib

import pytest
import torch

from napari_oneshot_color import Settings
from napari_oneshot_color.training.cuda_graph import WARM_UP, Repeated
from napari_oneshot_color.training.step import learning_rate

CUDA = torch.device("cuda", 0)


class Counting:
    """A training that records its calls."""

    def __init__(self, refuses=False):
        self.calls = []
        self.generators = [torch.Generator()]
        self._refuses = refuses
        self.recording = False

    def step(self):
        self.prepare()
        return self.compute()

    def prepare(self):
        self.calls.append("prepare")

    def compute(self):
        self.calls.append("compute")
        if self.recording and self._refuses:
            raise RuntimeError("operation not permitted when stream is capturing")
        return torch.ones(4)


@pytest.fixture
def fake(monkeypatch):
    """Replace CUDA's graphs, and return what happened to them."""
    happened = []

    class Graph:
        def register_generator_state(self, generator):
            happened.append(generator)

        def replay(self):
            happened.append("replay")

    @contextlib.contextmanager
    def record(graph, capture_error_mode):
        happened.append(capture_error_mode)
        for training in trainings:
            training.recording = True
        yield
        happened.append("recorded")

    trainings = []
    monkeypatch.setattr(torch.cuda, "CUDAGraph", Graph)
    monkeypatch.setattr(torch.cuda, "graph", record)
    monkeypatch.setattr(torch.cuda, "device", lambda device: contextlib.nullcontext())
    happened_in = trainings.append
    return happened, happened_in


def test_steps_are_eager_on_a_cpu_even_if_a_graph_is_asked_for():
    training = Counting()
    repeated = Repeated(training, torch.device("cpu"), record=True)
    for _ in range(WARM_UP + 3):
        repeated.step()
    assert training.calls == ["prepare", "compute"] * (WARM_UP + 3)


def test_steps_are_eager_if_no_graph_is_asked_for(fake):
    training = Counting()
    repeated = Repeated(training, CUDA, record=False)
    for _ in range(WARM_UP + 3):
        repeated.step()
    assert training.calls == ["prepare", "compute"] * (WARM_UP + 3)
    assert fake[0] == []


def test_step_is_recorded_once_after_the_warm_up_and_then_replayed(fake):
    happened, add = fake
    training = Counting()
    add(training)
    repeated = Repeated(training, CUDA, record=True)
    for _ in range(WARM_UP):
        repeated.step()
    assert happened == []
    for _ in range(3):
        assert torch.equal(repeated.step(), torch.ones(4))
    assert happened == [training.generators[0], "thread_local", "recorded", *["replay"] * 3]
    assert training.calls.count("prepare") == WARM_UP + 3  # the learning rate moves on
    assert training.calls.count("compute") == WARM_UP + 1


def test_step_that_cannot_be_recorded_stays_eager(fake, caplog):
    happened, add = fake
    training = Counting(refuses=True)
    add(training)
    repeated = Repeated(training, CUDA, record=True)
    for _ in range(WARM_UP):
        repeated.step()
    training.compute = lambda: torch.zeros(4) if not training.recording else _refuse(training)
    assert torch.equal(repeated.step(), torch.zeros(4))
    assert "replay" not in happened
    assert "was not recorded" in caplog.text


def _refuse(training):
    training.recording = False  # only while recording
    raise RuntimeError("operation not permitted when stream is capturing")


def test_rate_that_a_graph_reads_is_a_tensor_that_is_written_in_place():
    from napari_oneshot_color.training import step

    rate = torch.tensor(1.0)
    optimizer = torch.optim.Adam([torch.nn.Parameter(torch.zeros(1))], lr=rate, capturable=True)
    settings = Settings.preset("best")
    step._set_rate(optimizer, settings, 5)
    assert optimizer.param_groups[0]["lr"] is rate
    assert rate.item() == pytest.approx(learning_rate(settings, 5))
