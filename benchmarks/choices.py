"""What the choices where the paper is silent or contradicts itself are worth, measured.

Each row changes one setting of preset ``quick``. Run ``python -m benchmarks.choices`` in the
repository's root; it takes about a quarter of an hour on two cores.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.measure import Job, measure_all
from benchmarks.quality import COLUMNS, overview
from benchmarks.report import machine, write_block
from napari_oneshot_color.settings import PRESETS

MEASUREMENTS = Path(__file__).parent / "measurements" / "choices.jsonl"
COLOUR = {
    name: column for name, column in COLUMNS.items() if column[0] not in ("seconds", "peak_mib")
}
PAIRS = ("stereo-motorcycle", "immunohistochemistry")

CHOICES = {
    "as in preset quick": {},
    "eq. (2): mean, not sum": {"reconstruction": "mean"},
    "constant learning rate": {"rate_decay": 0.0},
    "non-saturating": {"adversarial_loss": "non-saturating"},
    "weights: SSIM map": {"merge_weights": "map"},
    "without Quickshift": {"use_regions": False},
    "without Gaussian": {"gaussian_sigma": 0.0},
    "rotation up to ±180°": {"rotation": 180.0},
}


def main() -> None:
    """Measure, and rewrite the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=1)
    arguments = parser.parse_args()
    jobs = [
        Job(name, pair, {**PRESETS["quick"], **change}, seed)
        for seed in range(arguments.seeds)
        for name, change in CHOICES.items()
        for pair in PAIRS
    ]
    measurements = measure_all(jobs, MEASUREMENTS)
    write_block(
        "choices", f"{machine()} Pairs: {', '.join(PAIRS)}.\n\n{overview(measurements, COLOUR)}"
    )


if __name__ == "__main__":
    main()
