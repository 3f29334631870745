"""The whole method: repeatable, stoppable, unaffected by previews, at the target's full size."""

import json
import threading
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from skimage.color import gray2rgb, rgb2lab

from napari_oneshot_color import Settings, colorize, colorize_steps, progress
from napari_oneshot_color.colorizer.colorizer import Colorizer
from napari_oneshot_color.errors import (
    BadPairError,
    DeviceError,
    OneshotColorError,
    OutOfMemoryError,
)
from napari_oneshot_color.pipeline import apply_steps
from napari_oneshot_color.progress import STAGES
from napari_oneshot_color.stages.merging import WeightedMerge
from napari_oneshot_color.training import objective
from napari_oneshot_color.training.adversarial import AdversarialTraining
from napari_oneshot_color.training.chroma import ChromaTraining
from napari_oneshot_color.training.loop import TrainingDivergedError

IMAGES = (
    "tiles",
    "positions",
    "merged",
    "smoothed",
    "regions",
    "region_names",
    "region_colors",
    "quickshift",
    "final",
    "lab",
    "epochs",
)


def bytes_of(result):
    """Every stage of a result as bytes."""
    stages = {name: getattr(result, name).tobytes() for name in IMAGES}
    stages["losses"] = result.losses.generator.tobytes() + result.losses.discriminator.tobytes()
    return stages


def finish(steps, look=None):
    """Iterate a run to its end: the records and the result."""
    records = []
    while True:
        try:
            record = next(steps)
        except StopIteration as finished:
            return records, finished.value
        records.append(record)
        if look:
            look(record)


def stop_after(step, stop, monkeypatch):
    """Set an event within a step of the training."""
    real = AdversarialTraining.step
    count = 0

    def counted(self):
        nonlocal count
        count += 1
        if count == step:
            stop.set()
        return real(self)

    monkeypatch.setattr(AdversarialTraining, "step", counted)


@pytest.fixture
def always_due(monkeypatch):
    """Report every training step and every batch of tiles."""
    clock = SimpleNamespace(seconds=0.0)
    monkeypatch.setattr(progress, "time", SimpleNamespace(perf_counter=lambda: clock.seconds))

    def slow(owner, name):
        real = getattr(owner, name)

        def timed(*args):
            clock.seconds += 1000
            return real(*args)

        monkeypatch.setattr(owner, name, timed)

    slow(AdversarialTraining, "step")
    slow(WeightedMerge, "add")


@pytest.fixture
def never_due(monkeypatch):
    monkeypatch.setattr(progress, "time", SimpleNamespace(perf_counter=lambda: 0.0))


# --- the same seed gives the same bytes -----------------------------------------------------


def test_same_seed_gives_the_same_bytes_in_every_stage(source, target, tiny, result):
    assert bytes_of(colorize(source, target, tiny())) == bytes_of(result)


def test_another_seed_gives_other_bytes(source, target, tiny, result):
    other = colorize(source, target, tiny(seed=1))
    assert other.final.tobytes() != result.final.tobytes()
    assert other.tiles.tobytes() != result.tiles.tobytes()
    assert other.losses.generator.tobytes() != result.losses.generator.tobytes()


def test_settings_in_the_provenance_repeat_the_run(source, target, tiny):
    first = colorize(source, target, tiny(device="auto", precision="auto", threads=0, seed=5))
    assert first.provenance["seed"] == 5
    settings = Settings.from_json(json.dumps(first.provenance))
    assert bytes_of(colorize(source, target, settings)) == bytes_of(first)


def test_state_of_the_global_generators_does_not_matter(source, target, tiny, result):
    torch.manual_seed(99)
    np.random.seed(99)  # noqa: NPY002
    before = torch.get_rng_state()
    assert bytes_of(colorize(source, target, tiny())) == bytes_of(result)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.usefixtures("always_due")
def test_previews_do_not_change_the_result(source, target, tiny, result):
    seen = []

    def look(record):
        if record.preview is not None:
            seen.append(record.preview.sum() + record.done)

    _, watched = finish(colorize_steps(source, target, tiny(), previews=True), look)
    assert len(seen) == 9  # one before the first step, and one for each
    assert bytes_of(watched) == bytes_of(result)


