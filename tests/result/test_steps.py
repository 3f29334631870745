"""A colorizer and a target make a result, whoever trained it."""

import numpy as np
from skimage.color import gray2rgb, rgb2lab

from napari_oneshot_color import colorize
from napari_oneshot_color.files.checksums import checksum
from napari_oneshot_color.pipeline import apply_steps
from napari_oneshot_color.progress import STAGES


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


def test_result_holds_every_stage_in_its_shape(result):
    assert result.source.shape == (48, 64, 3)
    assert result.target.shape == (48, 64)
    assert result.tiles.shape == (6, 32, 32, 3)
    assert result.positions.tolist() == [[t, left] for t in (0, 16) for left in (0, 16, 32)]
    for name in ("merged", "smoothed", "quickshift", "final", "lab"):
        image = getattr(result, name)
        assert image.shape == (48, 64, 3)
        assert image.dtype == np.float32
        assert np.isfinite(image).all()
    assert result.regions.shape == (48, 64)
    assert result.regions.min() == 1
    assert len(result.region_names) == len(result.region_colors) == len(np.unique(result.regions))
    assert result.tiles_in_place.shape == (48, 64, 3)


def test_colors_of_all_stages_lie_in_0_to_1(vivid):
    for name in ("tiles", "merged", "smoothed", "quickshift", "final", "epochs"):
        image = getattr(vivid, name)
        assert image.min() >= -1e-6
        assert image.max() <= 1 + 1e-6


def test_final_has_the_full_size_of_a_target_larger_than_the_working_size(source, target, tiny):
    large = np.kron(target, np.ones((3, 3), np.uint8))[:-1, :-2]  # 143 x 190
    large = large + np.random.default_rng(0).integers(0, 20, large.shape, dtype=np.uint8)
    result = colorize(source, large, tiny())
    assert result.target.shape == (143, 190)
    assert result.merged.shape == (48, 64, 3)
    assert result.regions.shape == (48, 64)
    assert result.final.shape == result.lab.shape == (143, 190, 3)
    wanted = rgb2lab(gray2rgb(large))[..., 0]  # down to the noise in single pixels
    np.testing.assert_allclose(result.lab[..., 0], wanted, atol=1e-3)


def test_colorizer_applied_to_the_same_target_gives_the_same_picture(target, result):
    records, again = finish(apply_steps(result.colorizer, target))
    assert again.final.tobytes() == result.final.tobytes()
    assert again.source is None
    assert len(again.losses) == len(again.epochs) == 0
    assert [record.stage for record in records if record.done == 0] == list(STAGES)[1:]


def test_applied_result_records_the_origin_of_its_colors(target, source, result):
    _, again = finish(apply_steps(result.colorizer, target[:40], target_name="slice"))
    assert again.final.shape == (40, 64, 3)
    assert again.provenance["source"]["sha256"] == checksum(source)
    assert again.provenance["target"]["name"] == "slice"
    assert again.provenance["target"]["sha256"] == checksum(target[:40])
    assert "target" not in result.colorizer.provenance
