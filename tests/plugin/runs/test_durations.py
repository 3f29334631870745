"""How long a run is going to take: remembered, or else estimated."""

import json

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
def test_time_is_shown_as_exactly_as_it_is_known(seconds, words):
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


def test_same_settings_take_as_long_as_before_on_another_day(path):
    best = Settings.preset("best")
    Durations(path).note(best, PIXELS, 60.0)
    Durations(path).note(best, PIXELS, 21.0)
    again = Durations(path).of(best.replace(seed=7), PIXELS)
    assert (again.seconds, again.is_measured) == (21.0, True)
    assert "earlier runs" in again.origin
    assert Durations(path).of(best, 2 * PIXELS).seconds > 21
    assert not Durations(path).of(best.replace(device="cuda"), PIXELS).is_measured


def test_slow_runs_count_only_if_they_repeat(path):
    best = Settings.preset("best")
    for seconds in (120.0, 22.0, 90.0, 24.0, 200.0):
        Durations(path).note(best, PIXELS, seconds)
    assert Durations(path).of(best, PIXELS).seconds == 24.0
    for seconds in (60.0, 61.0, 62.0, 63.0):
        Durations(path).note(best, PIXELS, seconds)
    assert Durations(path).of(best, PIXELS).seconds == 61.0  # it has become slower


def test_runs_on_other_image_sizes_are_scaled_to_this_one(path):
    known, best = Durations(path), Settings.preset("best")
    known.note(best, PIXELS, 20.0)
    on_large = known.of(best, 4 * PIXELS).seconds
    known.note(best, 4 * PIXELS, on_large)
    assert known.of(best, PIXELS).seconds == pytest.approx(20.0)
    assert known.of(best, 4 * PIXELS).seconds == pytest.approx(on_large)


def test_run_at_a_larger_working_size_is_scaled_to_the_usual_one(path):
    known, best = Durations(path), Settings.preset("best")
    usual = known.of(best, 9 * PIXELS).seconds
    known.note(best, 30 * PIXELS, 120.0, 1024)
    assert known.of(best, 30 * PIXELS).seconds < 100  # such colours are rare
    assert Durations(path).of(best, 9 * PIXELS).seconds < 100
    assert known.of(best, 9 * PIXELS).seconds > usual


def test_large_image_takes_longer_only_to_join(path):
    known, instant, best = Durations(path), Settings.preset("instant"), Settings.preset("best")
    rough = known.of(instant, PIXELS).seconds
    assert rough < known.of(instant, 36 * PIXELS).seconds < 3 * rough
    known.note(best, PIXELS, 20.0)
    assert 20 < known.of(best, 36 * PIXELS).seconds < 30  # the training does not take longer


def test_larger_working_size_takes_longer_if_the_image_is_as_large(path):
    known, instant = Durations(path), Settings.preset("instant")
    larger = instant.replace(working_size=2048)
    assert known.of(larger, 16 * PIXELS).seconds > 4 * known.of(instant, 16 * PIXELS).seconds
    assert known.of(larger, PIXELS).seconds == known.of(instant, PIXELS).seconds


def test_pace_of_the_computer_is_taken_from_runs_of_the_same_network(path):
    known, best, paper = Durations(path), Settings.preset("best"), Settings.preset("paper")
    changed = best.replace(epochs=24)
    before = {settings: known.of(settings, PIXELS).seconds for settings in (best, changed, paper)}
    known.note(best, PIXELS, 3 * before[best])
    assert known.of(changed, PIXELS).seconds == pytest.approx(3 * before[changed])
    known.note(paper.replace(epochs=2), PIXELS, 1.0)
    assert known.of(changed, PIXELS).seconds == pytest.approx(3 * before[changed])
    assert known.of(paper, PIXELS).seconds == pytest.approx(before[paper] / 8)


def test_pace_is_bounded_and_that_of_another_network_counts_half(path):
    known, best, paper = Durations(path), Settings.preset("best"), Settings.preset("paper")
    changed = best.replace(epochs=24)
    before = {settings: known.of(settings, PIXELS).seconds for settings in (best, changed, paper)}
    known.note(best, PIXELS, 1e6)
    assert known.of(changed, PIXELS).seconds == pytest.approx(8 * before[changed])
    assert known.of(paper, PIXELS).seconds == pytest.approx(8**0.5 * before[paper])


def test_pace_is_that_of_undisturbed_runs(path):
    known, best = Durations(path), Settings.preset("best")
    rough = {epochs: known.of(best.replace(epochs=epochs), PIXELS).seconds for epochs in (4, 6, 8)}
    for epochs, busy in ((4, 1.0), (6, 7.0)):
        known.note(best.replace(epochs=epochs), PIXELS, 2 * busy * rough[epochs])
    assert known.of(best.replace(epochs=8), PIXELS).seconds == pytest.approx(2 * rough[8])


def test_durations_kept_by_an_earlier_version_are_read(path):
    Durations(path).note(Settings(), PIXELS, 5.0)
    (key, [told]) = json.loads(path.read_bytes()).popitem()
    path.write_text(json.dumps({key: told}))
    assert Durations(path).of(Settings(), PIXELS).seconds == 5.0


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[1]",
        b'{"a": 1}',
        b'{"a": {"seconds": "x"}}',
        b'{"a": [1]}',
        b'{"a": []}',
        b"\xff\xfe",
    ],
)
def test_damaged_file_does_no_harm(path, content):
    path.parent.mkdir()
    path.write_bytes(content)
    known = Durations(path)
    assert not known.of(Settings(), PIXELS).is_measured
    known.note(Settings(), PIXELS, 5.0)
    assert Durations(path).of(Settings(), PIXELS).is_measured


def test_unwritable_path_does_no_harm(tmp_path):
    (tmp_path / "file").write_text("")
    known = Durations(tmp_path / "file" / "durations.json")
    known.note(Settings(), PIXELS, 5.0)
    assert known.of(Settings(), PIXELS).seconds == 5.0


def test_number_of_kept_durations_is_limited(path):
    known = Durations(path)
    for epochs in range(1, 61):
        known.note(Settings(epochs=epochs), PIXELS, 5.0)
    assert not Durations(path).of(Settings(epochs=10), PIXELS).is_measured
    assert Durations(path).of(Settings(epochs=11), PIXELS).is_measured
