"""The network for chroma alone: its training, its colorizer, and whole runs with it."""

import threading

import numpy as np
import pytest
import torch
from prepared import prepared
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from skimage.color import rgb2lab
from torch.nn.functional import avg_pool2d

from napari_oneshot_color import Colorizer, Settings, colorize, train
from napari_oneshot_color.colorizer.device import choose_device
from napari_oneshot_color.errors import BadColorizerFileError, BadPairError, BadSettingsError
from napari_oneshot_color.matching.neighbours import Matcher
from napari_oneshot_color.pipeline import apply_steps, colorize_steps
from napari_oneshot_color.pixels.color import lightness
from napari_oneshot_color.pixels.tensors import lab_of_tensor
from napari_oneshot_color.training.chroma import ChromaTraining
from napari_oneshot_color.training.patches import PatchSampler


@pytest.fixture(scope="module")
def result(scene, grey, chroma):
    """Result of a tiny run; tests must not change it."""
    return colorize(scene, grey, chroma())


def start(scene, settings):
    return ChromaTraining(
        [prepared(scene)], Matcher(scene).own_cues, settings, choose_device(settings)
    )


def finish(steps):
    records = []
    while True:
        try:
            records.append(next(steps))
        except StopIteration as finished:
            return records, finished.value


# --- patches and training ---------------------------------------------------------------------


def test_cues_are_cut_at_the_place_of_their_patches(scene, chroma):
    lab = lab_of_tensor(torch.from_numpy(scene).permute(2, 0, 1)[None])
    settings = chroma(brightness=0.0, contrast=0.0, tile_size=32)
    sampler = PatchSampler(lab[0], settings, torch.Generator().manual_seed(0))
    maps = avg_pool2d(lab, 4)[:, 1:]  # as cues the very chroma of the cells
    light, color, cues = sampler.draw_lab(64, maps)
    assert tuple(light.shape) == (64, 1, 32, 32)
    assert tuple(cues.shape) == (64, 2, 8, 8)
    cells = avg_pool2d(color, 4)
    assert (cues - cells).abs().mean() < 0.25 * cells.std()
    assert (cues.roll(1, 0) - cells).abs().mean() > 2 * (cues - cells).abs().mean()


def test_each_patch_gets_cues_of_one_radius(scene, chroma):
    lab = lab_of_tensor(torch.from_numpy(scene).permute(2, 0, 1)[None])[0]
    versions = torch.arange(3.0).view(3, 1, 1, 1).expand(3, 4, 16, 24)
    sampler = PatchSampler(lab, chroma(), torch.Generator().manual_seed(0))
    cues = sampler.draw_lab(100, versions)[2]
    torch.testing.assert_close(cues, cues[:, :1, :1, :1].expand_as(cues))
    assert set(cues[:, 0, 0, 0].round().tolist()) == {0, 1, 2}


def test_planes_of_a_descriptor_are_shifted_as_a_whole_and_in_each_cell(scene, chroma):
    lab = lab_of_tensor(torch.from_numpy(scene).permute(2, 0, 1)[None])[0]
    flat = torch.zeros(1, 4 + 3, 16, 24)

    def planes(noise):
        sampler = PatchSampler(
            lab, chroma(descriptor_noise=noise), torch.Generator().manual_seed(0)
        )
        cues = sampler.draw_lab(400, flat)[2]
        assert (cues[:, :4] == 0).all()
        return cues[:, 4:]

    assert (planes(0.0) == 0).all()
    shaken = planes(0.5)
    means = shaken.mean((2, 3))
    assert means.std().item() == pytest.approx(0.5, rel=0.1)
    assert (shaken - means[..., None, None]).std().item() == pytest.approx(0.5, rel=0.1)
    assert planes(2.0).std() > 3 * shaken.std()


def test_training_lowers_the_error(scene, chroma):
    training = start(scene, chroma(epochs=20))
    losses = torch.stack([training.step() for _ in range(60)])
    assert losses[-10:, 3].mean() < 0.7 * losses[:5, 3].mean()
    assert (losses[:, [0, 2]] == 0).all()  # there is no discriminator
    assert torch.equal(losses[:, 1], losses[:, 3])


