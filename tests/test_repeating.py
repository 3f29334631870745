"""A saved result is repeated from its record and images; differences are reported."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from napari_oneshot_color import colorize
from napari_oneshot_color.errors import BadFileError, BadPairError
from napari_oneshot_color.files.checksums import checksum
from napari_oneshot_color.files.decoding import read_image
from napari_oneshot_color.files.formats import encode_image
from napari_oneshot_color.pair.samples import DEMO, stereo_motorcycle
from napari_oneshot_color.record import ImageRecord, read_record
from napari_oneshot_color.repeating import differences, find_inputs
from napari_oneshot_color.steering.order import steered


def repeated(record, *inputs):
    sources, target, steering = find_inputs(record, *inputs)
    limits = record.target.limits
    return steered(colorize(sources, target, record.settings, target_limits=limits), steering)


def test_result_is_repeated_from_its_folder_byte_for_byte(made, images):
    folder, result = made
    for image in images.iterdir():
        shutil.copy(image, folder)
    record = read_record(folder)
    again = repeated(record)
    np.testing.assert_array_equal(again.final, result.final)
    assert differences(record, again) == []


def test_layers_without_a_file_are_found_by_their_roles(made, images):
    folder, _ = made
    for name, role in {"a.png": "source", "b.png": "source_2", "scan.tif": "target"}.items():
        image = read_image(images / name)
        (folder / f"{role}.tif").write_bytes(encode_image(image, ".tif"))
    sources, _, steering = find_inputs(read_record(folder / "result.json"))
    assert [(one.name, one.weight, one.limits) for one in sources] == [
        ("a.png", 2, None),
        ("b.png", 1, (5, 250)),
    ]
    assert steering.threshold == 9
    assert steering.regions_excluded == (2,)


def test_another_image_is_refused(made, images):
    record = read_record(made[0])
    paths = [images / "a.png", images / "a.png"]
    with pytest.raises(BadPairError, match=r"'.*a\.png' is not the image"):
        find_inputs(record, paths, images / "scan.tif")


def test_missing_image_is_reported_with_the_option_for_it(made):
    with pytest.raises(BadFileError, match=r"no 'a\.png' or 'source\.tif'.*--source FILE"):
        find_inputs(read_record(made[0]))


def test_one_source_of_two_is_not_enough(made, images):
    with pytest.raises(BadPairError, match="has 2 sources"):
        find_inputs(read_record(made[0]), [images / "a.png"])


def test_possible_causes_of_different_bytes_are_reported(made):
    folder, result = made
    file = folder / "result.json"
    told = json.loads(file.read_text())
    told["final"]["sha256"] = "0" * 64
    told["versions"]["torch"] = "1.0"
    told["device"] = "Abacus"
    file.write_text(json.dumps(told))
    lines = differences(read_record(folder), result)
    assert lines[0] == "The bytes differ, by up to 0 of 255 in 'final.png'."
    assert any(line.startswith("torch: ") and "it was 1.0." in line for line in lines)
    assert any(line.startswith("device: ") and "it was Abacus." in line for line in lines)


def test_record_of_an_older_version_has_nothing_to_compare_with(made):
    folder, result = made
    file = folder / "result.json"
    told = json.loads(file.read_text())
    del told["final"]
    file.write_text(json.dumps(told))
    [line] = differences(read_record(folder), result)
    assert "no checksum of the final image" in line


def test_images_of_the_demo_are_found_without_files(made):
    folder, _ = made
    pair = stereo_motorcycle()
    images = dict(zip(DEMO, (pair.source, pair.target), strict=True))
    source, target = (
        ImageRecord(name=name, sha256=checksum(image)) for name, image in images.items()
    )
    record = replace(read_record(folder), sources=(source,), target=target)
    [found], grey, _ = find_inputs(record)
    np.testing.assert_array_equal(found.image, pair.source)
    np.testing.assert_array_equal(grey, pair.target)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"source": 1}', '{"settings": {}, "target": {}}'])
def test_damaged_record_gives_a_clear_error(tmp_path, text):
    (tmp_path / "result.json").write_text(text)
    with pytest.raises(BadFileError, match="not the record of a run"):
        read_record(tmp_path)
