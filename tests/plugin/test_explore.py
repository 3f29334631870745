import gc, weakref, time
import numpy as np
from napari_oneshot_color.plugin.run_controls import RunState
from qtpy.QtCore import Qt

TINY = dict(
    base_width=4,
    tile_size=32,
    working_size=48,
    epochs=2,
    patches_per_epoch=16,
    batch_size=4,
    generated_tiles=12,
    lattice_stride=16,
    ssim_window=7,
    precision="float32",
    threads=1,
)


def test_a(make_napari_viewer_proxy, qtbot):
    t = time.time()
    v = make_napari_viewer_proxy()
    print("viewer", time.time() - t)
    t = time.time()
    rng = np.random.default_rng(0)
    v.add_image(rng.integers(0, 255, (48, 64, 3), dtype=np.uint8), rgb=True, name="s")
    v.add_image(rng.integers(0, 255, (48, 64), dtype=np.uint8), name="t")
    d, w = v.window.add_plugin_dock_widget("napari-oneshot-color", "Colorize from example")
    print("widget", time.time() - t)
    t = time.time()
    for k, val in TINY.items():
        w.settings.fields[k].value = val
    w.device.widget.value = "cpu"
    qtbot.wait(50)
    print(repr(w.controls.sentence.text()), w.source.value, w.target.value)
    qtbot.mouseClick(w.controls.button, Qt.MouseButton.LeftButton)
    assert w.controls.state is RunState.RUNNING
    qtbot.waitUntil(lambda: w.controls.state is RunState.IDLE, timeout=20000)
    print("run", time.time() - t)
    t = time.time()
    print([l.name for l in v.layers], v.layers.selection)
    from napari.utils.notifications import notification_manager as n

    print(n.records)
    r = weakref.ref(v.__wrapped__)
    type(w)._probe = r


def test_b():
    gc.collect()
    gc.collect()
    from napari_oneshot_color.plugin.colorize_widget import ColorizeWidget as C

    print("alive", C._probe())
    from napari_oneshot_color.plugin.session import Session

    print(len(Session._sessions))
