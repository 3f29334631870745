"""The adversarial loop: seeds, one step, what it reports, stopping, and divergence."""

import random
import threading

import numpy as np
import pytest
import torch

from napari_oneshot_color import Settings, train
from napari_oneshot_color.colorizer.device import choose_device
from napari_oneshot_color.pair.prepare import prepare_source
from napari_oneshot_color.progress import Steps
from napari_oneshot_color.training import objective
from napari_oneshot_color.training.adversarial import AdversarialTraining
from napari_oneshot_color.training.loop import TrainingDivergedError, train_steps
from napari_oneshot_color.training.step import learning_rate

DISCRIMINATOR, GENERATOR, CROSS_ENTROPY, RECONSTRUCTION = range(4)


@pytest.fixture
def start(source, tiny):
    """Begin a training that takes its steps by hand."""
    image = torch.from_numpy(source.astype(np.float32) / 255).permute(2, 0, 1).contiguous()

    def started(**changes):
        settings = tiny(**changes)
        return AdversarialTraining([image], settings, choose_device(settings))

    return started


def weights(network):
    return {name: value.clone() for name, value in network.state_dict().items()}


def equal(first, second):
    return first.keys() == second.keys() and all(torch.equal(first[n], second[n]) for n in first)


def run(source, settings, **options):
    """Train to the end: the progress records, the colorizer and the history."""
    device = choose_device(settings)
    training = train_steps([prepare_source(source, settings)], settings, device, **options)
    steps = Steps(device.iterate(training))
    return list(steps), *steps.result


def diverging_at(step, monkeypatch):
    """Let the reconstruction be NaN from a step on, and so all weights after it."""
    count = 0
    real = objective.reconstruction_loss

    def poisoned(generated, colour, kind):
        nonlocal count
        count += 1
        return real(generated, colour, kind) * (float("nan") if count >= step else 1)

    monkeypatch.setattr(objective, "reconstruction_loss", poisoned)


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


def test_training_leaves_all_global_generators_alone(start):
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


def test_learning_rate_is_constant_in_the_paper():
    paper = Settings()
    assert {learning_rate(paper, step) for step in (1, 1400, 2800)} == {0.0006}


def test_learning_rate_falls_evenly_over_the_last_part_to_a_twentieth():
    settings = Settings(
        epochs=2, patches_per_epoch=100, batch_size=2, rate_decay=0.5, learning_rate=0.1
    )
    rates = [learning_rate(settings, step) for step in range(1, 101)]
    assert rates[:50] == [0.1] * 50
    np.testing.assert_allclose(np.diff(rates[49:]), -0.095 / 50)
    assert rates[-1] == pytest.approx(0.005)


def test_both_optimisers_follow_the_learning_rate(start, monkeypatch):
    used = []
    real = torch.optim.Adam.step

    def noted(self, *arguments):
        used.append(self.param_groups[0]["lr"])
        return real(self, *arguments)

    monkeypatch.setattr(torch.optim.Adam, "step", noted)
    training = start(epochs=1, patches_per_epoch=4, batch_size=2, rate_decay=1.0)
    for _ in range(2):
        training.step()
    settings = training._settings
    assert used == [learning_rate(settings, step) for step in (1, 1, 2, 2)]
    assert used[0] > used[2]


def test_stopped_run_has_the_learning_rates_of_the_whole_one():
    whole = Settings(rate_decay=0.5)
    assert learning_rate(whole.replace(max_steps=2000), 1999) == learning_rate(whole, 1999)


def test_generator_loss_is_equation_2(start):
    for weight in (1.0, 0.25):
        losses = start(reconstruction_weight=weight).step()
        wanted = losses[CROSS_ENTROPY] + weight * losses[RECONSTRUCTION]
        assert losses[GENERATOR].item() == pytest.approx(wanted.item(), rel=1e-6)


def test_losses_of_the_first_step_are_those_of_the_equations(start):
    training = start()
    example = start()  # the same weights and patches
    grey, colour = example._sampler.draw(4)
    with torch.no_grad():
        generated = example.generator(grey)
        real, fake = example.discriminator(colour), example.discriminator(generated)
    losses = training.step()
    wanted = -(torch.log(torch.sigmoid(real)) + torch.log(1 - torch.sigmoid(fake))).mean()
    assert losses[DISCRIMINATOR].item() == pytest.approx(wanted.item(), rel=1e-4)
    squares = ((generated - colour) ** 2).sum().item() / 4
    assert losses[RECONSTRUCTION].item() == pytest.approx(squares, rel=1e-4)


def test_sum_is_the_mean_times_the_elements_of_a_patch(start):
    by_sum = start(reconstruction="sum").step()
    by_mean = start(reconstruction="mean").step()
    ratio = by_sum[RECONSTRUCTION] / by_mean[RECONSTRUCTION]
    assert ratio.item() == pytest.approx(3 * 32 * 32, rel=1e-5)


def test_adversarial_term_saturates_or_not_as_set(start):
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


def test_colours_after_one_step_owe_nothing_to_batch_norms_start(source, tiny):
    _, colorizer, _ = run(source, tiny(max_steps=1))
    for name, value in colorizer.generator.state_dict().items():
        if name.endswith("running_var"):
            assert value.max() < 0.5  # torch starts from 1, which a moving average would keep


def test_training_learns_to_reconstruct(source, tiny):
    _, _, history = run(source, tiny(epochs=1, patches_per_epoch=400))
    assert np.median(history.reconstruction[-20:]) < 0.5 * np.median(history.reconstruction[:5])