@pytest.mark.usefixtures("always_due")
def test_consumer_that_modifies_reports_does_not_change_the_result(source, target, tiny, result):
    def scribble(record):
        for image in (record.preview, record.epoch_image):
            if image is not None:
                image[:] = 0

    _, scribbled = finish(colorize_steps(source, target, tiny(), previews=True), scribble)
    assert bytes_of(scribbled) == bytes_of(result)


# --- what a result holds --------------------------------------------------------------------


def test_final_has_the_lightness_of_the_target_where_nothing_was_clipped(vivid):
    wanted = rgb2lab(gray2rgb(vivid.target))[..., 0]
    np.testing.assert_allclose(vivid.lab[..., 0], wanted, atol=1e-3)
    back = rgb2lab(vivid.final)
    shown = np.abs(back - vivid.lab).max(axis=2) < 0.1
    assert 0.1 < shown.mean() < 0.95
    np.testing.assert_allclose(back[..., 0][shown], wanted[shown], atol=0.05)
    assert vivid.provenance["clipped_fraction"] == pytest.approx(1 - shown.mean(), abs=0.02)


def test_final_takes_its_color_from_quickshift_or_from_smoothed_as_set(source, target, tiny):
    for use, stage in ((True, "quickshift"), (False, "smoothed")):
        result = colorize(source, target, tiny(use_regions=use))
        wanted = rgb2lab(getattr(result, stage))[..., 1:]
        np.testing.assert_allclose(result.lab[..., 1:], wanted, atol=1e-3)


def test_loss_history_is_as_long_as_the_training_and_epochs_as_many(source, target, tiny):
    result = colorize(source, target, tiny(epochs=3))
    assert len(result.losses) == 12
    assert result.epochs.shape == (3, 48, 64, 3)
    assert np.ptp(result.epochs, axis=0).max() > 0  # each epoch is another picture


def test_preset_best_is_used_where_no_settings_are_given(source, target, monkeypatch):
    def unwilling(self):
        raise RuntimeError("CUDA out of memory.")

    made = []
    real = ChromaTraining.__init__

    def noted(self, images, hints, settings, *rest):
        made.append(settings)
        real(self, images, hints, settings, *rest)

    monkeypatch.setattr(ChromaTraining, "__init__", noted)
    monkeypatch.setattr(ChromaTraining, "step", unwilling)
    with pytest.raises(OutOfMemoryError):
        colorize(np.tile(source, (2, 1, 1)), np.tile(target, (2, 1)))
    assert made == [Settings.preset("best", working_size=256)]


# --- sizes and dtypes -----------------------------------------------------------------------


def test_target_smaller_than_the_working_size_is_not_enlarged(source, target, tiny):
    result = colorize(source, target, tiny(working_size=256))
    assert result.merged.shape == result.final.shape == (48, 64, 3)


def test_source_and_target_may_differ_in_size(source, target, tiny):
    result = colorize(source[:33, :50], target[:45, :35], tiny())
    assert result.final.shape == (45, 35, 3)


def test_one_tile_may_cover_everything(source, target, tiny):
    settings = tiny(gaussian_sigma=0.0, use_regions=False, generated_tiles=5)
    result = colorize(source, target[:32, :32], settings)
    np.testing.assert_allclose(result.merged, result.tiles[0], atol=1e-6)


@pytest.mark.parametrize(
    "convert",
    [
        lambda image: image,
        lambda image: image.astype(np.uint16) * 257,
        lambda image: (image / 255).astype(np.float32),
        lambda image: image / 255,
    ],
    ids=["uint8", "uint16", "float32", "float64"],
)
def test_dtype_of_the_same_image_does_not_matter(source, target, tiny, result, convert):
    converted = colorize(convert(source), convert(target), tiny())
    # float32 against float64 differ in the last digit, which training carries on
    np.testing.assert_allclose(converted.target, result.target, atol=1e-7)
    np.testing.assert_allclose(converted.final, result.final, atol=0.05)


