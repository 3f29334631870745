"""Bad input gets a clear sentence before anything starts, and leaves everything as it was.

One row for everything that the core can meet: what is done, the error, and its words.
"""

import errno
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from napari_oneshot_color import (
    Colorizer,
    Hints,
    Settings,
    Source,
    apply_hints,
    colorize,
    colorize_from_hints,
    colorize_stack,
    fade,
    recolor,
    train,
)
from napari_oneshot_color.errors import (
    BadColorizerFileError,
    BadFileError,
    BadPairError,
    BadSettingsError,
    DeviceError,
    OneshotColorError,
    OutOfMemoryError,
)
from napari_oneshot_color.files.decoding import read_image
from napari_oneshot_color.files.formats import encode_image
from napari_oneshot_color.files.writing import check_folder, write_atomically
from napari_oneshot_color.pair.prepare import prepare_source, prepare_target
from napari_oneshot_color.pipeline import apply_steps
from napari_oneshot_color.settings import problems
from napari_oneshot_color.training.adversarial import AdversarialTraining

ROWS = {}


@dataclass
class Bench:
    """The inputs that a row may use."""

    source: Any
    target: Any
    result: Any
    make: Any
    folder: Path
    patch: pytest.MonkeyPatch

    def color(self, source=None, target=None, **changes):
        pair = self.source if source is None else source, self.target if target is None else target
        return colorize(*pair, self.make(**changes))

    def file(self, name, data):
        path = self.folder / name
        path.write_bytes(data)
        return path

    def colorizer_file(self, tensors=None, **metadata):
        """A colorizer file with other metadata or other tensors."""
        path = self.folder / "bike.safetensors"
        self.result.colorizer.save(path)
        good = {
            "format": "napari-oneshot-color colorizer",
            "version": "1",
            "settings": self.result.colorizer.settings.to_json(),
            "provenance": "{}",
        }
        save_file(tensors or load_file(path), path, good | metadata)
        return path


def row(name, error, *words):
    """Add a row to the table; the decorated function prepares and returns the failing call."""

    def noted(prepare):
        ROWS[name] = (prepare, error, words)
        return prepare

    return noted


@pytest.fixture
def bench(source, target, result, tiny, tmp_path, monkeypatch):
    return Bench(source, target, result, tiny, tmp_path, monkeypatch)


def with_pixel(image, value):
    image = (image / 255).astype(np.float32)
    image[5, 7] = value
    return image


def full_disk(*args, **kwargs):
    raise OSError(errno.ENOSPC, "No space left on device")


# --- the source -----------------------------------------------------------------------------


@row("grey source", BadPairError, "The source is grey.", "Choose a colour (RGB) image")
def _(bench):
    return lambda: bench.color(source=bench.target)


@row("grey source with a channel axis", BadPairError, "The source is grey.")
def _(bench):
    return lambda: bench.color(source=bench.target[..., None])


@row("source with equal channels", BadPairError, "three channels are equal", "coloured image")
def _(bench):
    return lambda: bench.color(source=np.dstack([bench.target] * 3))


@row("source of a single colour", BadPairError, "a single colour throughout", "some content")
def _(bench):
    plain = np.broadcast_to(np.uint8([200, 30, 90]), (48, 64, 3))
    return lambda: bench.color(source=plain)


@row("source of a single colour with alpha", BadPairError, "a single colour throughout")
def _(bench):
    plain = np.broadcast_to(np.uint8([200, 30, 90]), (48, 64, 3))
    return lambda: bench.color(source=np.dstack([plain, bench.target]))


@row("stack as source", BadPairError, "The source must be one RGB image", "(5, 48, 64, 3)")
def _(bench):
    return lambda: bench.color(source=np.stack([bench.source] * 5))


@row("number as source", BadPairError, "The source must be one RGB image", "shape ()")
def _(bench):
    return lambda: bench.color(source=np.array(3))


