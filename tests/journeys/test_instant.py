"""Preset instant: colours from nearest neighbours, without a network or training."""

import json
import threading

import numpy as np
import pytest
from safetensors.torch import load_file, save_file
from skimage.color import rgb2lab

from napari_oneshot_color import Colorizer, Settings, colorize, train
from napari_oneshot_color.errors import (
    BadColorizerFileError,
    BadSettingsError,
    MissingDescriptorError,
)
from napari_oneshot_color.matching import descriptor
from napari_oneshot_color.pipeline import apply_steps, colorize_steps
from napari_oneshot_color.pixels.color import luminance
from napari_oneshot_color.settings.fixed import DESCRIPTORS


@pytest.fixture(scope="module")
def scene():
    """Make smooth colours that follow from lightness and place, ``(64, 96, 3)`` float32."""
    y, x = np.mgrid[0:64, 0:96] / np.float32(64)
    waves = [0.5 + 0.2 * np.sin(3 * x + phase) * np.cos(2 * y) for phase in (0, 1, 2)]
    return np.stack(waves, axis=-1).astype(np.float32)


@pytest.fixture(scope="module")
def grey(scene):
    return luminance(np.ascontiguousarray(scene[:, ::-1]))


@pytest.fixture(scope="module")
def instant():
    def make(**changes):
        return Settings.preset("instant", device="cpu", threads=1, working_size=64, **changes)

    return make


@pytest.fixture(scope="module")
def result(scene, grey, instant):
    return colorize(scene, grey, instant())


def finish(steps):
    records = []
    while True:
        try:
            records.append(next(steps))
        except StopIteration as finished:
            return records, finished.value


def test_nothing_is_trained(result, instant):
    assert instant().steps == instant(max_steps=5).steps == 0
    assert len(result.losses) == 0
    assert list(result.colorizer.generator.parameters()) == []


def test_every_stage_is_there(result, scene, grey):
    assert result.final.shape == scene.shape
    assert result.merged.shape == result.smoothed.shape == result.quickshift.shape == scene.shape
    assert result.uncertainty.shape == result.regions.shape == grey.shape
    assert len(result.tiles) == len(result.positions) > 0
    assert result.epochs.shape == (0, *scene.shape)


def test_colors_are_those_of_the_neighbours(result, scene, grey):
    found = result.colorizer.matcher.neighbours(grey).chroma
    cells = rgb2lab(result.merged)[..., 1:].reshape(16, 4, 24, 4, 2).mean(axis=(1, 3))
    assert np.abs(cells - found).mean() < 0.3 * found.std()


def test_every_stage_reports_and_there_is_no_step(scene, grey, instant):
    records, _ = finish(colorize_steps(scene, grey, instant()))
    assert [r.stage for r in records if r.done == 0] == ["tiles", "regions", "final"]
    assert all(r.total > 0 for r in records)


def test_a_stopped_run_gives_the_same_result(result, scene, grey, instant):
    stop = threading.Event()
    stop.set()
    _, stopped = finish(colorize_steps(scene, grey, instant(), stop=stop))
    assert stopped.final.tobytes() == result.final.tobytes()
    assert not stopped.provenance["stopped"]


def test_the_seed_makes_no_difference(result, scene, grey, instant):
    assert colorize(scene, grey, instant(seed=1)).final.tobytes() == result.final.tobytes()


def test_record_names_the_descriptor(result):
    assert result.provenance["descriptor"] == {
        "name": "efficientnet-lite0",
        "sha256": DESCRIPTORS["efficientnet-lite0"],
    }


def test_descriptor_and_its_weight_change_the_colors(result, scene, grey, instant):
    for change in ({"descriptor": "none"}, {"descriptor_weight": 4.0}):
        changed = colorize(scene, grey, instant(**change))
        assert not np.array_equal(changed.final, result.final)
    assert "descriptor" not in colorize(scene, grey, instant(descriptor="none")).provenance


def test_planes_matter_only_to_a_network(result, scene, grey, instant):
    changed = colorize(scene, grey, instant(descriptor_planes=3))
    assert changed.final.tobytes() == result.final.tobytes()


def test_any_size_is_colored(scene, instant):
    target = np.random.default_rng(1).random((70, 131), np.float32)
    assert colorize(scene, target, instant()).final.shape == (70, 131, 3)


# --- files ------------------------------------------------------------------------------------


def test_colorizer_from_a_file_gives_the_same_bytes(result, grey, tmp_path):
    path = tmp_path / "it.safetensors"
    result.colorizer.save(path)
    assert set(load_file(path)) == {"source"}
    loaded = Colorizer.load(path, device="cpu")
    assert finish(apply_steps(loaded, grey))[1].final.tobytes() == result.final.tobytes()


def test_colorizer_made_without_a_target_gives_the_same_bytes(result, scene, grey, instant):
    trained = train(scene, instant())
    assert finish(apply_steps(trained, grey))[1].final.tobytes() == result.final.tobytes()


def test_trained_network_sees_the_descriptor_and_so_does_its_file(scene, grey, tmp_path):
    settings = Settings.preset(
        "best",
        device="cpu",
        threads=1,
        working_size=64,
        base_width=4,
        epochs=1,
        patches_per_epoch=8,
    )
    made = colorize(scene, grey, settings)
    few = colorize(scene, grey, settings.replace(descriptor_planes=1))
    assert not np.array_equal(made.merged, few.merged)
    made.colorizer.save(tmp_path / "it.safetensors")
    loaded = Colorizer.load(tmp_path / "it.safetensors", device="cpu")
    assert finish(apply_steps(loaded, grey))[1].final.tobytes() == made.final.tobytes()


@pytest.mark.parametrize("told", [None, "0" * 64])
def test_file_made_with_another_descriptor_is_refused(result, tmp_path, told):
    path = tmp_path / "it.safetensors"
    result.colorizer.save(path)
    metadata = {
        "format": "napari-oneshot-color colorizer",
        "version": "5",
        "settings": json.dumps(result.colorizer.settings.to_dict()),
    }
    save_file(load_file(path), path, metadata | ({"descriptor": told} if told else {}))
    with pytest.raises(BadColorizerFileError, match="was made with other weights of"):
        Colorizer.load(path)


def test_missing_descriptor_gives_a_clear_error_for_runs_and_files(
    result, scene, grey, instant, tmp_path, monkeypatch
):
    result.colorizer.save(tmp_path / "it.safetensors")
    monkeypatch.setattr(descriptor, "find_spec", lambda name: None)
    descriptor._lite0_on.cache_clear()
    with pytest.raises(MissingDescriptorError, match="pip install"):
        colorize(scene, grey, instant())
    with pytest.raises(MissingDescriptorError, match="pip install"):
        Colorizer.load(tmp_path / "it.safetensors")


# --- settings ---------------------------------------------------------------------------------


def test_tiles_cover_whole_cells_without_a_network():
    with pytest.raises(BadSettingsError, match="multiple of 32 for none"):
        Settings.preset("instant", tile_size=48)


def test_only_the_networks_of_the_paper_use_no_descriptor():
    described = {"best", "instant"}
    for name in ("best", "instant", "source-only", "paper", "quick"):
        assert (Settings.preset(name).descriptor != "none") is (name in described)
