"""Drive the real viewer and write the pictures that the documentation uses.

Run ``make screenshots`` in the repository's root; it trains for about half a minute on two cores.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import napari
import numpy as np
from napari.components import Camera
from napari.layers import Image as ImageLayer
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from qtpy.QtCore import QEventLoop, QPoint, QTimer
from qtpy.QtWidgets import QApplication, QWidget
from skimage import data
from skimage.color import rgb2gray
from skimage.util import img_as_ubyte

from napari_oneshot_color import Settings, train
from napari_oneshot_color.plugin.forms.run_controls import RunControls, RunState
from napari_oneshot_color.plugin.panel import OneshotPanel
from napari_oneshot_color.plugin.runs.session import Session

IMAGES = Path(__file__).parents[1] / "docs" / "images"
PLUGIN = "napari-oneshot-color"
SIZE = (1280, 720)
CAN = (0.15, 0.528)  # something yellow, as parts of the target's height and width
DOOR = ((0.05, 0.12, 0.19), 0.25, 0.355)  # something else: strokes, from where to where
TANK = (0.43, 0.46)
BLUE = (0.1, 0.35, 0.75)
FRAMES = 15  # of a film
GIVEN = (0, 10)  # of them, in colour


def main() -> None:
    """Take the guide's pictures, from the sample pair to a corrected colour."""
    viewer = napari.Viewer()
    viewer.window.resize(*SIZE)
    _, door = viewer.window.add_plugin_dock_widget(PLUGIN, "Colorize from example")
    panel = door.panel
    film = Film(viewer)
    rest(1000)
    take(viewer, "widget")

    viewer.open_sample(PLUGIN, "motorcycle")
    side_by_side(viewer)
    rest(1500)
    film.add(1.2)
    film.add(0.8, on_widget(viewer, panel.colorize.controls.button))
    panel.colorize.controls.button.click()
    colorize(viewer, panel, film)
    take(viewer, "layers")
    film.add(2.0)

    trust(viewer, panel)
    correct(viewer, panel, film)
    film.save(IMAGES / "tour.gif")
    regions(viewer, panel)
    viewer.layers.clear()
    keys(viewer, panel)
    viewer.close()


def colorize(viewer: napari.Viewer, panel: OneshotPanel, film: Film) -> None:
    """Wait for the run's end, and take a picture in the middle."""
    controls = panel.colorize.controls
    half = panel.colorize.settings.values()["epochs"] * 0.5
    wait_until(lambda: reached_epoch(controls.stage.text(), 1) or is_idle(controls))
    film.add(0.8)
    wait_until(lambda: reached_epoch(controls.stage.text(), half) or is_idle(controls))
    take(viewer, "training")
    film.add(0.8)
    wait_until(lambda: is_idle(controls))
    target_alone(viewer)
    rest(1500)


def trust(viewer: napari.Viewer, panel: OneshotPanel) -> None:
    """Show where the result is uncertain."""
    panel.show_tab("Trust")
    panel.trust.overlay.click()
    rest(1000)
    take(viewer, "trust")
    panel.trust.overlay.click()


def correct(viewer: napari.Viewer, panel: OneshotPanel, film: Film) -> None:
    """Pick a colour and paint another thing with it, as the user does."""
    panel.show_tab("Correct")
    rest(500)
    film.add(1.0, on_widget(viewer, panel.correct.colors.pick))
    panel.correct.colors.pick.click()
    rest(300)
    final = final_of(viewer)
    height, width = final.data.shape[:2]
    y, x = round(height * CAN[0]), round(width * CAN[1])
    film.add(1.2, on_canvas(viewer, final, (y, x)))
    panel.correct.colors.put_away()
    red, green, blue = (final.data[y, x] / 255).tolist()
    panel.correct.paint((red, green, blue))
    rest(800)
    film.add(0.6)
    hints = viewer.layers.selection.active
    rows, start, stop = DOOR
    for row in rows:
        for column in np.arange(round(width * start), round(width * stop)):
            hints.paint((round(height * row), int(column)), 1)
        rest(300)
        film.add(0.3)
    wait_until(lambda: not panel.correct.follower.soon.isActive())
    rest(4000)
    take(viewer, "hints")
    film.add(0.8)
    hints.visible = False
    rest(500)
    film.add(2.5)
    panel.correct.start_over.click()
    rest(3000)


def regions(viewer: napari.Viewer, panel: OneshotPanel) -> None:
    """Give a region a colour."""
    panel.correct.regions.edit.click()
    layer = next(layer for layer in viewer.layers if layer.name.startswith("regions"))
    height, width = layer.data.shape
    layer.selected_label = int(layer.data[int(height * TANK[0]), int(width * TANK[1])])
    panel.correct.regions.set_color(BLUE)
    rest(3000)
    take(viewer, "regions")


