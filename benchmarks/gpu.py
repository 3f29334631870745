"""Everything that a GPU is for, tested and measured: ``make gpu``.

The tests marked ``gpu`` run first, then `benchmarks.speed` on the device. Without a CUDA device the
tests are skipped and the measurements are small ones on the CPU, so that the command itself is
known to work; no table is rewritten then.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch

from benchmarks import speed
from benchmarks.report import write_block
from napari_oneshot_color.colorizer.device import choose_device
from napari_oneshot_color.settings import Settings

ROOT = Path(__file__).parents[1]


def main() -> int:
    """Test and measure; the exit code is that of the tests."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--output",
        type=Path,
        default=ROOT / "benchmarks" / "measurements",
        help="folder for gpu.json and gpu.md",
    )
    folder = parser.parse_args().output
    folder.mkdir(parents=True, exist_ok=True)
    has_gpu = torch.cuda.is_available()
    code, tests = _tests()
    device = choose_device(Settings(device="cuda" if has_gpu else "cpu"))
    with device.own_threads():
        measured = {"tests": tests} | speed.measure(device, small=not has_gpu)
    text = speed.report(measured)
    (folder / "gpu.json").write_text(json.dumps(measured, indent=1) + "\n")
    (folder / "gpu.md").write_text(text + "\n")
    if has_gpu:
        write_block("gpu", text)
    print(f"\n{text}\n\n{tests}\nWritten: {folder / 'gpu.json'}, {folder / 'gpu.md'}")
    if not has_gpu:
        print("There is no CUDA device here: the tests were skipped, and the numbers are small.")
    return code


def _tests() -> tuple[int, dict[str, Any]]:
    """Run the tests marked `gpu`: their exit code, and how many passed, failed, were skipped."""
    with TemporaryDirectory() as folder:
        found = Path(folder) / "tests.xml"
        command = [sys.executable, "-m", "pytest", "-q", "-m", "gpu", "-rs", "--durations=8"]
        # this Python may lack a library that the project's filter names, or be of an older pytest
        command += ["-o", "filterwarnings=default", "-o", "addopts=--import-mode=importlib"]
        command += [f"--junitxml={found}", str(ROOT / "tests" / "gpu")]
        code = subprocess.run(command, cwd=ROOT, check=False).returncode
        if not found.exists():
            return code or 1, {}
        suite = next(iter(ET.parse(found).getroot().iter("testsuite")))
    counts: dict[str, Any] = {
        name: int(suite.get(name, 0)) for name in ("tests", "failures", "errors", "skipped")
    }
    counts["seconds"] = float(suite.get("time", 0))
    return code, counts


if __name__ == "__main__":
    sys.exit(main())
