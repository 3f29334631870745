"""Settings: limits, contradictions, presets, JSON, and the paper's numbers."""

import dataclasses
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_oneshot_color.errors import BadSettingsError
from napari_oneshot_color.settings import PRESETS, Settings, all_settings, problems

BY_NAME = {setting.name: setting for setting in all_settings()}
NUMBERS = [setting for setting in all_settings() if setting.minimum is not None]
CHOICES = [setting for setting in all_settings() if setting.choices]


def named(setting):
    return setting.name


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


def test_paper_turns_flips_warps_resizes_brightens_and_contrasts():
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


@pytest.mark.parametrize("preset", PRESETS)
def test_settings_come_back_from_their_json(preset):
    settings = Settings.preset(preset, seed=3, rotation=1, flip=False, merge_weights="map")
    assert Settings.from_json(settings.to_json()) == settings
    assert Settings.from_json(settings.to_json()).to_json() == settings.to_json()


@given(
    seed=st.integers(0, 2**31 - 1),
    rotation=st.floats(0, 180),
    learning_rate=st.floats(1e-7, 1),
    flip=st.booleans(),
    loss=st.sampled_from(BY_NAME["adversarial_loss"].choices),
)
def test_any_settings_come_back_from_their_json(seed, rotation, learning_rate, flip, loss):
    settings = Settings(
        seed=seed,
        rotation=rotation,
        learning_rate=learning_rate,
        flip=flip,
        adversarial_loss=loss,
    )
    assert Settings.from_json(settings.to_json()) == settings


def test_settings_are_read_from_a_result():
    settings = Settings(seed=9)
    text = json.dumps({"note": "…", "settings": settings.to_dict(), "seconds": {}})
    assert Settings.from_json(text) == settings


def test_missing_names_get_their_defaults():
    assert Settings.from_json('{"seed": 4}') == Settings(seed=4)


def test_whole_number_does_for_a_float_and_gives_the_same_json():
    assert Settings(gaussian_sigma=2).to_json() == Settings(gaussian_sigma=2.0).to_json()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "not valid JSON"),
        ("{", "not valid JSON"),
        ("[1, 2]", "must be a JSON object"),
        ("3", "must be a JSON object"),
        ('{"settings": 3}', "must be a JSON object"),
        ('{"sede": 1}', "There is no setting 'sede'."),
        ('{"seed": "1"}', "'seed' must be of type int, not '1'."),
        ('{"seed": 1.5}', "'seed' must be of type int, not 1.5."),
        ('{"seed": true}', "'seed' must be of type int, not True."),
        ('{"seed": null}', "'seed' must be of type int, not None."),
        ('{"flip": 1}', "'flip' must be of type bool, not 1."),
        ('{"device": 0}', "'device' must be of type str, not 0."),
        ('{"rotation": NaN}', "'rotation' must be between 0 and 180, not nan."),
        ('{"rotation": Infinity}', "'rotation' must be between 0 and 180, not inf."),
        ('{"learning_rate": 1' + 400 * "0" + "}", "'learning_rate' must be between"),
    ],
)
def test_json_that_holds_no_settings_is_refused(text, sentence):
    with pytest.raises(BadSettingsError) as caught:
        Settings.from_json(text)
    assert sentence in str(caught.value)


def test_unknown_names_are_refused_everywhere():
    for make in (Settings.from_values, problems):
        message = None
        try:
            message = make({"sede": 1})
        except BadSettingsError as error:
            message = str(error)
        assert message == "There is no setting 'sede'."
    with pytest.raises(BadSettingsError, match="There is no setting 'sede'"):
        Settings().replace(sede=1)
    with pytest.raises(BadSettingsError, match="There is no setting 'sede'"):
        Settings.preset("quick", sede=1)


def test_unknown_preset_is_refused_and_the_known_ones_are_named():
    with pytest.raises(BadSettingsError, match=r"There is no preset 'qick'\. .*paper, quick"):
        Settings.preset("qick")