def test_every_step_is_in_the_history(source, tiny):
    settings = tiny(epochs=3, patches_per_epoch=18)
    _, _, history = run(source, settings)
    assert len(history) == settings.steps == 3 * 5  # of 4 patches each, the last batch full
    for name in ("discriminator", "generator", "cross_entropy", "reconstruction"):
        values = getattr(history, name)
        assert values.shape == (15,)
        assert values.dtype == np.float32
        assert np.isfinite(values).all()
    np.testing.assert_allclose(
        history.generator, history.cross_entropy + history.reconstruction, rtol=1e-5
    )
    assert len(set(history.reconstruction.tolist())) == 15


def test_colorizer_remembers_the_device_that_was_chosen(source, tiny):
    _, colorizer, _ = run(source, tiny(device="auto", precision="auto", threads=0))
    settings = colorizer.settings
    assert settings.device != "auto"
    assert settings.precision in ("float32", "bfloat16")
    assert settings.threads == torch.get_num_threads()


def test_watchers_do_not_change_what_is_learnt(source, tiny):
    def look(colorizer):
        tiles = torch.rand(2, 1, 32, 32, generator=torch.Generator().manual_seed(0))
        return colorizer.color(tiles)[0].permute(1, 2, 0).numpy()

    settings = tiny(epochs=3)
    records, watched, history = run(source, settings, preview=look, after_epoch=look)
    _, alone, other = run(source, settings)
    assert sum(record.epoch_image is not None for record in records) == 3
    assert equal(weights(watched.generator), weights(alone.generator))
    np.testing.assert_array_equal(history.generator, other.generator)


def test_autograd_modes_are_the_callers_own_between_steps(source, tiny):
    settings = tiny()
    steps = train_steps(
        [prepare_source(source, settings)],
        settings,
        choose_device(settings),
        after_epoch=lambda colorizer: colorizer.color(torch.zeros(1, 1, 32, 32))[0].numpy(),
    )
    for _ in steps:
        assert torch.is_grad_enabled()
        assert not torch.is_inference_mode_enabled()
        assert not torch.is_autocast_enabled("cpu")


def test_caller_without_gradients_can_train(source, tiny):
    with torch.no_grad():
        colorizer = train(source, tiny())
    assert equal(weights(colorizer.generator), weights(train(source, tiny()).generator))


def test_default_dtype_of_the_process_does_not_matter(source, tiny):
    torch.set_default_dtype(torch.float64)
    try:
        colorizer = train(source, tiny())
    finally:
        torch.set_default_dtype(torch.float32)
    assert equal(weights(colorizer.generator), weights(train(source, tiny()).generator))


def test_stop_that_is_set_before_the_start_still_trains_one_step(source, tiny):
    stop = threading.Event()
    stop.set()
    _, colorizer, history = run(source, tiny(), stop=stop)
    assert len(history) == 1
    assert colorizer.settings.max_steps == 1


def test_max_steps_ends_a_training_amid_an_epoch(source, tiny):
    records, colorizer, history = run(source, tiny(max_steps=6))
    assert len(history) == 6
    assert colorizer.settings.max_steps == 6
    assert records[0].total == 6


def test_last_report_of_a_training_is_its_last_step(source, tiny):
    records, _, history = run(source, tiny(max_steps=6))
    assert (records[-1].done, records[-1].total) == (6, 6)
    assert records[-1].losses.generator == history.generator[-1]


@pytest.mark.parametrize(
    ("precision", "threads", "steps"), [("float32", 1, 6), ("bfloat16", 1, 6), ("float32", 2, 1)]
)
def test_training_repeats_itself_to_the_bit(source, tiny, precision, threads, steps):
    settings = tiny(precision=precision, threads=threads, max_steps=steps)
    first, same = run(source, settings), run(source, settings)
    assert equal(weights(first[1].generator), weights(same[1].generator))
    np.testing.assert_array_equal(first[2].generator, same[2].generator)


def test_divergence_ends_with_advice_and_the_last_good_weights(source, tiny, monkeypatch):
    # NaN comes at step 60; the look at step 50 was the last that found all finite
    settings = tiny(epochs=1, patches_per_epoch=400)
    good = train(source, settings.replace(max_steps=50))
    diverging_at(60, monkeypatch)
    with pytest.raises(TrainingDivergedError) as caught:
        train(source, settings)
    assert "diverged" in str(caught.value)
    assert "Lower the learning rate" in str(caught.value)
    assert "last good state was kept" in str(caught.value)
    kept = caught.value.colorizer
    assert equal(weights(kept.generator), weights(good.generator))
    colours = kept.color(torch.zeros(1, 1, 32, 32))
    assert colours.isfinite().all()
    assert kept.settings == good.settings  # so that they repeat what was kept
    assert kept.provenance["source"] == good.provenance["source"]


def test_divergence_before_anything_was_learnt_says_so(source, tiny, monkeypatch):
    diverging_at(1, monkeypatch)
    with pytest.raises(TrainingDivergedError, match="Nothing was learnt before") as caught:
        run(source, tiny())
    assert caught.value.colorizer is None


def test_divergence_in_the_last_step_is_noticed(source, tiny, monkeypatch):
    settings = tiny(max_steps=6)
    diverging_at(6, monkeypatch)
    with pytest.raises(TrainingDivergedError) as caught:
        run(source, settings)
    assert all(p.isfinite().all() for p in caught.value.colorizer.generator.parameters())


def test_weights_that_diverge_without_a_loss_are_noticed(source, tiny, monkeypatch):
    real = AdversarialTraining.step

    def poisoned(self):
        losses = real(self)
        next(self.generator.parameters()).data.fill_(float("inf"))
        return losses

    monkeypatch.setattr(AdversarialTraining, "step", poisoned)
    with pytest.raises(TrainingDivergedError):
        run(source, tiny(max_steps=1))
