"""Applying a colorizer to many files: outputs, skipping, resuming, and untouched files."""

import shutil
import threading

import imagecodecs
import numpy as np
import pytest
import tifffile
import zarr
from moving_films import looking_colorizer, tiny_film
from tiny_stacks import finish, grey_stack

from napari_oneshot_color import train
from napari_oneshot_color.batch import total
from napari_oneshot_color.batch.journal import NAME
from napari_oneshot_color.batch.run import Summary, apply_files_steps
from napari_oneshot_color.errors import BadFileError, BadPairError
from napari_oneshot_color.files import checksums
from napari_oneshot_color.files.decoding import decode
from napari_oneshot_color.files.formats import as_dtype, encode_image
from napari_oneshot_color.pipeline import apply_steps
from napari_oneshot_color.progress import Clock
from napari_oneshot_color.stacks.lazy import colorize_stack


@pytest.fixture(scope="module")
def colorizer(source, tiny):
    return train(source, tiny(), source_name="left.png")


@pytest.fixture(scope="module")
def other_colorizer(source, tiny):
    return train(source, tiny(seed=1), source_name="left.png")


@pytest.fixture
def folder(tmp_path):
    """An image, a TIFF stack and a zarr stack."""
    folder = tmp_path / "scans"
    folder.mkdir()
    (folder / "a.png").write_bytes(encode_image(grey_stack((48, 60)), ".png"))
    tifffile.imwrite(folder / "b.tif", grey_stack((4, 48, 60), 1), photometric="minisblack")
    zarr.create_array(folder / "c.zarr", data=grey_stack((3, 70, 60), 2), chunks=(2, 40, 60))
    return folder


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


def apply(colorizer, targets, output, each=lambda progress: None, **options):
    return finish(apply_files_steps(colorizer, targets, output, **options), each)


def stop_when(condition):
    """Make an event, and what sets it once a progress record meets a condition."""
    stop = threading.Event()
    return stop, lambda progress: stop.set() if condition(progress) else None


def alone(colorizer, pixels, dtype=np.uint8, limits=None):
    """Colour one image as the pipeline does."""
    result = finish(apply_steps(colorizer, pixels, target_limits=limits))
    return as_dtype(result.final, np.dtype(dtype))


def computed(stack):
    return stack.compute(scheduler="synchronous")


# --- what is written ------------------------------------------------------------------------


def test_image_tiff_stack_and_zarr_keep_their_format(colorizer, folder, out):
    summary = apply(colorizer, [folder], out)
    names = ["a_colorized.png", "b_colorized.tif", "c_colorized.zarr"]
    assert summary == Summary(done=tuple(out / name for name in names))
    assert sorted(path.name for path in out.iterdir()) == [*names, NAME]
    image = imagecodecs.png_decode((out / names[0]).read_bytes())
    np.testing.assert_array_equal(image, alone(colorizer, grey_stack((48, 60))))
    pages = tifffile.imread(out / names[1])
    chunks = zarr.open_array(out / names[2], mode="r")[:]
    for slices, seed, size in ((pages, 1, (4, 48, 60)), (chunks, 2, (3, 70, 60))):
        expected = [alone(colorizer, pixels) for pixels in grey_stack(size, seed)]
        np.testing.assert_array_equal(slices, expected)


@pytest.mark.parametrize("allowed", [{}, {"overwrite": True}, {"resume": True}])
def test_two_runs_at_once_do_not_mix_in_a_folder(colorizer, other_colorizer, folder, out, allowed):
    steps = apply_files_steps(colorizer, [folder / "c.zarr"], out)
    next(steps)
    with pytest.raises(BadFileError, match="Another run is writing to"):
        apply(other_colorizer, [folder / "a.png"], out, **allowed)
    assert finish(steps) == Summary(done=(out / "c_colorized.zarr",))
    assert sorted(path.name for path in out.iterdir()) == ["c_colorized.zarr", NAME]
    apply(other_colorizer, [folder / "a.png"], out, **allowed)


