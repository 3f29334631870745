"""The kinds of faults of `benchmarks.faults`: files, places and moments as they should not be."""

from __future__ import annotations

import io
import json
import os
import random
import shutil
import signal
import struct
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import tifffile
import zarr
from PIL import Image

from napari_oneshot_color.errors import OneshotColorError

TINY = {
    "base_width": 4,
    "tile_size": 32,
    "working_size": 48,
    "epochs": 1,
    "patches_per_epoch": 8,
    "batch_size": 4,
    "generated_tiles": 12,
    "lattice_stride": 16,
    "ssim_window": 7,
    "precision": "float32",
    "device": "cpu",
    "threads": 1,
}
_NOBODY = 65534
_EXIT_CODES = (0, 1, 2, 130)


@dataclass(frozen=True)
class Case:
    """One fault.

    Attributes
    ----------
    kind, name : str
        Where it belongs, and what it is called.
    run : callable
        Makes it in an empty folder, which is the current one, and lets the program meet it.
        What it raises, and a traceback that is printed, is a fall.
    is_by_hand : bool
        Whether it is always run, be the time over or not.
    seconds : float or None
        Its limit, where it may take longer than others.
    """

    kind: str
    name: str
    run: Callable[[Path], None]
    is_by_hand: bool = True
    seconds: float | None = None


@dataclass(frozen=True)
class Kind:
    """Faults of a kind: those that were thought of, and a way to draw others."""

    by_hand: Callable[[], Iterator[Case]]
    by_chance: Callable[[random.Random, str], Case] | None = None


class FellError(Exception):
    """What should have held did not."""


def shared() -> Path:
    """Return the folder of what all cases share: a colorizer, a source, a target, a result."""
    return Path(os.environ["FAULTS_SHARED"])


def make_shared(folder: Path) -> None:
    """Make what all cases share."""
    from napari_oneshot_color import Settings, colorize

    (folder / "tiny.json").write_text(json.dumps(TINY))
    colors, grey = _colors(), _grey()
    Image.fromarray(colors).save(folder / "source.png")
    Image.fromarray(grey).save(folder / "target.png")
    result = colorize(
        colors, grey, Settings.from_values(TINY), source_name="source.png", target_name="target.png"
    )
    result.save(folder / "result")
    result.colorizer.save(folder / "mine.safetensors")
    tifffile.imwrite(folder / "stack.tif", np.stack([np.roll(grey, n, 1) for n in range(24)]))
    for name, data in _images().items():
        (folder / f"base-{name}").write_bytes(data)
    for place in (folder, *folder.rglob("*")):
        place.chmod(0o755)
    folder.parent.chmod(0o755)


def command(*words: object) -> int:
    """Run the command line in this process, and return its exit code."""
    from napari_oneshot_color import cli

    sys.argv = ["napari-oneshot-color", *map(str, words)]
    code: Any = 0
    try:
        cli.main()
    except SystemExit as ended:
        code = ended.code or 0
    if code not in _EXIT_CODES:
        raise FellError(f"exit code {code}")
    return int(code)


def apply(*targets: object, output: object = "out", more: tuple[object, ...] = ()) -> int:
    """Colour targets with the shared colorizer."""
    return command("apply", shared() / "mine.safetensors", *targets, "-o", output, *more)


def tiny() -> tuple[object, ...]:
    """Return the options of a training that takes a moment."""
    return ("--settings", shared() / "tiny.json")


