"""The file of a colorizer: safetensors with JSON, in which nothing can execute."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from napari_oneshot_color.errors import BadColorizerFileError, BadFileError, BadSettingsError
from napari_oneshot_color.files import places
from napari_oneshot_color.files.json_texts import parse_json
from napari_oneshot_color.record import Record
from napari_oneshot_color.settings import Settings
from napari_oneshot_color.settings.fixed import DESCRIPTORS
from napari_oneshot_color.types import Image

__all__ = ["Contents", "all_tensors", "decode", "encode", "read_content", "unlike_settings"]

_FORMAT = "napari-oneshot-color colorizer"
_VERSION = 4  # 1 knew the paper's generator alone, 2 a single source, 3 no descriptor
_LARGEST = 2**32  # bytes: no colorizer is larger
_SOURCE = "source"  # the tensor's name, beside those of the weights


@dataclass(frozen=True)
class Contents:
    """What a colorizer's file holds.

    Attributes
    ----------
    settings : Settings
        What it was trained with.
    weights : dict of str to Tensor
        The generator's, by their names.
    sources : list of ndarray
        ``(H, W, 3)`` float32 in [0, 1], where the settings look at them while colouring.
    record : Record
        What it was trained on.
    trust : float
        Share of the chroma, in [0, 1], that its network has.
    """

    settings: Settings
    weights: dict[str, Tensor]
    sources: list[Image]
    record: Record
    trust: float = 1.0


def all_tensors(weights: Mapping[str, Tensor], sources: Sequence[Image]) -> dict[str, Tensor]:
    """Put weights and sources together, under the names that they have in a file."""
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in weights.items()}
    for number, source in enumerate(sources):
        tensors[_source_name(number)] = torch.from_numpy(source).contiguous()
    return tensors


def encode(contents: Contents) -> bytes:
    """Write the content of a file."""
    metadata = {
        "format": _FORMAT,
        "version": str(_oldest_version(contents)),
        "settings": contents.settings.to_json(),
        "provenance": json.dumps(contents.record.to_dict()),
    }
    descriptor = _descriptor_checksum(contents.settings)
    if descriptor:
        metadata["descriptor"] = descriptor
    if contents.trust < 1:
        metadata["trust"] = repr(contents.trust)
    return save(all_tensors(contents.weights, contents.sources), metadata)


def read_content(path: Path) -> bytes:
    """Read a file that may hold a colorizer.

    Raises
    ------
    BadColorizerFileError
        If it is missing, may not be read, is no regular file, or is larger than any colorizer.
    """
    try:
        return places.content(path, _LARGEST, "a colorizer file")
    except BadFileError as error:
        raise BadColorizerFileError(str(error)) from error


def decode(content: bytes, name: str) -> Contents:
    """Read the content of a file.

    Parameters
    ----------
    content : bytes
        As `encode` wrote it.
    name : str
        What errors call it.

    Raises
    ------
    BadColorizerFileError
        If it is truncated, foreign, of a newer format, made with another descriptor, or contradicts
        itself.
    """
    try:
        metadata = _metadata_of(content)
        tensors = load(content)  # checks the header, too
    except (SafetensorError, ValueError, KeyError) as error:  # the last for a dtype torch lacks
        raise BadColorizerFileError(
            f"'{name}' is not a colorizer, or is damaged. Save the colorizer again."
        ) from error
    settings = _settings_of(metadata, name)
    if metadata.get("descriptor", "") != _descriptor_checksum(settings):
        raise BadColorizerFileError(
            f"'{name}' was made with another descriptor than the '{settings.descriptor}' that "
            "is here, so its colours would come out wrong. Train the colorizer again."
        )
    try:
        sources = _sources_of(tensors) if settings.looks_at_source else []
        record = Record.from_json(metadata.get("provenance", "{}"))
        trust = float(metadata.get("trust", 1))
        if not 0 <= trust <= 1:
            raise ValueError("the trust is no share")
    except ValueError as error:
        raise unlike_settings(name) from error
    return Contents(settings, tensors, sources, record, trust)


def unlike_settings(name: str) -> BadColorizerFileError:
    """Make the error of a file whose parts do not belong together."""
    return BadColorizerFileError(
        f"'{name}' does not hold what its settings say. Save the colorizer again."
    )


def _oldest_version(contents: Contents) -> int:
    """Return the oldest format that can hold this colorizer."""
    if _descriptor_checksum(contents.settings) or contents.settings.network == "none":
        return _VERSION
    return 3 if len(contents.sources) > 1 else 2


def _descriptor_checksum(settings: Settings) -> str:
    """SHA-256 of the descriptor's weights; empty without one."""
    return DESCRIPTORS.get(settings.descriptor, "")


def _metadata_of(content: bytes) -> dict[str, str]:
    """Read the header of a safetensors file: its length in 8 bytes, then JSON.

    Raises
    ------
    ValueError
        If there is none.
    """
    length = int.from_bytes(content[:8], "little")
    header = parse_json(content[8 : 8 + length])
    metadata = header.get("__metadata__", {}) if isinstance(header, dict) else None
    if not isinstance(metadata, dict) or not all(map(_is_text, metadata.values())):
        raise ValueError("the header is no object with texts")
    return metadata


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _source_name(number: int) -> str:
    """Name the tensor of a source: the first one's name is older than the others."""
    return f"{_SOURCE}_{number}" if number else _SOURCE


def _sources_of(tensors: dict[str, Tensor]) -> list[Image]:
    """Take the sources out of a file's tensors.

    Raises
    ------
    ValueError
        If there is none, or one is not an image.
    """
    images: list[Image] = []
    while not images or _source_name(len(images)) in tensors:
        source = tensors.pop(_source_name(len(images)), torch.empty(0))
        fits = source.ndim == 3 and source.shape[2] == 3 and min(source.shape[:2]) >= 32
        if source.dtype != torch.float32 or not fits or not source.isfinite().all():
            raise ValueError("a source is missing or no image")
        image: Image = source.clamp(0, 1).numpy()
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