def test_limits_apply_to_all_targets(colorizer, folder, out):
    apply(colorizer, [folder], out, limits=(20, 130))
    image = imagecodecs.png_decode((out / "a_colorized.png").read_bytes())
    np.testing.assert_array_equal(image, alone(colorizer, grey_stack((48, 60)), limits=(20, 130)))
    array = zarr.open_array(out / "c_colorized.zarr", mode="r")
    assert array.attrs["napari-oneshot-color"]["target"]["limits"] == [20, 130]


def test_axes_and_pixel_sizes_are_kept(colorizer, tmp_path, out):
    stack = grey_stack((2, 3, 48, 60), dtype=np.uint16)
    sizes = {"PhysicalSizeX": 0.25, "PhysicalSizeY": 0.5, "PhysicalSizeZ": 2.0}
    metadata = {"axes": "TZYX", **sizes, **{f"{name}Unit": "µm" for name in sizes}}
    tifffile.imwrite(
        tmp_path / "a.ome.tif", stack, metadata=metadata, photometric="minisblack",
        compression="zlib",
    )  # fmt: skip
    apply(colorizer, [tmp_path / "a.ome.tif"], out)
    with tifffile.TiffFile(out / "a.ome_colorized.tif") as file:
        assert file.series[0].axes == "TZYXS"
        assert file.series[0].shape == (2, 3, 48, 60, 3)
        told = tifffile.xml2dict(file.ome_metadata)["OME"]["Image"]["Pixels"]
    assert {name: told[name] for name in sizes} == sizes
    assert told["PhysicalSizeXUnit"] == "µm"


@pytest.mark.parametrize("name", ["a.png", "b.tif", "c.zarr"])
def test_one_target_can_be_written_to_a_named_zarr(colorizer, folder, tmp_path, name):
    place = tmp_path / "mine.zarr"
    assert apply(colorizer, [folder / name], place) == Summary(done=(place,))
    array = zarr.open_array(place, mode="r")
    stack = {"a.png": grey_stack((48, 60)), "b.tif": grey_stack((4, 48, 60), 1)}
    expected = stack.get(name, grey_stack((3, 70, 60), 2))
    np.testing.assert_array_equal(array[:], computed(colorize_stack(colorizer, expected)))
    with pytest.raises(BadFileError, match="exists already"):
        apply(colorizer, [folder / name], place)
    assert apply(colorizer, [folder / name], place, resume=True) == Summary(skipped=(place,))


def test_named_zarr_takes_only_one_target(colorizer, folder, tmp_path):
    with pytest.raises(BadFileError, match="can hold one target, and there are 3"):
        apply(colorizer, [folder], tmp_path / "mine.zarr")


def test_color_image_cannot_become_zarr(colorizer, tmp_path, source):
    (tmp_path / "a.png").write_bytes(encode_image(source, ".png"))
    with pytest.raises(BadPairError, match="Convert it to grey"):
        apply(colorizer, [tmp_path / "a.png"], tmp_path / "mine.zarr")


def test_progress_counts_all_chunks_of_all_targets(colorizer, folder, out):
    records = []
    apply(colorizer, [folder], out, records.append)
    assert {record.total for record in records} == {1 + 4 + 6}
    assert (records[0].done, records[-1].done) == (0, 11)
    counts = [record.done for record in records]
    assert counts == sorted(counts)


# --- targets --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["nowhere.png", "empty"])
def test_nothing_to_color_gives_a_clear_error(colorizer, tmp_path, out, name):
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadFileError, match="There is no"):
        apply(colorizer, [tmp_path / name], out)
    assert not out.exists()


@pytest.mark.parametrize("name", ["out.png", "a.png", "notes.txt"])
def test_file_in_place_of_the_folder_gives_a_clear_error(colorizer, folder, name, snapshot):
    (folder / "notes.txt").write_text("mine")
    before = snapshot(folder)
    with pytest.raises(BadFileError, match="is the name of a file"):
        apply(colorizer, [folder / "c.zarr"], folder / name)
    assert snapshot(folder) == before


