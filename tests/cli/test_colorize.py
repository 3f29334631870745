"""The command colorize: what it writes, and how it is repeated."""

import json
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile
from command_line import QUICKLY, one_sentence
from tiny_run import TINY

from napari_oneshot_color import Colorizer, Settings
from napari_oneshot_color.training import objective

pytestmark = pytest.mark.usefixtures("no_figures")


def test_colorize_writes_every_stage(run, images, out):
    code, said, _ = run("colorize", images / "photo.png", images / "scan.png", "-o", out, *QUICKLY)
    assert code == 0
    pictures = (
        "tiles merged smoothed regions quickshift uncertainty final contact_sheet losses epochs"
    )
    names = {f"{name}.png" for name in pictures.split()}
    names |= {"regions.tif", "uncertainty.tif", "result.json", "scan_colorized.png"}
    assert {path.name for path in out.iterdir()} == names
    assert "Trained 8 steps" in said
    assert "% of the pixels were clipped" in said
    told = json.loads((out / "result.json").read_text())
    assert (told["source"]["name"], told["target"]["name"]) == ("photo.png", "scan.png")


def test_16_bit_tiff_target_gives_a_16_bit_rgb_tiff(run, images, out):
    code, _, _ = run("colorize", images / "photo.png", images / "deep.tif", "-o", out, *QUICKLY)
    assert code == 0
    with tifffile.TiffFile(out / "deep_colorized.tif") as file:
        page = file.pages[0]
        assert page.photometric.name == "RGB"
        assert page.dtype == np.uint16
        assert page.shape == (48, 64, 3)
        image = page.asarray()
    final = imagecodecs.png_decode((out / "final.png").read_bytes())
    np.testing.assert_allclose(image / 257, final, atol=0.51)


@pytest.mark.parametrize(
    ("scan", "dtype"),
    [
        ("scan.png", np.uint8),
        ("scan.jpg", np.uint8),
        ("scan.tif", np.uint8),
        ("deep.png", np.uint16),
        ("float.tif", np.float32),
    ],
)
def test_final_has_the_format_and_depth_of_the_target(run, images, out, scan, dtype):
    code, _, _ = run("colorize", images / "photo.jpg", images / scan, "-o", out, *QUICKLY)
    assert code == 0
    path = out / f"{Path(scan).stem}_colorized{Path(scan).suffix}"
    data = path.read_bytes()
    image = tifffile.imread(path) if path.suffix == ".tif" else imagecodecs.imread(data)
    assert image.dtype == dtype
    assert image.shape == (48, 64, 3)


@pytest.mark.parametrize(
    ("photo", "scan", "note"),
    [
        ("rgba.png", "scan.png", "The alpha channel of 'rgba.png' was dropped."),
        (
            "photo.png",
            "grey_alpha.png",
            "'grey_alpha_colorized.png' keeps the alpha channel of 'grey_alpha.png'.",
        ),
    ],
)
def test_handling_of_alpha_is_reported(run, images, out, photo, scan, note):
    code, said, _ = run("colorize", images / photo, images / scan, "-o", out, *QUICKLY)
    assert code == 0
    assert note in said.splitlines()
    assert note in json.loads((out / "result.json").read_text())["notes"]


def test_result_of_an_earlier_run_repeats_its_final_byte_for_byte(run, images, out, tmp_path):
    pair = "colorize", images / "photo.png", images / "scan.png"
    run(*pair, "-o", out, *QUICKLY, "--seed", 5, "--merge-weights", "map")
    code, _, _ = run(*pair, "-o", tmp_path / "again", "--settings", out / "result.json")
    assert code == 0
    for name in ("final.png", "merged.png", "losses.png", "scan_colorized.png"):
        assert (tmp_path / "again" / name).read_bytes() == (out / name).read_bytes()


def test_result_made_with_limits_repeats_itself_too(run, images, out, tmp_path):
    pair = "colorize", images / "photo.png", images / "scan.png"
    run(*pair, "-o", out, *QUICKLY, "--target-limits", 50, 150)
    limits = json.loads((out / "result.json").read_text())["target"]["limits"]
    assert limits == [50, 150]
    code, _, _ = run(
        *pair,
        *("-o", tmp_path / "again", "--settings", out / "result.json"),
        *("--target-limits", *limits),
    )
    assert code == 0
    assert (tmp_path / "again" / "final.png").read_bytes() == (out / "final.png").read_bytes()


def test_printed_settings_can_be_used_again(run, images, out, tmp_path):
    code, printed, _ = run("settings", "--preset", "paper")
    assert code == 0
    assert Settings.from_json(printed) == Settings.preset("paper")
    (tmp_path / "mine.json").write_text(printed)
    code, _, _ = run(
        *("colorize", images / "photo.png", images / "scan.png", "-o", out),
        *("--settings", tmp_path / "mine.json", *QUICKLY),
    )
    assert code == 0
    told = json.loads((out / "result.json").read_text())
    assert told["settings"] == Settings.preset("paper", **TINY).to_dict()


def test_overwriting_replaces_its_own_files_and_keeps_the_others(run, images, out):
    out.mkdir()
    (out / "diary.txt").write_text("precious")
    (out / "final.png").write_bytes(b"old")
    code, _, _ = run(
        *("colorize", images / "photo.png", images / "scan.png", "-o", out, "--overwrite"),
        *QUICKLY,
    )
    assert code == 0
    assert (out / "diary.txt").read_text() == "precious"
    assert (out / "final.png").read_bytes() != b"old"


@pytest.mark.parametrize("truth", ["photo.png", "rgba.png"])
def test_truth_is_shown_beside_the_result(run, images, out, tmp_path, truth):
    pair = "colorize", images / "photo.png", images / "scan.png", *QUICKLY
    run(*pair, "-o", out)
    code, _, _ = run(*pair, "-o", tmp_path / "with", "--truth", images / truth)
    assert code == 0
    sheets = [(folder / "contact_sheet.png").read_bytes() for folder in (out, tmp_path / "with")]
    assert sheets[0] != sheets[1]
    assert (out / "final.png").read_bytes() == (tmp_path / "with" / "final.png").read_bytes()


def test_color_target_is_accepted_if_its_luminance_is_requested(run, images, out):
    pair = "colorize", images / "photo.png", images / "photo.jpg"
    code, _, err = run(*pair, "-o", out, *QUICKLY)
    assert code == 1
    assert "'target_luminance'" in one_sentence(err)
    code, said, _ = run(*pair, "-o", out, *QUICKLY, "--target-luminance")
    assert code == 0
    assert "'photo.jpg' is in colour: its luminance was used." in said


def test_diverging_run_keeps_the_last_good_colorizer(run, images, out, monkeypatch):
    real, count = objective.chroma_loss, 0

    def poisoned(*args):
        nonlocal count
        count += 1
        return real(*args) * (float("nan") if count > 5 else 1)

    monkeypatch.setattr(objective, "chroma_loss", poisoned)
    code, _, err = run("colorize", images / "photo.png", images / "scan.png", "-o", out, *QUICKLY)
    assert code == 1
    assert "diverged" in err
    assert "Traceback" not in err
    assert f"It is in '{out / 'last_good.safetensors'}'." in err
    assert [path.name for path in out.iterdir()] == ["last_good.safetensors"]
    kept = Colorizer.load(out / "last_good.safetensors")
    assert all(p.isfinite().all() for p in kept.generator.parameters())
