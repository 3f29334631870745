"""The question about a toned print: shown while there is something to ask, answered once."""

import numpy as np
from napari.layers import Image

from napari_oneshot_color.plugin.forms.tone_question import ToneQuestion


def prints(target):
    unit = target[..., None] / target.max()
    pixels = np.rint(255 * unit ** np.array([0.7, 1.0, 1.5])).astype(np.uint8)
    return [Image(pixels, rgb=True, name=name) for name in ("first", "second")]


def test_prints_are_asked_about_one_after_another(qtbot, target, source, click):
    question, accepted = ToneQuestion(), []
    qtbot.addWidget(question)
    question.accepted.connect(accepted.append)
    first, second = prints(target)
    layers = [Image(source, rgb=True), Image(target), first, second]
    question.ask_about(layers)
    assert question.sentence.text().startswith("'first' is toned")
    click(question.no)
    question.ask_about(layers)
    assert question.sentence.text().startswith("'second' is toned")
    click(question.yes)
    assert accepted == [second]
    question.ask_about(layers)
    assert question.layer is None
    assert question.isHidden()
