"""The user's changes to a saved result are read and applied again in order."""

import pytest
from saved_results import COLORS

from napari_oneshot_color.errors import BadPairError
from napari_oneshot_color.pair.hints import Hints, encode_hints
from napari_oneshot_color.record import read_record
from napari_oneshot_color.repeating import find_inputs


def test_changed_hints_are_refused(made, images, tmp_path, hints):
    other = tmp_path / "other"
    other.mkdir()
    for name, data in encode_hints(Hints(hints.labels[::-1], COLORS)).items():
        (other / name).write_bytes(data)
    with pytest.raises(BadPairError, match="does not contain the hints of the result"):
        find_inputs(
            read_record(made[0]),
            [images / "a.png", images / "b.png"],
            images / "scan.tif",
            other / "hints.tif",
        )
