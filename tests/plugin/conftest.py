"""A real viewer with a pair of layers, docked widgets with tiny settings, and waiting for runs."""

import gc
import sys
import threading
from dataclasses import replace
from weakref import ref

import numpy as np
import pytest
from napari.components import ViewerModel
from napari.layers import Image
from napari.utils._proxies import PublicOnlyProxy
from napari.utils.notifications import notification_manager
from qtpy import API_NAME, PYSIDE_VERSION
from qtpy.QtCore import QObject, Qt, QThreadPool
from qtpy.QtWidgets import QFileDialog

from napari_oneshot_color.plugin.forms.run_controls import RunState
from napari_oneshot_color.plugin.layers.inputs import Inputs
from napari_oneshot_color.plugin.layers.snapshot import snapshot
from napari_oneshot_color.plugin.runs import durations
from napari_oneshot_color.plugin.runs.finished import Finished
from napari_oneshot_color.plugin.runs.run import Run
from napari_oneshot_color.plugin.runs.session import Session
from napari_oneshot_color.plugin.tabs.apply import ApplyTab
from napari_oneshot_color.plugin.tabs.colorize import ColorizeTab
from napari_oneshot_color.plugin.tabs.correct import CorrectTab
from napari_oneshot_color.plugin.tabs.trust import TrustTab
from napari_oneshot_color.progress import Clock
from napari_oneshot_color.stacks import zarr_writing
from napari_oneshot_color.training.adversarial import AdversarialTraining

WIDGETS = {
    "Colorize from example": ColorizeTab,
    "Apply to more images": ApplyTab,
    "Correct colours": CorrectTab,
    "Where to trust it": TrustTab,
}
TIMEOUT = 120_000  # ms; never reached unless something hangs, on a busy computer either


def pytest_configure():
    """Fail at once if Qt's binding loses references to None: Python would abort later.

    That end has no words, as the output of the tests that were run goes with it.
    """
    named = QObject()
    before = sys.getrefcount(None)  # of every Python from 3.12 on the same for ever
    for _ in range(1000):
        named.setObjectName("")
    if sys.getrefcount(None) < before - 500:
        raise pytest.UsageError(
            f"{API_NAME} {PYSIDE_VERSION} loses references to None, and Python "
            f"{sys.version_info.major}.{sys.version_info.minor} ends once they are used up: "
            "take another version of one of them, or another Qt (docs/troubleshooting.md)"
        )


@pytest.fixture(scope="session", autouse=True)
def _threads_end_first():
    """Wait for Qt's threads before Python ends: a thread whose signals are gone aborts."""
    yield
    QThreadPool.globalInstance().waitForDone(TIMEOUT)


@pytest.fixture(autouse=True)
def _own_durations(monkeypatch, tmp_path_factory):
    """Keep the times of runs out of the user's folder, and separate between tests."""
    path = tmp_path_factory.mktemp("durations") / "durations.json"
    monkeypatch.setattr(durations, "durations_path", lambda: path)


@pytest.fixture
def viewer(qtbot, monkeypatch):
    """An empty viewer without a window: it takes a tenth of the time. Journeys have a real one.

    Like the real one it objects to being set from another thread.
    """
    monkeypatch.setenv("NAPARI_ENSURE_PLUGIN_MAIN_THREAD", "True")
    return PublicOnlyProxy(ViewerModel())


@pytest.fixture
def real_viewer(make_napari_viewer_proxy):
    """An empty viewer with its window, for modules that let `viewer` be this one."""
    return make_napari_viewer_proxy()


@pytest.fixture
def dock(real_viewer):
    """Open the panel as its menu entry does, for modules that let `open_widget` be this."""

    def open_tab(title):
        return real_viewer.window.add_plugin_dock_widget("napari-oneshot-color", title)[1].tab

    return open_tab


@pytest.fixture
def layers(viewer, source, target):
    """The viewer's layers "left" in colour and "right" in grey."""
    left = viewer.add_image(source, rgb=True, name="left")
    right = viewer.add_image(target, name="right")
    return left, right


@pytest.fixture
def open_widget(viewer, qtbot):
    """Open one of the plugin's widgets, and connect it as napari's docks do."""

    def open_one(title):
        widget = WIDGETS[title](viewer)
        qtbot.addWidget(widget)
        events = viewer.layers.events
        for name in ("inserted", "removed", "reordered", "renamed"):
            if name in events:  # napari 0.6 does not tell of renaming
                events[name].connect(widget.reset_choices)
        return widget

    return open_one


