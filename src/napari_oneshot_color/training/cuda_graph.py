"""CUDA graphs: a training step that is recorded once and then replayed, without the host."""

from __future__ import annotations

import logging
from typing import Protocol

import torch
from torch import Tensor

__all__ = ["Recordable", "Repeated"]

WARM_UP = 11  # steps before the recording: batch norm's momentum changes for ten
_log = logging.getLogger(__name__)


class Recordable(Protocol):
    """A training whose step has a part for the host and a part for the device."""

    def step(self) -> Tensor:
        """Prepare and compute."""
        ...

    def prepare(self) -> None:
        """Set what changes from step to step: the learning rate, batch norm's momentum."""

    def compute(self) -> Tensor:
        """Train on one batch, on the device alone: no copy from the host, no wait for a value."""
        ...

    @property
    def generators(self) -> list[torch.Generator]:
        """Random generators that `compute` draws from, on the device."""
        ...


class Repeated:
    """Takes steps of a training: eagerly, or by replaying a CUDA graph.

    Both do the same: the graph holds the very kernels of an eager step, and draws from the same
    generators. If a step cannot be recorded, all steps are eager, and a log message says so.

    Parameters
    ----------
    training : Recordable
        What is trained.
    device : torch.device
        Where.
    record : bool
        Whether to record; without effect on devices other than CUDA.
    """

    def __init__(self, training: Recordable, device: torch.device, *, record: bool) -> None:
        self._training = training
        self._records = record and device.type == "cuda"
        self._device = device
        self._graph: torch.cuda.CUDAGraph | None = None
        self._losses: Tensor | None = None
        self._done = 0

    @property
    def is_recorded(self) -> bool:
        """Whether steps are replayed from now on."""
        return self._graph is not None

    def step(self) -> Tensor:
        """Train on one batch.

        Returns
        -------
        Tensor
            ``(4,)`` float32 on the device; the next step may overwrite it.
        """
        self._done += 1
        if not self._records or self._done <= WARM_UP:
            return self._training.step()
        self._training.prepare()
        if self._graph is None:
            self._record()
        if self._graph is None:
            return self._training.compute()
        self._graph.replay()
        assert self._losses is not None
        return self._losses

    def _record(self) -> None:
        graph = torch.cuda.CUDAGraph()
        for generator in self._training.generators:
            graph.register_generator_state(generator)
        try:
            # thread_local: the viewer's thread may use the GPU meanwhile
            with (
                torch.cuda.device(self._device),
                torch.cuda.graph(graph, capture_error_mode="thread_local"),
            ):
                self._losses = self._training.compute()
        except RuntimeError as error:
            self._records = False
            _log.warning("The training step was not recorded as a CUDA graph: %s", error)
            return
        self._graph = graph
