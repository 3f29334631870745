"""The adversarial loop: seeds, one step, progress, stopping and divergence."""

import threading

import numpy as np
import pytest
import torch

from napari_oneshot_color import train
from napari_oneshot_color.colorizer.device import choose_device
from napari_oneshot_color.pair.prepare import prepare_source
from napari_oneshot_color.progress import Steps
from napari_oneshot_color.training import objective
from napari_oneshot_color.training.adversarial import AdversarialTraining
from napari_oneshot_color.training.loop import TrainingDivergedError, train_steps


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
    """Make the reconstruction loss NaN from a step on, and so all weights after it."""
    count = 0
    real = objective.reconstruction_loss

    def poisoned(generated, color, kind):
        nonlocal count
        count += 1
        return real(generated, color, kind) * (float("nan") if count >= step else 1)

    monkeypatch.setattr(objective, "reconstruction_loss", poisoned)


def test_colors_after_one_step_do_not_depend_on_initial_batch_norm_averages(source, tiny):
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


def test_progress_reports_do_not_change_the_training(source, tiny):
    def look(colorizer):
        tiles = torch.rand(2, 1, 32, 32, generator=torch.Generator().manual_seed(0))
        return colorizer.color(tiles)[0].permute(1, 2, 0).numpy()

    settings = tiny(epochs=3)
    records, watched, history = run(source, settings, preview=look, after_epoch=look)
    _, alone, other = run(source, settings)
    assert sum(record.epoch_image is not None for record in records) == 3
    assert equal(weights(watched.generator), weights(alone.generator))
    np.testing.assert_array_equal(history.generator, other.generator)


def test_caller_s_autograd_modes_are_restored_between_steps(source, tiny):
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


def test_max_steps_ends_a_training_within_an_epoch(source, tiny):
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
    colors = kept.color(torch.zeros(1, 1, 32, 32))
    assert colors.isfinite().all()
    assert kept.settings == good.settings  # so that they repeat what was kept
    assert kept.provenance["source"] == good.provenance["source"]


def test_divergence_before_anything_was_learnt_is_reported(source, tiny, monkeypatch):
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


def test_diverging_weights_with_a_finite_loss_are_noticed(source, tiny, monkeypatch):
    real = AdversarialTraining.step

    def poisoned(self):
        losses = real(self)
        next(self.generator.parameters()).data.fill_(float("inf"))
        return losses

    monkeypatch.setattr(AdversarialTraining, "step", poisoned)
    with pytest.raises(TrainingDivergedError):
        run(source, tiny(max_steps=1))