@pytest.fixture
def fill(tiny):
    """Fill in the form with tiny settings, some of them changed."""

    def fill_in(widget, **changes):
        values = tiny(**changes).to_dict()
        for name, field in widget.settings.fields.items():
            field.value = values[name]
        widget.device.widget.value = values["device"]
        widget.seed.value = values["seed"]

    return fill_in


@pytest.fixture
def kinds():
    """Kinds of layers that a run adds; modules may override it. Each layer costs time."""
    return {"final"}


@pytest.fixture
def colorize(layers, open_widget, fill, kinds):
    """The widget "Colorize from example" on the pair of layers, with tiny settings."""
    widget = open_widget("Colorize from example")
    fill(widget)
    for kind in kinds:
        widget.layers[kind].value = True
    return widget


@pytest.fixture
def click(qtbot):
    """Click a button, and wait for the end if it saves or opens something in the background."""

    def click_on(button):
        words = button.text()
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
        if words.startswith(("Save", "Open ")):
            qtbot.waitUntil(lambda: button.isEnabled() and button.text() == words, timeout=TIMEOUT)

    return click_on


@pytest.fixture
def shown(qtbot):
    """Show a widget on its own, until the test ends."""

    def show(widget):
        qtbot.addWidget(widget)
        widget.show()
        return widget

    return show


@pytest.fixture
def until(qtbot):
    """Process the viewer's events until a condition holds."""
    return lambda is_so: qtbot.waitUntil(is_so, timeout=TIMEOUT)


@pytest.fixture
def finish(until):
    """Wait for the end of a widget's run."""
    return lambda widget: until(lambda: widget.controls.state is RunState.IDLE)


@pytest.fixture
def run(click, finish):
    """Click a widget's Run button and wait for the end."""

    def run_to_the_end(widget):
        click(widget.controls.button)
        assert widget.controls.state is RunState.RUNNING
        finish(widget)

    return run_to_the_end


@pytest.fixture
def threads_end(until):
    """Wait until no run is left in any thread."""
    return lambda: until(lambda: QThreadPool.globalInstance().activeThreadCount() == 0)


@pytest.fixture
def said():
    """Return the viewer's notifications since the test began."""
    notification_manager.records.clear()
    yield lambda: [record.message for record in notification_manager.records]
    notification_manager.records.clear()


class Gate:
    """Holds a thread until the test releases it."""

    def __init__(self):
        self.reached = threading.Event()
        self._open = threading.Event()

    def open(self):
        self._open.set()

    def pass_through(self):
        self.reached.set()
        self._open.wait(TIMEOUT / 1000)


@pytest.fixture
def gate(viewer, threads_end):
    """A gate that opens when the test ends, whatever happened."""
    gate = Gate()
    yield gate
    gate.open()
    threads_end()


@pytest.fixture
def steps(monkeypatch):
    """Do something before one of the training's steps, counted from 1."""
    step = AdversarialTraining.step

    def before(number, act):
        done = []

        def counted(training):
            done.append(None)
            if len(done) == number:
                act(training)
            return step(training)

        monkeypatch.setattr(AdversarialTraining, "step", counted)

    return before


@pytest.fixture
def hold(steps, gate, click, until):
    """Click a widget's Run button and hold the training before one of its steps."""

    def run_up_to(widget, step=6):
        steps(step, lambda training: gate.pass_through())
        click(widget.controls.button)
        until(gate.reached.is_set)

    return run_up_to


@pytest.fixture
def talkative(monkeypatch):
    """Make a run report every step with a preview, even if it is quick."""
    monkeypatch.setattr(Clock, "is_due", lambda clock: True)


@pytest.fixture
def finished(viewer, layers, result, kinds):
    """A finished run with its layers, made without training."""
    run = Run(viewer.layers, snapshot(layers[1]), set(kinds))
    run.show_result(result)
    Session.of(viewer).add(run)
    return run


@pytest.fixture
def completed(layers, result, finished):
    """The finished run with its inputs, as the viewer stores it."""
    left, right = (snapshot(layer) for layer in layers)
    inputs, target = Inputs((left,), (1.0,), right), ref(layers[1].__wrapped__)
    colorizer = result.colorizer
    return Finished(inputs, colorizer.settings, colorizer, finished, target=target)


