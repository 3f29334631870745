"""Run the scripts of ``docs/gallery`` and renew the pictures that they make.

With ``--quick`` every preset is cut to a few steps on small images, and clusters to threads of this
process, to see that the scripts run: their pictures then go nowhere.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import runpy
import shutil
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import distributed
from distributed import LocalCluster

from napari_oneshot_color.settings import PRESETS

ROOT = Path(__file__).parents[1]
SCRIPTS = sorted((ROOT / "docs" / "gallery").glob("*.py"))
PICTURES = ROOT / "docs" / "images" / "gallery"
LARGEST = 150_000  # bytes of a picture
QUICK: dict[str, bool | int | float | str] = {
    "working_size": 64,
    "tile_size": 64,
    "lattice_stride": 32,
    "base_width": 4,
    "epochs": 1,
    "patches_per_epoch": 8,
}


def main() -> None:
    """Run the scripts that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a few steps on small images")
    parser.add_argument("names", nargs="*", help="such as photograph; all if none is given")
    options = parser.parse_args()
    chosen = [path for path in SCRIPTS if path.stem in options.names or not options.names]
    if options.quick:
        for preset in PRESETS.values():
            preset.update(QUICK)
        threads_alone = partial(LocalCluster, processes=False, dashboard_address=None)
        distributed.LocalCluster = threads_alone
    for script in chosen:
        start = time.perf_counter()
        with TemporaryDirectory() as folder, contextlib.chdir(folder), quietly():
            run(script, Path(folder), keep=not options.quick)
        print(f"{script.stem}: {time.perf_counter() - start:.1f} s", file=sys.stderr)


def run(script: Path, folder: Path, *, keep: bool) -> None:
    """Run a script in a folder, and move its picture into the docs."""
    runpy.run_path(str(script), run_name="__main__")
    picture = folder / f"{script.stem}.jpg"
    if keep:
        size = picture.stat().st_size
        if size > LARGEST:
            raise SystemExit(f"{picture.name} has {size:,} bytes, and may have {LARGEST:,}.")
        PICTURES.mkdir(exist_ok=True)
        shutil.move(picture, PICTURES / picture.name)
    elif not picture.is_file():
        raise SystemExit(f"{script.name} makes no {picture.name}.")


@contextlib.contextmanager
def quietly() -> Iterator[None]:
    """Drop what scripts print."""
    with open(os.devnull, "w", encoding="utf-8") as nowhere, contextlib.redirect_stdout(nowhere):
        yield


if __name__ == "__main__":
    main()
