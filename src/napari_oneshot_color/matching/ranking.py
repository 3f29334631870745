"""Ranks candidate sources by how much they have in common with a target, before any run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from napari_oneshot_color.matching.descriptor import find_descriptor
from napari_oneshot_color.matching.likeness import SEEN_AT, likeness, seen_from_afar
from napari_oneshot_color.pair.prepare import Source, prepare_source, prepare_target
from napari_oneshot_color.pixels.color import luminance
from napari_oneshot_color.settings import Settings
from napari_oneshot_color.settings.fixed import DESCRIPTORS
from napari_oneshot_color.types import AnyArray, Image, Limits

__all__ = ["SAME", "SIMILAR", "Match", "Ranking", "rank_sources"]

SAME, SIMILAR = 0.62, 0.46
"""Lowest scores of sources that show the same thing, or similar things.

Measured on 25 pairs of photographs of the same thing from another place, day or camera, which
score 0.47 to 0.85, and on 576 mixed pairs of different things, which score 0.19 to 0.57. `SAME` is
reached by 13 of the 25 and by no mixed pair; `SIMILAR` by all 25, and by 9 % of the mixed pairs.
"""

_FINE = 4 * SEEN_AT  # px: short side to which larger images are subsampled first
_CPU = torch.device("cpu")


@dataclass(frozen=True)
class Match:
    """How well a source suits a target.

    Attributes
    ----------
    score : float
        From about 0.2 for images that have nothing in common to 1 for the target itself.
    """

    score: float

    @property
    def is_same(self) -> bool:
        """Whether the source seems to show the very thing that the target does."""
        return self.score >= SAME

    @property
    def words(self) -> str:
        """The score in a few words."""
        if self.is_same:
            return "shows the same thing"
        return "similar" if self.score >= SIMILAR else "little in common"

    @property
    def advice(self) -> str:
        """What to expect, in a sentence."""
        if self.is_same:
            return "It shows the same thing, or nearly: expect good colours."
        if self.score >= SIMILAR:
            return "It shows similar things: expect their colours, but check the uncertain ones."
        return "It has little in common with the target: do not expect its colours to be right."


class Ranking:
    """Compares candidate sources with one target.

    EfficientNet-Lite0 is shown each image with a short side of 128 px. Every place of one image is
    compared with its most similar place in the other, and vice versa, by the cosine between the
    activations; the score is the mean. Colours do not matter, and nothing is trained.

    Parameters
    ----------
    target : ndarray
        As in `pipeline.colorize`; of a colour image, the luminance is used.
    limits : tuple of float, optional
        Values of the target that are black and white.
    device : torch.device
        Where to compute.

    Raises
    ------
    BadPairError
        If the image cannot be a target.
    MissingDescriptorError
        If the descriptor's weights are not installed.
    """

    def __init__(
        self, target: AnyArray, limits: Limits | None = None, device: torch.device = _CPU
    ) -> None:
        [name] = DESCRIPTORS
        descriptor = find_descriptor(name, device)
        assert descriptor is not None
        self._descriptor, self._device = descriptor, device
        self._settings = Settings.preset("instant", working_size=SEEN_AT, target_luminance=True)
        grey = prepare_target(_thinned(target), self._settings, limits).working
        self._own = self._described(grey)

    def match(self, source: Source) -> Match:
        """Compare one candidate with the target; a tenth of a second on one core.

        Raises
        ------
        BadPairError
            If the image cannot be a source.
        """
        seen = prepare_source(
            _thinned(source.image), self._settings, source.limits, source.name
        ).working
        return Match(likeness(self._own, self._described(luminance(seen))))

    def _described(self, grey: Image) -> list[Tensor]:
        return seen_from_afar(grey, self._descriptor, self._device)


def rank_sources(
    target: AnyArray, sources: Iterable[Source], limits: Limits | None = None
) -> list[tuple[Source, Match]]:
    """Sort candidate sources by how well they suit a target, the best first.

    Nothing is trained or coloured, so each takes only a fraction of a second.

    Parameters
    ----------
    target : ndarray
        ``(H, W)``, or ``(H, W, 3)``, of which the luminance is used. Any real dtype.
    sources : iterable of Source
        The candidates, taken one after another.
    limits : tuple of float, optional
        Values of the target that are black and white.

    Returns
    -------
    list of tuple
        The sources, each with its `Match`.

    Raises
    ------
    BadPairError
        If an image cannot be a target or a source.
    MissingDescriptorError
        If the descriptor's weights are not installed.
    """
    ranking = Ranking(target, limits)
    found = [(source, ranking.match(source)) for source in sources]
    return sorted(found, key=lambda one: one[1].score, reverse=True)


def _thinned(image: AnyArray) -> AnyArray:
    """Subsample a large image; it is shrunk properly afterwards."""
    image = image if isinstance(image, np.ndarray) else np.asarray(image)
    if image.ndim < 2:
        return image  # the error is reported later
    step = max(1, min(image.shape[:2]) // _FINE)
    thin: NDArray[np.generic] = image[::step, ::step]
    return thin
