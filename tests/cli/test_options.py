"""What the command line takes from the JSON of an earlier result."""

import json

import numpy as np
import pytest

from napari_oneshot_color.cli.options import recorded_limits
from napari_oneshot_color.errors import BadFileError
from napari_oneshot_color.files.checksums import checksum

GREY = np.arange(12, dtype=np.float32).reshape(3, 4)


def test_without_a_file_there_are_no_recorded_limits():
    assert recorded_limits({"settings": None}, GREY) is None


def test_limits_of_an_earlier_result_apply_to_its_own_target(tmp_path):
    file = tmp_path / "result.json"
    target = {"name": "a", "limits": [12.5, 900], "sha256": checksum(GREY)}
    file.write_text(json.dumps({"settings": {"seed": 3}, "target": target}))
    assert recorded_limits({"settings": file}, GREY) == (12.5, 900.0)
    assert recorded_limits({"settings": file}, GREY[::-1]) is None


@pytest.mark.parametrize("told", [{"seed": 3}, {"settings": {}, "target": {"name": "a"}}])
def test_settings_alone_hold_no_limits(tmp_path, told):
    file = tmp_path / "settings.json"
    file.write_text(json.dumps(told))
    assert recorded_limits({"settings": file}, GREY) is None


@pytest.mark.parametrize("limits", [["a", "b"], [None, 1], [1], 3])
def test_limits_that_are_not_numbers_give_a_clear_error(tmp_path, limits):
    file = tmp_path / "result.json"
    target = {"name": "a", "limits": limits}
    file.write_text(json.dumps({"settings": {}, "target": target}))
    with pytest.raises(BadFileError, match=r"cannot be read: target\.limits"):
        recorded_limits({"settings": file}, GREY)
