"""What our choices are worth, those where the paper is silent and those of preset ``best``.

Each row changes one setting of preset ``quick``, or of ``best``. Run
``python -m benchmarks.choices`` in the repository's root; it takes about half an hour on two cores.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.measure import Job, measure_all
from benchmarks.quality import COLUMNS, overview
from benchmarks.report import machine, write_block
from napari_oneshot_color.settings import PRESETS
from napari_oneshot_color.settings.field import Value

MEASUREMENTS = Path(__file__).parent / "measurements" / "choices.jsonl"
COLOR = {
    name: column for name, column in COLUMNS.items() if column[0] not in ("seconds", "peak_mib")
}
PAIRS = ("stereo-motorcycle", "immunohistochemistry")

CHOICES: dict[str, dict[str, Value]] = {
    "as in preset quick": {},
    "eq. (2): mean, not sum": {"reconstruction": "mean"},
    "constant learning rate": {"rate_decay": 0.0},
    "non-saturating": {"adversarial_loss": "non-saturating"},
    "weights: SSIM map": {"merge_weights": "map"},
    "without Quickshift": {"use_regions": False},
    "without Gaussian": {"gaussian_sigma": 0.0},
    "rotation up to ±180°": {"rotation": 180.0},
}

BEST_CHOICES: dict[str, dict[str, Value]] = {
    "as in preset best": {},
    "without nearest neighbours in the blend": {"neighbour_weight": 0.0},
    "half nearest neighbours": {"neighbour_weight": 0.5},
    "without correspondence": {"correspondence": False},
    "Gaussian, not guided": {"smoothing": "gaussian"},
    "with Quickshift": {"use_regions": True},
    "half the training": {"epochs": 6},
}


def main() -> None:
    """Measure, and rewrite the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=1)
    arguments = parser.parse_args()
    for block, preset, choices in ("choices", "quick", CHOICES), ("best", "best", BEST_CHOICES):
        jobs = [
            Job(name, pair, {**PRESETS[preset], **change}, seed)
            for seed in range(arguments.seeds)
            for name, change in choices.items()
            for pair in PAIRS
        ]
        text = overview(measure_all(jobs, MEASUREMENTS), COLOR)
        write_block(block, f"{machine()} Pairs: {', '.join(PAIRS)}.\n\n{text}")


if __name__ == "__main__":
    main()