@row("small source", BadPairError, "The source is 64 x 63 px.", "at least 64 px on each side")
def _(bench):
    large = np.tile(bench.target, (2, 2))
    return lambda: colorize(np.zeros((63, 64, 3), np.uint8), large, Settings())


@row("empty source", BadPairError, "The source is 64 x 0 px.", "at least 32 px on each side")
def _(bench):
    return lambda: bench.color(source=bench.source[:0])


@row("source with NaN", BadPairError, "The source contains NaN or infinite values.", "Replace them")
def _(bench):
    return lambda: bench.color(source=with_pixel(bench.source, np.nan))


@row("infinite source", BadPairError, "The source contains NaN or infinite values.")
def _(bench):
    return lambda: bench.color(source=with_pixel(bench.source, -np.inf))


@row("complex source", BadPairError, "The source contains complex128 values.", "real numbers")
def _(bench):
    return lambda: bench.color(source=bench.source.astype(complex))


@row("source of objects", BadPairError, "The source contains object values.")
def _(bench):
    return lambda: bench.color(source=bench.source.astype(object))


# --- the target -----------------------------------------------------------------------------


@row(
    "colour target",
    BadPairError,
    "The target is in colour already.",
    "switch on 'target_luminance' before the training to use its luminance",
)
def _(bench):
    return lambda: bench.color(target=bench.source[::-1])


@row("same image twice", BadPairError, "The target is in colour already.")
def _(bench):
    return lambda: bench.color(target=bench.source)


@row("constant target", BadPairError, "The target is constant", "Choose an image with content")
def _(bench):
    return lambda: bench.color(target=np.full((48, 64), 7, np.uint8))


@row("black target", BadPairError, "The target is constant")
def _(bench):
    return lambda: bench.color(target=np.zeros((48, 64)))


@row("constant bool target", BadPairError, "The target is constant")
def _(bench):
    return lambda: bench.color(target=np.ones((48, 64), bool))


@row("target constant in its limits", BadPairError, "'target' is constant between its limits")
def _(bench):
    return lambda: colorize(bench.source, bench.target, bench.make(), target_limits=(0, 1))


@row("limits upside down", BadPairError, "the upper must exceed the lower")
def _(bench):
    return lambda: colorize(bench.source, bench.target, bench.make(), source_limits=(9, 3))


@row("3-D target", BadPairError, "not of shape (5, 48, 64)", "Train on one slice, then apply")
def _(bench):
    return lambda: bench.color(target=np.stack([bench.target] * 5))


@row("time target in colour", BadPairError, "not of shape (5, 48, 64, 3)", "Train on one slice")
def _(bench):
    return lambda: bench.color(target=np.stack([bench.source] * 5))


@row("1-D target", BadPairError, "The target must be one grey image")
def _(bench):
    return lambda: bench.color(target=bench.target[0])


@row("small target", BadPairError, "The target is 60 x 100 px.", "at least 64 px on each side")
def _(bench):
    large = np.tile(bench.source, (2, 2, 1))
    return lambda: colorize(large, np.zeros((100, 60), np.uint8), Settings())


@row("empty target", BadPairError, "The target is 0 x 48 px.")
def _(bench):
    return lambda: bench.color(target=bench.target[:, :0])


@row("target with NaN", BadPairError, "The target contains NaN or infinite values.", "with zero")
def _(bench):
    return lambda: bench.color(target=with_pixel(bench.target, np.nan))


@row("infinite target", BadPairError, "The target contains NaN or infinite values.")
def _(bench):
    return lambda: bench.color(target=with_pixel(bench.target, np.inf))


@row("complex target", BadPairError, "The target contains complex64 values.", "real numbers")
def _(bench):
    return lambda: bench.color(target=bench.target.astype(np.complex64))


@row("target of dates", BadPairError, "The target contains datetime64[s] values.")
def _(bench):
    return lambda: bench.color(target=bench.target.astype("datetime64[s]"))


