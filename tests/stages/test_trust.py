"""The trust in a network grows with its training, and is 1 after a complete one."""

import threading
from dataclasses import replace
from itertools import count

import numpy as np
import pytest
import torch
from skimage.color import deltaE_ciede2000, rgb2lab
from skimage.transform import resize

from napari_oneshot_color import Colorizer, colorize, train
from napari_oneshot_color.errors import BadColorizerFileError
from napari_oneshot_color.pair import samples
from napari_oneshot_color.pipeline import colorize_steps
from napari_oneshot_color.settings import Settings
from napari_oneshot_color.stages.trust import earned_trust
from napari_oneshot_color.training import loop


@pytest.fixture(scope="module")
def views():
    """Two small views of a motorcycle: source, target and truth."""
    pair = samples.stereo_motorcycle()
    source, truth = (
        resize(image, (96, 128), anti_aliasing=True) for image in (pair.source, pair.truth)
    )
    grey = resize(pair.target, (96, 128), anti_aliasing=True)
    return source.astype(np.float32), grey.astype(np.float32), truth


def small(preset):
    """Settings of a preset that train in seconds."""

    def make(**changes):
        less = {"working_size": 96, "base_width": 16, "patches_per_epoch": 80, "threads": 1}
        return Settings.preset(preset, device="cpu", precision="float32", **less | changes)

    return make


@pytest.fixture(scope="module")
def best():
    """Settings of preset best that train in seconds."""
    return small("best")


@pytest.fixture(scope="module")
def plain():
    """Settings of preset source-only that train in seconds, soon beyond the neighbours."""
    return small("source-only")


def error(image, truth):
    return float(deltaE_ciede2000(rgb2lab(image), rgb2lab(truth)).mean())


def preview_of(views, settings):
    steps = colorize_steps(*views[:2], settings, previews=True)
    try:
        return next(progress.preview for progress in steps if progress.preview is not None)
    finally:
        steps.close()


@pytest.mark.parametrize("steps", [1, 2, 5, 10, 20, 40])
def test_stopped_result_is_no_worse_than_the_first_picture(views, best, steps):
    settings = best(max_steps=steps)
    result = colorize(*views[:2], settings)
    assert result.colorizer.trust < 1
    before = error(preview_of(views, settings), views[2])
    assert error(result.final, views[2]) <= before + 0.02
    tiles = error(result.tiles_in_place, views[2])
    assert tiles <= before + 0.1
    told = result.provenance
    assert told["trust"] == round(result.colorizer.trust, 3)
    assert "The training ended early" in told["notes"][-1]


def test_live_pictures_are_no_worse_than_the_first_one(views, best, monkeypatch):
    steps = count()
    monkeypatch.setattr(loop.Clock, "is_due", lambda clock: next(steps) % 8 == 0)
    seen = [
        error(progress.preview, views[2])
        for progress in colorize_steps(*views[:2], best(), previews=True)
        if progress.preview is not None
    ]
    assert len(seen) > 10
    assert max(seen) <= seen[0] + 0.1
    assert seen[-1] < seen[0]


def test_stopped_run_is_repeated_by_its_settings(views, best):
    stop = threading.Event()
    steps = colorize_steps(*views[:2], best(), stop=stop)
    while True:
        try:
            if next(steps).done >= 1:
                stop.set()
        except StopIteration as finished:
            stopped = finished.value
            break
    again = colorize(*views[:2], stopped.colorizer.settings)
    np.testing.assert_array_equal(again.final, stopped.final)
    assert again.colorizer.trust == stopped.colorizer.trust < 1


def test_complete_training_is_trusted_without_a_note(views, best):
    settings = best(epochs=1, patches_per_epoch=8)
    result = colorize(*views[:2], settings)
    assert result.colorizer.trust == 1
    assert "trust" not in result.provenance
    assert not any("ended early" in note for note in result.provenance["notes"])


def test_trust_grows_with_training(views, plain):
    trusts = [colorize(*views[:2], plain(max_steps=steps)).colorizer.trust for steps in (1, 200)]
    assert trusts[0] < 0.05
    assert trusts[1] > 0.5


@pytest.mark.parametrize("trust", [0.0, 0.25, 1.0])
def test_trust_is_the_share_of_the_network(views, plain, trust):
    colorizer = train(views[0], plain(epochs=1, patches_per_epoch=8))
    inputs = torch.rand(2, 5, 32, 32, generator=torch.Generator().manual_seed(0)) / 4 + 0.3
    network = replace(colorizer, trust=1.0).color(inputs)
    neighbours = replace(colorizer, trust=0.0).color(inputs)
    mixed = replace(colorizer, trust=trust).color(inputs)
    labs = [rgb2lab(x.permute(0, 2, 3, 1).numpy())[..., 1:] for x in (network, neighbours, mixed)]
    np.testing.assert_allclose(labs[2], labs[1] + trust * (labs[0] - labs[1]), atol=1.0)


def test_trust_is_saved_with_the_colorizer(views, plain, tmp_path):
    colorizer = train(views[0], plain(max_steps=40))
    assert 0 < colorizer.trust < 1
    colorizer.save(tmp_path / "early.safetensors")
    loaded = Colorizer.load(tmp_path / "early.safetensors")
    assert loaded.trust == colorizer.trust
    assert loaded.checksum == colorizer.checksum != replace(colorizer, trust=1.0).checksum
    assert earned_trust(loaded) == pytest.approx(colorizer.trust, abs=1e-6)


@pytest.mark.parametrize("trust", ["-.1", "1.5", "nan", "one"])
def test_file_with_an_impossible_trust_is_refused(views, plain, trust):
    colorizer = train(views[0], plain(epochs=1, patches_per_epoch=4))
    content = replace(colorizer, trust=0.5).to_bytes()
    damaged = content.replace(b'"trust":"0.5"', f'"trust":"{trust}"'.encode())
    assert damaged != content
    with pytest.raises(BadColorizerFileError, match="do not fit its settings"):
        Colorizer.from_bytes(damaged)


def test_networks_without_neighbours_are_trusted(source, target, tiny):
    assert colorize(source, target, tiny(max_steps=1)).colorizer.trust == 1