def test_global_random_state_and_default_dtype_are_left_alone(scene, chroma):
    before = torch.random.get_rng_state()
    start(scene, chroma()).step()
    assert torch.equal(torch.random.get_rng_state(), before)
    torch.set_default_dtype(torch.float64)
    try:
        assert start(scene, chroma()).step().dtype == torch.float32
    finally:
        torch.set_default_dtype(torch.float32)


def test_same_seed_takes_the_same_steps(scene, chroma):
    first, same, other = (start(scene, chroma(seed=seed)) for seed in (1, 1, 2))
    for _ in range(2):
        losses = first.step()
        assert torch.equal(losses, same.step())
        assert not torch.equal(losses, other.step())


# --- whole runs -------------------------------------------------------------------------------


def test_result_holds_every_stage(result, scene):
    assert result.final.shape == scene.shape
    assert result.tiles.shape[1:] == (64, 64, 3)
    assert result.merged.shape == result.smoothed.shape == result.quickshift.shape == scene.shape
    assert len(result.epochs) == 2
    assert len(result.losses) == 8


def test_every_stage_has_the_targets_lightness(result, grey):
    for image in (result.merged, result.smoothed, result.final):
        assert np.median(np.abs(rgb2lab(image)[..., 0] - lightness(grey))) < 0.1


def test_same_seed_gives_the_same_bytes_and_another_does_not(result, scene, grey, chroma):
    assert colorize(scene, grey, chroma()).final.tobytes() == result.final.tobytes()
    assert colorize(scene, grey, chroma(seed=1)).final.tobytes() != result.final.tobytes()


@pytest.mark.parametrize(
    "change", [{"neighbour_weight": 0.0}, {"correspondence": False}, {"smoothing": "gaussian"}]
)
def test_each_part_of_the_blend_has_an_effect(result, scene, grey, chroma, change):
    changed = colorize(scene, grey, chroma(**change))
    np.testing.assert_array_equal(changed.merged, result.merged)
    assert not np.array_equal(changed.final, result.final)


def test_neighbours_and_correspondences_work_with_the_networks_of_the_paper(scene, grey, tiny):
    settings = tiny(working_size=64, neighbour_weight=0.5, correspondence=True, max_steps=2)
    plain = colorize(scene, grey, settings.replace(neighbour_weight=0.0, correspondence=False))
    helped = colorize(scene, grey, settings)
    truth = rgb2lab(scene)[..., 1:]
    errors = [np.abs(r.lab[..., 1:] - truth).mean() for r in (plain, helped)]
    assert errors[1] < 0.8 * errors[0]
    assert helped.colorizer.matcher is not None


@pytest.mark.parametrize("shape", [(64, 64), (65, 70), (64, 131), (200, 97)])
def test_any_size_is_colored(scene, chroma, shape):
    target = np.random.default_rng(1).random(shape, np.float32)
    assert colorize(scene, target, chroma(max_steps=1)).final.shape == (*shape, 3)


@pytest.mark.parametrize("shape", [(65, 70), (97, 101), (77, 64), (101, 66)])
def test_source_of_any_size_is_learnt_from(chroma, grey, shape):
    source = np.random.default_rng(2).random((*shape, 3), np.float32)
    settings = chroma(tile_size=96, working_size=96, lattice_stride=48, max_steps=2)
    assert colorize(source, grey, settings).final.shape == (*grey.shape, 3)


def test_images_smaller_than_a_tile_have_smaller_tiles(scene, chroma):
    settings = chroma(tile_size=256, working_size=256, lattice_stride=128, max_steps=1)
    result = colorize(scene, np.random.default_rng(1).random((70, 90), np.float32), settings)
    assert result.tiles.shape[1:] == (64, 64, 3)
    with pytest.raises(BadPairError, match="at least 64 px"):
        colorize(scene, np.random.default_rng(1).random((63, 90), np.float32), settings)