# --- something else than what is asked for ---------------------------------------------------


@row("file name as source", BadPairError, "The source is 'photo.png', not an array.", "read_image")
def _(bench):
    return lambda: bench.color(source="photo.png")


@row("nothing as source", BadPairError, "The source is None, not an array.")
def _(bench):
    return lambda: train(None, bench.make())


@row("file name as target", BadPairError, "is a PosixPath", "not an array. Give pixels")
def _(bench):
    return lambda: bench.color(target=bench.folder)


@row("list as target", BadPairError, "The target is a list, not an array.")
def _(bench):
    return lambda: bench.color(target=bench.target.tolist())


@row("file name in a Source", BadPairError, "The source is 'photo.png', not an array.")
def _(bench):
    return lambda: train(Source("photo.png"), bench.make())


@row("word as weight", BadPairError, "The weight of 'a' must be a number above 0.")
def _(bench):
    return lambda: train(Source(bench.source, "a", weight="much"), bench.make())


@row("weight of nothing", BadPairError, "The weight of 'a' must be a number above 0.")
def _(bench):
    return lambda: train(Source(bench.source, "a", weight=0), bench.make())


@row("three limits", BadPairError, "The limits of 'target' are (1, 2, 3)", "two numbers")
def _(bench):
    return lambda: colorize(bench.source, bench.target, bench.make(), target_limits=(1, 2, 3))


@row("limit as a stack's limits", BadPairError, "The limits of 'the stack' are 5", "two numbers")
def _(bench):
    return lambda: colorize_stack(bench.result.colorizer, bench.target, limits=5)


@row("preset's name as settings", BadSettingsError, "Settings.preset('quick')")
def _(bench):
    return lambda: colorize(bench.source, bench.target, "quick")


@row("dictionary as settings", BadSettingsError, "The settings are a dict")
def _(bench):
    return lambda: train(bench.source, {"epochs": 2})


@row("settings for hints alone", BadSettingsError, "The settings are a dict")
def _(bench):
    hints = Hints(np.ones((48, 64), np.uint8), {1: (1, 0, 0)})
    return lambda: colorize_from_hints(bench.target, hints, {"epochs": 2})


@row("file name as colorizer", BadColorizerFileError, "The colorizer is 'a.st'", "Colorizer.load")
def _(bench):
    return lambda: colorize_stack("a.st", bench.target)


@row("file name as colorizer for one target", BadColorizerFileError, "The colorizer is 'a.st'")
def _(bench):
    return lambda: list(apply_steps("a.st", bench.target))


@row("file name as stack", BadPairError, "The stack is 'a.tif', not an array.")
def _(bench):
    return lambda: colorize_stack(bench.result.colorizer, "a.tif")


@row("file name as hints", BadPairError, "The hints are 'hints.tif'", "read_hints")
def _(bench):
    return lambda: apply_hints(bench.result, "hints.tif")


@row("labels as hints alone", BadPairError, "The hints are a ndarray", "Hints(labels, colors)")
def _(bench):
    return lambda: colorize_from_hints(bench.target, np.zeros((48, 64), np.uint8))


@row("list as labels", BadPairError, "The hints' labels are a list, not an array.")
def _(bench):
    return lambda: Hints([[0, 1]], {1: (1, 0, 0)})


@row("list as colours", BadPairError, "The hints' colours are a list.", "{1: (0.8, 0.3, 0.25)}")
def _(bench):
    return lambda: Hints(np.ones((48, 64), np.uint8), [(1, 0, 0)])


@row("word to fade by", BadPairError, "The threshold is 'much'.")
def _(bench):
    return lambda: fade(bench.result, "much")


@row("list as regions", BadPairError, "The regions are a list, not an array.")
def _(bench):
    return lambda: recolor(bench.result, bench.result.regions.tolist())


