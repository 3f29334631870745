"""Grey that is stored as colour: scans are targets, toned prints are asked about once."""

import dask.array as da
import numpy as np
import pytest
from napari.layers import Image

from napari_oneshot_color import colorize as colorize_headless
from napari_oneshot_color.plugin.layers.tones import TONES, Tone


def listed(combo):
    return [combo.native.itemText(index) for index in range(combo.native.count())]


def scan(grey, seed=0):
    """Store grey as RGB, as a scanner and a JPEG leave it."""
    noise = np.random.default_rng(seed).normal((3, 0, -2), 2, (*grey.shape, 3))
    return np.clip(grey[..., None] + noise, 0, 255).astype(np.uint8)


def sepia(grey):
    unit = grey[..., None] / max(1, grey.max())
    return np.rint(255 * unit ** np.array([0.7, 1.0, 1.5])).astype(np.uint8)


def rgb(data, name="one", **options):
    return Image(data, rgb=True, name=name, **options)


@pytest.mark.parametrize(
    ("make", "tone"),
    [
        (lambda s, t: np.dstack([t] * 3), Tone.GREY),
        (lambda s, t: scan(t), Tone.GREY),
        (lambda s, t: np.dstack([scan(t), t]), Tone.GREY),
        (lambda s, t: scan(t).astype(np.uint16) * 16, Tone.GREY),
        (lambda s, t: np.stack([s, scan(t), s]), Tone.GREY),
        (lambda s, t: sepia(t), Tone.TONED),
        (lambda s, t: s, Tone.COLOR),
        (lambda s, t: s.astype(np.uint16) * 16, Tone.COLOR),
        (lambda s, t: s * 0 + 200, Tone.COLOR),
        (lambda s, t: np.full(s.shape, np.nan, np.float32), Tone.COLOR),
    ],
)
def test_tone_is_recognized_from_a_sample(source, target, make, tone):
    assert TONES.of(rgb(make(source, target))) is tone


def test_tone_is_determined_once_and_again_after_the_data_change(source, target, monkeypatch):
    looks = []
    from napari_oneshot_color.plugin.layers import tones

    look = tones._tone
    monkeypatch.setattr(tones, "_tone", lambda sample: looks.append(None) or look(sample))
    layer = rgb(scan(target))
    assert [TONES.of(layer) for _ in range(3)] == [Tone.GREY] * 3
    layer.contrast_limits = 10, 200
    assert len(looks) == 1
    layer.data = source
    assert TONES.of(layer) is Tone.COLOR
    assert len(looks) == 2


def test_only_a_few_pixels_of_a_large_image_are_read(monkeypatch):
    from napari_oneshot_color.plugin.layers import tones

    seen = []
    monkeypatch.setattr(tones, "_tone", lambda sample: seen.append(sample.size) or Tone.COLOR)
    TONES.of(rgb(np.zeros((3, 5000, 4000, 3), np.uint8)))
    assert seen[0] < 500_000


def test_only_a_part_of_a_lazy_layer_is_read_in_the_background(
    viewer, open_widget, source, target, until, threads_end
):
    computed = []

    def block(block_info=None):
        place = block_info[None]["array-location"]
        computed.append(place[0][0])
        return scan(np.tile(target, (21, 16)))[None, : place[1][1] - place[1][0]]

    lazy = da.map_blocks(
        block, chunks=((1,) * 9, (1000,), (1024,), (3,)), dtype=np.uint8, meta=np.empty((0,) * 4)
    )
    apply = open_widget("Apply to more images")
    viewer.add_image(lazy[:, :960], rgb=True, name="lazy", contrast_limits=(0, 255))
    assert listed(apply.target) == []  # until it is known
    until(lambda: listed(apply.target) == ["lazy"])
    threads_end()
    assert set(computed) == {0, 4}  # what is in view, and what the tone is judged by


def test_scans_are_offered_as_targets_and_not_as_sources(viewer, open_widget, source, target):
    viewer.add_image(scan(target), rgb=True, name="scan")
    viewer.add_image(source, rgb=True, name="left")
    viewer.add_labels(np.ones((48, 64), int))
    colorize = open_widget("Colorize from example")
    assert listed(colorize.source) == ["left"]
    assert listed(colorize.target) == ["scan"]
    assert listed(open_widget("Apply to more images").target) == ["scan"]
    assert listed(open_widget("Correct colours").image) == ["scan, by hand alone"]
    assert not colorize.tone_question.isVisibleTo(colorize)