def test_thumbnail_in_a_tiff_stack_is_ignored_but_another_page_is_not(colorizer, tmp_path, out):
    for name, kind in (("a.tif", 1), ("b.tif", 0)):
        with tifffile.TiffWriter(tmp_path / name) as file:
            file.write(grey_stack((3, 48, 60)), photometric="minisblack")
            file.write(grey_stack((20, 30)), photometric="minisblack", subfiletype=kind)
    summary = apply(colorizer, [tmp_path / "a.tif", tmp_path / "b.tif"], out)
    [made] = summary.done
    assert tifffile.imread(made).shape == (3, 48, 60, 3)
    [(refused, sentence)] = summary.failed
    assert refused.name == "b.tif"
    assert "pages of different sizes or kinds: 60 x 48, 30 x 20 px" in sentence


def test_two_targets_of_the_same_name_are_refused_at_once(colorizer, folder, tmp_path, out):
    shutil.copytree(folder, tmp_path / "more")
    with pytest.raises(BadFileError, match=r"would both become 'a_colorized\.png'"):
        apply(colorizer, [folder, tmp_path / "more"], out)
    assert not out.exists()


def test_bad_files_are_reported_and_the_others_colored(colorizer, folder, out, source):
    (folder / "bad1.png").write_bytes(b"not a picture")
    (folder / "bad2.png").write_bytes(encode_image(source, ".png"))
    whole = (folder / "b.tif").read_bytes()
    (folder / "bad3.tif").write_bytes(whole[: len(whole) // 2])
    (folder / "bad4.zarr").mkdir()
    tifffile.imwrite(folder / "bad5.tif", np.stack([source] * 4), photometric="rgb")
    nan = grey_stack((3, 48, 60), dtype=np.float32)
    nan[2, 0, 0] = np.nan
    tifffile.imwrite(folder / "bad6.tif", nan, photometric="minisblack")
    summary = apply(colorizer, [folder], out)
    assert [path.name for path in summary.done] == [
        "a_colorized.png", "b_colorized.tif", "c_colorized.zarr",
    ]  # fmt: skip
    told = {path.name: sentence for path, sentence in summary.failed}
    assert not summary.stopped
    for name, words in {
        "bad1.png": "damaged or empty", "bad2.png": "in colour already",
        "bad3.tif": "its end is missing", "bad4.zarr": "is not a zarr array",
        "bad5.tif": "are in colour", "bad6.tif": "NaN or infinite",
    }.items():  # fmt: skip
        assert words in told.pop(name)
    assert told == {}


# --- what exists, and resuming --------------------------------------------------------------


def test_targets_are_left_as_they_are(colorizer, folder, out, snapshot):
    before = snapshot(folder)
    apply(colorizer, [folder], out)
    assert snapshot(folder) == before


def test_other_files_in_the_folder_do_not_matter(colorizer, folder, out):
    out.mkdir()
    (out / "diary.txt").write_text("precious")
    apply(colorizer, [folder / "a.png"], out)
    apply(colorizer, [folder / "b.tif"], out)
    assert (out / "diary.txt").read_text() == "precious"
    assert (out / "a_colorized.png").is_file()


@pytest.mark.parametrize("options", [{}, {"resume": True}])
def test_existing_file_of_the_user_is_never_replaced(colorizer, folder, out, snapshot, options):
    out.mkdir()
    (out / "a_colorized.png").write_bytes(b"precious")
    before = snapshot(out)
    with pytest.raises(BadFileError, match="exists already"):
        apply(colorizer, [folder], out, **options)
    assert snapshot(out) == before


def test_second_run_is_refused_and_replaces_only_if_asked_to(colorizer, folder, out, snapshot):
    apply(colorizer, [folder], out)
    before = snapshot(out)
    with pytest.raises(BadFileError, match="Resume it, allow overwriting"):
        apply(colorizer, [folder], out)
    assert snapshot(out) == before
    assert len(apply(colorizer, [folder], out, overwrite=True, limits=(0, 200)).done) == 3
    after = snapshot(out)
    assert all(after[name] != before[name] for name in ("a_colorized.png", "b_colorized.tif"))


def test_overwriting_never_replaces_a_foreign_zarr(colorizer, folder, out):
    zarr.create_array(out / "c_colorized.zarr", data=np.arange(9))
    [(path, sentence)] = apply(colorizer, [folder], out, overwrite=True).failed
    assert path.name == "c.zarr"
    assert "was not made by napari-oneshot-color" in sentence
    assert zarr.open_array(out / "c_colorized.zarr", mode="r").shape == (9,)


@pytest.mark.parametrize("count", [0, 1, 5])
def test_stopped_run_is_resumed_to_the_same_bytes(
    colorizer, folder, out, tmp_path, snapshot, monkeypatch, count
):
    monkeypatch.setattr(total, "Clock", AlwaysDue)
    apply(colorizer, [folder], tmp_path / "whole")
    stop, each = stop_when(lambda progress: progress.done >= count)
    stopped = apply(colorizer, [folder], out, each, stop=stop)
    assert stopped.stopped
    with pytest.raises(BadFileError, match="Resume it"):
        apply(colorizer, [folder], out)
    resumed = apply(colorizer, [folder], out, resume=True)
    assert not resumed.stopped
    assert resumed.skipped == stopped.done
    assert snapshot(out) == snapshot(tmp_path / "whole")


@pytest.mark.parametrize("name", ["b.tif", "c.zarr"])
def test_slices_do_not_wait_for_the_checksum_of_a_whole_stack(
    colorizer, folder, out, monkeypatch, name
):
    is_begun = threading.Event()
    right = checksums.sha256_of_all

    def late(*arguments):
        assert is_begun.wait(60)
        return right(*arguments)

    monkeypatch.setattr(checksums, "sha256_of_all", late)
    monkeypatch.setattr(total, "Clock", AlwaysDue)
    stages = []

    def look(progress):
        stages.append(progress.stage)
        if "reading" in stages:  # all is coloured
            is_begun.set()

    [made] = apply(colorizer, [folder / name], out, look).done
    assert stages.index("chunks") < stages.index("reading")
    monkeypatch.setattr(checksums, "sha256_of_all", right)
    assert apply(colorizer, [folder / name], out, resume=True).skipped == (made,)


class AlwaysDue(Clock):
    def is_due(self):
        return True


def test_resuming_a_run_that_never_began_starts_it(colorizer, folder, out):
    assert len(apply(colorizer, [folder], out, resume=True).done) == 3


def test_resuming_colors_changed_damaged_and_missing_files_again(colorizer, folder, out):
    apply(colorizer, [folder], out)
    (folder / "a.png").write_bytes(encode_image(grey_stack((50, 70), 5), ".png"))
    zarr.open_array(folder / "c.zarr", mode="r+")[0] = 7
    (out / "b_colorized.tif").unlink()
    shutil.copy(folder / "a.png", folder / "d.png")
    apply(colorizer, [folder / "d.png"], out)
    whole = (out / "d_colorized.png").read_bytes()
    (out / "d_colorized.png").write_bytes(whole[:-9])
    summary = apply(colorizer, [folder], out, resume=True)
    assert len(summary.done) == 4
    assert (out / "d_colorized.png").read_bytes() == whole
    image = imagecodecs.png_decode((out / "a_colorized.png").read_bytes())
    np.testing.assert_array_equal(image, alone(colorizer, grey_stack((50, 70), 5)))
    assert (zarr.open_array(out / "c_colorized.zarr", mode="r")[0] == 7).all()
    assert (out / "b_colorized.tif").is_file()


def test_resume_with_another_colorizer_or_other_limits_is_refused(
    colorizer, other_colorizer, folder, out, snapshot
):
    apply(colorizer, [folder], out)
    before = snapshot(out)
    for change in ({"limits": (0, 200)}, {"colorizer": other_colorizer}):
        with pytest.raises(BadFileError, match="begun with another colorizer, other limits"):
            apply(change.pop("colorizer", colorizer), [folder], out, resume=True, **change)
    assert snapshot(out) == before


def test_stopped_overwriting_run_can_be_resumed(
    colorizer, other_colorizer, folder, out, tmp_path, snapshot, monkeypatch
):
    monkeypatch.setattr(total, "Clock", AlwaysDue)
    apply(other_colorizer, [folder], tmp_path / "whole")
    apply(colorizer, [folder], out)
    stop, each = stop_when(lambda progress: progress.done >= 2)
    assert apply(other_colorizer, [folder], out, each, stop=stop, overwrite=True).stopped
    assert not apply(other_colorizer, [folder], out, resume=True).stopped
    after, whole = snapshot(out), snapshot(tmp_path / "whole")
    assert after.pop(NAME) != whole.pop(NAME)  # it tells of both runs
    assert after == whole


@pytest.fixture
def film(tmp_path):
    """A film as a TIFF, its first and last frame in colour, and a colorizer that knows neither."""
    colors, grey = tiny_film(11)
    frames = as_dtype(grey, np.dtype(np.uint8))
    tifffile.imwrite(tmp_path / "film.tif", frames, photometric="minisblack")
    keys = {}
    for number in (0, 10):
        keys[number] = tmp_path / f"{number}.png"
        keys[number].write_bytes(encode_image(as_dtype(colors[number], np.dtype(np.uint8)), ".png"))
    return tmp_path / "film.tif", keys, looking_colorizer(tiny_film(1, seed=9)[0][0])


def test_keys_are_used_and_recorded(film, tmp_path):
    path, keys, looking = film
    apply(looking, [path], tmp_path / "out.zarr", keys=keys)
    stack = tifffile.imread(path)
    images = {number: decode(key).pixels for number, key in keys.items()}
    expected = colorize_stack(looking, stack, keys=images).compute()
    written = zarr.open_array(tmp_path / "out.zarr", mode="r")
    np.testing.assert_array_equal(written[:], expected)
    assert (expected != colorize_stack(looking, stack).compute()).any()
    record = written.attrs["napari-oneshot-color"]
    assert [(key["slice"], key["name"]) for key in record["keys"]] == [(0, "0.png"), (10, "10.png")]
    assert len(record["keys"][0]["sha256"]) == 64


def test_a_run_with_keys_is_resumed_with_the_same_keys_to_the_same_bytes(
    film, tmp_path, snapshot, monkeypatch
):
    path, keys, looking = film
    monkeypatch.setattr(total, "Clock", AlwaysDue)
    apply(looking, [path], tmp_path / "whole", keys=keys)
    out = tmp_path / "out"
    stop, each = stop_when(lambda progress: progress.done >= 3)
    assert apply(looking, [path], out, each, stop=stop, keys=keys).stopped
    for others in (None, {0: keys[0]}):
        with pytest.raises(BadFileError, match="begun with another colorizer"):
            apply(looking, [path], out, resume=True, keys=others)
    assert not apply(looking, [path], out, resume=True, keys=keys).stopped
    assert snapshot(out) == snapshot(tmp_path / "whole")


def test_keys_for_several_targets_or_a_single_image_give_a_clear_error(film, folder, out):
    path, keys, looking = film
    with pytest.raises(BadFileError, match="one stack, and there are 4 targets"):
        apply(looking, [folder, path], out, keys=keys)
    summary = apply(looking, [folder / "a.png"], out, keys=keys)
    assert "a single image" in summary.failed[0][1]
    with pytest.raises(BadFileError, match=r"no\.png"):
        apply(looking, [path], out, keys={0: path.with_name("no.png")})
