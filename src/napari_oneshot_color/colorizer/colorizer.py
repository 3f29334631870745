"""A colorizer: a trained generator with its settings. Colours tiles, and lives in a file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate

from napari_oneshot_color.colorizer.device import Device, choose_device, core_count
from napari_oneshot_color.errors import BadColorizerFileError, BadSettingsError
from napari_oneshot_color.files.formats import write_atomically
from napari_oneshot_color.matching.neighbours import HINT_PLANES, Matcher
from napari_oneshot_color.networks import dcgan as networks
from napari_oneshot_color.pixels.color import lab_of_tensor, rgb_of_tensor
from napari_oneshot_color.settings import Settings

__all__ = ["Colorizer"]

_FORMAT = "napari-oneshot-color colorizer"
_VERSION = 3  # 1 knew the paper's generator alone, 2 a single source
_LARGEST = 2**32  # bytes: no colorizer is larger, and no other file is read to find that out
_SOURCE = "source"  # the tensor's name, beside those of the weights


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
    matcher : Matcher or None
        Holds the source, where the settings look at it while colouring.
    trust : float
        Share of the chroma, in [0, 1], that a network has which is told of its neighbours: these
        have the rest. It is 1 after a whole training; see `trust.earned_trust`.
    """

    generator: nn.Module
    settings: Settings
    device: Device
    provenance: dict[str, Any] = field(default_factory=dict)
    matcher: Matcher | None = None
    trust: float = 1.0

    @property
    def takes_hints(self) -> bool:
        """Whether tiles come with hints."""
        return isinstance(self.generator, networks.ChromaNetwork)

    def color(self, tiles: Tensor) -> Tensor:
        """Colour grey tiles, `tile_batch` of them at a time.

        Batch norm uses the averages of training, so a tile's colours do not depend on the
        tiles beside it.

        Parameters
        ----------
        tiles : Tensor
            ``(n, 1, s, s)`` float32 in [0, 1]; with hints ``(n, 1 + HINT_PLANES, s, s)``.

        Returns
        -------
        Tensor
            ``(n, 3, s, s)`` float32 in [0, 1], on the device.
        """
        return torch.cat(list(self._batches(tiles)))

    def _batches(self, tiles: Tensor) -> Iterator[Tensor]:
        was_training = self.generator.training
        if was_training:  # else several threads may be here at once
            self.generator.eval()
        try:
            with torch.inference_mode(), self.device.autocast():
                for batch in torch.split(tiles, self.settings.tile_batch):
                    inputs = batch.to(self.device.torch_device)
                    if self.takes_hints:
                        yield self._with_chroma(inputs)
                    else:
                        yield (self.generator(inputs * 2 - 1).float() + 1) / 2
        finally:
            if was_training:
                self.generator.train()

    def _with_chroma(self, inputs: Tensor) -> Tensor:
        """Join the tiles' own L* with the chroma that is predicted for them and their mirrors."""
        grey, hints = inputs[:, :1], avg_pool2d(inputs[:, 1:], networks.CELL)
        with torch.autocast(self.device.torch_device.type, enabled=False):
            lightness = lab_of_tensor(grey.expand(-1, 3, -1, -1))[:, :1]
        scaled = lightness / 50 - 1
        straight = self.generator(scaled, hints).float()
        mirrored = self.generator(scaled.flip(3), hints.flip(3)).float().flip(3)
        chroma = (straight + mirrored) * (networks.ChromaNetwork.SCALE / 2)
        with torch.autocast(self.device.torch_device.type, enabled=False):
            chroma = interpolate(chroma, size=grey.shape[2:], mode="bilinear", align_corners=False)
            if self.trust < 1:
                neighbours = inputs[:, 1:3] * networks.ChromaNetwork.SCALE
                chroma = neighbours + self.trust * (chroma - neighbours)
            return rgb_of_tensor(torch.cat([lightness, chroma], dim=1))

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
        write_atomically(Path(path), self.to_bytes(), overwrite=overwrite)

    def to_bytes(self) -> bytes:
        """Write the colorizer as the content of a file."""
        metadata = {
            "format": _FORMAT,
            "version": str(_VERSION if self._source_count > 1 else 2),
            "settings": self.settings.to_json(),
            "provenance": json.dumps(self.provenance),
        }
        if self.trust < 1:
            metadata["trust"] = repr(self.trust)
        return save(self._tensors(), metadata)

    @property
    def checksum(self) -> str:
        """SHA-256 of all that its colours follow from, weights and settings, in hexadecimal."""
        digest = hashlib.sha256(self.settings.to_json().encode())
        if self.trust < 1:
            digest.update(f" trust {self.trust!r} ".encode())
        for name, tensor in sorted(self._tensors().items()):
            digest.update(f" {name} {tuple(tensor.shape)} ".encode())
            digest.update(tensor.numpy().tobytes())
        return digest.hexdigest()

    def _tensors(self) -> dict[str, Tensor]:
        tensors = {
            name: tensor.detach().cpu().contiguous()
            for name, tensor in self.generator.state_dict().items()
        }
        for number, source in enumerate(self.matcher.sources if self.matcher else ()):
            tensors[_source_name(number)] = torch.from_numpy(source).contiguous()
        return tensors

    @property
    def _source_count(self) -> int:
        return len(self.matcher.sources) if self.matcher else 0

    def __reduce__(self) -> tuple[Callable[[bytes], Colorizer], tuple[bytes]]:
        """Travel between processes as a file does, and compute there on the best device."""
        return Colorizer.from_bytes, (self.to_bytes(),)

    def __dask_tokenize__(self) -> str:
        return self.checksum

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
        if path.is_dir():
            raise BadColorizerFileError(f"'{path}' is a folder. Choose a colorizer file.")
        try:
            is_none = path.stat().st_size > _LARGEST
            content = b"" if is_none else path.read_bytes()
        except FileNotFoundError as error:
            raise BadColorizerFileError(f"There is no file '{path}'.") from error
        except OSError:
            content = b""
        return cls.from_bytes(content, name=path.name, device=device)

    @classmethod
    def from_bytes(
        cls, content: bytes, *, name: str = "the colorizer", device: str = "auto"
    ) -> Colorizer:
        """Read a colorizer from the content of a file.

        Parameters
        ----------
        content : bytes
            As `to_bytes` wrote it.
        name : str
            What errors call it.
        device : str
            Where it shall compute, as `Settings.device`.

        Raises
        ------
        BadColorizerFileError
            If it is truncated, foreign, or of a newer format.
        BadSettingsError
            If the device is not there.
        """
        try:
            tensors = load(content)  # checks the header, too
            metadata = _metadata_of(content)
        except (SafetensorError, ValueError) as error:
            raise BadColorizerFileError(
                f"'{name}' is not a colorizer, or is damaged. Save the colorizer again."
            ) from error
        settings = _settings_of(metadata, name)
        generator: nn.Module
        if settings.network == "chroma":
            generator = networks.ChromaNetwork(HINT_PLANES, settings.base_width)
        else:
            generator = networks.Generator(settings.base_width, settings.kernel_size)
        try:
            matcher = Matcher(*_sources_of(tensors)) if settings.looks_at_source else None
            generator.load_state_dict(tensors)
            provenance = json.loads(metadata.get("provenance", "{}"))
            if not isinstance(provenance, dict):
                raise ValueError("the provenance is no object")
            if not isinstance(provenance.get("notes", []), list):
                raise ValueError("the notes are no list")
            trust = float(metadata.get("trust", 1))
            if not 0 <= trust <= 1:
                raise ValueError("the trust is no share")
        except (RuntimeError, ValueError) as error:
            raise BadColorizerFileError(
                f"'{name}' does not hold what its settings say. Save the colorizer again."
            ) from error
        threads = min(settings.threads, core_count())
        where = choose_device(settings.replace(device=device, threads=threads))
        networks.place(generator, where.torch_device)
        return cls(generator.eval(), settings, where, provenance, matcher, trust)


