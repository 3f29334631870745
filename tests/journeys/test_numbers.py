"""Numbers as arrays and files have them: right or a sentence, and the caller's own are left alone.

One table for the three ways in: arrays, files on the command line, layers of the viewer.
"""

import hashlib
import sys
import warnings

import numpy as np
import pytest
import tifffile
from command_line import QUICKLY, last_sentence

from napari_oneshot_color import Settings, cli, colorize, colorize_stack, read_image, train
from napari_oneshot_color.errors import BadFileError, BadPairError, OneshotColorError
from napari_oneshot_color.files.formats import encode_image
from napari_oneshot_color.pixels.color import luminance
from napari_oneshot_color.plugin.layers.checks import target_problem
from napari_oneshot_color.plugin.layers.snapshot import snapshot

pytestmark = pytest.mark.usefixtures("no_figures")

Y, X = np.mgrid[0:48, 0:64]
GREY = (X + Y + 20 + 90 * ((X // 16 + Y // 16) % 2)).astype(np.uint8)
UNIT = GREY / 255


def read_only(image):
    image = image.copy()
    image.setflags(write=False)
    return image


def mapped(image, folder):
    np.save(folder / "map.npy", image)
    return np.load(folder / "map.npy", mmap_mode="r")


RIGHT = ""
TABLE = {
    "uint8": (GREY, RIGHT),
    "int8": ((GREY.astype(int) - 128).astype(np.int8), RIGHT),
    "float16": (UNIT.astype(np.float16), RIGHT),
    "float16 to 55,000": ((UNIT * 64_000).astype(np.float16), RIGHT),
    "float16 over its whole range": ((UNIT * 130_000 - 65_000).astype(np.float16), RIGHT),
    "float32 over its whole range": ((UNIT * 6.6e38 - 3.3e38).astype(np.float32), RIGHT),
    "float64": (UNIT, RIGHT),
    "float64 over its whole range": ((UNIT * 2 - 1) * 1.7e308, RIGHT),
    "long double": (UNIT.astype(np.longdouble), RIGHT),
    "big-endian uint16": ((GREY * 257.0).astype(">u2"), RIGHT),
    "big-endian int16": (GREY.astype(">i2") - 100, RIGHT),
    "big-endian float32": (UNIT.astype(">f4"), RIGHT),
    "Fortran order": (np.asfortranarray(GREY), RIGHT),
    "negative strides": (np.ascontiguousarray(GREY[::-1, ::-1])[::-1, ::-1], RIGHT),
    "read-only": (read_only(GREY), RIGHT),
    "read-only memory map": (GREY, RIGHT),
    "bool": (GREY > 120, RIGHT),
    "uint32": (GREY.astype(np.uint32) * 16_000_000, RIGHT),
    "uint64 above 2^53": (np.uint64(2**53) + GREY, RIGHT),
    "uint64 at the top": (np.uint64(2**64 - 300) + GREY, RIGHT),
    "int64 at the bottom": (np.int64(-(2**63)) + GREY, RIGHT),
    "int64 over its whole range": (((UNIT - 0.5) * 2**63).astype(np.int64), RIGHT),
    "masked": (np.ma.masked_greater(GREY, 200), "partly masked"),
    "masked nowhere": (np.ma.masked_greater(GREY, 255), RIGHT),
    "float64 denormals": (UNIT * 5e-320, "constant between its limits"),
    "float32 denormals": ((UNIT * 1e-39).astype(np.float32), "constant between its limits"),
    "complex": (UNIT.astype(np.complex64), "complex"),
    "NaN": (np.where(GREY > 200, np.nan, UNIT), "NaN or infinite"),
    "infinite": (np.where(GREY > 200, -np.inf, UNIT), "NaN or infinite"),
    "dates": (GREY.astype("datetime64[s]"), "datetime64"),
    "objects": (GREY.astype(object), "object"),
    "texts": (GREY.astype(str), "<U3"),
}
NO_FILES = {"float64 denormals", "dates", "objects", "texts", "long double", "masked"}
NO_LAYERS = {  # napari makes none
    *("dates", "objects", "texts", "complex", "long double"),
    *("uint64 at the top", "int64 at the bottom"),
}
INFINITE_RANGE = {"float64 over its whole range", "float32 over its whole range"}


def checksum(image):
    data = np.ma.getdata(image)
    raw = repr(data.tolist()).encode() if data.dtype.kind == "O" else data.tobytes("A")
    layout = (data.shape, data.strides, data.dtype.str, data.flags.writeable)
    return hashlib.sha256(raw + np.ma.getmaskarray(image).tobytes() + repr(layout).encode())


def is_right(final, image):
    """Whether a result has the light and dark of an image."""
    assert np.isfinite(final).all()
    expected = GREY > 120 if np.ma.getdata(image).dtype.kind == "b" else GREY
    seen = luminance(final.astype(np.float32))
    assert np.corrcoef(seen.ravel(), expected.ravel())[0, 1] > 0.98
    assert np.ptp(seen) > 0.2


@pytest.fixture
def row(request, tmp_path):
    image, words = TABLE[request.param]
    if request.param == "read-only memory map":
        image = mapped(image, tmp_path)
    before = checksum(image).hexdigest()
    yield image, words
    assert checksum(image).hexdigest() == before, "the caller's array was changed"


def rows(left_out=()):
    return pytest.mark.parametrize(
        "row", [name for name in TABLE if name not in left_out], indirect=True
    )


@rows()
def test_array_of_any_dtype_as_target_is_right_or_refused(row, source, tiny):
    image, words = row
    if words:
        with pytest.raises(BadPairError, match=words):
            colorize(source, image, tiny())
    else:
        is_right(colorize(source, image, tiny()).final, image)


@rows()
def test_array_of_any_dtype_as_source_is_right_or_refused(row, tiny):
    image, words = row
    stack = np.ma.stack if np.ma.isMaskedArray(image) else np.stack
    colors = stack([image, image[::-1], image[:, ::-1]], axis=-1)
    before = checksum(colors).hexdigest()
    if words:
        with pytest.raises(BadPairError, match=words):
            train(colors, tiny())
    else:
        train(colors, tiny())
    assert checksum(colors).hexdigest() == before


@rows({"bool"})
def test_array_of_any_dtype_as_stack_is_right_or_refused(row, result):
    image, words = row
    stack = np.ma.stack if np.ma.isMaskedArray(image) else np.stack
    both = stack([image, image[::-1]])
    before = checksum(both).hexdigest()
    if words:
        with pytest.raises(BadPairError):
            colorize_stack(result.colorizer, both).compute()
    else:
        is_right(colorize_stack(result.colorizer, both, dtype=np.float32)[0].compute(), image)
    assert checksum(both).hexdigest() == before


@rows(NO_FILES)
def test_file_of_any_dtype_on_the_command_line_is_right_or_refused(
    row, source, tmp_path, monkeypatch, capsys
):
    image, words = row
    (tmp_path / "photo.png").write_bytes(encode_image(source, ".png"))
    options = {"byteorder": ">"} if image.dtype.byteorder == ">" else {}
    tifffile.imwrite(tmp_path / "scan.tif", image, photometric="minisblack", **options)
    before = (tmp_path / "scan.tif").read_bytes()
    words_of = ["colorize", tmp_path / "photo.png", tmp_path / "scan.tif", "-o", tmp_path / "out"]
    words_of = ["napari-oneshot-color", *map(str, words_of), *QUICKLY]
    monkeypatch.setattr(sys, "argv", words_of)
    try:
        code = cli.main() or 0
    except SystemExit as ended:
        code = ended.code
    if words:
        assert code == 1
        last_sentence(capsys.readouterr().err)
    else:
        assert not code
        is_right(read_image(tmp_path / "out" / "final.png") / 255, image)
    assert (tmp_path / "scan.tif").read_bytes() == before


@rows(NO_LAYERS | INFINITE_RANGE)
def test_layer_of_any_dtype_in_the_viewer_is_right_or_refused(row, source, tiny):
    from napari.layers import Image

    image, words = row
    with warnings.catch_warnings():  # of napari's, about what it shows
        warnings.simplefilter("ignore")
        layer = Image(image, name="scan")
    problem = target_problem(layer, tiny())
    taken = snapshot(layer)
    try:
        final = colorize(source, taken.array(), tiny(), target_limits=taken.limits).final
    except OneshotColorError:
        assert words
    else:
        assert not problem
        is_right(final, image)


def test_files_of_complex_numbers_give_a_clear_error(tmp_path, source):
    tifffile.imwrite(tmp_path / "a.tif", UNIT.astype(np.complex64))
    try:
        image = read_image(tmp_path / "a.tif")
    except BadFileError:
        return
    with pytest.raises(BadPairError):
        colorize(source, image, Settings.preset("quick"))