@pytest.mark.parametrize("dtype", [bool, np.int8, np.int16, np.int32, np.float16])
def test_other_dtypes_are_colored_too(source, target, tiny, dtype):
    images = [(image > 100) if dtype is bool else (image // 2).astype(dtype)
              for image in (source, target)]  # fmt: skip
    final = colorize(*images, tiny()).final
    assert final.shape == (48, 64, 3)
    assert np.isfinite(final).all()


def test_limits_give_the_same_bytes_as_the_scaled_image(source, target, tiny, result):
    limited = colorize(
        source.astype(np.int32) * 4 + 100,
        target.astype(np.int32) - 1000,
        tiny(),
        source_limits=(100, 100 + 4 * 255),
        target_limits=(-1000, -1000 + 255),
    )
    np.testing.assert_allclose(limited.target, result.target, atol=1e-6)
    np.testing.assert_allclose(limited.final, result.final, atol=0.05)


def test_read_only_images_are_accepted_and_not_shared_with_the_result(source, target, tiny):
    before = source.tobytes(), target.tobytes()
    assert not source.flags.writeable
    assert not target.flags.writeable
    result = colorize(source, target, tiny())
    assert (source.tobytes(), target.tobytes()) == before
    for image in (result.source, result.target):
        assert not np.shares_memory(image, source)
        assert not np.shares_memory(image, target)


def test_float_images_are_not_shared_with_the_result(source, target, tiny):
    color, grey = (source / 255).astype(np.float32), (target / 255).astype(np.float32)
    before = color.tobytes(), grey.tobytes()
    result = colorize(color, grey, tiny())
    assert (color.tobytes(), grey.tobytes()) == before
    assert not np.shares_memory(result.target, grey)
    assert not np.shares_memory(result.source, color)


# --- stopping -------------------------------------------------------------------------------


def test_stop_keeps_the_result_and_its_settings_repeat_it(source, target, tiny, monkeypatch):
    stop = threading.Event()
    stop_after(6, stop, monkeypatch)
    records, result = finish(colorize_steps(source, target, tiny(epochs=500), stop=stop))
    assert result.provenance["stopped"] is True
    assert result.provenance["steps"] == len(result.losses) == 6
    assert result.epochs.shape == (1, 48, 64, 3)  # four steps each
    assert result.final.shape == (48, 64, 3)
    assert {record.stage for record in records} == set(STAGES)
    again = colorize(source, target, Settings.from_json(json.dumps(result.provenance)))
    assert bytes_of(again) == bytes_of(result)


def test_stop_that_is_set_before_the_start_still_gives_a_result(source, target, tiny):
    stop = threading.Event()
    stop.set()
    _, result = finish(colorize_steps(source, target, tiny(), stop=stop))
    assert len(result.losses) == 1
    assert result.epochs.shape == (0, 48, 64, 3)
    assert np.isfinite(result.final).all()
    assert result.provenance["stopped"] is True


def test_run_abandoned_during_training_ends(source, target, tiny):
    steps = colorize_steps(source, target, tiny())
    next(steps)
    steps.close()
    assert list(steps) == []


# --- progress -------------------------------------------------------------------------------


def test_stages_come_in_order_and_count_up_to_their_totals(source, target, tiny):
    records, _ = finish(colorize_steps(source, target, tiny()))
    order = list(dict.fromkeys(record.stage for record in records))
    assert order == list(STAGES)
    for first, second in pairwise(records):
        assert list(STAGES).index(first.stage) <= list(STAGES).index(second.stage)
        if first.stage == second.stage:
            assert first.done <= second.done
            assert first.total == second.total
    for record in records:
        assert 0 <= record.done <= record.total
        assert (record.losses is not None) == (record.stage == "training" and record.done > 0)
        assert (record.epoch > 0) == (record.stage == "training")


@pytest.mark.usefixtures("never_due")
@pytest.mark.parametrize("stage", STAGES)
def test_each_stage_is_reported_at_its_start_and_at_its_end(source, target, tiny, stage):
    records, _ = finish(colorize_steps(source, target, tiny(max_steps=6)))
    own = [record for record in records if record.stage == stage]
    assert own[0].done == 0
    assert own[-1].done == own[-1].total


@pytest.mark.usefixtures("never_due")
def test_only_epochs_and_stages_are_reported_while_no_time_passes(source, target, tiny):
    records, _ = finish(colorize_steps(source, target, tiny(epochs=3), previews=True))
    training = [record for record in records if record.stage == "training"]
    assert [record.done for record in training] == [0, 0, 4, 8, 12]
    assert [record.epoch for record in training] == [1, 1, 1, 2, 3]
    assert training[0].preview is not None  # the nearest neighbours'
    assert all(record.preview is None for record in records[1:])


@pytest.mark.usefixtures("always_due")
def test_every_slow_step_and_batch_is_reported(source, target, tiny):
    settings = tiny(generated_tiles=20, tile_batch=8)
    records, result = finish(colorize_steps(source, target, settings))
    trained = [record for record in records if record.stage == "training"]
    assert [record.done for record in trained] == list(range(9))
    assert [record.losses.generator for record in trained[1:]] == result.losses.generator.tolist()
    assert all(record.seconds_left >= 0 for record in trained[1:])
    done = [record.done for record in records if record.stage == "tiles"]
    assert list(dict.fromkeys(done)) == [0, 8, 16, 20]


def test_reports_come_by_the_clock_and_not_by_the_step(source, target, tiny, monkeypatch):
    clock = SimpleNamespace(seconds=0.0)
    monkeypatch.setattr(progress, "time", SimpleNamespace(perf_counter=lambda: clock.seconds))
    real = AdversarialTraining.step

    def timed(self):
        clock.seconds += 1 / 64
        return real(self)

    monkeypatch.setattr(AdversarialTraining, "step", timed)
    times = []

    def look(record):
        if record.stage == "training":
            times.append(clock.seconds)

    settings = tiny(epochs=1, patches_per_epoch=512)  # 128 steps: two seconds
    finish(colorize_steps(source, target, settings), look)
    gaps = np.diff(times)
    assert (gaps[:-1] == 7 / 64).all()  # the first step after a tenth of a second
    assert len(times) == 20  # the start, 128 // 7 reports, and the end of the epoch


@pytest.mark.usefixtures("always_due")
def test_previews_are_fresh_pictures_made_only_on_request(source, target, tiny):
    records, result = finish(colorize_steps(source, target, tiny(), previews=True))
    previews = [record.preview for record in records if record.preview is not None]
    assert all(p.shape == (48, 64, 3) and p.dtype == np.float32 for p in previews)
    assert all(not np.shares_memory(a, b) for a, b in pairwise(previews))
    np.testing.assert_allclose(previews[-1], result.tiles_in_place, atol=1e-6)
    records, _ = finish(colorize_steps(source, target, tiny()))
    assert all(record.preview is None for record in records)


def test_colorize_passes_each_progress_record_on(source, target, tiny):
    records = []
    colorize(source, target, tiny(), on_progress=records.append)
    assert [record.stage for record in records if record.done == 0] == list(STAGES)


def test_caller_s_torch_modes_are_restored_between_steps(source, target, tiny):
    for _ in colorize_steps(source, target, tiny(), previews=True):
        assert torch.is_grad_enabled()
        assert not torch.is_inference_mode_enabled()
        assert torch.get_default_dtype() is torch.float32


# --- errors of the device -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raised", "expected", "sentence"),
    [
        (
            RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB."),
            OutOfMemoryError,
            "There was not enough memory. Lower the batch size",
        ),
        (
            torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
            OutOfMemoryError,
            "There was not enough memory.",
        ),
        (
            RuntimeError("MPS backend out of memory (MPS allocated: 9.0 GB)"),
            OutOfMemoryError,
            "There was not enough memory.",
        ),
        (
            RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried"),
            OutOfMemoryError,
            "There was not enough memory.",
        ),
        (MemoryError(), OutOfMemoryError, "There was not enough memory."),
        (
            RuntimeError("CUDA error: device-side assert triggered\nCompile with ..."),
            DeviceError,
            "The computation failed on the device: CUDA error: device-side assert triggered. "
            "Choose the device 'cpu'",
        ),
        (RuntimeError(), DeviceError, "The computation failed on the device: RuntimeError."),
    ],
    ids=["CUDA", "torch class", "MPS", "CPU", "MemoryError", "device lost", "without words"],
)
@pytest.mark.parametrize("where", ["training", "tiles"])
def test_errors_of_torch_become_clear_errors(
    source, target, tiny, monkeypatch, raised, expected, sentence, where
):
    def fail(*args):
        raise raised

    if where == "training":
        monkeypatch.setattr(AdversarialTraining, "step", fail)
    else:
        monkeypatch.setattr(WeightedMerge, "add", fail)
    with pytest.raises(OneshotColorError) as caught:
        colorize(source, target, tiny())
    assert type(caught.value) is expected
    assert not isinstance(caught.value, RuntimeError)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.__cause__ is raised


