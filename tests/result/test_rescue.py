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
    """The current folder, the user's own and that for temporary files, none of which is there."""
    places = [tmp_path / name for name in ("here", "home", "temporary")]
    monkeypatch.setattr(Path, "cwd", lambda: places[0])
    monkeypatch.setattr(Path, "home", lambda: places[1])
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(places[2]))
    return places


@pytest.mark.parametrize("first", [0, 1, 2])
def test_first_place_that_can_be_written_to_takes_it(result, places, first):
    for place in places[first:]:
        place.mkdir()
    told = kept_elsewhere(ERROR, result.colorizer)
    [folder] = places[first].iterdir()
    assert type(told) is BadFileError
    assert str(told) == (f"The disk is full. The trained colorizer is in '{folder}'.")
    assert Colorizer.load(folder / "colorizer.safetensors").checksum == result.colorizer.checksum
    assert not any(list(place.iterdir()) for place in places[first + 1 :])


def test_result_is_kept_with_its_colorizer(result, places):
    places[0].mkdir()
    told = kept_elsewhere(ERROR, result.colorizer, result)
    [folder] = places[0].iterdir()
    assert f"The result and the trained colorizer are in '{folder}'." in str(told)
    assert (folder / "result" / "final.png").is_file()


def test_where_nothing_can_be_written_that_is_said(result, places):
    told = kept_elsewhere(ERROR, result.colorizer)
    assert "could not be saved anywhere else" in str(told)
