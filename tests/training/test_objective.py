"""Equations (1) to (3) against values worked out by hand.

With logits ±ln 3 the sigmoid is 3/4 and 1/4, so all logarithms below are of quarters.
"""

import math

import numpy as np
import pytest
import torch
from skimage.color import deltaE_ciede94

from napari_oneshot_color.training.objective import (
    adversarial_loss,
    chroma_loss,
    discriminator_loss,
    reconstruction_loss,
)

LN3 = math.log(3)


def test_undecided_discriminator_has_a_loss_of_twice_ln_2():
    # D = 1/2 everywhere: -(ln 1/2 + ln 1/2)
    loss = discriminator_loss(torch.zeros(4), torch.zeros(4))
    assert loss.item() == pytest.approx(2 * math.log(2))


def test_discriminator_loss_is_minus_the_mean_of_both_logarithms():
    # D(x) = 3/4, 1/4 and D(G(z)) = 1/4, 1/4: -(ln 3/4 + ln 1/4) / 2 - (ln 3/4 + ln 3/4) / 2
    # = (0.28768 + 1.38629) / 2 + 0.28768 = 1.12467
    loss = discriminator_loss(torch.tensor([LN3, -LN3]), torch.tensor([-LN3, -LN3]))
    assert loss.item() == pytest.approx(1.12467, abs=1e-5)


def test_discriminator_loss_distinguishes_source_patches_from_generated_ones():
    right = discriminator_loss(torch.tensor([LN3]), torch.tensor([-LN3]))
    wrong = discriminator_loss(torch.tensor([-LN3]), torch.tensor([LN3]))
    assert right.item() == pytest.approx(-2 * math.log(3 / 4))  # 0.57536
    assert wrong.item() == pytest.approx(-2 * math.log(1 / 4))  # 2.77259


def test_saturating_loss_is_the_mean_of_log_1_minus_d():
    # D(G(z)) = 3/4, 1/4: (ln 1/4 + ln 3/4) / 2 = (-1.38629 - 0.28768) / 2 = -0.83699
    loss = adversarial_loss(torch.tensor([LN3, -LN3]), "saturating")
    assert loss.item() == pytest.approx(-0.83699, abs=1e-5)


def test_saturating_loss_is_the_default():
    logits = torch.tensor([LN3])
    assert adversarial_loss(logits).item() == pytest.approx(math.log(1 / 4))


def test_non_saturating_loss_is_minus_the_mean_of_log_d():
    # D(G(z)) = 3/4, 3/4, 1/4: (0.28768 + 0.28768 + 1.38629) / 3 = 0.65388
    loss = adversarial_loss(torch.tensor([LN3, LN3, -LN3]), "non-saturating")
    assert loss.item() == pytest.approx(0.65388, abs=1e-5)


def test_reconstruction_sums_over_a_patch_and_averages_over_patches():
    generated, color = torch.zeros(2, 3, 2, 2), torch.zeros(2, 3, 2, 2)
    generated[0, 0, 0, 0] = 1.0  # 1 away from -1: 4
    color[0, 0, 0, 0] = -1.0
    color[0, 2, 1, 1] = 0.5  # 0.25
    color[1] = 0.5  # 12 elements of 0.25: 3
    # (4.25 + 3) / 2
    assert reconstruction_loss(generated, color, "sum").item() == pytest.approx(3.625)
    # 7.25 / 24 elements
    assert reconstruction_loss(generated, color, "mean").item() == pytest.approx(7.25 / 24)


def test_sum_is_the_default_and_the_squared_frobenius_norm():
    generated, color = torch.rand(3, 3, 4, 4, generator=torch.Generator().manual_seed(0)), 0.5
    norms = torch.linalg.vector_norm((generated - color).flatten(1), dim=1)
    loss = reconstruction_loss(generated, torch.full_like(generated, color))
    assert loss.item() == pytest.approx(norms.square().mean().item(), rel=1e-5)


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        (lambda logit: discriminator_loss(logit, -logit), (0, 200)),
        (lambda logit: adversarial_loss(logit, "saturating"), (-100, 0)),
        (lambda logit: adversarial_loss(logit, "non-saturating"), (0, 100)),
    ],
    ids=["discriminator", "saturating", "non-saturating"],
)
def test_losses_are_exact_and_have_gradients_at_extreme_logits(loss, expected):
    for logit, value in zip((100.0, -100.0), expected, strict=True):
        logits = torch.tensor([logit], requires_grad=True)
        result = loss(logits)
        result.backward()
        assert result.item() == pytest.approx(value, abs=1e-6)
        assert torch.isfinite(logits.grad).all()


def test_saturating_loss_flattens_out_where_the_discriminator_wins_and_the_other_does_not():
    slopes = {}
    for kind in ("saturating", "non-saturating"):
        logits = torch.tensor([-100.0], requires_grad=True)
        adversarial_loss(logits, kind).backward()
        slopes[kind] = logits.grad.item()
    assert slopes["saturating"] == pytest.approx(0, abs=1e-6)
    assert slopes["non-saturating"] == pytest.approx(-1)


def test_chroma_loss_is_the_color_difference_cie94_at_equal_lightness():
    rng = np.random.default_rng(0)
    real, generated = rng.uniform(-60, 60, (2, 3, 2, 4, 5)).astype(np.float32)
    lab = [
        np.concatenate([np.full((3, 4, 5, 1), 50), np.moveaxis(ab, 1, -1)], axis=-1)
        for ab in (real, generated)
    ]
    loss = chroma_loss(torch.from_numpy(generated), torch.from_numpy(real))
    assert float(loss) == pytest.approx(deltaE_ciede94(*lab).mean(), rel=1e-3)


def test_chroma_loss_has_gradients_at_grey_and_where_it_is_right():
    generated = torch.zeros(1, 2, 2, 2, requires_grad=True)
    for real in (torch.zeros(1, 2, 2, 2), torch.full((1, 2, 2, 2), 30.0)):
        (gradient,) = torch.autograd.grad(chroma_loss(generated, real), generated)
        assert gradient.isfinite().all()


def test_chroma_loss_of_equal_colors_is_a_tenth():
    color = torch.tensor([0.0, 20.0]).view(1, 2, 1, 1)
    assert chroma_loss(color, color).item() == pytest.approx(0.1)


def test_chroma_loss_of_equal_hues_is_the_difference_of_chroma():
    real, generated = (torch.tensor([0.0, chroma]).view(1, 2, 1, 1) for chroma in (20.0, 23.8))
    # 3.8 / (1 + 0.045 * 20) = 2; sqrt(4 + 0.1^2) = 2.0025
    assert chroma_loss(generated, real).item() == pytest.approx(2.0025, abs=1e-4)
