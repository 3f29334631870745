"""Settings: limits, contradictions, presets, JSON, and the paper's numbers."""

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_oneshot_color.errors import BadSettingsError
from napari_oneshot_color.settings import PRESETS, Settings, all_settings, problems

BY_NAME = {setting.name: setting for setting in all_settings()}


@pytest.mark.parametrize("preset", PRESETS)
def test_settings_survive_json(preset):
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
def test_any_settings_survive_json(seed, rotation, learning_rate, flip, loss):
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


def test_integer_is_accepted_for_a_float_and_gives_the_same_json():
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
def test_json_without_settings_is_refused(text, sentence):
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
def test_devices_can_be_named_before_they_are_detected(device):
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
