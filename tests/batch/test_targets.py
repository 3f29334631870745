"""Targets in folders: which files are found, skipped and reported, while others continue."""

import errno
import json
from pathlib import Path

import numpy as np
import pytest
import tifffile
import zarr
from byte_files import exif, packed, page_tags, tiff
from PIL import Image
from rights import run_without_rights
from tiny_stacks import finish, grey_stack

from napari_oneshot_color import read_image, train
from napari_oneshot_color.batch import run as batch_run
from napari_oneshot_color.batch import targets as batch_targets
from napari_oneshot_color.batch.run import apply_files_steps
from napari_oneshot_color.batch.targets import Target, expanded
from napari_oneshot_color.errors import BadFileError
from napari_oneshot_color.files.formats import encode_image
from napari_oneshot_color.files.pixel_sizes import pixel_size
from napari_oneshot_color.pair.tones import grey_values
from napari_oneshot_color.pipeline import apply_steps


@pytest.fixture(scope="module")
def colorizer(source, tiny):
    return train(source, tiny(), source_name="left.png")


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "scans"
    folder.mkdir()
    (folder / "a.png").write_bytes(encode_image(grey_stack((48, 60)), ".png"))
    return folder


def apply(colorizer, targets, output, **options):
    return finish(apply_files_steps(colorizer, targets, output, **options))


def grey(data):
    """Take the grey of an image that was coloured: its lightness is the target's own."""
    return grey_values(data).astype(int)


def test_pictures_of_every_format_are_colored_upright_and_keep_their_name(
    colorizer, folder, tmp_path
):
    scan = grey_stack((48, 60))
    picture = Image.fromarray(scan)
    picture.save(folder / "b.webp", lossless=True)
    picture.save(folder / "c.bmp")
    picture.save(folder / "d.gif")
    Image.fromarray(np.rot90(scan)).save(folder / "e.jfif", "JPEG", exif=exif(6), quality=98)
    picture.save(folder / "f.jpg", "PNG")
    summary = apply(colorizer, [folder], tmp_path / "out")
    assert summary.failed == ()
    assert [path.name for path in summary.done] == [
        "a_colorized.png", "b_colorized.png", "c_colorized.png", "d_colorized.png",
        "e_colorized.jfif", "f_colorized.png",
    ]  # fmt: skip
    for path in summary.done:
        image = read_image(path)
        assert image.shape == (48, 60, 3)
        assert np.abs(grey(image) - scan).mean() < 5, path.name
        with Image.open(path) as written:
            assert written.getexif().get(274, 1) == 1
    assert summary.notes == (
        (folder / "f.jpg", "'f.jpg' is a PNG file by its content, and was read as one."),
    )


def test_other_files_and_folders_are_passed_over_and_named(folder, tmp_path):
    (folder / "notes.txt").write_text("precious")
    (folder / "raw.psd").write_bytes(b"8BPS")
    (folder / "deeper").mkdir()
    (folder / "deeper.png").mkdir()
    (folder / ".hidden").write_text("")
    found = expanded([folder], tmp_path / "out")
    assert [target.path.name for target in found.targets] == ["a.png"]
    assert [path.name for path in found.passed_over] == [
        "deeper", "deeper.png", "notes.txt", "raw.psd",
    ]  # fmt: skip


def test_inaccessible_targets_are_reported_and_the_others_colored(
    colorizer, folder, tmp_path, monkeypatch
):
    (folder / "locked").mkdir()
    (tmp_path / "closed").mkdir()
    is_zarr, iterdir = batch_targets.is_zarr, Path.iterdir

    def refuse(path):
        if path.name == "locked":
            raise BadFileError(f"'{path}' may not be read: Permission denied.")
        return is_zarr(path)

    def refuse_list(path):
        if path.name == "closed":
            raise PermissionError(errno.EACCES, "Permission denied")
        return iterdir(path)

    monkeypatch.setattr(batch_targets, "is_zarr", refuse)
    monkeypatch.setattr(Path, "iterdir", refuse_list)
    summary = apply(colorizer, [folder, tmp_path / "closed"], tmp_path / "out")
    assert [path.name for path in summary.done] == ["a_colorized.png"]
    assert [(path.name, "Permission denied" in why) for path, why in summary.failed] == [
        ("locked", True), ("closed", True),
    ]  # fmt: skip


def test_a_target_without_permission_is_reported(colorizer, folder, tmp_path):
    (folder / "b.png").write_bytes(encode_image(grey_stack((48, 60)), ".png"))
    (folder / "b.png").chmod(0)
    colorizer.save(tmp_path / "mine.safetensors")
    said = run_without_rights(
        tmp_path,
        "from pathlib import Path\n"
        "from napari_oneshot_color import Colorizer\n"
        "from napari_oneshot_color.batch.run import apply_files_steps\n"
        "from napari_oneshot_color.progress import Steps\n"
        "colorizer = Colorizer.load('mine.safetensors')\n"
        f"steps = Steps(apply_files_steps(colorizer, [Path({str(folder)!r})], Path('out')))\n"
        "list(steps)\n"
        "for path, sentence in steps.result.failed:\n"
        "    print(path.name, sentence)\n"
        "print(len(steps.result.done))\n",
    )
    failed, done = said.splitlines()
    assert failed.startswith("b.png ")
    assert "permissions" in failed
    assert done == "1"


