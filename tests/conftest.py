"""Tiny pairs and settings that all tests use."""

import gc
import sys
import threading

import numpy as np
import pytest
import torch
from hypothesis import settings as hypothesis_settings
from tiny_run import TINY

from napari_oneshot_color import Settings, colorize
from napari_oneshot_color.colorizer import device

pytest_plugins = ["chroma_scene", "saved_results"]

hypothesis_settings.register_profile(
    "repeatable", deadline=None, derandomize=True, database=None, max_examples=40
)
hypothesis_settings.load_profile("repeatable")


NO_GPU = not torch.cuda.is_available()


def pytest_collection_modifyitems(items):
    """Skip tests that need a GPU if there is none."""
    for item in items:
        if NO_GPU and item.get_closest_marker("gpu"):
            item.add_marker(pytest.mark.skip(reason="there is no CUDA device here"))


@pytest.fixture(scope="session", autouse=True)
def _coverage_of_qt_threads():
    """Let coverage trace napari's workers, whose threads are started by Qt, not by Python."""
    trace = threading.gettrace()
    if trace is None:  # nobody measures
        yield
        return
    from superqt.utils._qthreading import WorkerBase

    run = WorkerBase.run

    def traced(self):
        sys.settrace(trace)
        run(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WorkerBase, "run", traced)
        yield


@pytest.fixture(scope="module", autouse=True)
def _what_lives_on_is_no_garbage():
    """Exclude existing objects, such as modules and classes, from garbage collection.

    Every viewer of napari's tests collects three times, which would visit everything imported.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _own_log_folder(tmp_path_factory):
    """Keep the log of intended failures out of the user's folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield


@pytest.fixture(autouse=True)
def _small_computer(request, monkeypatch):
    """Make all computers alike: no GPU, and one thread by default.

    On tiny tensors, and beside other programs, more threads are slower. Tests marked `gpu` see the
    computer as it is.
    """
    if request.node.get_closest_marker("gpu"):
        return
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    monkeypatch.setattr(device, "_DEFAULT_THREADS", 1)
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def tiny():
    """Make settings that train in a tenth of a second, with some fields changed."""

    def make(**changes):
        return Settings(**{**TINY, **changes})

    return make


@pytest.fixture(scope="session")
def source():
    """A colour image of 48 x 64 px, uint8 and read-only: green and blue run against red."""
    y, x = np.mgrid[0:48, 0:64]
    image = np.stack([3 * x + y, 255 - 2 * x - y, (4 * y) % 200 + x // 2], axis=-1)
    return _read_only(image.astype(np.uint8))


@pytest.fixture(scope="session")
def target():
    """A grey image of 48 x 64 px, uint8 and read-only: a chessboard under a ramp."""
    y, x = np.mgrid[0:48, 0:64]
    return _read_only((x + y + 20 + 90 * ((x // 16 + y // 16) % 2)).astype(np.uint8))


@pytest.fixture(scope="session")
def result(source, target, tiny):
    """Result of a tiny run; tests must not change it."""
    return colorize(source, target, tiny(), source_name="left.png", target_name="right.png")


@pytest.fixture(scope="session")
def vivid(source, target, tiny):
    """Result of a run of sixty steps, whose colours have left grey, some even sRGB."""
    return colorize(source, target, tiny(patches_per_epoch=120))


@pytest.fixture
def no_figures(monkeypatch):
    """Count what pictures show instead of drawing it, which takes half of a tiny run's time."""
    from napari_oneshot_color.result import pictures

    for name in pictures.__all__:
        monkeypatch.setattr(pictures, name, lambda shown, *_: str(len(shown)).encode())


@pytest.fixture
def snapshot():
    """Read the contents of all files and the names of all folders under a folder."""

    def read(folder):
        return {
            str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
            for path in folder.rglob("*")
        }

    return read


def _read_only(image):
    image.setflags(write=False)
    return image
