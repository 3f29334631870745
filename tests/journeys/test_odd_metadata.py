"""JSON with any content is used, or refused with a clear error."""

import json

import numpy as np
import pytest
import zarr
from tiny_stacks import grey_stack

from napari_oneshot_color import Colorizer
from napari_oneshot_color.batch.journal import NAME, Journal
from napari_oneshot_color.cli.options import settings_from
from napari_oneshot_color.colorizer import colorizer
from napari_oneshot_color.errors import (
    BadColorizerFileError,
    BadFileError,
    BadSettingsError,
    OneshotColorError,
)
from napari_oneshot_color.files.formats import encode_image
from napari_oneshot_color.pair.hints import read_hints
from napari_oneshot_color.record import read_record
from napari_oneshot_color.stacks.zarr_reading import open_stack
from napari_oneshot_color.stacks.zarr_store import fingerprint_of


def hints(folder, text):
    (folder / "hints.tif").write_bytes(encode_image(np.ones((5, 6), np.uint8), ".tif"))
    (folder / "hints.json").write_text(text)
    read_hints(folder / "hints.tif")


def journal(folder, text):
    (folder / NAME).write_text(text + "\n")
    Journal(folder, {})


def settings(folder, text):
    (folder / "settings.json").write_text(text)
    settings_from({"settings": folder / "settings.json"})


def record(folder, text):
    (folder / "result.json").write_text(text)
    read_record(folder)


def metadata(name):
    def read(folder, text):
        (folder / "a.zarr").mkdir()
        (folder / "a.zarr" / name).write_text(text)
        open_stack(folder / "a.zarr")

    return read


READERS = {
    "hints": hints,
    "journal": journal,
    "settings": settings,
    "record": record,
    **{name: metadata(name) for name in ("zarr.json", ".zarray", ".zgroup")},
}
TEXTS = {
    "nothing": "",
    "null": "null",
    "a number": "1",
    "a list": "[]",
    "a list of numbers": "[1, 2]",
    "300 lists": "[" * 300 + "]" * 300,
    "3,000 lists": "[" * 3000 + "]" * 3000,
    "3,000 objects": '{"a":' * 3000 + "1" + "}" * 3000,
    "300 objects": '{"1":' * 300 + "1" + "}" * 300,
    "a long number": '{"1": ' + "1" * 5000 + "}",
    "half of it": '{"1": [0.5',
    "numbers that are none": '{"1": [NaN, Infinity, 1e999]}',
}


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("reader", READERS)
def test_json_of_the_wrong_structure_gives_a_clear_error(tmp_path, reader, text):
    with pytest.raises((BadFileError, BadSettingsError)) as caught:
        READERS[reader](tmp_path, TEXTS[text])
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize("text", TEXTS)
def test_an_output_with_unknown_metadata_is_foreign(tmp_path, text):
    (tmp_path / "zarr.json").write_text(TEXTS[text])
    assert fingerprint_of(tmp_path) is None


ODD = [0, -1, 2.5, "1", None, True, [], [1], {}, 2**40, 10**30]


@pytest.mark.parametrize("odd", [*ODD, float("nan"), [0, 5, 6], [-2, 5, 6], [1] * 40], ids=repr)
@pytest.mark.parametrize("key", ["shape", "chunks"])
def test_impossible_shapes_and_chunks_give_a_clear_error(tmp_path, key, odd):
    zarr.create_array(
        tmp_path / "a.zarr", data=grey_stack((2, 50, 60)), chunks=(1, 50, 60), zarr_format=2
    )
    file = tmp_path / "a.zarr" / ".zarray"
    file.write_text(json.dumps(json.loads(file.read_text()) | {key: odd}))
    with pytest.raises(BadFileError):
        open_stack(tmp_path / "a.zarr")


def test_pickles_of_consolidated_metadata_are_not_opened(tmp_path):
    group = zarr.open_group(tmp_path / "a.zarr", mode="w", zarr_format=2)
    group.create_array("0", data=grey_stack((2, 50, 60)))
    axes = [{"name": name, "type": "space"} for name in "zyx"]
    image = {"version": "0.4", "axes": axes, "datasets": [{"path": "0"}], "name": "pickle"}
    group.attrs["multiscales"] = [image]
    zarr.consolidate_metadata(tmp_path / "a.zarr", zarr_format=2)
    assert open_stack(tmp_path / "a.zarr").shape == (2, 50, 60), "its name may be pickle"
    file = tmp_path / "a.zarr" / ".zmetadata"
    contents = json.loads(file.read_text())
    contents["metadata"]["0/.zarray"]["filters"] = [{"id": "pickle"}]
    file.write_text(json.dumps(contents))
    with pytest.raises(BadFileError, match="can execute"):
        open_stack(tmp_path / "a.zarr")


def with_header(content, change):
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    change(header)
    raw = json.dumps(header).encode()
    return len(raw).to_bytes(8, "little") + raw + content[8 + length :]


@pytest.mark.parametrize("dtype", ["F4", "F8_E8M0", "F8_E4M3", "BF16", "I32", "C64", "X", 7, None])
def test_tensors_of_other_dtypes_give_a_clear_error(result, dtype):
    def change(header):
        for name, tensor in header.items():
            if name != "__metadata__":
                tensor["dtype"] = dtype

    with pytest.raises(BadColorizerFileError):
        Colorizer.from_bytes(with_header(result.colorizer.to_bytes(), change))


def test_one_byte_tensors_give_a_clear_error(result):
    size = 0

    def change(header):
        nonlocal size
        for name, tensor in header.items():
            if name != "__metadata__":
                count = int(np.prod(tensor["shape"]))
                tensor |= {"dtype": "F8_E8M0", "data_offsets": [size, size + count]}
                size += count

    content = with_header(result.colorizer.to_bytes(), change)
    length = 8 + int.from_bytes(content[:8], "little")
    with pytest.raises(BadColorizerFileError, match="not a colorizer, or is damaged"):
        Colorizer.from_bytes(content[: length + size])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("provenance", '{"new": ' + "[" * 300 + "]" * 300 + "}"),
        ("provenance", '{"steps": ' + "[" * 3000 + "]" * 3000 + "}"),
        ("provenance", '{"faded_above": "much"}'),
        ("settings", "[" * 3000 + "]" * 3000),
        ("trust", "nan"),
        ("trust", "much"),
        ("version", "1" * 5000),
    ],
)
def test_the_metadata_of_a_colorizer_are_limited_in_size(result, field, value):
    def change(header):
        header["__metadata__"][field] = value

    with pytest.raises(BadColorizerFileError):
        Colorizer.from_bytes(with_header(result.colorizer.to_bytes(), change))


def test_a_network_of_gigabytes_is_not_allocated_for_a_small_file(result, monkeypatch):
    def change(header):
        values = json.loads(header["__metadata__"]["settings"])
        header["__metadata__"]["settings"] = json.dumps(
            values | {"base_width": 256, "kernel_size": 9}
        )

    made = []
    real = colorizer._bare_network

    def watched(values):
        made.append(real(values))
        return made[-1]

    monkeypatch.setattr(colorizer, "_bare_network", watched)
    with pytest.raises(OneshotColorError, match="do not fit its settings"):
        Colorizer.from_bytes(with_header(result.colorizer.to_bytes(), change))
    assert sum(weight.numel() for weight in made[0].parameters()) > 1e8
    assert all(weight.is_meta for weight in made[0].parameters()), "no memory is taken"
