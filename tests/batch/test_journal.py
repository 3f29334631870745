"""The journal survives a killed process, and is refused if damaged."""

import json

import pytest
import tifffile
import zarr
from tiny_stacks import finish, grey_stack

from napari_oneshot_color import train
from napari_oneshot_color.batch.journal import NAME, Journal
from napari_oneshot_color.batch.run import apply_files_steps
from napari_oneshot_color.errors import BadFileError
from napari_oneshot_color.files.formats import encode_image


@pytest.fixture(scope="module")
def colorizer(source, tiny):
    return train(source, tiny(), source_name="left.png")


@pytest.fixture
def folder(tmp_path):
    """An image, a TIFF stack and a zarr stack."""
    folder = tmp_path / "scans"
    folder.mkdir()
    (folder / "a.png").write_bytes(encode_image(grey_stack((48, 60)), ".png"))
    tifffile.imwrite(folder / "b.tif", grey_stack((4, 48, 60), 1), photometric="minisblack")
    zarr.create_array(folder / "c.zarr", data=grey_stack((3, 70, 60), 2), chunks=(2, 40, 60))
    return folder


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


def apply(colorizer, targets, output, each=lambda progress: None, **options):
    return finish(apply_files_steps(colorizer, targets, output, **options), each)


def test_journal_survives_an_incomplete_last_line(tmp_path):
    journal = Journal(tmp_path, {"colorizer": "0123"})
    journal.begin([("a_colorized.png", "a.png"), ("b_colorized.png", "b.png")])
    journal.finish("a_colorized.png", "a.png", "77")
    whole = (tmp_path / NAME).read_bytes()
    journal.finish("b_colorized.png", "b.png", "88")
    complete = (tmp_path / NAME).read_bytes()
    (tmp_path / NAME).write_bytes(complete[:-9])

    torn = Journal(tmp_path, {"colorizer": "0123"})
    assert torn.is_finished("a_colorized.png", "77")
    assert not torn.is_finished("a_colorized.png", "78")
    assert not torn.is_finished("b_colorized.png", "88")
    assert torn.is_known("b_colorized.png")
    assert not torn.is_foreign("b_colorized.png")
    assert Journal(tmp_path, {"colorizer": "4567"}).is_foreign("b_colorized.png")
    torn.finish("b_colorized.png", "b.png", "88")
    assert (tmp_path / NAME).read_bytes() == complete
    assert complete.startswith(whole)


@pytest.mark.parametrize("content", [b"{\n", b"[]\n", b'{"output": 3}\n', b"\xff\n"])
def test_damaged_record_gives_a_clear_error(tmp_path, content):
    (tmp_path / NAME).write_bytes(content)
    with pytest.raises(BadFileError, match="is damaged"):
        Journal(tmp_path, {})


def test_journal_consists_of_lines_of_json(colorizer, folder, out):
    apply(colorizer, [folder / "a.png"], out)
    planned, finished = map(json.loads, (out / NAME).read_text().splitlines())
    assert planned["output"] == finished["output"] == "a_colorized.png"
    assert finished["target"] == "a.png"
    assert finished["options"]["colorizer"] == colorizer.checksum
    assert len(finished["sha256"]) == 64
