"""The stages side by side, and the viewer as it was before."""

from weakref import ref

import pytest
from qtpy.QtCore import QObject

from napari_oneshot_color.plugin.layers.inputs import Inputs
from napari_oneshot_color.plugin.layers.snapshot import snapshot
from napari_oneshot_color.plugin.runs.finished import Finished
from napari_oneshot_color.plugin.runs.run import Run
from napari_oneshot_color.plugin.runs.story import Story

TOLD = ["tiles", "epochs", "merged", "smoothed", "regions", "quickshift", "L*", "a*", "b*"]


@pytest.fixture
def finish(viewer, layers, result):
    """Finish a run with some layers."""

    def do(kinds=("final",), number=1):
        left, right = (snapshot(layer) for layer in layers)
        run = Run(viewer.layers, right, set(kinds), number)
        run.show_result(result)
        inputs = Inputs((left,), (1.0,), right)
        target = ref(layers[1].__wrapped__)
        return Finished(inputs, result.colorizer.settings, result.colorizer, run, target=target)

    return do


@pytest.fixture
def owner():
    return QObject()


@pytest.fixture
def story(viewer, owner):
    return Story(viewer, owner)


@pytest.fixture
def tell(story, until, viewer):
    """Tell the story of a run to its end."""

    def do(finished):
        story.tell(finished)
        until(lambda: any(layer.name.startswith("b*") for layer in viewer.layers))

    return do


def view_of(viewer):
    grid = viewer.canvas.grid if hasattr(viewer, "canvas") else viewer.grid
    camera = viewer.scene.camera if hasattr(viewer, "scene") else viewer.camera
    visible = {layer.name: layer.visible for layer in viewer.layers}
    return grid.enabled, grid.stride, grid.shape, camera.zoom, camera.center[-2:], visible


def test_story_leads_from_the_grey_image_to_the_colored_one(viewer, finish, tell, names):
    finished = finish()
    tell(finished)
    assert names() == ["left", "right", *(f"{kind} · right" for kind in TOLD), "final · right"]
    seen = [layer.name for layer in viewer.layers if layer.visible]
    assert seen == names()[1:]
    assert view_of(viewer)[0]


def test_viewer_is_restored_after_the_story(viewer, story, finish, tell, names):
    grid = viewer.canvas.grid if hasattr(viewer, "canvas") else viewer.grid
    grid.shape, grid.stride = (1, 3), -2
    finished = finish(("final", "merged"))
    viewer.layers["merged · right"].visible = True
    viewer.layers["left"].visible = False
    before, there = view_of(viewer), names()
    tell(finished)
    assert story.shown is finished.run
    story.end()
    assert names() == there
    assert view_of(viewer) == before
    assert story.shown is None
    story.end()
    assert names() == there


def test_story_of_another_run_replaces_the_first(viewer, story, finish, tell, until):
    first, second = finish(), finish(number=2)
    tell(first)
    story.tell(second)
    until(lambda: "b* 2 · right" in [layer.name for layer in viewer.layers])
    assert "b* · right" not in [layer.name for layer in viewer.layers]
    assert not viewer.layers["final · right"].visible


def test_story_that_is_ended_at_once_leaves_nothing(viewer, story, finish, names, qtbot):
    finished = finish()
    there = names()
    story.tell(finished)
    story.end()
    qtbot.wait(300)
    assert names() == there


def test_run_without_a_result_has_no_story(story, finish, result):
    finished = finish()
    story.tell(Finished(finished.inputs, finished.settings, result.colorizer))
    assert story.shown is None