@row("regions that are no labels", BadPairError, "The regions contain float64 values.")
def _(bench):
    return lambda: recolor(bench.result, bench.result.regions.astype(float))


@row(
    "colour of a region in bytes", BadPairError, "The colour of region 1 is (255, 0, 0).", "0 to 1"
)
def _(bench):
    return lambda: recolor(bench.result, bench.result.regions, {1: (255, 0, 0)})


@row("result for a colorizer", BadPairError, "The result is a Colorizer")
def _(bench):
    return lambda: recolor(bench.result.colorizer, bench.result.regions)


@row("result for a file name", BadPairError, "The result is 'out'", "such as colorize returns")
def _(bench):
    return lambda: fade("out", 3)


@row("result for nothing", BadPairError, "The result is None")
def _(bench):
    return lambda: apply_hints(None, Hints(np.ones((48, 64), np.uint8), {1: (1, 0, 0)}))


# --- settings and device --------------------------------------------------------------------


@row("setting outside its limits", BadSettingsError, "'epochs' must be between 1 and", "not 0.")
def _(bench):
    return lambda: bench.color(epochs=0)


@row("unknown setting", BadSettingsError, "There is no setting 'sede'.")
def _(bench):
    return lambda: Settings.from_values({"sede": 1})


@row("contradiction", BadSettingsError, "'lattice_stride' must not exceed 'tile_size'")
def _(bench):
    return lambda: bench.color(lattice_stride=33)


@row(
    "device that is not there",
    BadSettingsError,
    "The device 'cuda:99' is not available on this computer. Choose 'auto' or 'cpu'.",
)
def _(bench):
    return lambda: bench.color(device="cuda:99")


@row("device number that no computer has", BadSettingsError, "is not available on this computer.")
def _(bench):
    return lambda: bench.color(device="cuda:1000000000000")


@row("device that is not there for training", BadSettingsError, "'cuda:99' is not available")
def _(bench):
    return lambda: train(bench.source, bench.make(device="cuda:99"))


@row("device that is not there for a colorizer", BadSettingsError, "'cuda:99' is not available")
def _(bench):
    path = bench.colorizer_file()
    return lambda: Colorizer.load(path, device="cuda:99")


@row("out of memory", OutOfMemoryError, "There was not enough memory.", "Lower the batch size")
def _(bench):
    def fail(self):
        raise torch.OutOfMemoryError("CUDA out of memory.")

    bench.patch.setattr(AdversarialTraining, "step", fail)
    return bench.color


@row("device gone", DeviceError, "CUDA error: unspecified launch failure. Choose the device 'cpu'")
def _(bench):
    def fail(self):
        raise RuntimeError("CUDA error: unspecified launch failure\nCUDA kernel errors might be")

    bench.patch.setattr(AdversarialTraining, "step", fail)
    return bench.color


# --- colorizer files ------------------------------------------------------------------------


@row("missing colorizer", BadColorizerFileError, "There is no file '", "bike.safetensors'.")
def _(bench):
    return lambda: Colorizer.load(bench.folder / "bike.safetensors")


@row("folder as colorizer", BadColorizerFileError, "is a folder. Choose a colorizer file.")
def _(bench):
    (bench.folder / "bike.safetensors").mkdir()
    return lambda: Colorizer.load(bench.folder / "bike.safetensors")


@row("empty colorizer", BadColorizerFileError, "'b.safetensors' is not a colorizer, or is damaged")
def _(bench):
    path = bench.file("b.safetensors", b"")
    return lambda: Colorizer.load(path)


@row("truncated colorizer", BadColorizerFileError, "is damaged. Save the colorizer again.")
def _(bench):
    path = bench.colorizer_file()
    path.write_bytes(path.read_bytes()[:-1000])
    return lambda: Colorizer.load(path)


@row("colorizer truncated in its header", BadColorizerFileError, "is damaged.")
def _(bench):
    path = bench.colorizer_file()
    path.write_bytes(path.read_bytes()[:50])
    return lambda: Colorizer.load(path)