def test_scan_is_colored_by_its_lightness(viewer, color_right, source, target, tiny):
    pixels = scan(target)
    right = viewer.add_image(pixels, rgb=True, name="right")
    widget = color_right(right)
    expected = colorize_headless(source, pixels, tiny())
    np.testing.assert_array_equal(widget.result.final, expected.final)
    assert any("slight tint" in note for note in widget.result.provenance["notes"])
    np.testing.assert_array_equal(right.data, scan(target))


def test_selecting_a_scan_and_a_picture_chooses_both(viewer, colorize, source, target):
    other = viewer.add_image(source, rgb=True, name="second")
    grey = viewer.add_image(scan(target), rgb=True, name="scan")
    viewer.layers.selection = {other, grey}
    assert colorize.source.value.name == "second"
    assert colorize.target.value.name == "scan"


def test_toned_print_is_asked_about_once_and_the_answer_is_kept(
    viewer, open_widget, fill, source, target, click, run, until, layer_of
):
    print_ = viewer.add_image(sepia(target), rgb=True, name="print")
    before = print_.data.copy(), dict(print_.metadata)
    colorize = open_widget("Colorize from example")
    fill(colorize)
    assert not colorize.tone_question.isVisibleTo(colorize)  # nothing else to learn from
    viewer.add_image(source, rgb=True, name="photo")
    question = colorize.tone_question
    assert question.isVisibleTo(colorize)
    assert question.sentence.text().startswith("'print' is toned in one colour, like a sepia print")
    assert listed(colorize.target) == []
    click(question.yes)
    assert not question.isVisibleTo(colorize)
    assert (colorize.source.value.name, colorize.target.value.name) == ("photo", "print")
    until(lambda: colorize.controls.button.isEnabled())
    run(colorize)
    assert layer_of("final").name == "final · print"
    assert colorize.result.provenance["settings"]["target_luminance"] is True
    apply = open_widget("Apply to more images")
    assert not apply.tone_question.isVisibleTo(apply)
    assert listed(apply.target) == ["print"]
    np.testing.assert_array_equal(print_.data, before[0])
    assert dict(print_.metadata) == before[1]


def test_print_to_be_left_unchanged_is_offered_only_as_a_source(
    viewer, open_widget, source, target, click
):
    viewer.add_image(source, rgb=True, name="photo")
    viewer.add_image(sepia(target), rgb=True, name="print")
    colorize = open_widget("Colorize from example")
    click(colorize.tone_question.no)
    for widget in (colorize, open_widget("Colorize from example")):
        assert listed(widget.target) == []
        assert listed(widget.source) == ["photo", "print"]
        assert not widget.tone_question.isVisibleTo(widget)


def test_print_is_colored_from_hints_alone(
    viewer, open_widget, target, click, until, layer_of, threads_end
):
    large = np.kron(target, np.ones((2, 2), np.uint8))
    viewer.add_image(sepia(large), rgb=True, name="print")
    hints = open_widget("Correct colours")
    assert listed(hints.image) == []
    click(hints.tone_question.yes)
    assert listed(hints.image) == ["print, by hand alone"]
    click(hints.add_hints.button)
    layer_of("hints").paint((20, 30), 1)
    until(lambda: "final · print" in [layer.name for layer in viewer.layers])
    assert layer_of("final").data.shape == (96, 128, 3)
    assert "its luminance was used" in str(layer_of("final").metadata)
    threads_end()


@pytest.mark.parametrize("make", [scan, sepia], ids=["scan", "print"])
@pytest.mark.parametrize("is_lazy", [False, True])
def test_colorizer_is_applied_to_the_grey_of_a_print(
    viewer, apply, run, layer_of, target, make, is_lazy, threads_end, click, until
):
    pixels = make(target)
    data = da.from_array(pixels, chunks=(24, 64, 3)) if is_lazy else pixels
    viewer.add_image(data, rgb=True, name="print")
    threads_end()
    if make is sepia:
        until(lambda: apply.tone_question.isVisibleTo(apply))
        click(apply.tone_question.yes)
    until(lambda: listed(apply.target) == ["print"])
    run(apply)
    assert layer_of("final").data.shape == (48, 64, 3)