def _colors() -> np.ndarray:
    y, x = np.mgrid[0:48, 0:64]
    image = np.stack([3 * x + y, 255 - 2 * x - y, (4 * y) % 200 + x // 2], axis=-1)
    return image.astype(np.uint8)


def _grey() -> np.ndarray:
    y, x = np.mgrid[0:48, 0:64]
    image: np.ndarray = (x + y + 20 + 90 * ((x // 16 + y // 16) % 2)).astype(np.uint8)
    return image


# --- images: mutated, of every format that is read ----------------------------------------------


def _images() -> dict[str, bytes]:
    """Make a small image in every format that can be written here."""
    grey, colors = _grey(), _colors()

    def pillow(image: np.ndarray, kind: str, **options: Any) -> bytes:
        out = io.BytesIO()
        made = Image.fromarray(image)
        if kind == "JPEG" and made.mode == "RGBA":
            made = made.convert("RGB").convert("CMYK")
        made.save(out, kind, **options)
        return out.getvalue()

    def tiff(image: np.ndarray, **options: Any) -> bytes:
        out = io.BytesIO()
        tifffile.imwrite(out, image, **options)
        return out.getvalue()

    stack = np.stack([np.roll(grey, n, 1) for n in range(5)])
    wide = (grey.astype(np.uint16) * 257)[..., None].repeat(3, -1)
    return {
        "grey.png": pillow(grey, "PNG"),
        "wide.png": bytes(imagecodecs.png_encode(wide)),
        "palette.png": pillow(grey // 16, "PNG", bits=4),
        "grey.jpg": pillow(grey, "JPEG"),
        "progressive.jpg": pillow(grey, "JPEG", progressive=True),
        "cmyk.jpg": pillow(np.dstack([grey] * 4), "JPEG"),
        "plain.tif": tiff(grey),
        "zlib.tif": tiff(grey, compression="zlib", predictor=True),
        "lzw.tif": tiff(grey, compression="lzw"),
        "zstd.tif": tiff(grey, compression="zstd"),
        "jpeg.tif": tiff(grey, compression="jpeg"),
        "tiled.tif": tiff(grey, tile=(16, 16), compression="zlib"),
        "big.tif": tiff(grey, bigtiff=True),
        "stack.tif": tiff(stack, photometric="minisblack"),
        "imagej.tif": tiff(stack, imagej=True, metadata={"axes": "ZYX"}),
        "ome.tif": tiff(stack, ome=True, metadata={"axes": "ZYX", "PhysicalSizeX": 0.5}),
        "wide.tif": tiff(grey.astype(np.uint16) * 200, compression="deflate"),
        "float.tif": tiff((grey / 255).astype(np.float32)),
        "lossy.webp": pillow(np.dstack([grey] * 3), "WEBP"),
        "lossless.webp": pillow(np.dstack([grey] * 3), "WEBP", lossless=True),
        "grey.bmp": pillow(grey, "BMP"),
        "grey.gif": pillow(grey, "GIF"),
        "grey.avif": pillow(np.dstack([grey] * 3), "AVIF"),
        "grey.jp2": bytes(imagecodecs.jpeg2k_encode(grey, codecformat="jp2")),
        "colors.png": pillow(colors, "PNG"),
        "colors.tif": tiff(colors, compression="zlib"),
    }


_EXTREMES = (0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 100_000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)


def mutated(data: bytes, chance: random.Random) -> bytes:
    """Change a file as disks, transfers and attackers do."""
    new = bytearray(data)
    for _ in range(chance.choice((1, 1, 1, 2, 4, 12))):
        place = min(chance.randrange(len(new)), chance.choice((64, 400, len(new))))
        match chance.randrange(6):
            case 0:
                new[place : place + 1] = bytes([chance.randrange(256)])
            case 1:
                new[place : place + 4] = struct.pack(
                    chance.choice("<>") + "I", chance.choice(_EXTREMES)
                )
            case 2:
                new[place : place + 2] = struct.pack(
                    chance.choice("<>") + "H", chance.choice(_EXTREMES) & 0xFFFF
                )
            case 3:
                del new[place : place + chance.randrange(1, 40)]
            case 4:
                new[place:place] = new[place : place + chance.randrange(1, 400)]
            case 5:
                del new[max(1, place) :]
        if not new:
            return b"\0"
    return bytes(new)


def _image_by_chance(chance: random.Random, name: str) -> Case:
    base = chance.choice(sorted(shared().glob("base-*")))
    data = mutated(base.read_bytes(), chance)

    def run(folder: Path) -> None:
        file = folder / base.name
        file.write_bytes(data)
        if base.name.startswith("base-colors"):
            command("train", file, "-o", "new.safetensors", *tiny())
        else:
            apply(file)
        if file.read_bytes() != data:
            raise FellError("the image was changed")

    return Case("images", f"{name}-{base.name}", run, is_by_hand=False)


# --- sizes: what a header claims ----------------------------------------------------------------


def _hollow_tiff(width: int, height: int, pages: Any = 1, **tags: Any) -> bytes:
    """Make a TIFF whose header claims a size, with next to nothing in it."""
    told = {
        256: (4, [width]),
        257: (4, [height]),
        258: (3, [8]),
        259: (3, [1]),
        262: (3, [1]),
        273: (4, [8]),
        277: (3, [1]),
        278: (4, [height]),
        279: (4, [64]),
    }
    told |= {int(code[1:]): value for code, value in tags.items()}
    told = {code: value for code, value in told.items() if value[1]}
    out = bytearray(b"II*\0" + struct.pack("<I", 8 + 64) + bytes(64))
    for page in range(pages):
        start = len(out)
        entries = extra = b""
        end = start + 2 + 12 * len(told) + 4
        for code in sorted(told):
            kind, values = told[code]
            raw = b"".join(struct.pack({3: "<H", 4: "<I"}[kind], value) for value in values)
            field = raw.ljust(4, b"\0")
            if len(raw) > 4:
                field = struct.pack("<I", end + len(extra))
                extra += raw
            entries += struct.pack("<HHI", code, kind, len(values)) + field
        after = end + len(extra) if page + 1 < pages else 0
        out += struct.pack("<H", len(told)) + entries + struct.pack("<I", after) + extra
    return bytes(out)


def _tiled(side: int, count: int, compression: int) -> dict[str, Any]:
    """Name the tags of tiles that all lie in one place."""
    return {
        "t259": (3, [compression]),
        "t273": (4, []),
        "t278": (4, []),
        "t279": (4, []),
        "t322": (4, [side]),
        "t323": (4, [side]),
        "t324": (4, [8] * count),
        "t325": (4, [64] * count),
    }


def _claiming_png(width: int, height: int) -> bytes:
    import zlib

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(10_000)))
        + chunk(b"IEND", b"")
    )


def _bomb_png(side: int) -> bytes:
    """Make a PNG of zeros that is whole, and a thousand times as large in memory."""
    return bytes(imagecodecs.png_encode(np.zeros((side, side), np.uint8), level=9))


def _with(name: str, place: int, kind: str, *numbers: int) -> bytes:
    data = bytearray((shared() / f"base-{name}").read_bytes())
    raw = struct.pack(kind, *numbers)
    data[place : place + len(raw)] = raw
    return bytes(data)


def _claiming_jpeg(width: int, height: int, name: str = "grey.jpg") -> bytes:
    data = (shared() / f"base-{name}").read_bytes()
    marker = b"\xff\xc0" if b"\xff\xc0" in data else b"\xff\xc2"
    return _with(name, data.index(marker) + 5, ">HH", height, width)


def _zlib_tiff_bomb(side: int, compression: str) -> bytes:
    out = io.BytesIO()
    tifffile.imwrite(out, np.zeros((side, side), np.uint8), compression=compression)
    return out.getvalue()


def _sized_files() -> dict[str, Callable[[], bytes]]:
    tiled = _tiled
    return {
        "100,000 x 100,000 in one strip.tif": lambda: _hollow_tiff(100_000, 100_000),
        "2^31 x 2^31.tif": lambda: _hollow_tiff(2**31, 2**31),
        "2^32-1 x 2^32-1.tif": lambda: _hollow_tiff(2**32 - 1, 2**32 - 1),
        "128 x 4e9.tif": lambda: _hollow_tiff(128, 4_000_000_000),
        "4e9 x 128.tif": lambda: _hollow_tiff(4_000_000_000, 128),
        "128 x 4e9, strips of 1.tif": lambda: _hollow_tiff(128, 4_000_000_000, t278=(4, [1])),
        "100,000 x 100,000 in tiles, one listed.tif": lambda: _hollow_tiff(
            100_000, 100_000, **tiled(256, 1, 1)
        ),
        "2^31 x 2^31 in tiles of 16, one listed.tif": lambda: _hollow_tiff(
            2**31, 2**31, **tiled(16, 1, 1)
        ),
        "one tile of 100,000 x 100,000.tif": lambda: _hollow_tiff(
            100_000, 100_000, **tiled(100_000, 1, 8)
        ),
        "one tile of 2^31 x 2^31 for 64 x 64.tif": lambda: _hollow_tiff(
            64, 64, **tiled(2**31 - 16, 1, 8)
        ),
        "20,000 x 20,000 in tiles that are one.tif": lambda: _hollow_tiff(
            20_000, 20_000, **tiled(256, 79 * 79, 8)
        ),
        "100,000 x 100,000 in tiles that are one.tif": lambda: _hollow_tiff(
            100_000, 100_000, **tiled(1024, 98 * 98, 8)
        ),
        "60,000 pages of 20,000 x 20,000.tif": lambda: _hollow_tiff(
            20_000, 20_000, pages=60_000, t259=(3, [8])
        ),
        "65,535 samples.tif": lambda: _hollow_tiff(5_000, 5_000, t277=(3, [65_535])),
        "a zlib bomb of 20,000 x 20,000.tif": lambda: _zlib_tiff_bomb(20_000, "zlib"),
        "a zstd bomb of 30,000 x 30,000.tif": lambda: _zlib_tiff_bomb(30_000, "zstd"),
        "a lzma bomb of 9,000 x 9,000.tif": lambda: _zlib_tiff_bomb(9_000, "lzma"),
        "2^31-1 x 2^31-1.png": lambda: _claiming_png(2**31 - 1, 2**31 - 1),
        "60,000 x 60,000.png": lambda: _claiming_png(60_000, 60_000),
        "a bomb of 25,000 x 25,000.png": lambda: _bomb_png(25_000),
        "65,535 x 65,535.jpg": lambda: _claiming_jpeg(65_535, 65_535),
        "65,500 x 65,500 progressive.jpg": lambda: _claiming_jpeg(
            65_500, 65_500, "progressive.jpg"
        ),
        "65,500 x 65,500 of four inks.jpg": lambda: _claiming_jpeg(65_500, 65_500, "cmyk.jpg"),
        "2^31-1 x 2^31-1.bmp": lambda: _with("grey.bmp", 18, "<ii", 2**31 - 1, 2**31 - 1),
        "60,000 x -60,000.bmp": lambda: _with("grey.bmp", 18, "<ii", 60_000, -60_000),
        "65,535 x 65,535.gif": lambda: _with("grey.gif", 6, "<HH", 65_535, 65_535),
        "16,383 x 16,383.webp": lambda: _with("lossy.webp", 26, "<HH", 16_383, 16_383),
        "2^32-1 x 2^32-1.jp2": lambda: _claiming_jp2(2**32 - 1, 2**32 - 1),
        "60,000 x 60,000.jp2": lambda: _claiming_jp2(60_000, 60_000),
        "a bomb of 9,000 x 9,000.webp": lambda: bytes(
            imagecodecs.webp_encode(np.zeros((9_000, 9_000, 3), np.uint8), lossless=True, level=0)
        ),
        "a bomb of 9,000 x 9,000.jp2": lambda: bytes(
            imagecodecs.jpeg2k_encode(np.zeros((9_000, 9_000), np.uint8), codecformat="jp2")
        ),
    }


def _claiming_jp2(width: int, height: int) -> bytes:
    data = bytearray((shared() / "base-grey.jp2").read_bytes())
    for mark, numbers in ((b"ihdr", (height, width)), (b"\xff\x51", (width, height))):
        start = data.index(mark) + (4 if mark == b"ihdr" else 6)
        data[start : start + 8] = struct.pack(">II", *numbers)
    return bytes(data)


def _sizes_by_hand() -> Iterator[Case]:
    for name, make in _sized_files().items():
        yield Case("sizes", name, partial(_run_sized, name, make))
    for count in (1_000_000, 10_000_000, 2**40):
        for chunks in ((1, 64, 64), (count, 64, 64), (64, 64, 64)):
            shape = (count, 64, 64)
            name = f"{count:,} slices in chunks of {chunks[0]:,}.zarr"
            yield Case("sizes", name, partial(_run_zarr, shape, chunks, True))
    images: tuple[tuple[str, tuple[int, ...], tuple[int, ...]], ...] = (
        ("an image of 2^31 x 2^31.zarr", (2**31, 2**31), (256, 256)),
        ("an image of 1e6 x 1e6 in one chunk.zarr", (10**6, 10**6), (10**6, 10**6)),
        ("a slice of 1e6 x 1e6 in tiny chunks.zarr", (3, 10**6, 10**6), (1, 1, 1)),
        ("(2^20, 2^20, 2^20, 64, 64).zarr", (2**20, 2**20, 2**20, 64, 64), (1, 1, 1, 64, 64)),
    )
    for name, sizes, parts in images:
        for is_hollow in (True, False):
            said = name if is_hollow else f"with a chunk, {name}"
            yield Case("sizes", said, partial(_run_zarr, sizes, parts, is_hollow))


def _run_sized(name: str, make: Callable[[], bytes], folder: Path) -> None:
    # what is large while it is made must not count against the program
    pid = os.fork()
    if pid == 0:
        (folder / name).write_bytes(make())
        os._exit(0)
    os.waitpid(pid, 0)
    apply(folder / name)


def _run_zarr(
    shape: tuple[int, ...], chunks: tuple[int, ...], is_hollow: bool, folder: Path
) -> None:
    array = zarr.create_array(folder / "hollow.zarr", shape=shape, chunks=chunks, dtype="uint8")
    if not is_hollow:
        (folder / "hollow.zarr" / "c" / "/".join("0" * len(shape))).parent.mkdir(parents=True)
        (folder / "hollow.zarr" / "c" / "/".join("0" * len(shape))).write_bytes(b"\0" * 30)
    del array
    Image.fromarray(_grey()).save(folder / "other.png")
    apply(folder / "hollow.zarr", folder / "other.png")
    if not (folder / "out" / "other_colorized.png").exists():
        raise FellError("the other file was not coloured")


def _size_by_chance(chance: random.Random, name: str) -> Case:
    numbers = (1, 63, 64, 65, 4096, 30_000, 65_535, 100_000, 2**24, 2**31 - 1, 2**32 - 1)
    width, height = chance.choice(numbers), chance.choice(numbers)
    side = chance.choice((16, 64, 256, 4096, 2**16))
    count = chance.choice((1, 4, 100, 2000))
    compression = chance.choice((1, 5, 7, 8, 32773, 34925, 50000))
    kinds: tuple[Callable[[], bytes], ...] = (
        lambda: _hollow_tiff(
            width,
            height,
            pages=chance.choice((1, 2, 900)),
            t259=(3, [compression]),
            t258=(3, [chance.choice((1, 8, 16, 32, 64))]),
            t278=(4, [chance.choice((1, 64, height))]),
        ),
        lambda: _hollow_tiff(width, height, **_tiled(side, count, compression)),
        lambda: _claiming_png(min(width, 2**31 - 1), min(height, 2**31 - 1)),
        lambda: _claiming_jpeg(min(width, 65_535), min(height, 65_535)),
        lambda: _with("grey.bmp", 18, "<II", width, height),
        lambda: _claiming_jp2(width, height),
    )
    number = chance.randrange(len(kinds))
    data = kinds[number]()

    def run(folder: Path) -> None:
        file = folder / f"claiming.{('tif', 'tif', 'png', 'jpg', 'bmp', 'jp2')[number]}"
        file.write_bytes(data)
        apply(file)

    return Case("sizes", name, run, is_by_hand=False)


# --- metadata: JSON of every kind that is taken -------------------------------------------------


def _nested(depth: int, brackets: str = "[]") -> str:
    if brackets == "{}":
        return '{"a":' * depth + "1" + "}" * depth
    return "[" * depth + "]" * depth


_RAW = ("NaN", "Infinity", "-Infinity", "1e999", "-0", "1" * 5000, '"\\ud800"', '"\\u0000"')
_ODD: tuple[Any, ...] = (
    *(0, -1, 1, 2**31, 2**63, 2**64, -(2**63), 0.5, 1e308, True, False, None, "", "x", "NaN"),
    *("../..", "/", [], {}, [[]], [0], [-1], [0] * 40, [1] * 40, ["x"], {"a": 1}, {"": None}),
)


def _metadata_files() -> dict[str, tuple[str, Callable[[Path, str], None]]]:
    """List for each kind of JSON a good one, and what lets the program read a bad one."""
    colors = {"1": [0.9, 0.2, 0.1], "2": [0.1, 0.3, 0.8]}
    line = {"output": "target_colorized.png", "target": "target.png", "options": {}, "sha256": ""}
    zarr_2 = {
        **{"zarr_format": 2, "shape": [5, 48, 64], "chunks": [1, 48, 64], "dtype": "|u1"},
        **{"compressor": {"id": "zlib", "level": 1}, "fill_value": 0, "order": "C"},
        **{"filters": None, "dimension_separator": "."},
    }
    zarr_3 = {
        **{"zarr_format": 3, "node_type": "array", "shape": [5, 48, 64], "data_type": "uint8"},
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [1, 48, 64]}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        **{"fill_value": 0, "codecs": [{"name": "bytes"}, {"name": "gzip", "configuration": {}}]},
        **{"attributes": {"a": 1}, "dimension_names": ["z", "y", "x"]},
    }
    scale = {"type": "scale", "scale": [2.0, 0.5, 0.5]}
    ome = {
        "multiscales": [
            {
                "version": "0.4",
                "axes": [
                    {"name": "z", "type": "space", "unit": "micrometer"},
                    {"name": "y", "type": "space"},
                    {"name": "x", "type": "space"},
                ],
                "datasets": [{"path": "0", "coordinateTransformations": [scale]}],
            }
        ]
    }

    def settings(folder: Path, text: str) -> None:
        _write(folder / "settings.json", text)
        command("train", shared() / "source.png", "-o", "a", "--settings", "settings.json")

    def hints(folder: Path, text: str) -> None:
        labels = np.zeros((48, 64), np.uint8)
        labels[4:9, 9:20], labels[20:25, 9:20] = 1, 2
        Image.fromarray(labels).save(folder / "hints.png")
        _write(folder / "hints.json", text)
        pair = (shared() / "source.png", shared() / "target.png")
        command("colorize", *pair, "-o", "a", "--hints", "hints.png", *tiny())

    def journal(folder: Path, text: str) -> None:
        (folder / "out").mkdir()
        _write(folder / "out" / "colorized.jsonl", text.replace("\n", " ") + "\n")
        apply(shared() / "target.png", more=("--resume",))

    def record(folder: Path, text: str) -> None:
        _write(folder / "result.json", text)
        command("repeat", "result.json", "-o", "again", "--target", shared() / "target.png",
                "--source", shared() / "source.png")  # fmt: skip

    def array(name: str, folder: Path, text: str) -> None:
        store = folder / "in.zarr"
        store.mkdir()
        _write(store / name, text)
        prefix = store / "c" if name == "zarr.json" else store
        for number in range(5):
            chunk = prefix / f"{number}/0/0" if name == "zarr.json" else prefix / f"{number}.0.0"
            chunk.parent.mkdir(parents=True, exist_ok=True)
            chunk.write_bytes(bytes(imagecodecs.gzip_encode(_grey().tobytes())))
        apply(store)

    def group(folder: Path, text: str) -> None:
        store = folder / "in.zarr"
        zarr.create_array(store / "0", shape=(5, 48, 64), dtype="uint8", zarr_format=2)[...] = 9
        _write(store / ".zgroup", '{"zarr_format": 2}')
        _write(store / ".zattrs", text)
        apply(store)

    def output(folder: Path, text: str) -> None:
        store = folder / "out.zarr"
        store.mkdir()
        _write(store / "zarr.json", text)
        for word in ("--resume", "--overwrite"):
            apply(shared() / "stack.tif", output=store, more=(word,))

    result = (shared() / "result" / "result.json").read_text()
    own = zarr_3 | {"attributes": {"napari-oneshot-color": {"fingerprint": "1", "complete": True}}}
    return {
        "settings": (json.dumps(TINY), settings),
        "hints": (json.dumps(colors), hints),
        "journal": (json.dumps(line), journal),
        "record": (result, record),
        "zarr.json": (json.dumps(zarr_3), partial(array, "zarr.json")),
        ".zarray": (json.dumps(zarr_2), partial(array, ".zarray")),
        ".zattrs": (json.dumps(ome), group),
        "output": (json.dumps(own), output),
    }


def _write(path: Path, text: str | bytes) -> None:
    path.write_bytes(text.encode(errors="surrogatepass") if isinstance(text, str) else text)


def _leaves(part: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    inside: Any = ()
    if isinstance(part, dict | list):
        inside = part.items() if isinstance(part, dict) else enumerate(part)
    for key, value in inside:
        yield from _leaves(value, (*path, key))


def _replaced(text: str, chance: random.Random) -> str:
    """Put something odd in a place of a JSON, or mutate its letters."""
    if chance.random() < 0.2:
        return mutated(text.encode(), chance).decode("latin-1")
    contents = json.loads(text)
    mark = "odd, to be replaced"
    *way, last = chance.choice(list(_leaves(contents)))
    part = contents
    for key in way:
        part = part[key]
    odd = chance.choice(
        (*map(json.dumps, _ODD), *_RAW, _nested(300), _nested(3000), _nested(100_000, "{}"))
    )
    match chance.randrange(8):
        case 0:
            del part[last]
        case 1 if isinstance(part, dict):
            part[mark] = part.pop(last)
        case 2 if isinstance(part, list):
            part.insert(0, mark)
        case _:
            part[last] = mark
    return json.dumps(contents).replace(json.dumps(mark), odd, 1)


def _metadata_by_hand() -> Iterator[Case]:
    for name in (
        "settings",
        "hints",
        "journal",
        "record",
        "zarr.json",
        ".zarray",
        ".zattrs",
        "output",
    ):
        for title, text in (
            *(("empty", ""), ("null", "null"), ("a number", "1"), ("a list", "[]")),
            *((f"nested {n}", _nested(n)) for n in (300, 3000, 200_000)),
            *((f"objects nested {n}", _nested(n, "{}")) for n in (300, 3000, 200_000)),
            ("a lone surrogate", '{"\\ud800": 1}'),
            ("a long number", '{"a": ' + "1" * 5000 + "}"),
            ("NaN", '{"a": NaN}'),
            ("twice the same key", '{"a": 1, "a": 2}'),
            ("60 MB", '{"a": "' + "x" * 60_000_000 + '"}'),
            ("30 MB of brackets", "[" * 30_000_000),
            ("5 million numbers", "[" + "1," * 5_000_000 + "1]"),
        ):
            yield Case("metadata", f"{name}: {title}", partial(_run_metadata, name, text, ""))
        yield Case("metadata", f"{name}: with a mark", partial(_run_metadata, name, None, "\ufeff"))


def _run_metadata(name: str, text: str | None, before: str, folder: Path) -> None:
    good, run = _metadata_files()[name]
    run(folder, before + (good if text is None else text))


def _metadata_by_chance(chance: random.Random, name: str) -> Case:
    which = chance.choice(sorted(_metadata_files()))
    good, run = _metadata_files()[which]
    text = _replaced(good, chance)
    return Case("metadata", f"{name}-{which}", lambda folder: run(folder, text), is_by_hand=False)


# --- colorizers ---------------------------------------------------------------------------------


def _parts() -> tuple[dict[str, Any], bytes]:
    content = (shared() / "mine.safetensors").read_bytes()
    length = int.from_bytes(content[:8], "little")
    return json.loads(content[8 : 8 + length]), content[8 + length :]


def _colorizer(header: str, data: bytes) -> bytes:
    raw = header.encode(errors="surrogatepass")
    return len(raw).to_bytes(8, "little") + raw + data


def _open_colorizer(content: bytes, folder: Path) -> None:
    (folder / "bad.safetensors").write_bytes(content)
    command("info", "bad.safetensors")
    command("info", "bad.safetensors", "--json")
    command("apply", "bad.safetensors", shared() / "target.png", shared() / "stack.tif", "-o", "a")


def _colorizers_by_hand() -> Iterator[Case]:
    def case(name: str, make: Callable[[], bytes]) -> Case:
        return Case("colorizers", name, lambda folder: _open_colorizer(make(), folder))

    def with_dtype(dtype: str) -> bytes:
        header, data = _parts()
        name = next(name for name in header if name != "__metadata__")
        header[name]["dtype"] = dtype
        return _colorizer(json.dumps(header), data)

    def all_of(dtype: str, bits: int) -> bytes:
        header, place = _parts()[0], 0
        for name, tensor in header.items():
            if name != "__metadata__":
                size = (int(np.prod(tensor["shape"])) * bits + 7) // 8
                tensor |= {"dtype": dtype, "data_offsets": [place, place + size]}
                place += size
        return _colorizer(json.dumps(header), bytes(place))

    def with_metadata(**changes: str) -> bytes:
        header, data = _parts()
        header["__metadata__"] |= changes
        return _colorizer(json.dumps(header), data)

    for dtype, bits in {
        **{"F4": 4, "F6_E2M3": 6, "F6_E3M2": 6, "F8_E8M0": 8, "F8_E4M3": 8, "F8_E5M2": 8},
        **{"BOOL": 8, "U8": 8, "I8": 8, "I16": 16, "U16": 16, "F16": 16, "BF16": 16, "I32": 32},
        **{"U32": 32, "I64": 64, "U64": 64, "F64": 64, "C64": 64, "X": 8},
    }.items():
        yield case(f"all {dtype}", partial(all_of, dtype, bits))
        yield case(f"one {dtype}", partial(with_dtype, dtype))
    for depth in (300, 900, 3000, 200_000):
        for field in ("settings", "provenance"):
            text = '{"versions": ' + _nested(depth) + "}"
            yield case(f"{field} nested {depth}", partial(with_metadata, **{field: text}))
            text = '{"new": ' + _nested(depth, "{}") + "}"
            yield case(f"{field} new {depth}", partial(with_metadata, **{field: text}))
    for trust in ("nan", "-1", "1e400", "x", "", "0x1", "1_0"):
        yield case(f"trust {trust}", partial(with_metadata, trust=trust))
    big = json.dumps(TINY | {"base_width": 256, "kernel_size": 9})
    yield case("a network that takes gigabytes", partial(with_metadata, settings=big))
    for field in ("tile_batch", "working_size", "batch_size", "threads"):
        top = {"tile_batch": 4096, "working_size": 4096, "threads": 256}
        text = json.dumps(TINY | {field: top.get(field, 4096)})
        yield case(f"largest {field}", partial(with_metadata, settings=text))
    yield case("header of 90 MB", lambda: _colorizer('{"a":"' + "x" * 90_000_000 + '"}', b""))
    yield case("header that is longer than the file", lambda: (2**62).to_bytes(8, "little") + b"{}")


def _colorizer_by_chance(chance: random.Random, name: str) -> Case:
    header, data = _parts()
    match chance.randrange(4):
        case 0:
            content = mutated((shared() / "mine.safetensors").read_bytes(), chance)
        case 1:
            content = _colorizer(_replaced(json.dumps(header), chance), data)
        case 2 | 3:
            field = chance.choice(("settings", "provenance"))
            header["__metadata__"][field] = _replaced(header["__metadata__"][field], chance)
            content = _colorizer(json.dumps(header), data)
    return Case("colorizers", name, partial(_open_colorizer, content), is_by_hand=False)


# --- places -------------------------------------------------------------------------------------


def _without_rights(folder: Path, place: Path) -> None:
    """Become a user who may not look into a place; root may everything."""
    for one in (folder, *folder.rglob("*")):
        if os.geteuid() == 0:
            os.lchown(one, _NOBODY, _NOBODY)
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(_NOBODY)
        os.setuid(_NOBODY)
    place.chmod(0)


def _locked(folder: Path, name: str) -> str:
    place = folder / "locked"
    place.mkdir()
    (place / "x.png").write_bytes((shared() / "target.png").read_bytes())
    _without_rights(folder, place)
    return name


def _fifo(folder: Path) -> str:
    os.mkfifo(folder / "pipe.png")
    os.mkfifo(folder / "pipe.json")
    return "pipe.png"


def _loop(folder: Path) -> str:
    (folder / "loop.png").symlink_to("loop.png")
    return "loop.png"


def _full(folder: Path) -> str:
    (folder / "full").mkdir()
    (folder / "full" / "x").write_text("x")
    return "full"


def _socket(folder: Path) -> str:
    import socket

    os.chdir(folder)
    socket.socket(socket.AF_UNIX).bind("socket.png")
    return "socket.png"


_PLACES: dict[str, Callable[[Path], str]] = {
    "a locked folder": lambda folder: _locked(folder, "locked"),
    "a file in a locked folder": lambda folder: _locked(folder, "locked/x.png"),
    "a new file in a locked folder": lambda folder: _locked(folder, "locked/new"),
    "a folder in a locked folder": lambda folder: _locked(folder, "locked/a/b"),
    "a zarr in a locked folder": lambda folder: _locked(folder, "locked/a.zarr"),
    "a name of 300 letters": lambda folder: "n" * 300,
    "a name of 300 letters as a folder": lambda folder: f"{'n' * 300}/x.png",
    "a name of 300 letters and an ending": lambda folder: f"{'n' * 300}.zarr",
    "a path of 5,000 letters": lambda folder: "d/" * 2500 + "x.png",
    "a name of 130 wide letters": lambda folder: "ä" * 130 + ".png",
    "an empty name": lambda folder: "",
    "a name with a zero byte": lambda folder: "a\0b.png",
    "a name with lone surrogates": lambda folder: "a\udcffb.png",
    "a pattern without an end": lambda folder: "[a",
    "a FIFO": _fifo,
    "a socket": _socket,
    "/dev/zero": lambda folder: "/dev/zero",
    "/dev/null": lambda folder: "/dev/null",
    "/dev/full": lambda folder: "/dev/full",
    "/dev/stdin": lambda folder: "/dev/stdin",
    "/proc/self/mem": lambda folder: "/proc/self/mem",
    "a link to itself": _loop,
    "a file as a folder": lambda folder: str(shared() / "target.png" / "x"),
    "a folder that is full": _full,
    "the root": lambda folder: "/",
    "nothing": lambda folder: "nothing-is-here.png",
}


def _arguments() -> dict[str, list[object]]:
    """List the words of every command, with a mark for the place."""
    source, target, model = (
        shared() / name for name in ("source.png", "target.png", "mine.safetensors")
    )
    return {
        "colorize SOURCE": ["colorize", "@", target, "-o", "out", *tiny()],
        "colorize TARGET": ["colorize", source, "@", "-o", "out", *tiny()],
        "colorize --output": ["colorize", source, target, "-o", "@", *tiny()],
        "colorize --truth": ["colorize", source, target, "-o", "out", "--truth", "@", *tiny()],
        "colorize --also": ["colorize", source, target, "-o", "out", "--also", "@", *tiny()],
        "colorize --hints": ["colorize", source, target, "-o", "out", "--hints", "@", *tiny()],
        "colorize --settings": ["colorize", source, target, "-o", "out", "--settings", "@"],
        "demo --output": ["demo", "-o", "@", *tiny()],
        "train SOURCE": ["train", "@", "-o", "a.safetensors", *tiny()],
        "train TARGET": ["train", source, "@", "-o", "a.safetensors", *tiny()],
        "train --output": ["train", source, "-o", "@", *tiny()],
        "train --output --overwrite": ["train", source, "-o", "@", "--overwrite", *tiny()],
        "apply MODEL": ["apply", "@", target, "-o", "out"],
        "apply TARGET": ["apply", model, "@", "-o", "out"],
        "apply --output": ["apply", model, target, "-o", "@"],
        "apply --output --resume": ["apply", model, target, "-o", "@", "--resume"],
        "apply --key": ["apply", model, shared() / "stack.tif", "-o", "out", "--key", "0=@"],
        "rank TARGET": ["rank", "@", source],
        "rank CANDIDATE": ["rank", target, "@"],
        "info MODEL": ["info", "@"],
        "repeat RESULT": ["repeat", "@", "-o", "out"],
        "repeat --output": ["repeat", shared() / "result", "-o", "@"],
        "repeat --source": ["repeat", shared() / "result", "-o", "out", "--source", "@"],
        "repeat --hints": ["repeat", shared() / "result", "-o", "out", "--hints", "@"],
    }


_WRITTEN = ("--output", "--output --overwrite", "--output --resume")


def _places_by_hand() -> Iterator[Case]:
    for argument in _arguments():
        for title, make in _PLACES.items():
            if argument.endswith(_WRITTEN) and title.startswith(("the root", "/", "an empty")):
                continue  # these are places that may be written to, or the current folder
            name = f"{argument}: {title}"
            yield Case("places", name, partial(_run_place, argument, make))
    yield Case("places", "apply into the input zarr", _run_inside)
    yield Case("places", "apply into a folder of the input zarr", partial(_run_inside, "in.zarr/a"))


def _run_place(argument: str, make: Callable[[Path], str], folder: Path) -> None:
    words = _arguments()[argument]
    place = make(folder)
    command(*(str(word).replace("@", place) if "@" in str(word) else word for word in words))


def _run_inside(folder: Path | str, here: Path | None = None) -> None:
    output, folder = ("in.zarr/out.zarr", folder) if here is None else (folder, here)
    stack = np.stack([_grey()] * 3)
    zarr.create_array(Path(folder) / "in.zarr", data=stack, chunks=(1, 48, 64))
    before = sorted(str(file) for file in Path(folder).rglob("*"))
    if apply("in.zarr", output=output) != 1:
        raise FellError("it was not refused")
    if sorted(str(file) for file in Path(folder).rglob("*")) != before:
        raise FellError("something was written into the input")


# --- numbers ------------------------------------------------------------------------------------


def numbers() -> dict[str, np.ndarray]:
    """Make grey images of 48 x 64 px whose numbers are unusual."""
    grey = _grey()
    unit = grey / 255
    masked = np.ma.masked_greater(grey, 200)
    fortran = np.asfortranarray(grey)
    strided = np.repeat(np.repeat(grey, 2, 0), 2, 1)[::2, ::-2]
    large = np.full((48, 64), 2**53, np.uint64) + grey
    return {
        "float16": unit.astype(np.float16),
        "float16 to 60,000": (unit * 60_000).astype(np.float16),
        "float16 over its whole range": (unit * 131_000 - 65_500).astype(np.float16),
        "float64": unit,
        "float64 to 1e300": unit * 1e300,
        "float64 over its whole range": (unit * 2 - 1) * 1.7e308,
        "longdouble": unit.astype(np.longdouble),
        "big-endian uint16": (grey * 257.0).astype(">u2"),
        "big-endian float32": unit.astype(">f4"),
        "big-endian int16": grey.astype(">i2"),
        "masked": masked,
        "Fortran order": fortran,
        "strided": strided,
        "read-only": _read_only(grey),
        "complex": unit.astype(complex),
        "bool": grey > 120,
        "denormals": unit * 5e-320,
        "float32 denormals": (unit * 1e-39).astype(np.float32),
        "uint64 above 2^53": large,
        "uint64 at the top": np.uint64(2**64 - 300) + grey.astype(np.uint64),
        "int64 at the bottom": np.int64(-(2**63)) + grey.astype(np.int64),
        "int64 over its whole range": (unit * 2 - 1).astype(np.longdouble).__mul__(2**62)
        .astype(np.int64),
        "int8": (grey.astype(int) - 128).astype(np.int8),
        "uint32": grey.astype(np.uint32) * 16_000_000,
        "dates": grey.astype("datetime64[s]"),
        "objects": grey.astype(object),
        "texts": grey.astype(str),
        "NaN": np.where(grey > 200, np.nan, unit),
        "infinite": np.where(grey > 200, np.inf, unit),
        "records": grey.astype(np.uint8).view([("v", np.uint8)]),
    }  # fmt: skip


def _read_only(image: np.ndarray) -> np.ndarray:
    image = image.copy()
    image.setflags(write=False)
    return image


def _numbers_by_hand() -> Iterator[Case]:
    for name in numbers():
        for use in ("target", "source", "stack", "hints"):
            yield Case("numbers", f"{name} as {use}", partial(_run_numbers, name, use))


def _run_numbers(name: str, use: str, folder: Path) -> None:
    import warnings

    from napari_oneshot_color import (
        Colorizer,
        Hints,
        Settings,
        colorize,
        colorize_stack,
        train,
    )

    image = numbers()[name]
    warnings.simplefilter("error")
    if use == "source":
        image = np.stack([image, image[::-1], image[:, ::-1]], axis=-1)
    before = _sum_of(image)
    try:
        if use == "target":
            made = colorize(_colors(), image, Settings.from_values(TINY)).final
        elif use == "source":
            made = np.ones(1, np.float32)
            train(image, Settings.from_values(TINY))
        elif use == "stack":
            colorizer = Colorizer.load(shared() / "mine.safetensors")
            made = colorize_stack(colorizer, np.stack([image, image]), dtype=np.float32).compute()
        else:
            Hints(image, dict.fromkeys(range(256), (1.0, 0.0, 0.0)))
            made = np.ones(1, np.float32)
        if not np.isfinite(made).all() or made.min() < 0 or made.max() > 1:
            raise FellError("the result is no image")
        if use != "source" and made.size > 1 and np.ptp(made) < 0.2:
            raise FellError("the result is flat")
    except OneshotColorError as error:
        print(f"Error: {error}")
    if _sum_of(image) != before:
        raise FellError("the caller's array was changed")


def _sum_of(image: np.ndarray) -> str:
    data = np.asarray(image)
    raw = repr(data.tolist()).encode() if data.dtype.kind == "O" else data.tobytes()
    mask = np.ma.getmaskarray(image).tobytes() if np.ma.isMaskedArray(image) else b""
    return sha256(raw + mask + str((data.shape, data.dtype, data.strides)).encode()).hexdigest()


# --- kills, and what vanishes -------------------------------------------------------------------


def _moments() -> dict[str, Callable[[Path, int], None]]:
    """List what may happen in the middle of a run."""

    def elsewhere(place: Path) -> None:
        if place.exists():
            place.rename(place.with_name("moved away"))

    return {
        "a kill": lambda folder, pid: os.kill(pid, signal.SIGKILL),
        "Ctrl-C": lambda folder, pid: os.kill(pid, signal.SIGINT),
        "input removed": lambda folder, pid: shutil.rmtree(folder / "in"),
        "input moved": lambda folder, pid: elsewhere(folder / "in"),
        "input truncated": lambda folder, pid: os.truncate(folder / "in" / "stack.tif", 3000),
        "input replaced": lambda folder, pid: _copy(
            shared() / "target.png", folder / "in" / "stack.tif"
        ),
        "output removed": lambda folder, pid: shutil.rmtree(folder / "out", ignore_errors=True),
        "output moved": lambda folder, pid: elsewhere(folder / "out"),
        "output as a file": lambda folder, pid: _as_file(folder / "out"),
        "clock set back": lambda folder, pid: _set_back(folder / "in"),
    }


def _copy(file: Path, place: Path) -> None:
    shutil.copy(file, place)


def _set_back(folder: Path) -> None:
    for file in folder.iterdir():
        os.utime(file, (0, 0))


def _as_file(place: Path) -> None:
    while place.is_dir():  # the run may write into it meanwhile
        shutil.rmtree(place, ignore_errors=True)
    place.write_text("a file")


def _kill_by_chance(chance: random.Random, name: str) -> Case:
    title = chance.choice(sorted(_moments()))
    word = chance.choice(("", "--overwrite"))
    after = chance.random() * 2.5
    run = partial(_run_interrupted, title, word, after)
    return Case("kills", f"{name}: {title} {word}".strip(), run, is_by_hand=False, seconds=60)


def _kills_by_hand() -> Iterator[Case]:
    for title in _moments():
        for after in (0.3, 0.9):
            run = partial(_run_interrupted, title, "", after)
            yield Case("kills", f"{title} after {after} s", run, seconds=60)
    yield Case("kills", "two writers", _run_two, seconds=60)


def _prepared(folder: Path) -> list[object]:
    (folder / "in").mkdir()
    for name in ("stack.tif", "target.png", "base-imagej.tif"):
        shutil.copy(shared() / name, folder / "in" / name)
    return ["in"]


def _run_interrupted(title: str, word: str, after: float, folder: Path) -> None:
    targets = _prepared(folder)
    if word == "--overwrite":
        apply(*targets)
    pid = _beside(lambda: apply(*targets, more=(word,) if word else ()))
    time.sleep(after)
    _moments()[title](folder, pid)
    code = _ended(pid)
    if code not in (*_EXIT_CODES, -signal.SIGKILL):
        raise FellError(f"exit code {code}")
    if (folder / "moved away").is_dir() and not (folder / "in").exists():
        (folder / "moved away").rename(folder / "in")
    if not (folder / "in").exists():
        _prepared(folder)
    if (folder / "out").is_file():
        (folder / "out").unlink()
    # a journal that knows nothing of what is there may ask for another folder
    again = apply(*targets, more=("--resume",))
    if title in ("a kill", "Ctrl-C") and again != 0:
        raise FellError("it could not be resumed")
    if title in ("a kill", "Ctrl-C"):
        apply(*targets, output="fresh")
        for file in sorted((folder / "fresh").glob("*_colorized*")):
            if file.read_bytes() != (folder / "out" / file.name).read_bytes():
                raise FellError(f"{file.name} differs from an uninterrupted run's")


def _run_two(folder: Path) -> None:
    targets = _prepared(folder)
    pids = [_beside(lambda: apply(*targets, more=("--overwrite",))) for _ in range(2)]
    codes = sorted(_ended(pid) for pid in pids)
    if codes not in ([0, 0], [0, 1]):
        raise FellError(f"exit codes {codes}")


def _beside(run: Callable[[], int]) -> int:
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return pid
    import traceback

    code = 70
    try:
        code = run()
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _ended(pid: int) -> int:
    status = os.waitpid(pid, 0)[1]
    return os.waitstatus_to_exitcode(status)


KINDS: dict[str, Kind] = {
    "sizes": Kind(_sizes_by_hand, _size_by_chance),
    "metadata": Kind(_metadata_by_hand, _metadata_by_chance),
    "colorizers": Kind(_colorizers_by_hand, _colorizer_by_chance),
    "places": Kind(_places_by_hand),
    "numbers": Kind(_numbers_by_hand),
    "kills": Kind(_kills_by_hand, _kill_by_chance),
    "images": Kind(lambda: iter(()), _image_by_chance),
}