def test_error_of_the_caller_is_not_blamed_on_the_device(source, target, tiny):
    def broken(record):
        raise RuntimeError("my own mistake")

    with pytest.raises(RuntimeError, match="my own mistake"):
        colorize(source, target, tiny(), on_progress=broken)


def poison(monkeypatch, after=5):
    """Let the losses be NaN after some steps."""
    real = objective.reconstruction_loss
    count = 0

    def poisoned(*args):
        nonlocal count
        count += 1
        return real(*args) * (float("nan") if count > after else 1)

    monkeypatch.setattr(objective, "reconstruction_loss", poisoned)


def test_diverging_run_ends_with_advice_and_the_last_good_weights(
    source, target, tiny, monkeypatch
):
    poison(monkeypatch)
    with pytest.raises(TrainingDivergedError, match="Lower the learning rate") as caught:
        colorize(source, target, tiny(learning_rate=1.0))
    kept = caught.value.colorizer
    assert all(value.isfinite().all() for value in kept.generator.state_dict().values())
    assert kept.settings.learning_rate == 1.0
    assert kept.color(torch.zeros(1, 1, 32, 32)).isfinite().all()


# --- a colorizer is applied again -----------------------------------------------------------


def test_colorizer_from_a_file_gives_the_same_picture(target, result, tmp_path):
    result.colorizer.save(tmp_path / "bike.safetensors")
    _, again = finish(apply_steps(Colorizer.load(tmp_path / "bike.safetensors"), target))
    assert again.final.tobytes() == result.final.tobytes()