@pytest.mark.parametrize("setting", NUMBERS, ids=named)
def test_number_is_allowed_up_to_its_limits_and_not_beyond(setting):
    lowest, highest = setting.type(setting.minimum), setting.type(setting.maximum)
    if setting.type is int:
        below, above = lowest - 1, highest + 1
    else:
        below, above = math.nextafter(lowest, -math.inf), math.nextafter(highest, math.inf)
    assert setting.problem(lowest) is None
    assert setting.problem(highest) is None
    for outside in (below, above):
        with pytest.raises(BadSettingsError, match=f"'{setting.name}' must be between"):
            Settings(**{setting.name: outside})


@pytest.mark.parametrize("setting", CHOICES, ids=named)
def test_word_is_one_of_the_choices(setting):
    for choice in setting.choices:
        assert getattr(Settings(**{setting.name: choice}), setting.name) == choice
    with pytest.raises(BadSettingsError, match=f"'{setting.name}' must be one of .*not 'other'"):
        Settings(**{setting.name: "other"})


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"device": "gpu"}, "'device' must be auto, cpu, cuda, cuda:N or mps, not 'gpu'."),
        ({"device": "cuda:x"}, "'device' must be auto, cpu, cuda, cuda:N or mps"),
        ({"tile_size": 40}, "'tile_size' must be a multiple of 16, not 40."),
        ({"kernel_size": 4}, "'kernel_size' must be odd, not 4."),
        ({"ssim_window": 10}, "'ssim_window' must be odd, not 10."),
        ({"lattice_stride": 65}, "'lattice_stride' must not exceed 'tile_size'"),
        ({"working_size": 63}, "'working_size' must be at least 'tile_size', or 0."),
        ({"resize_min": 1.5}, "'resize_min' must not exceed 'resize_max'."),
    ],
)
def test_contradictions_are_refused(values, sentence):
    assert sentence in problems(values)
    with pytest.raises(BadSettingsError) as caught:
        Settings(**values)
    assert str(caught.value) == problems(values)


@pytest.mark.parametrize("device", ["auto", "cpu", "cuda", "cuda:0", "cuda:13", "mps"])
def test_devices_can_be_named_before_they_are_looked_for(device):
    assert Settings(device=device).device == device


def test_values_without_problems_have_none():
    assert problems({}) is None
    assert problems(Settings.preset("quick").to_dict()) is None


def test_settings_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Settings().seed = 1


def test_replace_makes_a_checked_copy():
    settings = Settings()
    assert settings.replace(seed=5).seed == 5
    assert settings.seed == 0
    with pytest.raises(BadSettingsError, match="'seed' must be between"):
        settings.replace(seed=-1)


@pytest.mark.parametrize("setting", all_settings(), ids=named)
def test_every_setting_explains_itself(setting):
    assert setting.default == getattr(Settings(), setting.name)
    assert setting.type is type(setting.default)
    assert setting.group
    assert setting.help.endswith(".")
    assert setting.problem(setting.default) is None
    for choice in setting.choices:
        assert choice in setting.full_help


@pytest.mark.parametrize("setting", NUMBERS, ids=named)
def test_help_of_a_number_states_its_limits_exactly(setting):
    words = setting.full_help.rstrip(".").replace(",", "").split()
    assert float(words[-3]) == setting.minimum
    assert float(words[-1]) == setting.maximum


@pytest.mark.parametrize(
    ("epochs", "patches", "batch", "most", "per_epoch", "steps"),
    [
        (3, 64, 16, 0, 4, 12),
        (3, 65, 16, 0, 5, 15),  # the last batch of an epoch is full
        (3, 1, 16, 0, 1, 3),
        (3, 64, 16, 7, 4, 7),
        (3, 64, 16, 100, 4, 12),
    ],
)
def test_steps_follow_from_epochs_patches_and_batch(epochs, patches, batch, most, per_epoch, steps):
    settings = Settings(epochs=epochs, patches_per_epoch=patches, batch_size=batch, max_steps=most)
    assert settings.steps_per_epoch == per_epoch
    assert settings.steps == steps
