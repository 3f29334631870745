"""Records survive writing and reading; unknown fields are kept, wrong ones are reported."""

import json

import pytest

from napari_oneshot_color import Colorizer
from napari_oneshot_color.errors import BadColorizerFileError, BadFileError, BadSettingsError
from napari_oneshot_color.record import ImageRecord, Record, read_record

OLD = {  # as the first version wrote it, with nothing but the least
    "settings": {"seed": 3},
    "source": {"name": "a.png", "sha256": "0" * 64},
    "target": {"name": "b.png", "sha256": "1" * 64, "limits": None},
}


@pytest.fixture
def file(tmp_path):
    """Write a record's parts, changed, and return its file."""

    def write(**changes):
        path = tmp_path / "result.json"
        path.write_text(json.dumps(OLD | changes))
        return path

    return write


def test_record_of_a_result_survives_writing_and_reading(result, tmp_path):
    saved = read_record(result.save(tmp_path / "out"))
    assert saved.record.replace(final=None) == result.record
    assert saved.settings == result.colorizer.settings
    assert (saved.sources, saved.target) == ((result.record.source,), result.record.target)
    assert saved.folder == tmp_path / "out"


def test_record_of_an_older_version_can_be_read(file):
    saved = read_record(file())
    assert saved.settings.seed == 3
    assert [source.name for source in saved.sources] == ["a.png"]
    assert saved.record.final is None
    assert saved.record.notes == ()


def test_unknown_fields_of_a_newer_version_are_kept(file):
    newer = {"name": "a", "sha256": "0" * 64, "colour space": None}
    saved = read_record(file(moon="full", source=newer, sources=[newer, newer]))
    written = saved.record.replace(steps=4).to_dict()
    assert written["moon"] == "full"
    assert written["sources"] == [newer, newer]
    assert written["steps"] == 4


def test_numbers_keep_their_type():
    text = '{"clipped_fraction": 1, "target": {"name": "a", "limits": [0, 1.5]}, "notes": []}'
    assert json.dumps(Record.from_json(text).to_dict()) == (
        '{"notes": [], "target": {"name": "a", "limits": [0, 1.5]}, "clipped_fraction": 1}'
    )


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"steps": "many"}, "steps"),
        ({"steps": True}, "steps"),
        ({"notes": "a"}, "notes"),
        ({"target": 7}, "target"),
        ({"target": {"name": "a", "limits": [1]}}, r"target\.limits"),
        ({"sources": [{"name": 3}]}, r"sources\.0\.name"),
        ({"versions": {"torch": 2}}, r"versions\.torch"),
        ({"region_colors": {"1": [0.5, 0.5]}}, r"region_colors\.1"),
        ({"settings": None}, "no settings"),
        ({"target": None}, "no target"),
        ({"source": None}, "no source"),
    ],
)
def test_field_of_the_wrong_type_gives_a_clear_error(file, changes, place):
    with pytest.raises(BadFileError, match=rf"is not the record of a run.*{place}.*Choose the"):
        read_record(file(**changes))


def test_impossible_settings_are_reported(file):
    with pytest.raises(BadSettingsError, match="no setting 'sede'"):
        read_record(file(settings={"sede": 3}))


def test_file_of_a_colorizer_whose_record_is_wrong_is_refused(result, tmp_path):
    path = tmp_path / "a.safetensors"
    result.colorizer.save(path)
    path.write_bytes(path.read_bytes().replace(b'\\"steps\\": 8', b'\\"steps\\":[]'))
    with pytest.raises(BadColorizerFileError, match="do not fit its settings"):
        Colorizer.load(path)


def test_misspelt_field_name_is_noticed():
    with pytest.raises(TypeError, match="has no stepps"):
        Record().replace(stepps=3)


def test_record_of_an_image_contains_only_known_fields():
    assert ImageRecord(name="a", height=3).to_dict() == {"name": "a", "height": 3}
