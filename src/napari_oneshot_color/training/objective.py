"""The objectives: equations (1) to (3) for the paper's networks, CIE94 for the chroma network.

The first two take logits, whose sigmoid is the paper's D, because softplus is accurate where
log(1 - sigmoid(x)) loses precision.
"""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import softplus

__all__ = ["adversarial_loss", "chroma_loss", "discriminator_loss", "reconstruction_loss"]

_LEAST_DIFFERENCE = 0.1  # ΔE; the square root has no gradient at 0


def discriminator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """Equation (1), as a loss: ``-mean[log D(x) + log(1 - D(G(z)))]``.

    Parameters
    ----------
    real_logits, fake_logits : Tensor
        ``(n,)`` float: logits of source patches and of generated patches.
    """
    return softplus(-real_logits).mean() + softplus(fake_logits).mean()


def adversarial_loss(fake_logits: Tensor, kind: str = "saturating") -> Tensor:
    """Return the first term of equation (2): ``mean[log(1 - D(G(z)))]``.

    Parameters
    ----------
    fake_logits : Tensor
        ``(n,)`` float.
    kind : str
        ``saturating``, as printed, or ``non-saturating``: ``-mean[log D(G(z))]``, which has
        the same optimum, and a gradient even while the discriminator wins.
    """
    if kind == "non-saturating":
        return softplus(-fake_logits).mean()
    return -softplus(fake_logits).mean()


def reconstruction_loss(generated: Tensor, color: Tensor, kind: str = "sum") -> Tensor:
    """Return the second term of equation (2): ``mean ||G(z) - x||^2_FRO``, see equation (3).

    Parameters
    ----------
    generated, color : Tensor
        ``(n, 3, s, s)`` float in [-1, 1].
    kind : str
        ``sum`` over a patch's elements, as in the Frobenius norm, or their ``mean``.
    """
    squared = (generated - color).square()
    return squared.mean() if kind == "mean" else squared.sum(dim=(1, 2, 3)).mean()


def chroma_loss(generated: Tensor, real: Tensor) -> Tensor:
    """Return the mean colour difference CIE94 between colours of equal lightness.

    As for the eye, errors of chroma and hue count less where the real colour is strong. Like the
    mean absolute error, and unlike the squared one, it prefers a likely colour to a brown mean.

    Parameters
    ----------
    generated, real : Tensor
        ``(n, 2, h, w)`` float32: a* and b*, in CIELAB units.

    Returns
    -------
    Tensor
        Scalar, in units of ΔE, at least 0.1.
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
