"""The file format of colorizers: safetensors with JSON, which cannot execute code."""

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
_VERSION = 5  # 1: only the paper's generator; 2: a single source; 3: no descriptor
_CHROMA_VERSION = 5  # before it, the network of this name had other layers
_LARGEST = 2**32  # bytes; no colorizer is larger
_SOURCE = "source"  # name of the tensor, beside those of the weights


@dataclass(frozen=True)
class Contents:
    """The contents of a colorizer file.

    Attributes
    ----------
    settings : Settings
        The settings of the training.
    weights : dict of str to Tensor
        Weights of the generator, by name.
    sources : list of ndarray
        ``(H, W, 3)`` float32 in [0, 1], if the settings use them while colouring.
    record : Record
        The record of the training.
    trust : float
        Share of the chroma, in [0, 1], that comes from the network.
    """

    settings: Settings
    weights: dict[str, Tensor]
    sources: list[Image]
    record: Record
    trust: float = 1.0


def all_tensors(weights: Mapping[str, Tensor], sources: Sequence[Image]) -> dict[str, Tensor]:
    """Return weights and sources together, under their names in the file."""
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in weights.items()}
    for number, source in enumerate(sources):
        tensors[_source_name(number)] = torch.from_numpy(source).contiguous()
    return tensors


def encode(contents: Contents) -> bytes:
    """Return the content of a colorizer file."""
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
    """Read the bytes of a colorizer file.

    Raises
    ------
    BadColorizerFileError
        If it is missing, unreadable, not a regular file, or larger than any colorizer.
    """
    try:
        return places.content(path, _LARGEST, "a colorizer file")
    except BadFileError as error:
        raise BadColorizerFileError(str(error)) from error


def decode(content: bytes, name: str) -> Contents:
    """Decode the content of a colorizer file.

    Parameters
    ----------
    content : bytes
        As returned by `encode`.
    name : str
        Its name in error messages.

    Raises
    ------
    BadColorizerFileError
        If it is truncated, foreign, of a newer format, made with another descriptor or an earlier
        network, or inconsistent.
    """
    try:
        metadata = _metadata_of(content)
        tensors = load(content)  # checks the header, too
    except (SafetensorError, ValueError, KeyError) as error:  # KeyError: a dtype that torch lacks
        raise BadColorizerFileError(
            f"'{name}' is not a colorizer, or is damaged. Save the colorizer again."
        ) from error
    settings = _settings_of(metadata, name)
    if metadata.get("descriptor", "") != _descriptor_checksum(settings):
        raise BadColorizerFileError(
            f"'{name}' was made with other weights of '{settings.descriptor}' than those that "
            "are installed, so its colours would be wrong. Train the colorizer again."
        )
    try:
        sources = _sources_of(tensors) if settings.looks_at_source else []
        record = Record.from_json(metadata.get("provenance", "{}"))
        trust = float(metadata.get("trust", 1))
        if not 0 <= trust <= 1:
            raise ValueError("the trust is not between 0 and 1")
    except ValueError as error:
        raise unlike_settings(name) from error
    return Contents(settings, tensors, sources, record, trust)


def unlike_settings(name: str) -> BadColorizerFileError:
    """Return the error for a file whose parts are inconsistent."""
    return BadColorizerFileError(
        f"The contents of '{name}' do not fit its settings. Save the colorizer again."
    )


def _oldest_version(contents: Contents) -> int:
    """Return the oldest version of the format that supports this colorizer."""
    if contents.settings.network == "chroma":
        return _CHROMA_VERSION
    if _descriptor_checksum(contents.settings) or contents.settings.network == "none":
        return 4
    return 3 if len(contents.sources) > 1 else 2


def _descriptor_checksum(settings: Settings) -> str:
    """Return the SHA-256 of the descriptor's weights; empty without a descriptor."""
    return DESCRIPTORS.get(settings.descriptor, "")


def _metadata_of(content: bytes) -> dict[str, str]:
    """Read the header of a safetensors file: its length in 8 bytes, then JSON.

    Raises
    ------
    ValueError
        If there is no valid header.
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
    """Return the name of a source's tensor; the first has no number, as in older files."""
    return f"{_SOURCE}_{number}" if number else _SOURCE


def _sources_of(tensors: dict[str, Tensor]) -> list[Image]:
    """Remove the sources from a file's tensors, and return them.

    Raises
    ------
    ValueError
        If a source is missing or is not an image.
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
        settings = Settings.from_json(metadata.get("settings", ""))
    except (ValueError, BadSettingsError) as error:
        raise BadColorizerFileError(
            f"The settings in '{name}' cannot be read. Update the plugin, if a newer version wrote "
            "them, or save the colorizer again."
        ) from error
    if settings.network == "chroma" and version < _CHROMA_VERSION:
        raise BadColorizerFileError(
            f"'{name}' holds a network of an earlier napari-oneshot-color, which this one does not "
            "have. Train the colorizer again."
        )
    return settings
