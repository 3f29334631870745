"""JSON of any encoding is read; what is very large or deep is refused."""

import pytest

from napari_oneshot_color.errors import BadFileError
from napari_oneshot_color.files import json_texts
from napari_oneshot_color.files.json_texts import parse_json, read_json


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]
)
def test_json_in_the_encodings_of_windows_is_read(tmp_path, encoding):
    (tmp_path / "a.json").write_bytes('{"name": "Größe 漢"}'.encode(encoding))
    assert read_json(tmp_path / "a.json") == {"name": "Größe 漢"}


@pytest.mark.parametrize("depth", [65, 300, 3000, 200_000])
@pytest.mark.parametrize("brackets", [("[", "]"), ('{"a":', "}")])
def test_very_deeply_nested_json_is_refused(depth, brackets):
    opening, closing = brackets
    with pytest.raises(ValueError, match="nested more than 64 deep"):
        parse_json(opening * depth + "1" * (opening != "[") + closing * depth)


def test_deeply_nested_json_is_read():
    assert parse_json("[" * 64 + "]" * 64)


@pytest.mark.parametrize("text", ["", "{", "[1,]", "1" * 5000, b"\xff\xfe\xfa", b"\x89PNG\r\n"])
def test_invalid_json_is_a_value_error(text):
    with pytest.raises(ValueError):  # noqa: PT011 - callers say what it was to be
        parse_json(text)


def test_very_large_files_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(json_texts, "_LARGEST", 100)
    (tmp_path / "a.json").write_text("[" + " " * 200 + "]")
    with pytest.raises(BadFileError, match="larger than 100 bytes"):
        read_json(tmp_path / "a.json")
    with pytest.raises(ValueError, match="larger than 100 bytes"):
        parse_json("[" + " " * 200 + "]")
