"""A coloured video has the frames, the times and the sound of the grey one."""

import threading

import numpy as np
import pytest
import zarr
from PIL import Image
from tiny_films import (
    HEIGHT,
    WIDTH,
    frames_of,
    grey_frames,
    sound_of,
    write_film,
    write_gif,
)

from napari_oneshot_color import BadFileError
from napari_oneshot_color.stacks import video_writing
from napari_oneshot_color.stacks.video_writing import video_suffix_for, write_video

COLORS = [(200, 60, 50), (60, 150, 70), (70, 80, 190)]


def colored(frames=12, height=HEIGHT, width=WIDTH):
    """Three broad bands of colour, and a corner that moves, as a zarr array of frames."""
    image = np.empty((height, width, 3), np.uint8)
    for number, color in enumerate(COLORS):
        image[:, number * width // 3 : (number + 1) * width // 3] = color
    film = np.repeat(image[None], frames, axis=0)
    for number in range(frames):
        film[number, :4, number : number + 4] = 255
    return zarr.array(film, chunks=(1, height, width, 3))


def write(path, like, stack=None):
    return write_video(
        colored() if stack is None else stack, path, like=like, stop=threading.Event()
    )


@pytest.mark.parametrize(
    ("like", "codec", "sound"),
    [("film.mp4", "libx264", "aac"), ("film.avi", "mpeg4", "pcm_s16le"), ("film.mp4", "mpeg4", "")],
)
def test_video_has_the_frames_times_sound_and_colors(tmp_path, like, codec, sound):
    film = write_film(tmp_path / like, codec=codec, sound=sound)
    assert write(tmp_path / "a.mp4", film)
    shown, times = frames_of(tmp_path / "a.mp4")
    assert np.allclose(times, np.arange(12) / 10)
    for number, color in enumerate(COLORS):
        middle = shown[:, 24, (2 * number + 1) * WIDTH // 6]
        assert np.abs(middle.astype(int) - color).max() <= 6
    assert len(sound_of(tmp_path / "a.mp4")) == pytest.approx(len(sound_of(film)), abs=3000)
    if sound:
        assert np.abs(sound_of(tmp_path / "a.mp4")).max() > 0.1
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted({"a.mp4", like})


def test_frames_of_different_durations_keep_their_times(tmp_path):
    times = [0, 1, 2, 5, 6, 7, 20, 21]
    film = write_film(tmp_path / "film.mp4", grey_frames(8), times=times)
    write(tmp_path / "a.mp4", film, colored(8))
    assert np.allclose(frames_of(tmp_path / "a.mp4")[1], np.array(times) / 10)


def test_sound_is_copied_bit_by_bit_if_the_container_allows_it(tmp_path):
    film = write_film(tmp_path / "film.mp4")
    write(tmp_path / "a.mp4", film)
    assert np.array_equal(sound_of(tmp_path / "a.mp4"), sound_of(film))


def test_a_film_contains_no_date_or_version(tmp_path):
    write(tmp_path / "a.mp4", write_film(tmp_path / "film.mp4"))
    packed = (tmp_path / "a.mp4").read_bytes()
    assert b"Lavf" not in packed
    movie = packed.index(b"mvhd") + len("mvhd")
    assert packed[movie : movie + 12] == bytes(12)  # version, flags, made, changed


def test_odd_sides_become_even_without_resampling(tmp_path):
    film = write_film(tmp_path / "film.mkv", grey_frames(6), sound="")
    write(tmp_path / "a.mp4", film, colored(6, 47, 63))
    shown, _ = frames_of(tmp_path / "a.mp4")
    assert shown.shape == (6, 48, 64, 3)
    assert np.abs(shown[:, 24, 10].astype(int) - COLORS[0]).max() <= 6


def test_a_gif_keeps_its_durations(tmp_path):
    gif = write_gif(tmp_path / "film.gif")
    assert write(tmp_path / "a.gif", gif)
    with Image.open(tmp_path / "a.gif") as image, Image.open(gif) as before:
        assert image.n_frames == 12
        for number in range(12):
            image.seek(number)
            before.seek(number)
            assert image.info["duration"] == before.info["duration"]
            shown = np.asarray(image.convert("RGB"))
            assert np.abs(shown[24, 10].astype(int) - COLORS[0]).max() <= 3


@pytest.mark.parametrize("name", ["film.mp4", "film.gif"])
def test_stopped_writing_leaves_nothing(tmp_path, name):
    film = (write_gif if name.endswith("gif") else write_film)(tmp_path / name)
    stop = threading.Event()
    stop.set()
    assert not write_video(colored(), tmp_path / f"a{film.suffix}", like=film, stop=stop)
    assert [file.name for file in tmp_path.iterdir()] == [name]


def test_a_failing_encoder_gives_a_clear_error(tmp_path, monkeypatch):
    film = write_film(tmp_path / "film.mp4")
    monkeypatch.setattr(video_writing, "_QUALITY", {"crf": "no number"})
    with pytest.raises(BadFileError):
        write_video(colored(), tmp_path / "a.mp4", like=film, stop=threading.Event())
    assert [file.name for file in tmp_path.iterdir()] == ["film.mp4"]


@pytest.mark.parametrize(
    ("name", "ending"), [("a.MP4", ".mp4"), ("a.mov", ".mov"), ("a.avi", ".mp4"), ("a.gif", ".gif")]
)
def test_colored_version_has_a_writable_ending(tmp_path, name, ending):
    assert video_suffix_for(tmp_path / name) == ending
