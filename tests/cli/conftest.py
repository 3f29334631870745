"""Fixtures for the command line: the program, input images, and a folder for results."""

import sys
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile
import zarr
from tiny_stacks import grey_stack

from napari_oneshot_color import cli, train
from napari_oneshot_color.files.formats import encode_image


@pytest.fixture
def run(monkeypatch, capsys):
    """Run the program in this process; return its exit code, stdout and stderr."""

    def ran(*words):
        monkeypatch.setattr(sys, "argv", ["napari-oneshot-color", *map(str, words)])
        try:
            code = cli.main()
        except SystemExit as exit:
            code = exit.code
        capture = capsys.readouterr()
        return code or 0, capture.out, capture.err

    return ran


@pytest.fixture
def images(tmp_path, source, target):
    """A folder with a colour photo and grey scans of many kinds."""
    folder = tmp_path / "images"
    folder.mkdir()
    deep = target.astype(np.uint16) * 257
    files = {
        "photo.png": source,
        "photo.jpg": source,
        "scan.png": target,
        "scan.jpg": target,
        "scan.tif": target,
        "deep.tif": deep,
        "deep.png": deep,
        "float.tif": (target / 255).astype(np.float32),
        "rgba.png": np.dstack([source, target]),
        "grey_alpha.png": np.dstack([target, target]),
    }
    for name, image in files.items():
        suffix = Path(name).suffix
        alpha = image.ndim == 3 and image.shape[2] != 3
        data = imagecodecs.png_encode(image) if alpha else encode_image(image, suffix)
        (folder / name).write_bytes(data)
    return folder


@pytest.fixture(scope="session")
def trained(source, tiny):
    return train(source, tiny(), source_name="left.png")


@pytest.fixture
def model(trained, tmp_path):
    trained.save(tmp_path / "mine.safetensors")
    return tmp_path / "mine.safetensors"


@pytest.fixture
def folder(tmp_path, source):
    """A colour photo, a grey image, a TIFF stack and a zarr stack."""
    folder = tmp_path / "images"
    folder.mkdir()
    (folder / "photo.png").write_bytes(encode_image(source, ".png"))
    (folder / "a.png").write_bytes(encode_image(grey_stack((48, 60)), ".png"))
    tifffile.imwrite(folder / "b.tif", grey_stack((3, 48, 60), 1), photometric="minisblack")
    zarr.create_array(folder / "c.zarr", data=grey_stack((2, 60, 60), 2), chunks=(1, 40, 60))
    return folder


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"
