"""Several sources: patches from all, by their weights; each place matched in all of them."""

import json

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter

from napari_oneshot_color import Colorizer, Settings, colorize, train
from napari_oneshot_color.errors import BadPairError
from napari_oneshot_color.matching.neighbours import Matcher
from napari_oneshot_color.pair import prepare
from napari_oneshot_color.pair.prepare import Source, prepare_sources
from napari_oneshot_color.pixels import resizing
from napari_oneshot_color.pixels.color import luminance
from napari_oneshot_color.training.patches import MixedSampler, PatchSampler


def plain(red, green, blue, shape=(64, 96), seed=0):
    """Make an image of one hue under noise, uint8."""
    light = np.random.default_rng(seed).uniform(0.4, 1, (*shape, 1))
    return (255 * light * [red, green, blue]).astype(np.uint8)


def chroma(tiny):
    return tiny(
        network="chroma", neighbour_weight=0.25, smoothing="guided", use_regions=False,
        working_size=64,
    )  # fmt: skip


def tensor(image):
    return torch.from_numpy(image / np.float32(255)).permute(2, 0, 1).float()


# --- patches --------------------------------------------------------------------------------


@pytest.mark.parametrize(("weights", "share"), [((1, 1), 0.5), ((3, 1), 0.75), ((1, 9), 0.1)])
def test_patches_come_from_each_source_in_proportion_to_its_weight(tiny, weights, share):
    sources = [tensor(plain(1, 0, 0)), tensor(plain(0, 0, 1, (40, 50)))]
    settings = tiny(brightness=0, contrast=0)
    weighted = list(zip(sources, weights, strict=True))
    sampler = MixedSampler(weighted, settings, torch.Generator().manual_seed(0))
    red = 0
    for _ in range(10):
        _, color = sampler.draw(6)
        assert color.shape == (6, 3, 32, 32)
        red += int((color[:, 0].mean((1, 2)) > color[:, 2].mean((1, 2))).sum())
    assert red == 60 * share


def test_patches_of_one_source_are_those_of_its_own_sampler(tiny):
    source, settings = tensor(plain(1, 0.5, 0)), tiny()
    mixed = MixedSampler([(source, 2.0)], settings, torch.Generator().manual_seed(4))
    alone = PatchSampler(source, settings, torch.Generator().manual_seed(4))
    for one, other in zip(mixed.draw(5), alone.draw(5), strict=True):
        assert torch.equal(one, other)


# --- neighbours and correspondences ---------------------------------------------------------


def test_neighbours_are_found_in_all_sources():
    red, blue = (
        plain(*hue, seed=seed) / np.float32(255)
        for seed, hue in enumerate([(0.5, 0.1, 0.1), (0.7, 0.7, 1)])
    )
    matcher = Matcher(red, blue)
    assert matcher.neighbours(luminance(red)).chroma[..., 0].mean() > 10
    assert matcher.neighbours(luminance(blue)).chroma[..., 1].mean() < -10


def test_each_source_s_own_cues_may_use_the_other_sources():
    image = plain(0.8, 0.3, 0.3) / np.float32(255)
    [alone] = Matcher(image).own_cues
    first, second = Matcher(image, image).own_cues
    assert first[-1, 2].mean() < alone[-1, 2].mean()  # the twin has the cells that are left out
    assert second[-1, 2].mean() < alone[-1, 2].mean()


# --- whole runs -----------------------------------------------------------------------------


@pytest.mark.parametrize("network", ["dcgan", "chroma"])
def test_run_with_two_sources_names_both_and_repeats(tiny, target, network):
    settings = chroma(tiny) if network == "chroma" else tiny()
    sources = [
        Source(plain(1, 0.4, 0.3), "red.png", weight=2),
        Source(plain(0.3, 0.4, 1, (70, 80)), "blue.png"),
    ]
    target = np.tile(target, (2, 2))
    result = colorize(sources, target, settings)
    told = result.provenance
    assert [one["name"] for one in told["sources"]] == ["red.png", "blue.png"]
    assert [one["weight"] for one in told["sources"]] == [2, 1]
    assert told["source"]["name"] == "red.png"
    assert len({one["sha256"] for one in told["sources"]}) == 2
    json.dumps(told)
    assert colorize(sources, target, settings).final.tobytes() == result.final.tobytes()


