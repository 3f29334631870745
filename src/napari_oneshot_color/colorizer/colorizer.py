"""The colorizer: a trained generator with its settings, which can be saved to a file."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate

from napari_oneshot_color.colorizer.device import Device, choose_device, core_count
from napari_oneshot_color.colorizer.file import (
    Contents,
    all_tensors,
    decode,
    encode,
    read_content,
    unlike_settings,
)
from napari_oneshot_color.errors import BadColorizerFileError
from napari_oneshot_color.files.writing import write_atomically
from napari_oneshot_color.matching.chosen import cue_planes, matcher_for
from napari_oneshot_color.matching.neighbours import Matcher
from napari_oneshot_color.networks.chroma import ChromaNetwork, NeighbourChroma
from napari_oneshot_color.networks.dcgan import Generator
from napari_oneshot_color.networks.weights import place
from napari_oneshot_color.pair.checks import check_kind
from napari_oneshot_color.pixels.tensors import lab_of_tensor, rgb_of_tensor
from napari_oneshot_color.record import Record
from napari_oneshot_color.settings import Settings
from napari_oneshot_color.settings.fixed import CELL, CHROMA_SCALE
from napari_oneshot_color.types import Image

__all__ = ["Colorizer", "check_colorizer"]


@dataclass
class Colorizer:
    """A trained generator with its settings.

    Attributes
    ----------
    generator : torch.nn.Module
        The network, on `device`.
    settings : Settings
        The settings of its training.
    device : Device
        The device on which it computes.
    record : Record
        The record of its training.
    matcher : Matcher or None
        Contains the source, if the settings use it while colouring.
    trust : float
        Share of the chroma, in [0, 1], that comes from the network; the rest comes from the nearest
        neighbours. It is 1 after a complete training; see `stages.trust`.
    """

    generator: nn.Module
    settings: Settings
    device: Device
    record: Record = field(default_factory=Record)
    matcher: Matcher | None = None
    trust: float = 1.0

    @property
    def provenance(self) -> dict[str, Any]:
        """The record of its training as a JSON-compatible dictionary."""
        return self.record.to_dict()

    @property
    def takes_cues(self) -> bool:
        """Whether the network needs cues."""
        return isinstance(self.generator, ChromaNetwork | NeighbourChroma)

    def color(self, tiles: Tensor) -> Tensor:
        """Colour grey tiles, `tile_batch` at a time.

        Batch norm uses the averages of the training, so that the colours of a tile do not depend
        on other tiles.

        Parameters
        ----------
        tiles : Tensor
            ``(n, 1, s, s)`` float32 in [0, 1]; with cues ``(n, 1 + c, s, s)``, where c is
            given by `matching.chosen.cue_planes`.

        Returns
        -------
        Tensor
            ``(n, 3, s, s)`` float32 in [0, 1], on the device.
        """
        return torch.cat(list(self._batches(tiles)))

    def _batches(self, tiles: Tensor) -> Iterator[Tensor]:
        was_training = self.generator.training
        if was_training:  # otherwise several threads might do this at once
            self.generator.eval()
        try:
            with torch.inference_mode(), self.device.autocast():
                for batch in torch.split(tiles, self.settings.tile_batch):
                    inputs = batch.to(self.device.torch_device)
                    if self.takes_cues:
                        yield self._with_chroma(inputs)
                    else:
                        yield (self.generator(inputs * 2 - 1).float() + 1) / 2
        finally:
            if was_training:
                self.generator.train()

    def _with_chroma(self, inputs: Tensor) -> Tensor:
        """Join L* of the tiles with the mean chroma predicted for them and their mirror images."""
        grey, cues = inputs[:, :1], avg_pool2d(inputs[:, 1:], CELL)
        with torch.autocast(self.device.torch_device.type, enabled=False):
            lightness = lab_of_tensor(grey.expand(-1, 3, -1, -1))[:, :1]
        scaled = lightness / 50 - 1
        straight = self.generator(scaled, cues).float()
        mirrored = self.generator(scaled.flip(3), cues.flip(3)).float().flip(3)
        chroma = (straight + mirrored) * (CHROMA_SCALE / 2)
        with torch.autocast(self.device.torch_device.type, enabled=False):
            chroma = interpolate(chroma, size=grey.shape[2:], mode="bilinear", align_corners=False)
            if self.trust < 1:
                neighbours = inputs[:, 1:3] * CHROMA_SCALE
                chroma = neighbours + self.trust * (chroma - neighbours)
            return rgb_of_tensor(torch.cat([lightness, chroma], dim=1))

    def save(self, path: str | Path, *, overwrite: bool = False) -> None:
        """Write the colorizer to a safetensors file, completely or not at all.

        Parameters
        ----------
        path : str or Path
            The file, usually with the extension ``.safetensors``.
        overwrite : bool
            Whether an existing file may be replaced.

        Raises
        ------
        BadFileError
            If the file exists and `overwrite` is False, or cannot be written.
        """
        write_atomically(Path(path), self.to_bytes(), overwrite=overwrite)

    def to_bytes(self) -> bytes:
        """Return the content of the colorizer's file."""
        return encode(
            Contents(self.settings, self._weights, list(self._sources), self.record, self.trust)
        )

    @property
    def checksum(self) -> str:
        """SHA-256 of the weights and settings that affect its colours, in hexadecimal."""
        digest = hashlib.sha256(self.settings.to_json().encode())
        if self.trust < 1:
            digest.update(f" trust {self.trust!r} ".encode())
        for name, tensor in sorted(all_tensors(self._weights, self._sources).items()):
            digest.update(f" {name} {tuple(tensor.shape)} ".encode())
            digest.update(tensor.numpy().tobytes())
        return digest.hexdigest()

    @property
    def _weights(self) -> dict[str, Tensor]:
        return self.generator.state_dict()

    @property
    def _sources(self) -> Sequence[Image]:
        return self.matcher.sources if self.matcher else ()

    def __reduce__(self) -> tuple[Callable[[bytes], Colorizer], tuple[bytes]]:
        """Pickle as the content of a file; computes on the best device after unpickling."""
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
            Where to compute, as in `Settings.device`.

        Raises
        ------
        BadColorizerFileError
            If the file is missing, truncated, foreign, or of a newer format.
        BadSettingsError
            If the device is not available.
        """
        path = Path(path)
        return cls.from_bytes(read_content(path), name=path.name, device=device)

    @classmethod
    def from_bytes(
        cls, content: bytes, *, name: str = "the colorizer", device: str = "auto"
    ) -> Colorizer:
        """Read a colorizer from the content of a file.

        Parameters
        ----------
        content : bytes
            As returned by `to_bytes`.
        name : str
            Its name in error messages.
        device : str
            Where to compute, as in `Settings.device`.

        Raises
        ------
        BadColorizerFileError
            If it is truncated, foreign, of a newer format, or made with another descriptor.
        BadSettingsError
            If the device is not available.
        MissingDescriptorError
            If its descriptor is not installed.
        """
        contents = decode(content, name)
        settings = contents.settings
        generator = _network_for(settings, contents.weights, name)
        threads = min(settings.threads, core_count())
        where = choose_device(settings.replace(device=device, threads=threads))
        try:
            matcher = None
            if contents.sources:
                with where.own_threads():
                    matcher = matcher_for(contents.sources, settings, where.for_matching)
            generator.load_state_dict(contents.weights, assign=True)
        except (RuntimeError, ValueError) as error:
            raise unlike_settings(name) from error
        place(generator, where.torch_device)
        return cls(generator.eval(), settings, where, contents.record, matcher, contents.trust)


def check_colorizer(given: object) -> None:
    """Check that an argument is a colorizer.

    Raises
    ------
    BadColorizerFileError
        If it is something else, such as the name of a file.
    """
    check_kind(
        given,
        Colorizer,
        "The colorizer is",
        "Give one that train returned, or that Colorizer.load(path) read.",
        BadColorizerFileError,
    )


def _network_for(settings: Settings, weights: Mapping[str, Tensor], name: str) -> nn.Module:
    """Return the network for some settings, with given weights instead of new ones.

    Raises
    ------
    BadColorizerFileError
        If the weights have other names, shapes or dtypes.
    """
    with torch.device("meta"):
        network = _bare_network(settings)
    wanted = {key: (one.shape, one.dtype) for key, one in network.state_dict().items()}
    if wanted != {key: (one.shape, one.dtype) for key, one in weights.items()}:
        raise unlike_settings(name)
    return network


def _bare_network(settings: Settings) -> nn.Module:
    if settings.network == "chroma":
        return ChromaNetwork(cue_planes(settings), settings.base_width)
    if settings.network == "none":
        return NeighbourChroma()
    return Generator(settings.base_width, settings.kernel_size)