@row("text as colorizer", BadColorizerFileError, "'b.txt' is not a colorizer, or is damaged.")
def _(bench):
    path = bench.file("b.txt", b"once upon a time " * 50)
    return lambda: Colorizer.load(path)


@row("foreign weights", BadColorizerFileError, "was not written by napari-oneshot-color.")
def _(bench):
    path = bench.folder / "resnet.safetensors"
    save_file({"weight": torch.zeros(3)}, path)
    return lambda: Colorizer.load(path)


@row("foreign format", BadColorizerFileError, "was not written by napari-oneshot-color.")
def _(bench):
    path = bench.colorizer_file(format="pt")
    return lambda: Colorizer.load(path)


@row(
    "newer colorizer",
    BadColorizerFileError,
    "was written by a newer napari-oneshot-color (format 6; this one reads up to 5).",
    "Update the plugin.",
)
def _(bench):
    path = bench.colorizer_file(version="6", settings='{"not yet": "known"}')
    return lambda: Colorizer.load(path)


@row("colorizer without a version", BadColorizerFileError, "The settings in '")
def _(bench):
    path = bench.colorizer_file(version="new")
    return lambda: Colorizer.load(path)


@row("colorizer with strange settings", BadColorizerFileError, "The settings in '")
def _(bench):
    path = bench.colorizer_file(settings='{"sede": 1}')
    return lambda: Colorizer.load(path)


@row("colorizer with broken provenance", BadColorizerFileError, "do not fit its settings")
def _(bench):
    path = bench.colorizer_file(provenance="{")
    return lambda: Colorizer.load(path)


@row("colorizer with other weights", BadColorizerFileError, "do not fit its settings")
def _(bench):
    path = bench.colorizer_file(tensors={"0.weight": torch.zeros(4, 1, 5, 5)})
    return lambda: Colorizer.load(path)


@row("colorizer of another width", BadColorizerFileError, "do not fit its settings")
def _(bench):
    path = bench.colorizer_file(settings=Settings(base_width=8).to_json())
    return lambda: Colorizer.load(path)


@row("colorizer that exists", BadFileError, "exists already. Choose another name")
def _(bench):
    path = bench.file("bike.safetensors", b"precious")
    return lambda: bench.result.colorizer.save(path)


@row("full disk for a colorizer", BadFileError, "No space left on device", "the free space")
def _(bench):
    path = bench.file("bike.safetensors", b"precious")
    bench.patch.setattr(os, "fsync", full_disk)
    return lambda: bench.result.colorizer.save(path, overwrite=True)


# --- image files ----------------------------------------------------------------------------


@row("missing image", BadFileError, "There is no file '", "photo.png'.")
def _(bench):
    return lambda: read_image(bench.folder / "photo.png")


@row("folder as image", BadFileError, "photo.png' is a folder. Choose an image in it.")
def _(bench):
    (bench.folder / "photo.png").mkdir()
    return lambda: read_image(bench.folder / "photo.png")


@row("unknown kind of image", BadFileError, "'photo.psd' is not an image", "Convert it to PNG")
def _(bench):
    path = bench.file("photo.psd", b"8BPS")
    return lambda: read_image(path)


