"""Finds the cells of some sources that are nearest to those of an image, and their colours."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

__all__ = ["cells_away", "nearest_cells"]

_NEIGHBOURS = 8
_ELSEWHERE = 32_767  # cells: the distance to cells of another source


def nearest_cells(query: Tensor, features: Tensor, chroma: Tensor, distance: Tensor) -> Tensor:
    """Describe each query's nearest neighbours.

    Parameters
    ----------
    query, features : Tensor
        ``(n, c)`` and ``(m, c)`` float32: the cells to look up, and those to search.
    chroma : Tensor
        ``(m, 2)`` float32: a* and b* of the latter.
    distance : Tensor
        ``(n, m)`` float32: squared, less the query's squared norm; infinite for excluded cells.

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
    """Return the Chebyshev distance, in cells, of the searched cells from some of a source.

    Parameters
    ----------
    cells : Tensor
        ``(n,)`` int64: their indices, row by row.
    source : int
        Index of their source.
    searched : sequence of Tensor
        For each source, the indices of its searched cells; m in all.
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