@pytest.mark.parametrize("letter", ["b", "漢"])
def test_a_too_long_output_name_is_reported_and_the_others_are_colored(
    colorizer, folder, tmp_path, letter
):
    count = 251 // len(letter.encode())
    for number in (count, count - 12):
        name = letter * number + ".png"
        (folder / name).write_bytes(encode_image(grey_stack((48, 60)), ".png"))
    summary = apply(colorizer, [folder], tmp_path / "out")
    [(path, sentence)] = summary.failed
    assert path.name == letter * count + ".png"
    assert "the limit is 255" in sentence
    assert len(summary.done) == 2
    again = apply(colorizer, [folder], tmp_path / "out", resume=True)
    assert (len(again.skipped), len(again.failed)) == (2, 1)


def test_a_folder_that_cannot_be_written_is_reported_before_anything_is_colored(
    colorizer, folder, tmp_path, monkeypatch
):
    def refuse(folder):
        raise BadFileError("Nothing can be written.")

    monkeypatch.setattr(batch_run, "check_writable", refuse)
    monkeypatch.setattr(batch_run.Batch, "color", lambda *all, **more: pytest.fail("colored"))
    with pytest.raises(BadFileError, match="Nothing can be written"):
        apply(colorizer, [folder], tmp_path / "out")


def test_alpha_and_pixel_size_of_a_target_are_kept(colorizer, folder, tmp_path):
    scan = grey_stack((48, 60))
    alpha = np.zeros_like(scan)
    alpha[:20] = 255
    Image.fromarray(np.dstack([scan, alpha]), "LA").save(folder / "b.png")
    tifffile.imwrite(
        folder / "c.tif", scan, imagej=True, resolution=(4, 4), metadata={"unit": "um"}
    )
    done = {path.name: path for path in apply(colorizer, [folder], tmp_path / "out").done}
    np.testing.assert_array_equal(read_image(done["b_colorized.png"])[..., 3], alpha)
    assert pixel_size(done["c_colorized.tif"]) == pytest.approx(0.25e-6)


