"""The settings of a run: names, defaults, limits, help, presets, JSON.

The widget, the command line, the JSON and the layer metadata are generated from `Settings`.
The defaults are the published numbers; ``docs/method.md`` explains those that were not published.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from napari_oneshot_color.errors import BadSettingsError
from napari_oneshot_color.settings.field import Setting, Value, described
from napari_oneshot_color.settings.fixed import DESCRIPTORS, LARGER_WORKING_SIZES, WORKING_SIZES
from napari_oneshot_color.settings.presets import DEFAULT_PRESET, PRESETS

__all__ = [
    "DEFAULT_PRESET",
    "PRESETS",
    "Setting",
    "Settings",
    "all_settings",
    "problems",
    "settings_or_default",
]


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings of one run. The defaults are the preset ``paper``.

    The meaning, unit and limits of each field are in its metadata; see `all_settings`.

    Raises
    ------
    BadSettingsError
        If a value is of the wrong type, outside its limits, or contradicts another one.

    Examples
    --------
    >>> Settings.preset("quick", seed=7).seed
    7
    """

    seed: int = described(
        0,
        "Run",
        "Seed of all random numbers. The same seed with the same number of threads repeats a run.",
        (0, 2**31 - 1),
    )
    device: str = described(
        "auto", "Run", "Where to compute: auto (CUDA, then MPS, then CPU), cpu, cuda, cuda:1, mps."
    )
    precision: str = described(
        "auto",
        "Run",
        "Number format in the networks; auto uses bfloat16 if the device supports it.",
        choices=("auto", "float32", "bfloat16"),
    )
    threads: int = described(
        0, "Run", "CPU threads; 0 takes the number that is fastest in a short test.", (0, 256)
    )
    cuda_graph: bool = described(
        True,
        "Run",
        "On a CUDA GPU, record one training step and replay it: two to three times as fast.",
    )
    working_size: int = described(
        256,
        "Run",
        "Short side in px at which the method works; larger images are shrunk to it. 0 chooses "
        "256 to 1,024 by how fine the source's colours are.",
        (0, 4096),
    )
    source_scale: float = described(
        0.0,
        "Run",
        "The source's pixel size divided by the target's. 0 takes it from the images if both "
        "state one; if not, both are shrunk to the working size.",
        (0.0, 1000.0),
    )
    target_luminance: bool = described(
        False, "Run", "Accept a target in colour and use its luminance."
    )

    epochs: int = described(14, "Training", "Number of training epochs.", (1, 1000))
    patches_per_epoch: int = described(
        12_800, "Training", "Training patches drawn from the source per epoch.", (1, 10_000_000)
    )
    batch_size: int = described(64, "Training", "Patches per training step.", (2, 4096))
    max_steps: int = described(
        0,
        "Training",
        "Largest number of training steps; 0 trains all epochs. A stopped run records its steps "
        "here.",
        (0, 10_000_000),
    )
    learning_rate: float = described(0.0006, "Training", "Adam's learning rate.", (1e-7, 1.0))
    rate_decay: float = described(
        0.0,
        "Training",
        "Share of the training, at its end, during which the learning rate falls evenly to a "
        "twentieth.",
        (0.0, 1.0),
    )
    beta1: float = described(0.5, "Training", "Adam's momentum term.", (0.0, 0.999))
    beta2: float = described(0.999, "Training", "Adam's second-moment decay.", (0.0, 0.99999))

    adversarial_loss: str = described(
        "saturating",
        "Objective of dcgan",
        "The generator minimises log(1 - D(G(z))) (saturating) or -log D(G(z)) (non-saturating).",
        choices=("saturating", "non-saturating"),
    )
    reconstruction: str = described(
        "sum",
        "Objective of dcgan",
        "Squared error of a patch: sum over its elements (squared Frobenius norm) or mean.",
        choices=("sum", "mean"),
    )
    reconstruction_weight: float = described(
        1.0,
        "Objective of dcgan",
        "Weight of the squared error relative to the adversarial term.",
        (0.0, 1e6),
    )

    network: str = described(
        "dcgan",
        "Networks",
        "dcgan: generator and discriminator. chroma: one network that predicts a* and b*. none: "
        "colours of nearest neighbours, without training.",
        choices=("dcgan", "chroma", "none"),
    )
    tile_size: int = described(
        64,
        "Networks",
        "Side of patches and tiles in px; a multiple of 16, or of 32 for chroma.",
        (32, 256),
    )
    base_width: int = described(
        64,
        "Networks",
        "Feature maps after the first convolution; each further layer doubles them.",
        (2, 256),
    )
    kernel_size: int = described(5, "Networks", "Side of dcgan's convolution kernels; odd.", (3, 9))
    leaky_slope: float = described(
        0.2,
        "Networks",
        "Slope of dcgan's leaky ReLU below zero.",
        (0.0, 1.0),
    )

    descriptor: str = described(
        "none",
        "Descriptor",
        "Helps to find similar places: efficientnet-lite0 is a network trained on photographs. All "
        "colours still come from the source.",
        choices=("none", *DESCRIPTORS),
    )
    descriptor_weight: float = described(
        1.0,
        "Descriptor",
        "Weight of the descriptor in the search for nearest neighbours, relative to local "
        "lightness and texture.",
        (0.0, 10.0),
    )
    descriptor_planes: int = described(
        12,
        "Descriptor",
        "Number of principal components of the descriptor that the chroma network receives.",
        (0, 64),
    )
    descriptor_noise: float = described(
        0.4,
        "Descriptor",
        "Standard deviation of the noise that training adds to these components, so that the "
        "network does not memorise single places of the source.",
        (0.0, 10.0),
    )

    flip: bool = described(True, "Patches", "Mirror half of the patches left to right.")
    rotation: float = described(
        15.0,
        "Patches",
        "Patches are rotated by up to this angle, in degrees, in either direction.",
        (0.0, 180.0),
    )
    warp: float = described(
        0.1,
        "Patches",
        "Largest shear and perspective of a patch, relative to its side.",
        (0.0, 0.5),
    )
    resize_min: float = described(
        0.8, "Patches", "Smallest factor by which a patch's content is resized.", (0.1, 10.0)
    )
    resize_max: float = described(
        1.25, "Patches", "Largest factor by which a patch's content is resized.", (0.1, 10.0)
    )
    brightness: float = described(
        0.1, "Patches", "Brightness is shifted by up to this share of the full range.", (0.0, 1.0)
    )
    contrast: float = described(
        0.2, "Patches", "Contrast is raised or lowered by up to this share.", (0.0, 0.95)
    )

    lattice_stride: int = described(32, "Tiles", "Distance between lattice tiles in px.", (8, 256))
    generated_tiles: int = described(
        12_800,
        "Tiles",
        "Number of tiles coloured in all: the lattice, then tiles at random places.",
        (1, 1_000_000),
    )
    tile_batch: int = described(
        64, "Tiles", "Tiles coloured at a time; fewer need less memory.", (1, 4096)
    )

    merge_weights: str = described(
        "tile",
        "Merging",
        "One SSIM weight for each tile, or a map with a weight for each of its pixels.",
        choices=("tile", "map"),
    )
    ssim_window: int = described(
        11, "Merging", "Side of SSIM's Gaussian window in px; odd.", (3, 31)
    )
    ssim_sigma: float = described(
        1.5, "Merging", "Width of SSIM's Gaussian window in px.", (0.1, 10.0)
    )
    minimum_weight: float = described(
        0.001, "Merging", "Lower limit of the SSIM weights.", (1e-6, 1.0)
    )
    neighbour_weight: float = described(
        0.0,
        "Merging",
        "Share of the nearest neighbours' colours in the smoothed image.",
        (0.0, 1.0),
    )
    caution: float = described(
        0.0,
        "Merging",
        "How strongly colours fade where the network and the nearest neighbours disagree; 0 turns "
        "this off.",
        (0.0, 10.0),
    )
    correspondence: bool = described(
        False, "Merging", "Copy the source's colour where both images show the same thing."
    )
    smoothing: str = described(
        "gaussian",
        "Merging",
        "How tile borders are removed: by a Gaussian, or along the target's edges (guided).",
        choices=("gaussian", "guided"),
    )
    gaussian_sigma: float = described(
        2.0,
        "Merging",
        "Width in px of the Gaussian that removes tile borders; 0 turns it off.",
        (0.0, 64.0),
    )

    use_regions: bool = described(
        True, "Regions", "Replace the colours of each Quickshift region by their median."
    )
    quickshift_sigma: float = described(
        0.0, "Regions", "Width in px of Gaussian smoothing before Quickshift.", (0.0, 10.0)
    )
    quickshift_max_dist: float = described(
        10.0,
        "Regions",
        "Largest distance that Quickshift links; larger values give fewer regions.",
        (0.1, 200.0),
    )
    quickshift_kernel_size: float = described(
        2.0, "Regions", "Width of Quickshift's density kernel, in px.", (0.5, 20.0)
    )
    quickshift_ratio: float = described(
        1.0,
        "Regions",
        "Quickshift's balance between nearness in grey (1) and in space (0).",
        (0.0, 1.0),
    )

    upsampling: str = described(
        "guided",
        "Colour",
        "How colour is enlarged to the target's full size: along the target's edges (guided), or "
        "linearly.",
        choices=("guided", "linear"),
    )
    guide_radius: int = described(
        4,
        "Colour",
        "Radius of guided upsampling and smoothing, in px at the working size.",
        (1, 64),
    )
    guide_epsilon: float = described(
        0.001,
        "Colour",
        "Sensitivity of guided filters: grey steps well above its square root count as edges.",
        (1e-8, 1.0),
    )

    steadied_slices: int = described(
        0,
        "Stacks",
        "Slices on each side with which a slice of a stack is averaged where it stays the same, so "
        "that noise makes no flicker; 0 turns it off.",
        (0, 8),
    )

    def __post_init__(self) -> None:
        sentence = problems(self.to_dict())
        if sentence:
            raise BadSettingsError(sentence)
        for setting in all_settings():
            if setting.type is float:  # 1 and 1.0 must give the same JSON
                object.__setattr__(self, setting.name, float(getattr(self, setting.name)))

    @property
    def looks_at_source(self) -> bool:
        """Whether colouring needs the source, and not only the trained network."""
        return self.colors_cells or self.blends_neighbours or self.correspondence

    @property
    def blends_neighbours(self) -> bool:
        """Whether the nearest neighbours' colours influence the smoothed image."""
        return self.neighbour_weight > 0 or self.caution > 0

    @property
    def colors_cells(self) -> bool:
        """Whether a* and b* are predicted for cells, from neighbour cues, and not for pixels."""
        return self.network != "dcgan"

    @property
    def smallest_side(self) -> int:
        """Smallest side in px that an image may have at the working size."""
        return self.tile_size if self.network == "dcgan" else min(64, self.tile_size)

    @property
    def largest_working_size(self) -> int:
        """Upper limit in px of the short side at which the method works."""
        largest = WORKING_SIZES if self.network == "none" else LARGER_WORKING_SIZES
        return self.working_size or largest[-1]

    @property
    def usual_working_size(self) -> int:
        """The short side in px at which the method works on most large images."""
        return self.working_size or WORKING_SIZES[-1]

    def tile_side(self, height: int, width: int) -> int:
        """Side in px of the tiles of an image; a chroma network also accepts smaller tiles."""
        if self.network == "dcgan":
            return self.tile_size
        return min(self.tile_size, min(height, width) // 32 * 32)

    @property
    def steps_per_epoch(self) -> int:
        """Number of training steps in one epoch; its last batch is full."""
        return -(-self.patches_per_epoch // self.batch_size)

    @property
    def steps(self) -> int:
        """Number of training steps in all, limited by `max_steps`."""
        return min(self.planned_steps, self.max_steps or self.planned_steps)

    @property
    def planned_steps(self) -> int:
        """Number of training steps of all epochs, ignoring `max_steps`; 0 without a network."""
        return self.epochs * self.steps_per_epoch if self.network != "none" else 0

    @classmethod
    def preset(cls, name: str, **changes: Value) -> Settings:
        """Return the settings of a preset, with some fields changed.

        Parameters
        ----------
        name : str
            A name in `PRESETS`, such as ``best``.
        **changes
            Fields that differ from the preset.

        Raises
        ------
        BadSettingsError
            If there is no such preset or field, or a value is outside its limits.
        """
        if name not in PRESETS:
            raise BadSettingsError(
                f"There is no preset {name!r}. Choose one of: {', '.join(PRESETS)}."
            )
        return cls.from_values({**PRESETS[name], **changes})

    @classmethod
    def from_values(cls, values: Mapping[str, object]) -> Settings:
        """Return settings with the given values, and defaults for the rest.

        Raises
        ------
        BadSettingsError
            If a name is unknown or a value outside its limits.
        """
        sentence = problems(values)
        if sentence:
            raise BadSettingsError(sentence)
        return cls(**values)  # type: ignore[arg-type]  # problems() checked the types

    def replace(self, **changes: Value) -> Settings:
        """Return a copy with some fields changed.

        Raises
        ------
        BadSettingsError
            If a name is unknown or a value outside its limits.
        """
        return self.from_values({**self.to_dict(), **changes})

    def to_dict(self) -> dict[str, Value]:
        """Return the names and values."""
        return dataclasses.asdict(self)

    def to_json(self) -> str:
        """Return the settings as a JSON object of names and values."""
        return json.dumps(self.to_dict(), indent=2)

    @classmethod
    def from_json(cls, text: str) -> Settings:
        """Read settings from JSON.

        Parameters
        ----------
        text : str
            An object of names and values, or an object that contains one under
            ``"settings"``, such as the ``result.json`` of an earlier run.

        Raises
        ------
        BadSettingsError
            If it is not a JSON object, a name is unknown, or a value is outside its limits.
        """
        try:
            values = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise BadSettingsError(f"The settings are not valid JSON: {error}.") from error
        return cls.from_contents(values)

    @classmethod
    def from_contents(cls, values: Any) -> Settings:
        """Return settings from parsed JSON; see `from_json`."""
        if isinstance(values, dict) and "settings" in values:
            values = values["settings"]
        if not isinstance(values, dict):
            raise BadSettingsError("The settings must be a JSON object of names and values.")
        return cls.from_values(values)


def settings_or_default(settings: Settings | None) -> Settings:
    """Return `settings`, or those of the default preset if they are None.

    Raises
    ------
    BadSettingsError
        If `settings` is of another type.
    """
    if settings is None:
        return Settings.preset(DEFAULT_PRESET)
    if isinstance(settings, Settings):
        return settings
    if isinstance(settings, str):
        raise BadSettingsError(
            f"The settings are {settings!r}. Give Settings.preset({settings!r})."
        )
    raise BadSettingsError(
        f"The settings are a {type(settings).__name__}. Give Settings, such as "
        "Settings.preset('best', seed=1)."
    )


def all_settings() -> tuple[Setting, ...]:
    """Return a description of each field of `Settings`, in order."""
    return _ALL_SETTINGS


_ALL_SETTINGS = tuple(
    Setting(name=field.name, default=cast(Value, field.default), **field.metadata)
    for field in dataclasses.fields(Settings)
)
_BY_NAME = {setting.name: setting for setting in _ALL_SETTINGS}


def problems(values: Mapping[str, object]) -> str | None:
    """Return a sentence that says what is wrong with some settings, or None if they are valid.

    Parameters
    ----------
    values : mapping of str to object
        Names and values; missing names have their defaults.
    """
    for name, value in values.items():
        if name not in _BY_NAME:
            return f"There is no setting {name!r}."
        sentence = _BY_NAME[name].problem(value)
        if sentence:
            return sentence
    every: dict[str, Any] = {setting.name: setting.default for setting in _ALL_SETTINGS}
    every.update(values)
    return _contradiction(every)


def _contradiction(values: Mapping[str, Any]) -> str | None:
    if not re.fullmatch(r"auto|cpu|mps|cuda(:\d+)?", values["device"]):
        return f"'device' must be auto, cpu, cuda, cuda:N or mps, not {values['device']!r}."
    if values["tile_size"] % 16:
        return f"'tile_size' must be a multiple of 16, not {values['tile_size']}."
    if values["network"] != "dcgan" and values["tile_size"] % 32:
        kind = values["network"]
        return f"'tile_size' must be a multiple of 32 for {kind}, not {values['tile_size']}."
    for name in ("kernel_size", "ssim_window"):
        if values[name] % 2 == 0:
            return f"'{name}' must be odd, not {values[name]}."
    if values["network"] != "dcgan":  # uses smaller tiles for small images
        smallest = min(64, values["tile_size"])
        if 0 < values["working_size"] < smallest:
            return f"'working_size' must be at least {smallest}, or 0."
    else:
        if values["lattice_stride"] > values["tile_size"]:
            return "'lattice_stride' must not exceed 'tile_size'; some pixels would stay grey."
        if 0 < values["working_size"] < values["tile_size"]:
            return "'working_size' must be at least 'tile_size', or 0."
    if values["resize_min"] > values["resize_max"]:
        return "'resize_min' must not exceed 'resize_max'."
    return None
