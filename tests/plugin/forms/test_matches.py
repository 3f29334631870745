"""Scores beside the sources on offer, and the suggestion that follows from them."""

import numpy as np
import pytest

from napari_oneshot_color.matching import ranking
from napari_oneshot_color.plugin.forms.matches import LayerMatches


def enlarged(image):
    return np.repeat(np.repeat(image, 3, 0), 3, 1)


@pytest.fixture
def scene(viewer, open_widget):
    """The form with a target, a source of noise, and two views of the target in colour."""
    rng = np.random.default_rng(0)
    grey = enlarged(rng.integers(0, 255, (12, 16), np.uint8).repeat(4, 0).repeat(4, 1))
    same = np.dstack([grey, grey // 2 + 40, 255 - grey // 2])
    noise = rng.integers(0, 255, (*grey.shape, 3), np.uint8)
    for name, image in {"noise": noise, "same": same, "turned": same[:, ::-1].copy()}.items():
        viewer.add_image(image, rgb=True, name=name)
    viewer.add_image(grey, name="target")
    form = open_widget("Colorize from example")
    form.source.value, form.target.value = viewer.layers["noise"], viewer.layers["target"]
    viewer.layers.selection.clear()
    return form


def scores(form):
    rows = form.more_sources.rows
    return {row.box.toolTip(): row.match.text() for row in rows.values()}


def test_nothing_is_compared_before_it_is_visible(scene):
    assert set(scores(scene).values()) == {""}


def test_every_source_has_its_score_and_words(scene, until):
    more = scene.more_sources
    more.setParent(None)
    more.show()
    until(lambda: all(scores(scene).values()))
    found = scores(scene)
    assert float(found["same"]) > float(found["noise"])
    [row] = [row for row in more.rows.values() if row.box.toolTip() == "same"]
    assert row.match.toolTip().startswith("Shows the same thing. ")
    more.hide()


def test_suggestion_takes_the_best_source_and_ticks_others_of_the_same_thing(
    scene, viewer, click, until
):
    more = scene.more_sources
    click(more.suggest)
    assert not more.suggest.isEnabled()
    until(more.suggest.isEnabled)
    assert scene.source.value.name == "same"
    ticked = [layer.name for layer in scene.sources]
    score = float(scores(scene)["turned"])
    assert ticked == ["same", "turned"] if score >= ranking.SAME else ["same"]
    assert "noise" not in ticked
    assert more._advice.text().startswith("'same': It shows the same thing")


def test_known_matches_are_not_computed_again(scene, viewer, click, until, monkeypatch):
    compared = []
    match = ranking.Ranking.match

    def noting(self, source):
        compared.append(source.name)
        return match(self, source)

    monkeypatch.setattr(ranking.Ranking, "match", noting)
    more = scene.more_sources
    for _ in range(2):
        click(more.suggest)
        until(more.suggest.isEnabled)
    assert sorted(compared) == ["noise", "same", "turned"]
    viewer.layers["noise"].data = viewer.layers["noise"].data[::-1].copy()
    click(more.suggest)
    until(more.suggest.isEnabled)
    assert set(compared[3:]) == {"noise"}  # while its tones are looked at, it may go and come back


def test_source_that_cannot_be_compared_explains_why(scene, viewer, click, until):
    viewer.layers["target"].data = np.full((144, 192), 7, np.uint8)
    more = scene.more_sources
    click(more.suggest)
    until(more.suggest.isEnabled)
    assert scene.source.value.name == "noise"
    assert set(scores(scene).values()) == {"–"}
    assert more._advice.text().startswith("None of them can be compared with the target. The ")


def test_without_alternatives_nothing_is_suggested(colorize):
    assert colorize.more_sources.suggest.isHidden()


def test_answer_for_another_target_is_ignored(scene, viewer, until):
    matches = LayerMatches(scene.view, scene)
    layers = list(scene.more_sources.rows)
    matches.ask(layers, viewer.layers["target"])
    other = viewer.add_image(np.random.default_rng(1).random((96, 96)), name="other")
    matches.ask(layers, other)
    answers = []
    same = viewer.layers["same"]
    matches.found.connect(lambda: answers.append(matches.of(same).score))
    until(lambda: bool(answers))
    assert answers[0] < ranking.SIMILAR
    assert len(answers) == 1
