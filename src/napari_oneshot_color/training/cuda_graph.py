"""CUDA graphs: a training step is recorded once and then replayed without the host."""

from __future__ import annotations

import logging
from typing import Protocol

import torch
from torch import Tensor

__all__ = ["Recordable", "Repeated"]

WARM_UP = 11  # steps before the recording; batch norm's momentum changes in the first ten
_log = logging.getLogger(__name__)


class Recordable(Protocol):
    """A training whose step consists of a host part and a device part."""

    def step(self) -> Tensor:
        """Run `prepare` and `compute`."""
        ...

    def prepare(self) -> None:
        """Set what changes from step to step: the learning rate, batch norm's momentum."""

    def compute(self) -> Tensor:
        """Train on one batch, on the device only: no copies from the host, no synchronisation."""
        ...

    @property
    def generators(self) -> list[torch.Generator]:
        """The random generators that `compute` uses on the device."""
        ...


class Repeated:
    """Runs the steps of a training, eagerly or by replaying a CUDA graph.

    Both give the same results: the graph contains the kernels of an eager step and uses the same
    random generators. If a step cannot be recorded, all steps are eager, and a message is logged.

    Parameters
    ----------
    training : Recordable
        The training.
    device : torch.device
        Its device.
    record : bool
        Whether to record; has no effect on devices other than CUDA.
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
        """Whether steps are now replayed."""
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
            # thread_local: the viewer's thread may also use the GPU
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
