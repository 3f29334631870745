"""Equations (1) to (3): what the discriminator and the generator are trained for.

The first two take logits, whose sigmoid is the paper's D, because log(1 - sigmoid(x)) loses its
digits where softplus keeps them. A network for chroma is trained for the colour difference alone.
"""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import softplus

__all__ = ["adversarial_loss", "chroma_loss", "discriminator_loss", "reconstruction_loss"]

_LEAST_DIFFERENCE = 0.1  # of ΔE: at 0 the root has no slope


def discriminator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """Equation (1), as a loss: ``-mean[log D(x) + log(1 - D(G(z)))]``.

    Parameters
    ----------
    real_logits, fake_logits : Tensor
        ``(n,)`` float; of source patches and of generated ones.
    """
    return softplus(-real_logits).mean() + softplus(fake_logits).mean()


def adversarial_loss(fake_logits: Tensor, kind: str = "saturating") -> Tensor:
    """First term of equation (2): ``mean[log(1 - D(G(z)))]``.

    Parameters
    ----------
    fake_logits : Tensor
        ``(n,)`` float.
    kind : str
        ``saturating`` as printed, or ``non-saturating``: ``-mean[log D(G(z))]``, which has
        the same optimum and does not flatten out while the discriminator wins.
    """
    if kind == "non-saturating":
        return softplus(-fake_logits).mean()
    return -softplus(fake_logits).mean()


def reconstruction_loss(generated: Tensor, color: Tensor, kind: str = "sum") -> Tensor:
    """Second term of equation (2), the norm of equation (3): ``mean ||G(z) - x||^2_FRO``.

    Parameters
    ----------
    generated, color : Tensor
        ``(n, 3, s, s)`` float in [-1, 1].
    kind : str
        ``sum`` over a patch's elements, as the Frobenius norm says, or their ``mean``.
    """
    squared = (generated - color).square()
    return squared.mean() if kind == "mean" else squared.sum(dim=(1, 2, 3)).mean()


def chroma_loss(generated: Tensor, real: Tensor) -> Tensor:
    """Mean colour difference CIE94 between colours of equal lightness.

    Errors of chroma and of hue count less where the real colour is strong, as for the eye. Like the
    mean absolute error, and unlike the squared one, it prefers a likely colour to a brown mean.

    Parameters
    ----------
    generated, real : Tensor
        ``(n, 2, h, w)`` float32: a* and b*, in CIELAB units.

    Returns
    -------
    Tensor
        Scalar, in units of ΔE; a tenth at least.
    """
    real_chroma, chroma = _chroma(real), _chroma(generated)
    by_chroma = chroma - real_chroma
    by_hue_squared = ((generated - real).square().sum(dim=1) - by_chroma.square()).clamp(min=0)
    difference = (by_chroma / (1 + 0.045 * real_chroma)).square() + by_hue_squared / (
        1 + 0.015 * real_chroma
    ).square()
    return (difference + _LEAST_DIFFERENCE**2).sqrt().mean()


def _chroma(ab: Tensor) -> Tensor:
    return (ab.square().sum(dim=1) + 1e-4).sqrt()
