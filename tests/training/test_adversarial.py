"""One step of the paper's training is equations (1) and (2), with Adam."""

import random

import numpy as np
import pytest
import torch
from prepared import prepared

from napari_oneshot_color import Settings
from napari_oneshot_color.colorizer.device import choose_device
from napari_oneshot_color.training.adversarial import AdversarialTraining

DISCRIMINATOR, GENERATOR, CROSS_ENTROPY, RECONSTRUCTION = range(4)


@pytest.fixture
def start(source, tiny):
    """Begin a training that takes its steps by hand."""

    def started(**changes):
        settings = tiny(**changes)
        return AdversarialTraining([prepared(source)], settings, choose_device(settings))

    return started


def weights(network):
    return {name: value.clone() for name, value in network.state_dict().items()}


def equal(first, second):
    return first.keys() == second.keys() and all(torch.equal(first[n], second[n]) for n in first)


def test_same_seed_starts_from_the_same_weights_and_another_seed_from_others(start):
    first, same, other = start(seed=1), start(seed=1), start(seed=2)
    for network in ("generator", "discriminator"):
        assert equal(weights(getattr(first, network)), weights(getattr(same, network)))
        assert not equal(weights(getattr(first, network)), weights(getattr(other, network)))


def test_same_seed_takes_the_same_steps(start):
    first, same, other = start(seed=1), start(seed=1), start(seed=2)
    for _ in range(3):
        losses = first.step()
        assert torch.equal(losses, same.step())
        assert not torch.equal(losses, other.step())
    assert equal(weights(first.generator), weights(same.generator))


def test_training_does_not_use_global_generators(start):
    random.seed(0)
    states = torch.get_rng_state(), np.random.get_state()[1].copy(), random.getstate()  # noqa: NPY002
    start().step()
    assert torch.equal(torch.get_rng_state(), states[0])
    np.testing.assert_array_equal(np.random.get_state()[1], states[1])  # noqa: NPY002
    assert random.getstate() == states[2]


def test_global_seed_does_not_change_a_training(start):
    torch.manual_seed(1)
    first = start().step()
    torch.manual_seed(2)
    assert torch.equal(start().step(), first)


def test_one_step_trains_both_networks_once(start):
    training = start()
    before = weights(training.generator), weights(training.discriminator)
    training.step()
    assert not equal(weights(training.generator), before[0])
    assert not equal(weights(training.discriminator), before[1])
    counted = {
        value.item()
        for name, value in training.generator.state_dict().items()
        if name.endswith("num_batches_tracked")
    }
    assert counted == {1}
    assert all(p.requires_grad for p in training.discriminator.parameters())


def test_optimisers_are_adam_with_the_papers_numbers(start, monkeypatch):
    made = []

    class Noted(torch.optim.Adam):
        def __init__(self, parameters, **options):
            made.append(options)
            super().__init__(parameters, **options)

    monkeypatch.setattr(torch.optim, "Adam", Noted)
    start(learning_rate=Settings().learning_rate)
    assert [(options["lr"], options["betas"]) for options in made] == [(0.0006, (0.5, 0.999))] * 2


def test_generator_loss_is_equation_2(start):
    for weight in (1.0, 0.25):
        losses = start(reconstruction_weight=weight).step()
        wanted = losses[CROSS_ENTROPY] + weight * losses[RECONSTRUCTION]
        assert losses[GENERATOR].item() == pytest.approx(wanted.item(), rel=1e-6)


def test_losses_of_the_first_step_are_those_of_the_equations(start):
    training = start()
    example = start()  # the same weights and patches
    grey, color = example._sampler.draw(4)
    with torch.no_grad():
        generated = example.generator(grey)
        real, fake = example.discriminator(color), example.discriminator(generated)
    losses = training.step()
    wanted = -(torch.log(torch.sigmoid(real)) + torch.log(1 - torch.sigmoid(fake))).mean()
    assert losses[DISCRIMINATOR].item() == pytest.approx(wanted.item(), rel=1e-4)
    squares = ((generated - color) ** 2).sum().item() / 4
    assert losses[RECONSTRUCTION].item() == pytest.approx(squares, rel=1e-4)


def test_sum_is_the_mean_times_the_elements_of_a_patch(start):
    by_sum = start(reconstruction="sum").step()
    by_mean = start(reconstruction="mean").step()
    ratio = by_sum[RECONSTRUCTION] / by_mean[RECONSTRUCTION]
    assert ratio.item() == pytest.approx(3 * 32 * 32, rel=1e-5)


def test_adversarial_term_saturates_according_to_the_setting(start):
    saturating = start(adversarial_loss="saturating").step()
    other = start(adversarial_loss="non-saturating").step()
    assert saturating[CROSS_ENTROPY] < 0 < other[CROSS_ENTROPY]
    # ln(1 - d) and -ln d of the same d: for one batch around d = 1/2 they nearly cancel
    assert (saturating + other)[CROSS_ENTROPY].abs() < 0.5
    assert saturating[DISCRIMINATOR] == other[DISCRIMINATOR]


def test_discriminator_does_not_learn_from_the_generators_loss(start):
    heavy, none = start(reconstruction_weight=1000.0), start(reconstruction_weight=0.0)
    heavy.step()
    none.step()
    assert equal(
        dict(heavy.discriminator.named_parameters()), dict(none.discriminator.named_parameters())
    )
    assert not equal(weights(heavy.generator), weights(none.generator))
