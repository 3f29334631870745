"""Text that repeats a run without the viewer."""

from dataclasses import replace

import pytest

from napari_oneshot_color import Settings
from napari_oneshot_color.plugin.layers.inputs import Inputs
from napari_oneshot_color.plugin.layers.snapshot import snapshot
from napari_oneshot_color.plugin.saving.scripts import as_command, as_python
from napari_oneshot_color.steering.changes import Steering


@pytest.fixture
def inputs(layers):
    left, right = (snapshot(layer) for layer in layers)
    return Inputs((left,), (1.0,), right)


def test_command_contains_only_differences_from_the_paper(inputs):
    settings = Settings(epochs=3, flip=False, seed=7)
    words = as_command(inputs, settings, Steering()).split()
    assert words[:4] == ["napari-oneshot-color", "colorize", "source.tif", "target.tif"]
    assert words[words.index("--preset") + 1] == "paper"
    assert words[words.index("--epochs") + 1] == "3"
    assert "--no-flip" in words
    assert words[words.index("--seed") + 1] == "7"
    assert "--batch-size" not in words


def test_limits_of_the_target_are_in_both_texts(inputs):
    deep = replace(inputs, target=replace(inputs.target, limits=(0.5, 900.25)))
    assert "--target-limits 0.5 900.25" in as_command(deep, Settings(), Steering())
    assert "target_limits=(0.5, 900.25)" in as_python(deep, Settings(), Steering())
    assert "limits" not in as_python(inputs, Settings(), Steering())


def test_several_sources_come_with_their_weights(inputs):
    [first] = inputs.sources
    two = replace(inputs, sources=(first, replace(first, name="b")), weights=(1.0, 2.5))
    command = as_command(two, Settings(), Steering())
    assert "--also source_2.tif" in command
    assert "--weight 1.0 --weight 2.5" in command
    text = as_python(two, Settings(), Steering())
    assert "Source(read_image(Path('source_2.tif')), 'b', weight=2.5)" in text
    assert "--weight" not in as_command(inputs, Settings(), Steering())


def test_names_with_spaces_are_quoted(inputs, tmp_path, source):
    from napari_oneshot_color.files.formats import encode_image

    path = tmp_path / "my left.png"
    path.write_bytes(encode_image(source, ".png"))
    [first] = inputs.sources
    named = replace(inputs, sources=(replace(first, path=str(path)),))
    assert f"'{path}'" in as_command(named, Settings(), Steering())


def test_copied_texts_repeat_the_fading(inputs, uncertain):
    settings = uncertain.colorizer.settings
    text = as_python(inputs, settings, Steering(threshold=12.5))
    assert "from napari_oneshot_color import Settings, colorize, fade, read_image\n" in text
    assert "result = fade(result, 12.5)\n" in text
    assert "hints" not in text
    assert "fade" not in as_python(inputs, settings, Steering())
    assert as_command(inputs, settings, Steering(threshold=12.5)).endswith(" --fade 12.5")
    assert "fade" not in as_command(inputs, settings, Steering())


def test_contrasts_of_several_sources_are_in_the_python_text(inputs):
    [first] = inputs.sources
    other = replace(first, limits=(10.0, 200.0))
    two = replace(inputs, sources=(first, other), weights=(1.0, 1.0))
    assert not two.has_one_contrast
    assert "limits=(10.0, 200.0), weight=1.0" in as_python(two, Settings(), Steering())
    assert "--source-limits" not in as_command(two, Settings(), Steering())
    alike = replace(two, sources=(other, other))
    assert "--source-limits 10.0 200.0" in as_command(alike, Settings(), Steering())
