"""A colorizer: a trained generator with its settings. Colours tiles, and lives in a file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from napari_oneshot_color import networks
from napari_oneshot_color.device import Device, choose_device
from napari_oneshot_color.errors import BadColorizerFileError, BadSettingsError
from napari_oneshot_color.files import write_atomically
from napari_oneshot_color.settings import Settings

__all__ = ["Colorizer"]

_FORMAT = "napari-oneshot-color colorizer"
_VERSION = 1


@dataclass
class Colorizer:
    """A trained generator with its settings.

    Attributes
    ----------
    generator : torch.nn.Module
        On `device`.
    settings : Settings
        What it was trained with.
    device : Device
        Where it computes.
    provenance : dict
        What it was trained on, as JSON can hold it.
    """

    generator: nn.Module
    settings: Settings
    device: Device
    provenance: dict[str, Any] = field(default_factory=dict)

    def color(self, tiles: Tensor) -> Tensor:
        """Colour grey tiles, `tile_batch` of them at a time.

        Batch norm uses the averages of training, so a tile's colours do not depend on the
        tiles beside it.

        Parameters
        ----------
        tiles : Tensor
            ``(n, 1, s, s)`` float32 in [0, 1].

        Returns
        -------
        Tensor
            ``(n, 3, s, s)`` float32 in [0, 1], on the device.
        """
        return torch.cat(list(self._batches(tiles)))

    def _batches(self, tiles: Tensor) -> Iterator[Tensor]:
        was_training = self.generator.training
        self.generator.eval()
        try:
            with torch.inference_mode(), self.device.autocast():
                for batch in torch.split(tiles, self.settings.tile_batch):
                    grey = batch.to(self.device.torch_device) * 2 - 1
                    yield (self.generator(grey).float() + 1) / 2
        finally:
            self.generator.train(was_training)

    def save(self, path: str | Path, *, overwrite: bool = False) -> None:
        """Write the colorizer to a safetensors file, whole or not at all.

        Parameters
        ----------
        path : str or Path
            Usually with the ending ``.safetensors``.
        overwrite : bool
            Whether a file that is there may be replaced.

        Raises
        ------
        BadFileError
            If the file exists and `overwrite` is False, or cannot be written.
        """
        tensors = {
            name: tensor.detach().cpu().contiguous()
            for name, tensor in self.generator.state_dict().items()
        }
        metadata = {
            "format": _FORMAT,
            "version": str(_VERSION),
            "settings": self.settings.to_json(),
            "provenance": json.dumps(self.provenance),
        }
        write_atomically(Path(path), save(tensors, metadata), overwrite=overwrite)

    @classmethod
    def load(cls, path: str | Path, *, device: str = "auto") -> Colorizer:
        """Read a colorizer from a file. Nothing in the file can execute.

        Parameters
        ----------
        path : str or Path
            A file that `save` wrote.
        device : str
            Where it shall compute, as `Settings.device`.

        Raises
        ------
        BadColorizerFileError
            If the file is missing, truncated, foreign, or of a newer format.
        BadSettingsError
            If the device is not there.
        """
        path = Path(path)
        try:
            with safe_open(path, framework="pt") as file:
                metadata = file.metadata() or {}
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        except FileNotFoundError as error:
            raise BadColorizerFileError(f"There is no file '{path}'.") from error
        except (SafetensorError, OSError) as error:
            raise BadColorizerFileError(
                f"'{path.name}' is not a colorizer, or is damaged. Save the colorizer again."
            ) from error
        settings = _settings_of(metadata, path)
        generator = networks.Generator(settings.base_width, settings.kernel_size)
        try:
            generator.load_state_dict(tensors)
            provenance = json.loads(metadata.get("provenance", "{}"))
        except (RuntimeError, ValueError) as error:
            raise BadColorizerFileError(
                f"'{path.name}' does not hold what its settings say. Save the colorizer again."
            ) from error
        where = choose_device(settings.replace(device=device, threads=0))
        networks.place(generator, where.torch_device)
        return cls(generator, settings, where, provenance)


def _settings_of(metadata: dict[str, str], path: Path) -> Settings:
    if metadata.get("format") != _FORMAT:
        raise BadColorizerFileError(
            f"'{path.name}' was not written by napari-oneshot-color. Choose a colorizer file."
        )
    try:
        version = int(metadata.get("version", ""))
        if version > _VERSION:
            raise BadColorizerFileError(
                f"'{path.name}' was written by a newer napari-oneshot-color (format {version}; "
                f"this one reads up to {_VERSION}). Update the plugin."
            )
        return Settings.from_json(metadata.get("settings", ""))
    except (ValueError, BadSettingsError) as error:
        raise BadColorizerFileError(
            f"'{path.name}' holds settings that cannot be read. Save the colorizer again."
        ) from error
