"""Drive the real viewer and write the pictures that the documentation uses.

Run ``make screenshots`` in the repository's root; it trains for about two minutes on two cores.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import napari
from qtpy.QtCore import QEventLoop, QTimer
from qtpy.QtWidgets import QApplication

from napari_oneshot_color.plugin.forms.run_controls import RunState

IMAGES = Path(__file__).parents[1] / "docs" / "images"
PLUGIN = "napari-oneshot-color"


def main() -> None:
    """Take the guide's pictures, from the sample pair to edited regions."""
    viewer = napari.Viewer()
    viewer.window.resize(1280, 800)
    _, colorize = viewer.window.add_plugin_dock_widget(PLUGIN, "Colorize from example")
    viewer.open_sample(PLUGIN, "motorcycle")
    rest(1500)
    take(viewer, "widget")

    colorize.controls.button.click()
    half = colorize.settings.values()["epochs"] * 0.5
    wait_until(lambda: reached_epoch(colorize.controls.stage.text(), half))
    take(viewer, "training")
    wait_until(lambda: colorize.controls.state is RunState.IDLE)

    stages = ("tiles", "merged", "quickshift", "final")
    for layer in viewer.layers:
        layer.visible = layer.name.partition(" · ")[0] in stages
    viewer.canvas.grid.enabled = True
    viewer.canvas.grid.shape = (2, 2)
    viewer.reset_view()
    rest(1000)
    take(viewer, "layers")

    viewer.canvas.grid.enabled = False
    for layer in viewer.layers:
        layer.visible = layer.name.startswith(("regions", "final"))
    viewer.window.remove_dock_widget(colorize.parent())
    _, recolor = viewer.window.add_plugin_dock_widget(PLUGIN, "Recolour regions")
    regions = next(layer for layer in viewer.layers if layer.name.startswith("regions"))
    viewer.layers.selection.active = regions
    height, width = regions.data.shape
    regions.selected_label = int(regions.data[int(height * 0.43), int(width * 0.46)])
    regions.mode = "fill"
    recolor.set_color((0.1, 0.3, 0.8))
    viewer.reset_view()
    rest(1000)
    take(viewer, "regions")

    viewer.window.remove_dock_widget(recolor.parent())
    _, hinting = viewer.window.add_plugin_dock_widget(PLUGIN, "Hints and trust")
    for layer in viewer.layers:
        layer.visible = layer.name.startswith("final")
    hinting.add_layer_button.click()
    hinting.colors.set_color((0.1, 0.35, 0.75))
    hints = viewer.layers.selection.active
    height, width = hints.data.shape
    for part in range(30):  # a stroke along the tank
        hints.paint((height * (0.41 + 0.002 * part), width * (0.44 + 0.004 * part)), 1)
    viewer.reset_view()
    rest(4000)
    take(viewer, "hints")
    viewer.close()


def take(viewer: napari.Viewer, name: str) -> None:
    """Write the whole window to ``docs/images``."""
    IMAGES.mkdir(exist_ok=True)
    viewer.screenshot(str(IMAGES / f"{name}.png"), canvas_only=False, flash=False)


def reached_epoch(stage: str, epoch: float) -> bool:
    """Whether the stage's text names at least this epoch."""
    words = stage.replace("·", " ").split()
    return "epoch" in words and float(words[words.index("epoch") + 1]) > epoch


def rest(milliseconds: int) -> None:
    """Let the viewer draw."""
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def wait_until(is_so: Callable[[], bool]) -> None:
    """Let the viewer work until something is so."""
    while not is_so():
        rest(100)
        QApplication.processEvents()


if __name__ == "__main__":
    main()
