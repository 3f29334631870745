"""The colorizer is saved in the first writable folder, and the error names it."""

import tempfile
from pathlib import Path

import pytest

from napari_oneshot_color import Colorizer
from napari_oneshot_color.errors import BadFileError
from napari_oneshot_color.result.rescue import kept_elsewhere

ERROR = BadFileError("The disk is full.")


@pytest.fixture
def places(tmp_path, monkeypatch):
    """The current folder, the home folder and the temporary folder, none of which exists."""
    places = [tmp_path / name for name in ("here", "home", "temporary")]
    monkeypatch.setattr(Path, "cwd", lambda: places[0])
    monkeypatch.setattr(Path, "home", lambda: places[1])
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(places[2]))
    return places


@pytest.mark.parametrize("first", [0, 1, 2])
def test_first_writable_folder_is_used(result, places, first):
    for place in places[first:]:
        place.mkdir()
    told = kept_elsewhere(ERROR, result.colorizer)
    [folder] = places[first].iterdir()
    assert type(told) is BadFileError
    assert str(told) == (f"The disk is full. The trained colorizer is in '{folder}'.")
    assert Colorizer.load(folder / "colorizer.safetensors").checksum == result.colorizer.checksum
    assert not any(list(place.iterdir()) for place in places[first + 1 :])


def test_result_is_saved_with_its_colorizer(result, places):
    places[0].mkdir()
    told = kept_elsewhere(ERROR, result.colorizer, result)
    [folder] = places[0].iterdir()
    assert f"The result and the trained colorizer are in '{folder}'." in str(told)
    assert (folder / "result" / "final.png").is_file()


def test_failure_to_write_anywhere_is_reported(result, places):
    told = kept_elsewhere(ERROR, result.colorizer)
    assert "could not be saved anywhere else" in str(told)
