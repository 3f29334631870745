"""The picture of the architecture is drawn from imports, and names every folder."""

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "napari_oneshot_color"
ROOMS = [room.relative_to(SOURCE) for room in sorted(SOURCE.rglob("[!_]*.py"))]
NAMES_ALONE = {Path("types.py"), Path("settings/fixed.py")}
DECODERS = {  # tested together, with real files, in tests/files/test_decoding.py
    Path("files", f"{name}.py")
    for name in (
        *("color_models", "libtiff", "picture", "profiles", "stated_colors", "texts"),
        *("tiff", "tiff_claims", "tiff_pages"),
    )
}


@pytest.fixture(scope="module")
def script():
    path = ROOT / "scripts" / "architecture.py"
    spec = importlib.util.spec_from_file_location("architecture", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def wings(script):
    return script.wings()


def test_picture_is_up_to_date(script, wings):
    drawn = script.PICTURE.read_text()
    assert drawn == script.picture(wings), "run: python scripts/architecture.py"


def test_page_has_a_line_for_each_folder(wings):
    page = (ROOT / "docs" / "architecture.md").read_text()
    told = [line.split("`")[1] for line in page.splitlines() if line.startswith("| `")]
    assert sorted(told) == sorted(wings)


def test_picture_has_at_most_25_boxes(wings):
    assert len(wings) <= 25


def test_redundant_arrows_are_left_out(script):
    imports = {"a": {"b", "c"}, "b": {"c"}, "c": set()}
    assert script.reduced(imports) == {"a": {"b"}, "b": {"c"}, "c": set()}
    assert script.rows(imports) == [["a"], ["b"], ["c"]]


@pytest.mark.parametrize("room", sorted({*ROOMS} - NAMES_ALONE - DECODERS), ids=str)
def test_module_has_a_test_module_of_its_name(room):
    assert (ROOT / "tests" / room.parent / f"test_{room.name}").exists()


@pytest.mark.parametrize("room", [room for room in ROOMS if room.name != "settings.py"], ids=str)
def test_module_is_shorter_than_300_lines(room):
    assert len((SOURCE / room).read_text().splitlines()) < 300
