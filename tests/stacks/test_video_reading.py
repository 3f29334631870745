"""Videos are stacks of grey frames, in any order of access; damaged ones give a clear error."""

import pickle
import struct
import sys

import numpy as np
import pytest
from tiny_films import grey_frames, in_color, write_film, write_gif

from napari_oneshot_color import BadFileError, BadPairError
from napari_oneshot_color.stacks import video_reading
from napari_oneshot_color.stacks.video_reading import is_video, open_video


@pytest.fixture
def film(tmp_path):
    return write_film(tmp_path / "film.mp4")


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("film.mp4", "libx264"),
        ("film.mov", "libx264"),
        ("film.mkv", "libx264"),
        ("film.avi", "mpeg4"),
        ("whole_range.avi", "mjpeg"),
    ],
)
def test_frames_are_those_of_the_film(tmp_path, name, codec):
    stack = open_video(write_film(tmp_path / name, codec=codec))
    assert stack.data.shape == (12, 48, 64)
    assert stack.data.dtype == np.uint8
    assert stack.axes == ("t", "y", "x")
    assert stack.scale[0] == pytest.approx(0.1)
    assert stack.units[0] == "second"
    error = np.abs(np.asarray(stack.data).astype(int) - grey_frames().astype(int))
    assert error.mean() < (4 if name.endswith("avi") else 1.5)


def test_frames_are_the_same_in_any_order_of_access(film, monkeypatch):
    monkeypatch.setattr(video_reading, "_KEPT", 2)
    whole = np.asarray(open_video(film).data)
    stack = open_video(film).data
    for number in (7, 3, 3, 11, 0, 10):
        assert np.array_equal(np.asarray(stack[number]), whole[number])


def test_video_can_be_pickled(film):
    stack = open_video(film).data
    sent = pickle.loads(pickle.dumps(stack))
    assert np.array_equal(np.asarray(sent[5]), np.asarray(stack[5]))


def test_frames_of_a_gif_are_exact(tmp_path):
    path = write_gif(tmp_path / "film.gif")
    assert is_video(path)
    stack = open_video(path)
    assert np.array_equal(np.asarray(stack.data), grey_frames())


def test_a_gif_of_one_frame_is_an_image(tmp_path):
    assert not is_video(write_gif(tmp_path / "still.gif", grey_frames(1)))


def test_a_color_film_is_refused_unless_its_luminance_is_requested(tmp_path):
    path = write_film(tmp_path / "red.mp4", np.full((6, 48, 64, 3), (200, 0, 0), np.uint8))
    with pytest.raises(BadPairError, match=r"'red\.mp4' is in colour"):
        open_video(path)
    grey = np.asarray(open_video(path, luminance=True).data)
    # sRGB (200, 0, 0) has the luminance of sRGB grey 99
    assert abs(int(np.median(grey)) - 99) <= 6


def test_one_frame_in_color_does_not_make_a_film_colored(tmp_path):
    frames = in_color(grey_frames())
    frames[0, ..., 0] //= 2
    assert open_video(write_film(tmp_path / "key.mp4", frames)).data.shape == (12, 48, 64)


@pytest.mark.parametrize("name", ["film.mp4", "film.gif"])
def test_file_that_is_not_a_video_gives_a_clear_error(tmp_path, name):
    (tmp_path / name).write_bytes(b"GIF89a but not really" * 50)
    with pytest.raises(BadFileError, match=f"'{name}' cannot be read"):
        open_video(tmp_path / name)


def test_a_truncated_film_gives_a_clear_error(film, tmp_path):
    stack = open_video(film).data
    write_film(film, grey_frames(4))
    with pytest.raises(BadFileError, match=r"Frame 5 of 12 of 'film\.mp4' cannot be read"):
        np.asarray(stack[8])


def test_without_the_extra_the_error_names_what_to_install(film, monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(BadFileError, match=r"napari-oneshot-color\[video\]"):
        open_video(film)


@pytest.mark.parametrize(("matrix", "turns"), [((0, 1, -1, 0), 3), ((-1, 0, 0, -1), 2)])
def test_a_rotated_phone_video_is_turned_as_in_players(film, matrix, turns):
    data = bytearray(film.read_bytes())
    place = data.index(b"tkhd") + 4 + 40  # of the first track's matrix
    a, b, c, d = (number * 65536 for number in matrix)
    data[place : place + 20] = struct.pack(">iiiii", a, b, 0, c, d)
    lying = np.asarray(open_video(film).data)
    film.write_bytes(data)
    upright = np.asarray(open_video(film).data)
    assert np.array_equal(upright, np.rot90(lying, turns, axes=(1, 2)))