def test_the_bit_depth_of_a_stack_is_used_for_its_colors(colorizer, folder, tmp_path):
    scan = grey_stack((48, 60)).astype(int) * 16
    page = page_tags(60, 48, 12, 0), packed(4095 - scan, 12)
    (folder / "a.png").unlink()
    (folder / "b.tif").write_bytes(tiff(*page, more=[page]))
    [made] = apply(colorizer, [folder], tmp_path / "out").done
    stack = tifffile.imread(made)
    assert (stack.shape, stack.dtype) == ((2, 48, 60, 3), np.uint16)
    assert np.abs(grey((stack[1] // 257).astype(np.uint8)) - scan / 16).mean() < 4


def test_limits_are_given_in_the_values_of_the_file(colorizer, folder, tmp_path):
    scan = grey_stack((48, 60)).astype(int) * 4
    (folder / "a.tif").write_bytes(tiff(page_tags(60, 48, 12, 1), packed(scan, 12)))
    [made] = apply(colorizer, [folder / "a.tif"], tmp_path / "out", limits=(0, 1020)).done
    assert np.abs(grey((read_image(made) // 257).astype(np.uint8)) - scan / 4).mean() < 4


def test_the_luminance_of_toned_prints_is_taken_if_asked_for(colorizer, folder, tmp_path):
    unit = grey_stack((48, 60))[..., None] / 255
    toned = np.rint(255 * unit ** np.array([0.7, 1.0, 1.5])).astype(np.uint8)
    Image.fromarray(toned).save(folder / "b.png")
    [(_, sentence)] = apply(colorizer, [folder / "b.png"], tmp_path / "one").failed
    assert "sepia" in sentence
    [made] = apply(colorizer, [folder / "b.png"], tmp_path / "two", luminance=True).done
    assert np.abs(grey(read_image(made)) - grey(toned)).mean() < 8
    with pytest.raises(BadFileError, match="begun with another"):
        apply(colorizer, [folder / "b.png"], tmp_path / "two", resume=True)


def test_a_scan_stored_as_color_is_colored_like_its_grey(colorizer, folder, tmp_path):
    scan = np.dstack([grey_stack((48, 60))] * 3).astype(int) + np.array([3, 0, -3])
    Image.fromarray(np.clip(scan, 0, 255).astype(np.uint8)).save(folder / "b.png")
    [made] = apply(colorizer, [folder / "b.png"], tmp_path / "out").done
    *_, last = iterate(apply_steps(colorizer, read_image(folder / "b.png")))
    np.testing.assert_array_equal(read_image(made), np.rint(last.final * 255).astype(np.uint8))


def iterate(steps):
    yield finish(steps)


# --- data sets of several files ----------------------------------------------------------------


@pytest.fixture
def data_set(tmp_path):
    """Two files of an OME data set, one page each; both describe the whole."""
    folder = tmp_path / "set"
    folder.mkdir()
    ids = ["urn:uuid:00000000-0000-4000-8000-00000000000" + digit for digit in "12"]
    names = ["one.ome.tif", "two.ome.tif"]
    data = "".join(
        f'<TiffData FirstZ="{z}" IFD="0" PlaneCount="1"><UUID FileName="{names[z]}">{ids[z]}</UUID>'
        "</TiffData>"
        for z in range(2)
    )
    pages = grey_stack((2, 48, 60))
    for z, name in enumerate(names):
        told = (
            f'<?xml version="1.0" encoding="UTF-8"?><OME '
            f'xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" UUID="{ids[z]}"><Image '
            'ID="Image:0"><Pixels ID="Pixels:0" DimensionOrder="XYZCT" Type="uint8" SizeX="60" '
            'SizeY="48" SizeZ="2" SizeC="1" SizeT="1"><Channel ID="Channel:0:0" '
            f'SamplesPerPixel="1"/>{data}</Pixels></Image></OME>'
        )
        tifffile.imwrite(
            folder / name, pages[z], photometric="minisblack", description=told, metadata=None
        )
    return folder


@pytest.mark.parametrize("by", ["folder", "names", "second"])
def test_a_data_set_of_several_files_is_colored_once(colorizer, data_set, tmp_path, by):
    paths = {
        "folder": [data_set],
        "names": sorted(data_set.iterdir()),
        "second": [data_set / "two.ome.tif"],
    }[by]
    summary = apply(colorizer, paths, tmp_path / "out")
    [made] = summary.done
    stack = tifffile.imread(made)
    assert stack.shape == (2, 48, 60, 3)
    assert np.abs(grey(stack[1]) - grey_stack((2, 48, 60))[1]).mean() < 4
    assert summary.failed == ()
    if by != "second":
        [(path, sentence)] = summary.notes
        assert (path.name, sentence) == (
            "two.ome.tif", "It belongs to the data set of 'one.ome.tif'.",
        )  # fmt: skip


def test_resuming_checks_all_files_of_a_data_set(colorizer, data_set, tmp_path):
    apply(colorizer, [data_set], tmp_path / "out")
    assert len(apply(colorizer, [data_set], tmp_path / "out", resume=True).skipped) == 1
    other = data_set / "two.ome.tif"
    whole = other.read_bytes()
    page = grey_stack((2, 48, 60))[1]
    assert page.tobytes() in whole
    other.write_bytes(whole.replace(page.tobytes(), page[::-1].tobytes()))
    assert len(apply(colorizer, [data_set], tmp_path / "out", resume=True).done) == 1


def test_a_data_set_with_a_missing_file_is_reported(colorizer, data_set, tmp_path):
    (data_set / "two.ome.tif").unlink()
    [(_, sentence)] = apply(colorizer, [data_set], tmp_path / "out").failed
    assert "pages of it are missing" in sentence


def test_one_file_alone_is_its_own_data_set(folder):
    assert Target(folder / "a.png").files == (folder / "a.png",)
    tifffile.imwrite(folder / "b.ome.tif", grey_stack((2, 48, 60)), photometric="minisblack")
    assert Target(folder / "b.ome.tif").files == (folder / "b.ome.tif",)
    assert json.dumps(Target(folder / "b.ome.tif").output_name) == '"b.ome_colorized.tif"'


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


def test_folder_stands_for_its_images_but_not_for_its_outputs(colorizer, folder, snapshot):
    tifffile.imwrite(folder / "b.tif", grey_stack((4, 48, 60), 1), photometric="minisblack")
    zarr.create_array(folder / "c.zarr", data=grey_stack((3, 70, 60), 2), chunks=(2, 40, 60))
    (folder / "notes.txt").write_text("precious")
    (folder / ".hidden.png").write_bytes(b"")
    (folder / "deeper").mkdir()
    found = expanded([folder], folder)
    assert [target.path.name for target in found.targets] == ["a.png", "b.tif", "c.zarr"]
    assert [path.name for path in found.passed_over] == ["deeper", "notes.txt"]
    apply(colorizer, [folder], folder)
    before = snapshot(folder)
    summary = apply(colorizer, [folder, folder / "a.png"], folder, resume=True)
    assert len(summary.skipped) == 3
    assert snapshot(folder) == before


@pytest.mark.parametrize("pages", [1, 3])
def test_tiff_with_several_stacks_is_not_reduced_to_its_first(colorizer, tmp_path, out, pages):
    with tifffile.TiffWriter(tmp_path / "a.ome.tif", ome=True) as file:
        for seed in range(2):
            file.write(grey_stack((pages, 48, 60), seed), photometric="minisblack")
    summary = apply(colorizer, [tmp_path / "a.ome.tif"], out)
    assert "contains 2 images or stacks. Save each" in summary.failed[0][1]


@pytest.mark.parametrize(
    ("name", "output"),
    [("a.PNG", "a_colorized.png"), ("a.b.tif", "a.b_colorized.tif"), ("é.jpg", "é_colorized.jpg")],
)
def test_output_is_named_after_the_target(tmp_path, name, output):
    assert Target(tmp_path / name).output_name == output