@pytest.fixture(scope="session")
def uncertain(vivid):
    """A result whose uncertainty grows to the right; tests must not change it."""
    ramp = np.linspace(0, 30, vivid.regions.shape[1], dtype=np.float32)
    return replace(vivid, uncertainty=np.tile(ramp, (vivid.regions.shape[0], 1)))


@pytest.fixture
def color_right(viewer, open_widget, fill, run, source, kinds):
    """Colour the layer or image "right"; return the widget."""

    def color(right, left=source, **changes):
        if not isinstance(left, Image):
            left = viewer.add_image(left, rgb=True, name="left")
        if not isinstance(right, Image):
            right = viewer.add_image(right, name="right")
        widget = open_widget("Colorize from example")
        fill(widget, **changes)
        for kind in kinds:
            widget.layers[kind].value = True
        widget.source.value, widget.target.value = left, right
        run(widget)
        return widget

    return color


@pytest.fixture
def stack(target):
    """Three slices, (3, 48, 64) uint16."""
    slices = [target, target[::-1], target[:, ::-1]]
    return np.stack(slices).astype(np.uint16) * 100


@pytest.fixture
def apply(viewer, open_widget, result):
    """The widget "Apply to more images" in a viewer in which one was trained."""
    Session.of(viewer).add_colorizer("trained", result.colorizer)
    return open_widget("Apply to more images")


@pytest.fixture
def seen():
    """Read the image of a layer that the viewer shows now."""
    return lambda layer: np.asarray(getattr(layer, "__wrapped__", layer)._data_view)


@pytest.fixture
def hold_chunk(monkeypatch, gate, click, until):
    """Click "Compute all…" and hold the writing once a chunk is there, or fail there."""
    write_chunk = zarr_writing._write_chunk

    def prepare(widget, error=None):
        done = []

        def held(pixels, block_id, **options):
            done.append(None)
            if len(done) == 2:
                gate.pass_through()
                if error:
                    raise error
            return write_chunk(pixels, block_id, **options)

        monkeypatch.setattr(zarr_writing, "_write_chunk", held)
        monkeypatch.setattr(zarr_writing, "_BATCH", 1)
        monkeypatch.setattr(zarr_writing.scheduling, "thread_count", lambda client: 0)
        click(widget.compute_all)
        until(gate.reached.is_set)

    return prepare


@pytest.fixture
def into(monkeypatch):
    """Answer the dialogs for a folder and for a file."""

    def answer(path):
        monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(path))
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))

    return answer


@pytest.fixture
def saved(colorize, run, click, into, tmp_path):
    """The folder of a result that was saved by clicking."""
    run(colorize)
    into(tmp_path)
    click(colorize.buttons["Save result…"])
    return tmp_path / "right colorized"


@pytest.fixture
def layer_of(viewer):
    """Find a result's layer by its kind, which is the beginning of its name."""

    def find(kind):
        (layer,) = [layer for layer in viewer.layers if layer.name.startswith(f"{kind} · ")]
        return layer

    return find


@pytest.fixture
def names(viewer):
    """Read the names of the viewer's layers, the topmost last."""
    return lambda: [layer.name for layer in viewer.layers]


@pytest.fixture
def corners():
    """Find where the corners of a layer's image lie in the world."""

    def find(layer):
        level = layer.data[0] if layer.multiscale else layer.data
        height, width = level.shape[-3:-1] if getattr(layer, "rgb", False) else level.shape[-2:]
        ahead = (0,) * (layer.ndim - 2)
        return [
            layer.data_to_world((*ahead, y, x))
            for y in (-0.5, height - 0.5)
            for x in (-0.5, width - 0.5)
        ]

    return find


@pytest.fixture
def state_of(viewer):
    """Read all of the viewer's layers: pixels, geometry, metadata."""

    def read():
        return {
            layer.name: (
                np.asarray(layer.data).tobytes(),
                layer.visible,
                repr(layer.metadata),
                layer.extent.world.tolist(),
                [str(unit) for unit in layer.units],
            )
            for layer in viewer.layers
        }

    return read


@pytest.fixture
def is_dead():
    """Return whether no reference to an object is left."""

    def look(reference):
        gc.collect()
        return reference() is None

    return look
