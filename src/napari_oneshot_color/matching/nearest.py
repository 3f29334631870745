"""The cells of some sources that are nearest to each of an image's, and the colours they have."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

__all__ = ["cells_away", "nearest_cells"]

_NEIGHBOURS = 8
_ELSEWHERE = 32_767  # cells away: in another source


def nearest_cells(query: Tensor, features: Tensor, chroma: Tensor, distance: Tensor) -> Tensor:
    """Describe each query's nearest neighbours.

    Parameters
    ----------
    query, features : Tensor
        ``(n, c)`` and ``(m, c)`` float32: what is searched for, and among what.
    chroma : Tensor
        ``(m, 2)`` float32: a* and b* of the latter.
    distance : Tensor
        ``(n, m)`` float32: squared, but for the query's own square; infinite where not wanted.

    Returns
    -------
    Tensor
        ``(n, 4)`` float32: their mean a* and b*, mean distance and spread.
    """
    count = min(_NEIGHBOURS, len(features))
    nearest = distance.topk(count, dim=1, largest=False).indices
    exact = (query[:, None] - features[nearest]).square().sum(-1).sqrt()
    weight = 1 / exact.clamp(min=1e-6)
    weight /= weight.sum(1, keepdim=True)
    colors = chroma[nearest]
    mean = (weight[..., None] * colors).sum(1)
    variance = (weight[..., None] * (colors - mean[:, None]).square()).sum((1, 2))
    return torch.cat([mean, exact.mean(1, keepdim=True), variance.sqrt()[:, None]], 1)


def cells_away(cells: Tensor, source: int, searched: Sequence[Tensor], width: int) -> Tensor:
    """Count how many cells the searched ones are away from some of a source's, at most.

    Parameters
    ----------
    cells : Tensor
        ``(n,)`` int64: their numbers, row by row.
    source : int
        Which of the sources they are of.
    searched : sequence of Tensor
        Of each source, the numbers of those that are searched, ``(m,)`` in all.
    width : int
        Cells in a row of that source.

    Returns
    -------
    Tensor
        ``(n, m)`` int16.
    """
    some, parts = cells[:, None], []
    for number, others in enumerate(searched):
        if number != source:
            elsewhere = torch.full((), _ELSEWHERE, dtype=torch.int16, device=cells.device)
            parts.append(elsewhere.expand(len(cells), len(others)))
            continue
        rows = (some // width).short() - (others // width).short()
        columns = (some % width).short() - (others % width).short()
        parts.append(torch.maximum(rows.abs_(), columns.abs_()))
    return torch.cat(parts, dim=1)