def test_list_of_one_is_that_source(tiny, source, target, result):
    listed = colorize([Source(source)], target, tiny())
    assert listed.final.tobytes() == result.final.tobytes()
    assert "sources" not in listed.provenance


def test_source_alone_is_a_list_of_one(tiny, source, target, result):
    alone = colorize(Source(source, "left.png"), target, tiny())
    assert alone.final.tobytes() == result.final.tobytes()
    assert alone.provenance["source"] == result.provenance["source"]
    colorizer = train(Source(source), tiny())
    assert colorizer.checksum == result.colorizer.checksum


def test_second_source_changes_the_result(tiny, source, target, result):
    more = [Source(source), Source(plain(0.2, 0.3, 1))]
    assert colorize(more, target, tiny()).final.tobytes() != result.final.tobytes()


def test_colorizer_of_two_sources_can_be_saved_and_loaded(tiny, tmp_path):
    sources = [Source(plain(1, 0.4, 0.3)), Source(plain(0.3, 0.4, 1, (70, 80)))]
    colorizer = train(sources, chroma(tiny))
    colorizer.save(tmp_path / "two.safetensors")
    read = Colorizer.load(tmp_path / "two.safetensors")
    assert len(read.matcher.sources) == 2
    assert read.checksum == colorizer.checksum


def test_file_with_one_source_can_still_be_read_by_older_versions(tiny, tmp_path):
    settings = tiny(neighbour_weight=0.25)
    train(plain(1, 0.4, 0.3), settings).save(tmp_path / "one.safetensors")
    assert b'"version":"2"' in (tmp_path / "one.safetensors").read_bytes()[:20_000]


@pytest.mark.parametrize(
    ("sources", "sentence"),
    [
        ([], "There is no source"),
        ([Source(plain(1, 0, 0), "a", weight=0)], "weight of 'a' must be a number above 0"),
        ([Source(plain(1, 0, 0)), Source(plain(1, 1, 1), "b")], "'b' cannot.*channels are equal"),
    ],
)
def test_bad_lists_of_sources_are_refused(tiny, sources, sentence):
    with pytest.raises(BadPairError, match=sentence):
        prepare_sources(sources, tiny())


def test_list_of_bare_images_gives_a_clear_error(tiny, target):
    with pytest.raises(BadPairError, match="Give several sources as a list of Source"):
        colorize([plain(1, 0, 0), plain(0, 0, 1)], target, tiny())


def hues(width):
    """Make an image whose colours, not its greys, vary over so many px, ``(300, 310, 3)``."""
    blobs = gaussian_filter(
        np.random.default_rng(0).standard_normal((300, 310, 2)), (width, width, 0)
    )
    red, blue = np.moveaxis(0.5 + 0.3 * blobs / np.abs(blobs).max(), -1, 0)
    return np.stack([red, np.full(red.shape, 0.5), blue], axis=-1)


def test_sources_share_the_size_that_one_needs_and_one_reason_is_reported():
    fine, noise = ((255 * hues(width)).astype(np.uint8) for width in (3, 0))
    settings = Settings.preset("best", working_size=0)
    alone = [prepare_sources([Source(image)], settings)[0] for image in (noise, fine)]
    assert [one.working_size for one in alone] == [256, 300]
    assert "working size is 256 px" in alone[0].notes[0]
    both = prepare_sources([Source(noise), Source(fine)], settings)
    assert [one.working_size for one in both] == [300, 300]
    assert [one.working.shape[0] for one in both] == [300, 300]
    assert both[0].notes == ()
    assert both[1].notes == alone[1].notes


def test_sources_are_scaled_and_shrunk_once_each(monkeypatch):
    shrunk = []

    def counted(image, shape):
        shrunk.append(shape)
        return resizing.shrunk(image, shape)

    monkeypatch.setattr(prepare, "shrunk", counted)
    fine, noise = ((255 * hues(width)).astype(np.uint8) for width in (3, 0))
    prepare_sources([Source(noise), Source(fine)], Settings.preset("best", working_size=0))
    assert shrunk == [(300, 310)] * 2
