"""Preset paper has the paper's numbers; the others start from it."""

import pytest

from napari_oneshot_color.errors import BadSettingsError
from napari_oneshot_color.settings import Settings

PAPER = {
    # Table II and Table I
    "tile_size": 64,
    "base_width": 64,
    "kernel_size": 5,
    "leaky_slope": 0.2,
    # equations (1) to (3)
    "adversarial_loss": "saturating",
    "reconstruction": "sum",
    "reconstruction_weight": 1.0,
    # the optimiser
    "learning_rate": 0.0006,
    "beta1": 0.5,
    "beta2": 0.999,
    # 12,800 pieces per epoch in batches of 64; 12 to 16 epochs
    "patches_per_epoch": 12_800,
    "batch_size": 64,
    "epochs": 14,
    "max_steps": 0,
    # equation (4) and 12,800 generated pieces
    "lattice_stride": 32,
    "generated_tiles": 12_800,
    # the merge
    "merge_weights": "tile",
    "ssim_window": 11,
    "ssim_sigma": 1.5,
    "gaussian_sigma": 2.0,
    # Quickshift: scale 0, level 10, kernel width 2
    "use_regions": True,
    "quickshift_sigma": 0.0,
    "quickshift_max_dist": 10.0,
    "quickshift_kernel_size": 2.0,
    "quickshift_ratio": 1.0,
    # the target
    "working_size": 256,
    "target_luminance": False,
    "rate_decay": 0.0,
}


@pytest.mark.parametrize(("name", "value"), PAPER.items(), ids=PAPER)
def test_preset_paper_has_the_literal_number(name, value):
    assert getattr(Settings.preset("paper"), name) == value


def test_paper_trains_200_steps_per_epoch():
    assert Settings.preset("paper").steps_per_epoch == 200
    assert Settings.preset("paper").steps == 14 * 200


def test_paper_rotates_flips_warps_resizes_and_changes_brightness_and_contrast():
    paper = Settings.preset("paper")
    assert paper.flip
    assert paper.rotation > 0
    assert paper.warp > 0
    assert paper.resize_min < 1 < paper.resize_max
    assert paper.brightness > 0
    assert paper.contrast > 0


def test_defaults_are_the_preset_paper():
    assert Settings() == Settings.preset("paper")


def test_quick_trains_the_same_networks_on_a_shorter_schedule():
    quick, paper = Settings.preset("quick"), Settings.preset("paper")
    for name in ("base_width", "kernel_size", "tile_size", "leaky_slope", "lattice_stride"):
        assert getattr(quick, name) == getattr(paper, name)
    assert quick.steps * quick.batch_size < paper.steps * paper.batch_size
    assert quick.generated_tiles < paper.generated_tiles


def test_presets_take_changes():
    assert Settings.preset("quick", seed=7) == Settings.preset("quick").replace(seed=7)


def test_unknown_preset_is_refused_and_the_known_ones_are_named():
    with pytest.raises(BadSettingsError, match=r"There is no preset 'qick'\. .*paper, quick"):
        Settings.preset("qick")