def _metadata_of(content: bytes) -> dict[str, str]:
    """Read the header of a safetensors file: its length in 8 bytes, then JSON.

    Raises
    ------
    ValueError
        If there is none.
    """
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    if not isinstance(header, dict):
        raise ValueError("the header is no object")
    metadata: dict[str, str] = header.get("__metadata__", {})
    return metadata


def _source_name(number: int) -> str:
    """Name the tensor of a source: the first one's name is older than the others."""
    return f"{_SOURCE}_{number}" if number else _SOURCE


def _sources_of(tensors: dict[str, Tensor]) -> list[NDArray[np.float32]]:
    """Take the sources out of a file's tensors.

    Raises
    ------
    ValueError
        If there is none, or one is not an image.
    """
    images: list[NDArray[np.float32]] = []
    while not images or _source_name(len(images)) in tensors:
        source = tensors.pop(_source_name(len(images)), torch.empty(0))
        fits = source.ndim == 3 and source.shape[2] == 3 and min(source.shape[:2]) >= 32
        if source.dtype != torch.float32 or not fits or not source.isfinite().all():
            raise ValueError("a source is missing or no image")
        image: NDArray[np.float32] = source.clamp(0, 1).numpy()
        images.append(image)
    return images


def _settings_of(metadata: dict[str, str], name: str) -> Settings:
    if metadata.get("format") != _FORMAT:
        raise BadColorizerFileError(
            f"'{name}' was not written by napari-oneshot-color. Choose a colorizer file."
        )
    try:
        version = int(metadata.get("version", ""))
        if version > _VERSION:
            raise BadColorizerFileError(
                f"'{name}' was written by a newer napari-oneshot-color (format {version}; "
                f"this one reads up to {_VERSION}). Update the plugin."
            )
        return Settings.from_json(metadata.get("settings", ""))
    except (ValueError, BadSettingsError) as error:
        raise BadColorizerFileError(
            f"'{name}' holds settings that cannot be read. Update the plugin, if a newer one wrote "
            "them, or save the colorizer again."
        ) from error
