"""How long a run is going to take: remembered, or else estimated."""

import pytest

from napari_oneshot_color import Settings
from napari_oneshot_color.plugin.runs import durations
from napari_oneshot_color.plugin.runs.durations import Durations, in_words

PIXELS = 500 * 741


@pytest.fixture
def path(tmp_path):
    return tmp_path / "cache" / "durations.json"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.4, "a moment"),
        (3.6, "about 4 s"),
        (21, "about 20 s"),
        (56, "about 55 s"),
        (58, "about 1 min"),
        (200, "about 3 min"),
        (1600, "about 25 min"),
        (3500, "about 1 h"),
        (40_000, "about 11 h"),
    ],
)
def test_time_is_said_as_exactly_as_it_is_known(seconds, words):
    assert in_words(seconds) == words


def test_rough_figures_fall_with_the_cores_and_rise_with_the_work(path, monkeypatch):
    known = Durations(path)
    seconds = {}
    for count in (2, 8):
        monkeypatch.setattr(durations, "cores", lambda count=count: count)
        seconds[count] = [
            known.of(Settings.preset(preset), PIXELS).seconds
            for preset in ("instant", "best", "paper")
        ]
        assert seconds[count] == sorted(seconds[count])
    assert all(few > many for few, many in zip(seconds[2], seconds[8], strict=True))
    best = Settings.preset("best")
    assert known.of(best, 4 * PIXELS).seconds > known.of(best, PIXELS).seconds
    assert known.of(best.replace(epochs=24), PIXELS).seconds > known.of(best, PIXELS).seconds
    assert not known.of(best, PIXELS).is_measured
    assert "rough" in known.of(best, PIXELS).origin


def test_same_settings_take_as_long_as_last_time_also_on_another_day(path):
    best = Settings.preset("best")
    Durations(path).note(best, PIXELS, 60.0)
    Durations(path).note(best, PIXELS, 21.0)
    again = Durations(path).of(best.replace(seed=7), PIXELS)
    assert (again.seconds, again.is_measured) == (21.0, True)
    assert "earlier runs" in again.origin
    assert Durations(path).of(best, 2 * PIXELS).seconds > 21
    assert not Durations(path).of(best.replace(device="cuda"), PIXELS).is_measured


def test_pace_of_the_computer_is_taken_from_runs_and_from_like_ones_first(path):
    known, best, paper = Durations(path), Settings.preset("best"), Settings.preset("paper")
    changed = best.replace(epochs=24)
    before = {settings: known.of(settings, PIXELS).seconds for settings in (best, changed, paper)}
    known.note(best, PIXELS, 3 * before[best])
    for settings in (changed, paper):
        assert known.of(settings, PIXELS).seconds == pytest.approx(3 * before[settings])
    known.note(paper.replace(epochs=2), PIXELS, 1.0)
    assert known.of(changed, PIXELS).seconds == pytest.approx(3 * before[changed])
    assert known.of(paper, PIXELS).seconds == pytest.approx(before[paper] / 8)
    known.note(best, PIXELS, 1e6)
    assert known.of(changed, PIXELS).seconds == pytest.approx(8 * before[changed])


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[1]", b'{"a": 1}', b'{"a": {"seconds": "x"}}', b"\xff\xfe"]
)
def test_damaged_file_does_no_harm(path, content):
    path.parent.mkdir()
    path.write_bytes(content)
    known = Durations(path)
    assert not known.of(Settings(), PIXELS).is_measured
    known.note(Settings(), PIXELS, 5.0)
    assert Durations(path).of(Settings(), PIXELS).is_measured


def test_place_that_cannot_be_written_does_no_harm(tmp_path):
    (tmp_path / "file").write_text("")
    known = Durations(tmp_path / "file" / "durations.json")
    known.note(Settings(), PIXELS, 5.0)
    assert known.of(Settings(), PIXELS).seconds == 5.0


def test_only_so_many_are_kept(path):
    known = Durations(path)
    for epochs in range(1, 61):
        known.note(Settings(epochs=epochs), PIXELS, 5.0)
    assert not Durations(path).of(Settings(epochs=10), PIXELS).is_measured
    assert Durations(path).of(Settings(epochs=11), PIXELS).is_measured
