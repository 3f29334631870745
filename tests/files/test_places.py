"""Checks of paths of any kind give an answer or an error, and never block."""

import os
import socket
import sys
from pathlib import Path

import pytest
from rights import run_without_rights

from napari_oneshot_color.errors import BadFileError
from napari_oneshot_color.files import places

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="no such files there")


def test_existing_paths_are_found(tmp_path):
    (tmp_path / "file").write_text("x")
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "dangling").symlink_to("nowhere")
    assert places.is_file(tmp_path / "file")
    assert places.is_file(tmp_path / "link")
    assert places.is_folder(tmp_path)
    assert not places.is_folder(tmp_path / "file")
    for name in ("nothing", "dangling", "file/in a file"):
        assert not places.is_there(tmp_path / name)
        with pytest.raises(BadFileError, match="There is no file"):
            places.opened(tmp_path / name)


@pytest.mark.parametrize("ask", [places.status, places.is_file, places.opened, places.check_file])
@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("n" * 300, "too long"),
        (f"{'n' * 300}/x", "too long"),
        ("d/" * 3000, "too long"),
        ("a\0b", "not a file name"),
        ("ring", "leads to itself"),
    ],
)
def test_impossible_names_give_a_clear_error(tmp_path, ask, name, sentence):
    (tmp_path / "ring").symlink_to("ring")
    with pytest.raises(BadFileError, match=sentence):
        ask(tmp_path / name)


def test_a_folder_is_not_a_file(tmp_path):
    with pytest.raises(BadFileError, match=r"is a folder\. Choose a file in it"):
        places.content(tmp_path, 10)


@POSIX
def test_reading_a_pipe_does_not_block(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(BadFileError, match="is a pipe, and only files can be read"):
        places.opened(tmp_path / "pipe")


@POSIX
def test_a_socket_is_not_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as one:
        one.bind("socket")
        with pytest.raises(BadFileError, match="is a socket"):
            places.opened(tmp_path / "socket")


@POSIX
@pytest.mark.parametrize("name", ["/dev/zero", "/dev/null"])
def test_a_device_is_not_a_file(name):
    with pytest.raises(BadFileError, match="is a device"):
        places.content(Path(name), 1000)


def test_no_more_is_read_than_requested(tmp_path):
    (tmp_path / "a").write_bytes(b"12345")
    assert places.content(tmp_path / "a", 5) == b"12345"
    with pytest.raises(BadFileError, match="larger than 4 bytes"):
        places.content(tmp_path / "a", 4)


@pytest.mark.parametrize(
    ("path", "is_inside"),
    [("in", True), ("in/a/b", True), ("in/../out", False), ("link/a", True), ("inner", False)],
)
def test_paths_inside_a_folder_are_recognized(tmp_path, path, is_inside):
    (tmp_path / "in").mkdir()
    (tmp_path / "link").symlink_to("in")
    assert places.is_inside(tmp_path / path, tmp_path / "in") is is_inside


def test_inaccessible_path_gives_a_clear_error(tmp_path):
    (tmp_path / "locked").mkdir()
    for name in ("locked/file", "closed"):
        (tmp_path / name).write_text("x")
    said = run_without_rights(
        tmp_path,
        """
from pathlib import Path
from napari_oneshot_color.errors import BadFileError
from napari_oneshot_color.files import places, writing
for name in ("locked", "closed"):
    Path(name).chmod(0)
for ask, name in [
    (places.status, "locked/file"),
    (places.opened, "locked/file"),
    (places.opened, "closed"),
    (lambda path: writing.check_folder(path, overwrite=True), "locked/new"),
    (lambda path: writing.write_atomically(path, b""), "locked/new"),
    (writing.check_writable, "locked/new"),
]:
    try:
        ask(Path(name))
        print("no error")
    except BadFileError as error:
        print("Permission denied" in str(error))
""",
    )
    assert said.split() == ["True"] * 6