def keys(viewer: napari.Viewer, panel: OneshotPanel) -> None:
    """Give two frames of a film in colour, and look at one between them."""
    colors = pan(data.chelsea(), FRAMES)
    viewer.add_image(img_as_ubyte(rgb2gray(colors)), name="film")
    for number in GIVEN:
        viewer.add_image(colors[number], rgb=True, name=f"frame {number}", visible=False)
    colorizer = train(colors[0], Settings.preset("instant"))
    Session.of(viewer).add_colorizer("frame 0", colorizer)
    panel.show_tab("Apply")
    tab = panel.apply
    tab.colorizer.value, tab.target.value = colorizer, viewer.layers["film"]
    tab.keys.unfold()
    for number in GIVEN:
        give(viewer, panel, number)
    viewer.dims.set_current_step(0, sum(GIVEN) // 2)
    viewer.reset_view()
    tab.controls.button.click()
    wait_until(lambda: is_idle(tab.controls))
    rest(1000)
    live = tab.compute_all.live
    wait_until(lambda: live is None or not live.coloring.is_busy)
    rest(500)
    take(viewer, "keys")


def give(viewer: napari.Viewer, panel: OneshotPanel, number: int) -> None:
    """Give a frame in colour, as the user does."""
    keys = panel.apply.keys
    viewer.dims.set_current_step(0, number)
    wait_until(lambda: keys.number.value == number)
    keys.layer.value = viewer.layers[f"frame {number}"]
    keys.add_button.click()
    wait_until(keys.add_button.isEnabled)


def pan(picture: NDArray[np.uint8], count: int) -> NDArray[np.uint8]:
    """Make a film of a camera that moves over a picture, by 4 px from frame to frame."""
    width = picture.shape[1] - 4 * count
    return np.stack([picture[:, 4 * number :][:, :width] for number in range(count)])


class Film:
    """Keeps pictures of the window, each with the time for which it is seen.

    Parameters
    ----------
    viewer : napari.Viewer
        Whose window it is.
    """

    width = 960  # px
    colors = 255

    def __init__(self, viewer: napari.Viewer) -> None:
        self._viewer = viewer
        self._pictures: list[Image.Image] = []
        self._times: list[int] = []

    def add(self, seconds: float, clicked: tuple[float, float] | None = None) -> None:
        """Add a picture; where something is clicked, x and y in the window, it has a ring."""
        pixels = self._viewer.screenshot(canvas_only=False, flash=False)
        picture = Image.fromarray(np.ascontiguousarray(pixels[..., :3]))
        if clicked is not None:
            ring(picture, clicked, pixels.shape[1] / window_of(self._viewer).width())
        height = round(picture.height * self.width / picture.width)
        self._pictures.append(picture.resize((self.width, height), Image.Resampling.LANCZOS))
        self._times.append(round(1000 * seconds))

    def save(self, path: Path) -> None:
        """Write an animated GIF, in the same few colours throughout."""
        all_pictures = np.concatenate([np.asarray(one) for one in self._pictures])
        seldom = Image.Quantize.MAXCOVERAGE  # the median of all would be a shade of grey
        palette = Image.fromarray(all_pictures).quantize(self.colors, method=seldom)
        first, *others = (one.quantize(palette=palette) for one in self._pictures)
        first.save(path, save_all=True, append_images=others, duration=self._times, loop=0)


def ring(picture: Image.Image, place: tuple[float, float], scale: float) -> None:
    """Draw a ring around a place of the window."""
    x, y, radius = place[0] * scale, place[1] * scale, 16 * scale
    draw = ImageDraw.Draw(picture)
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), outline="#ffcc00", width=4)


def window_of(viewer: napari.Viewer) -> QWidget:
    """Return the window, of whose pixels napari tells nothing else."""
    window: QWidget = viewer.window._qt_window
    return window


def on_widget(viewer: napari.Viewer, widget: QWidget) -> tuple[float, float]:
    """Find the middle of a widget in the window."""
    place = widget.mapTo(window_of(viewer), widget.rect().center())
    return place.x(), place.y()


def on_canvas(
    viewer: napari.Viewer, layer: ImageLayer, pixel: tuple[int, int]
) -> tuple[float, float]:
    """Find a pixel of a layer in the window."""
    canvas: QWidget = viewer.window._qt_viewer.canvas.native
    corner = canvas.mapTo(window_of(viewer), QPoint(0, 0))
    camera = camera_of(viewer)
    y, x = (np.array(layer.data_to_world(pixel)) - camera.center[-2:]) * camera.zoom
    return corner.x() + canvas.width() / 2 + x, corner.y() + canvas.height() / 2 + y


def camera_of(viewer: napari.Viewer) -> Camera:
    """Return the camera; napari 0.9 has it elsewhere than before."""
    camera: Camera = viewer.scene.camera if hasattr(viewer, "scene") else viewer.camera
    return camera


def final_of(viewer: napari.Viewer) -> ImageLayer:
    """Find the final layer."""
    return next(layer for layer in viewer.layers if layer.name.startswith("final"))


def side_by_side(viewer: napari.Viewer) -> None:
    """Put the source beside the target."""
    source, target = viewer.layers[0], viewer.layers[-1]
    source.translate = (0, -1.05 * target.data.shape[1])
    viewer.reset_view()


def target_alone(viewer: napari.Viewer) -> None:
    """Show the target's place, as large as the canvas is."""
    for layer in viewer.layers:
        if not layer.name.startswith("final"):
            layer.visible = False
    final, camera = final_of(viewer), camera_of(viewer)
    height, width = final.data.shape[:2]
    low, high = final.extent.world
    camera.center = (0, *((low + high) / 2))
    canvas: Sequence[int] = viewer.screenshot(canvas_only=True, flash=False).shape
    camera.zoom = 0.95 * min(canvas[0] / height, canvas[1] / width)


def take(viewer: napari.Viewer, name: str) -> None:
    """Write the whole window to ``docs/images``."""
    IMAGES.mkdir(exist_ok=True)
    viewer.screenshot(str(IMAGES / f"{name}.png"), canvas_only=False, flash=False)


def is_idle(controls: RunControls) -> bool:
    """Whether no run is under way."""
    return controls.state is RunState.IDLE


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
