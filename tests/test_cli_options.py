"""What the command line takes from the JSON of an earlier result."""

import json

import pytest

from napari_oneshot_color.cli_options import recorded_limits


def test_without_a_file_there_are_no_recorded_limits():
    assert recorded_limits({"settings": None}) is None


def test_limits_of_an_earlier_result_come_back(tmp_path):
    file = tmp_path / "result.json"
    file.write_text(json.dumps({"settings": {"seed": 3}, "target": {"limits": [12.5, 900]}}))
    assert recorded_limits({"settings": file}) == (12.5, 900.0)


@pytest.mark.parametrize("told", [{"seed": 3}, {"settings": {}, "target": {"name": "a"}}])
def test_settings_alone_hold_no_limits(tmp_path, told):
    file = tmp_path / "settings.json"
    file.write_text(json.dumps(told))
    assert recorded_limits({"settings": file}) is None