def test_source_scale_changes_what_patches_show(tiny):
    rng = np.random.default_rng(0)
    source = rng.integers(0, 255, (192, 256, 3), np.uint8)
    target = rng.integers(0, 255, (96, 128), np.uint8)
    seen = {}
    for scale in (0, 0.75):
        steps = colorize_steps(source, target, tiny(source_scale=scale, max_steps=1))
        seen[scale] = _finish(steps).losses.reconstruction[0]
    assert seen[0] != seen[0.75]


def test_source_that_is_too_small_at_the_target_s_scale_is_refused(tiny):
    rng = np.random.default_rng(0)
    source = rng.integers(0, 255, (60, 80, 3), np.uint8)
    target = rng.integers(0, 255, (480, 480), np.uint8)
    with pytest.raises(BadPairError, match="At the target's scale the source is only 8 x 6 px"):
        _finish(colorize_steps(source, target, tiny(source_scale=1)))


def _finish(steps):
    while True:
        try:
            next(steps)
        except StopIteration as finished:
            return finished.value


def test_run_does_not_change_the_caller_s_number_of_threads(source, target, tiny):
    torch.set_num_threads(2)
    result = colorize(source, target, tiny(threads=1))
    assert torch.get_num_threads() == 2
    for _ in colorize_steps(source, target, tiny(threads=1)):
        assert torch.get_num_threads() == 2
    for _ in apply_steps(result.colorizer, target):
        assert torch.get_num_threads() == 2
