"""The manifest, and what opening the plugin imports."""

import subprocess
import sys

import pytest
from npe2 import PluginManifest

PLUGIN = "napari-oneshot-color"
WIDGETS = [
    "Colorize from example",
    "Apply to more images",
    "Correct colours",
    "Where to trust it",
]


@pytest.fixture(scope="module")
def manifest():
    return PluginManifest.from_distribution(PLUGIN)


def test_manifest_is_valid_and_its_python_names_can_be_imported(manifest):
    manifest.validate_imports()
    assert manifest.name == PLUGIN
    assert [category.value for category in manifest.categories] == [
        "Image Processing",
        "Visualization",
    ]


def test_four_widgets_are_contributed(manifest):
    assert [widget.display_name for widget in manifest.contributions.widgets] == WIDGETS


def test_three_sample_pairs_are_contributed(manifest):
    keys = [sample.key for sample in manifest.contributions.sample_data]
    assert keys == ["motorcycle", "immunohistochemistry", "retina"]


def test_colorizer_files_can_be_dropped_onto_the_viewer(manifest):
    (reader,) = manifest.contributions.readers
    assert reader.filename_patterns == ["*.safetensors"]
    assert not reader.accepts_directories


def test_every_widget_has_its_place_in_the_layers_menu_and_pictures_in_the_file_menu(manifest):
    menus = dict(manifest.contributions.menus)
    [opening] = menus.pop("napari/file/io_utilities")
    assert opening.command == f"{PLUGIN}.open_pictures"
    entries = [entry.command for menu in menus.values() for entry in menu]
    widgets = [widget.command for widget in manifest.contributions.widgets]
    assert sorted(entries) == sorted(widgets)
    assert all(menu.startswith("napari/layers/") for menu in menus)


@pytest.mark.parametrize(
    ("name", "source_shape", "target_shape"),
    [
        ("motorcycle", (500, 741, 3), (500, 741)),
        ("immunohistochemistry", (512, 256, 3), (512, 256)),
        ("retina", (1411, 705, 3), (1411, 705)),
    ],
)
def test_sample_opens_as_source_hidden_truth_and_target(
    real_viewer, name, source_shape, target_shape
):
    real_viewer.open_sample(PLUGIN, name)
    source, truth, target = real_viewer.layers
    assert source.rgb
    assert source.visible
    assert truth.rgb
    assert not truth.visible
    assert not target.rgb
    assert target.visible
    assert source.data.shape == truth.data.shape == source_shape
    assert target.data.shape == target_shape


def test_opening_the_widgets_and_checking_a_pair_loads_no_torch():
    code = """
import sys
import numpy as np
from napari.components import ViewerModel
from qtpy.QtWidgets import QApplication
from napari_oneshot_color.plugin.panel import OneshotPanel

PLUGIN = "napari-oneshot-color"


app = QApplication([])
viewer = ViewerModel()
image = np.random.default_rng(0).integers(0, 255, (300, 300, 3), np.uint8)
viewer.add_image(image, rgb=True)
viewer.add_image(image[..., 0])
panel = OneshotPanel(viewer)
assert panel.colorize.check() is not None
print("torch" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "False\n", done.stderr
