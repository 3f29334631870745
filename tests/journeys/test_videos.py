"""A film is coloured into a film: frames, sound, progress, and resuming."""

import threading

import numpy as np
import pytest
import zarr
from tiny_films import frames_of, grey_frames, in_color, sound_of, write_film, write_gif
from tiny_stacks import finish

from napari_oneshot_color import train
from napari_oneshot_color.batch import one_target
from napari_oneshot_color.batch.run import apply_files_steps
from napari_oneshot_color.stacks.lazy import colorize_stack
from napari_oneshot_color.stacks.video_reading import open_video
from napari_oneshot_color.stacks.video_writing import write_video


@pytest.fixture(scope="module")
def colorizer(source, tiny):
    return train(source, tiny())


def test_a_film_is_colored_frame_by_frame_with_its_sound(tmp_path, colorizer):
    film = write_film(tmp_path / "film.mp4")
    summary = finish(apply_files_steps(colorizer, [film], tmp_path / "out"))
    [place] = summary.done
    assert place.name == "film_colorized.mp4"
    wanted = colorize_stack(colorizer, open_video(film).data).compute()
    shown, times = frames_of(place)
    assert shown.shape == wanted.shape
    assert np.abs(shown.astype(int) - wanted.astype(int)).mean() < 4  # half the chroma is kept
    assert np.allclose(times, np.arange(12) / 10)
    assert np.array_equal(sound_of(place), sound_of(film))
    assert not list((tmp_path / "out").glob(".*zarr"))


def test_a_folder_of_films_counts_them_as_targets(tmp_path, colorizer):
    folder = tmp_path / "films"
    folder.mkdir()
    write_film(folder / "a.mp4", grey_frames(3))
    write_gif(folder / "b.gif", grey_frames(3))
    write_gif(folder / "still.gif", grey_frames(1))
    summary = finish(apply_files_steps(colorizer, [folder], tmp_path / "out"))
    assert [place.name for place in summary.done] == [
        "a_colorized.mp4",
        "b_colorized.gif",
        "still_colorized.png",
    ]


def test_a_color_film_is_refused_and_the_others_are_colored(tmp_path, colorizer):
    tinted = in_color(grey_frames(3))
    tinted[..., 2] //= 3
    paths = [write_film(tmp_path / "a.mp4", tinted), write_film(tmp_path / "b.mp4", grey_frames(3))]
    summary = finish(apply_files_steps(colorizer, paths, tmp_path / "out"))
    [(path, sentence)] = summary.failed
    assert path.name == "a.mp4"
    assert "is in colour" in sentence
    assert [place.name for place in summary.done] == ["b_colorized.mp4"]
    again = finish(apply_files_steps(colorizer, paths[:1], tmp_path / "more", luminance=True))
    assert len(again.done) == 1


def test_an_interrupted_film_is_resumed_to_the_same_frames(tmp_path, colorizer, monkeypatch):
    film = write_film(tmp_path / "film.mp4")
    stop, encoded = threading.Event(), []

    def noted(stack, path, **options):
        encoded.append(np.asarray(stack[:]))
        return write_video(stack, path, **options)

    monkeypatch.setattr(one_target, "write_video", noted)

    def interrupt(progress):
        if progress.done >= 3:
            stop.set()

    steps = apply_files_steps(colorizer, [film], tmp_path / "out", stop=stop)
    summary = finish(steps, interrupt)
    if not summary.done:  # a quick computer may have been done
        assert summary.stopped
        assert not (tmp_path / "out" / "film_colorized.mp4").exists()
    finish(apply_files_steps(colorizer, [film], tmp_path / "out", resume=True))
    finish(apply_files_steps(colorizer, [film], tmp_path / "whole"))
    np.testing.assert_array_equal(*encoded)
    shown = [frames_of(tmp_path / name / "film_colorized.mp4") for name in ("out", "whole")]
    assert np.abs(np.subtract(shown[0][0], shown[1][0], dtype=int)).mean() < 1
    np.testing.assert_array_equal(shown[0][1], shown[1][1])


def test_frames_can_be_kept_as_a_zarr(tmp_path, colorizer):
    film = write_film(tmp_path / "film.mp4", grey_frames(4))
    finish(apply_files_steps(colorizer, [film], tmp_path / "film.zarr"))
    stored = zarr.open_array(tmp_path / "film.zarr", mode="r")
    wanted = colorize_stack(colorizer, open_video(film).data).compute()
    assert np.array_equal(stored[:], wanted)
    assert stored.attrs["axes"] == ["t", "y", "x", "c"]
    assert stored.attrs["scale"][0] == pytest.approx(0.1)