for suffix in (".png", ".jpg", ".tif"):

    @row(f"truncated {suffix}", BadFileError, f"'photo{suffix}' cannot be read: it is damaged")
    def _(bench, suffix=suffix):
        noise = np.random.default_rng(0).integers(0, 256, (90, 90, 3), dtype=np.uint8)
        data = encode_image(noise, suffix)
        path = bench.file(f"photo{suffix}", data[: len(data) // 2])
        return lambda: read_image(path)

    @row(f"empty {suffix}", BadFileError, f"'photo{suffix}' cannot be read: it is damaged or empty")
    def _(bench, suffix=suffix):
        path = bench.file(f"photo{suffix}", b"")
        return lambda: read_image(path)

    @row(f"text as {suffix}", BadFileError, f"'photo{suffix}' cannot be read")
    def _(bench, suffix=suffix):
        path = bench.file(f"photo{suffix}", b"once upon a time " * 50)
        return lambda: read_image(path)


# --- writing --------------------------------------------------------------------------------


@row("folder with something in it", BadFileError, "is not empty. Choose another one, or allow")
def _(bench):
    bench.file("diary.txt", b"precious")
    return lambda: bench.result.save(bench.folder)


@row("file in the place of a folder", BadFileError, "is a file, not a folder.")
def _(bench):
    path = bench.file("out", b"precious")
    return lambda: bench.result.save(path, overwrite=True)


@row("file in the way of a folder", BadFileError, "out")
def _(bench):
    path = bench.file("out", b"precious")
    return lambda: check_folder(path / "below", overwrite=True)


@row("full disk for a result", BadFileError, "No space left on device", "the free space")
def _(bench):
    bench.file("final.png", b"precious")
    bench.patch.setattr(Path, "write_bytes", full_disk)
    return lambda: bench.result.save(bench.folder, overwrite=True)


@row("full disk for a file", BadFileError, "No space left on device", "the free space")
def _(bench):
    path = bench.file("final.png", b"precious")
    bench.patch.setattr(os, "replace", full_disk)
    return lambda: write_atomically(path, b"new", overwrite=True)


@row("folder that is not there", BadFileError, "cannot be written: No such file or directory")
def _(bench):
    return lambda: write_atomically(bench.folder / "nowhere" / "final.png", b"new")


# --- the table ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ROWS)
def test_bad_input_gives_a_clear_error_and_changes_nothing(bench, snapshot, name):
    prepare, error, words = ROWS[name]
    action = prepare(bench)
    before = snapshot(bench.folder), bench.source.tobytes(), bench.target.tobytes()
    with pytest.raises(OneshotColorError) as caught:
        action()
    bench.patch.undo()
    assert type(caught.value) is error
    sentence = str(caught.value)
    for part in words:
        assert part in sentence
    assert sentence[0].isupper() or sentence[0] == "'"
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert (snapshot(bench.folder), bench.source.tobytes(), bench.target.tobytes()) == before


ACCEPTED = {
    "colour target whose luminance is used": (
        lambda pair, make: prepare_target(pair[0], make(target_luminance=True)),
        "'target' is in colour: its luminance was used.",
    ),
    "target with equal channels": (
        lambda pair, make: prepare_target(np.dstack([pair[1]] * 3), make()),
        "'target' has three equal channels and was read as grey.",
    ),
    "source with alpha": (
        lambda pair, make: prepare_source(np.dstack([pair[0], pair[1]]), make()),
        "The alpha channel of 'source' was dropped.",
    ),
    "target with alpha": (
        lambda pair, make: prepare_target(np.dstack([pair[1]] * 4), make()),
        "The alpha channel of 'target' was ignored.",
    ),
    "target with values of its own": (
        lambda pair, make: prepare_target(pair[1] * 10.0, make()),
        "'target' was scaled from its own range, 200 to 2200.",
    ),
}


@pytest.mark.parametrize(("prepare", "note"), ACCEPTED.values(), ids=ACCEPTED)
def test_conversions_of_the_input_are_reported(source, target, tiny, prepare, note):
    assert note in prepare((source, target), tiny).notes


def test_problems_returns_the_message_of_the_error():
    for values in ({"rotation": 200.0}, {"sede": 1}, {"kernel_size": 4}):
        with pytest.raises(BadSettingsError) as caught:
            Settings.from_values(values)
        assert str(caught.value) == problems(values)
    assert problems({"rotation": 200.0}) == "'rotation' must be between 0 and 180, not 200.0."
