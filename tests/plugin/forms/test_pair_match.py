"""The mark of the pair: whether the source shows what the target does."""

import pytest
from qtpy.QtCore import QObject, Signal

from napari_oneshot_color.matching.ranking import Match
from napari_oneshot_color.plugin.forms.pair_match import PairMatch


class Matches(QObject):
    """Stands for the matches that are computed in the background."""

    found = Signal()

    def __init__(self):
        super().__init__()
        self.known = {}

    def of(self, layer):
        return self.known.get(layer)


@pytest.fixture
def matches():
    return Matches()


@pytest.fixture
def mark(matches, qtbot):
    made = PairMatch(matches)
    qtbot.addWidget(made)
    return made


@pytest.mark.parametrize(
    ("score", "words"),
    [(0.9, "Shows the same thing"), (0.5, "Similar"), (0.2, "Little in common")],
)
def test_match_is_shown_in_words_as_soon_as_it_is_known(mark, matches, score, words):
    mark.set_source("left")
    assert mark.isHidden()
    matches.known["left"] = Match(score)
    matches.found.emit()
    assert mark.words.text() == words
    assert not mark.isHidden()
    assert mark.toolTip().startswith(Match(score).advice)
    assert mark.accessibleName() == f"Source and target: {words.lower()}"


def test_unknown_match_is_not_shown(mark, matches):
    matches.known["left"] = Match(0.9)
    mark.set_source("left")
    assert not mark.isHidden()
    matches.known["left"] = "It cannot be compared."
    matches.found.emit()
    assert mark.isHidden()
    mark.set_source(None)
    assert mark.isHidden()