def test_nearest_neighbours_are_the_first_preview(scene, grey, chroma):
    records, _ = finish(colorize_steps(scene, grey, chroma(max_steps=1), previews=True))
    first = records[0].preview
    found = Matcher(scene).neighbours(grey).chroma
    assert first.shape == scene.shape
    cells = rgb2lab(first)[..., 1:].reshape(16, 4, 24, 4, 2).mean(axis=(1, 3))
    assert np.abs(cells - found).mean() < 0.2 * found.std()


def test_stopped_run_is_repeated_by_its_own_settings(scene, grey, chroma):
    stop = threading.Event()
    stop.set()
    _, stopped = finish(colorize_steps(scene, grey, chroma(), stop=stop))
    assert stopped.colorizer.settings.max_steps == 1
    again = colorize(scene, grey, stopped.colorizer.settings)
    assert again.final.tobytes() == stopped.final.tobytes()


# --- colorizers and their files ---------------------------------------------------------------


def test_colorizer_from_a_file_gives_the_same_bytes(result, grey, tmp_path):
    result.colorizer.save(tmp_path / "it.safetensors")
    loaded = Colorizer.load(tmp_path / "it.safetensors", device="cpu")
    applied = finish(apply_steps(loaded, grey))[1]
    assert applied.final.tobytes() == result.final.tobytes()
    assert loaded.settings == result.colorizer.settings


def test_colorizer_trained_without_a_target_can_be_applied(scene, grey, chroma, result):
    trained = train(scene, chroma())
    assert finish(apply_steps(trained, grey))[1].final.tobytes() == result.final.tobytes()


@pytest.mark.parametrize(
    "source",
    [
        None,
        torch.zeros(64, 96),
        torch.zeros(64, 96, 4),
        torch.zeros(8, 8, 3),
        torch.zeros(64, 96, 3, dtype=torch.float64),
        torch.full((64, 96, 3), torch.nan),
    ],
)
def test_file_without_a_proper_source_is_refused(result, tmp_path, source):
    path = tmp_path / "it.safetensors"
    result.colorizer.save(path)
    tensors = load_file(path)
    del tensors["source"]
    if source is not None:
        tensors["source"] = source
    metadata = {
        "format": "napari-oneshot-color colorizer",
        "version": "5",
        "settings": result.colorizer.settings.to_json(),
    }
    save_file(tensors, path, metadata)
    with pytest.raises(BadColorizerFileError, match="do not fit its settings"):
        Colorizer.load(path)


def test_file_with_the_network_of_an_earlier_version_is_refused(result, tmp_path):
    path = tmp_path / "it.safetensors"
    result.colorizer.save(path)
    with safe_open(path, "pt") as file:
        metadata = file.metadata()
    save_file(load_file(path), path, metadata | {"version": "4"})
    with pytest.raises(BadColorizerFileError, match="Train the colorizer again"):
        Colorizer.load(path)


def test_paper_colorizers_hold_no_source(scene, tiny, tmp_path):
    train(scene, tiny(max_steps=1)).save(tmp_path / "it.safetensors")
    assert "source" not in load_file(tmp_path / "it.safetensors")


# --- settings ---------------------------------------------------------------------------------


def test_advice_to_lower_the_working_size_can_be_followed():
    assert Settings.preset("best", working_size=128).working_size == 128
    with pytest.raises(BadSettingsError, match="at least 64"):
        Settings.preset("best", working_size=50)


def test_network_without_a_discriminator_has_one_loss(result):
    assert result.losses.is_one


def test_preset_best_searches_the_source_and_accepts_images_of_64_px():
    best = Settings.preset("best")
    assert best.looks_at_source
    assert best.smallest_side == 64
    assert best.tile_side(256, 379) == 256
    assert best.tile_side(100, 379) == 96
    assert not Settings.preset("paper").looks_at_source
    assert Settings.preset("paper").tile_side(100, 379) == 64
