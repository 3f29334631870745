"""Speed against the plain way of doing the same, in one run; a table in ``docs/benchmarks.md``.

Run ``python -m benchmarks.speed`` in the repository's root; it takes minutes on two cores.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from statistics import median

import numpy as np
import torch
from skimage.metrics import structural_similarity
from torch.profiler import ProfilerActivity, profile

from benchmarks.report import machine, table, write_block
from napari_oneshot_color import merging, networks, objective, samples, tiles
from napari_oneshot_color.colorizer import Colorizer
from napari_oneshot_color.device import choose_device
from napari_oneshot_color.lab import luminance
from napari_oneshot_color.matching import hint_planes, matcher_for
from napari_oneshot_color.pair import prepare_source, prepare_target
from napari_oneshot_color.pipeline import colorize
from napari_oneshot_color.settings import Settings
from napari_oneshot_color.trainings import AdversarialTraining, ChromaTraining

BATCH = 64
ROUNDS = 5
STEPS = 10
MERGED_TILES = 1000


def main() -> None:
    """Measure, and rewrite the table."""
    settings = Settings(batch_size=BATCH)
    pair = samples.stereo_motorcycle()
    source = torch.from_numpy(prepare_source(pair.source, settings).working).permute(2, 0, 1)
    rows = [
        _compare("training, tiles/s", BATCH, *_training_steps(source.contiguous(), settings)),
        _compare("inference, tiles/s", BATCH, *_inference_steps(settings)),
        _compare("training of chroma, patches of 256 px/s", 4 * STEPS, *_chroma_steps(pair.source)),
        _compare("weigh and merge, tiles/s", MERGED_TILES, *_merges(pair.target, settings)),
    ]
    speed = table(["median of a run in turns", "ours", "plain", "ratio"], rows)
    write_block("speed", f"{machine()} Device: {choose_device(settings)}.\n\n{speed}")
    write_block("stages", f"{_stages()}\n\n{_operations(pair.source)}")


def _compare(
    name: str, count: int, ours: Callable[[], object], plain: Callable[[], object]
) -> list[str]:
    """Time two functions in turns, so that both meet the same neighbours on the machine."""
    ours(), plain()
    seconds: dict[Callable[[], object], list[float]] = {ours: [], plain: []}
    for _ in range(ROUNDS):
        for function, taken in seconds.items():
            start = time.perf_counter()
            function()
            taken.append(time.perf_counter() - start)
    ratios = [slow / fast for fast, slow in zip(seconds[ours], seconds[plain], strict=True)]
    cells = [f"{count / median(seconds[function]):,.0f}" for function in (ours, plain)]
    print(name, *cells, f"{median(ratios):.2f}", flush=True)
    return [name, *cells, f"{median(ratios):.1f}×"]


def _training_steps(
    source: torch.Tensor, settings: Settings
) -> tuple[Callable[[], object], Callable[[], object]]:
    """Return our training step, patches included, and a plain one that is handed its patches."""
    training = AdversarialTraining([source], settings, choose_device(settings))
    generator, discriminator = networks.Generator(), networks.Discriminator()
    of_generator, of_discriminator = (
        torch.optim.Adam(network.parameters(), lr=0.0006, betas=(0.5, 0.999))
        for network in (generator, discriminator)
    )
    grey, colour = torch.rand(BATCH, 1, 64, 64) * 2 - 1, torch.rand(BATCH, 3, 64, 64) * 2 - 1

    def plain() -> None:
        generated = generator(grey)
        of_discriminator.zero_grad()
        objective.discriminator_loss(
            discriminator(colour), discriminator(generated.detach())
        ).backward()
        of_discriminator.step()
        of_generator.zero_grad()
        adversarial = objective.adversarial_loss(discriminator(generated))
        (adversarial + objective.reconstruction_loss(generated, colour)).backward()
        of_generator.step()

    return training.step, plain


def _inference_steps(settings: Settings) -> tuple[Callable[[], object], Callable[[], object]]:
    device = choose_device(settings)
    generator, fast = networks.Generator().eval(), networks.Generator()
    networks.place(fast, device.torch_device)
    colorizer = Colorizer(fast, settings, device)
    grey = torch.rand(BATCH, 1, 64, 64)

    def plain() -> torch.Tensor:
        with torch.no_grad():
            return generator(grey * 2 - 1)

    return lambda: colorizer.color(grey), plain


def _chroma_steps(image: np.ndarray) -> tuple[Callable[[], object], Callable[[], object]]:
    """Ours draws its own patches and hints; the plain one is handed a batch, and waits for it."""
    training = _chroma_training(image)
    settings = Settings.preset("best")
    planes = hint_planes(settings)
    network = networks.ChromaNetwork(planes, settings.base_width)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.002, betas=(0.9, 0.99))
    rng = torch.Generator().manual_seed(0)
    lightness = torch.rand(4, 1, 256, 256, generator=rng) * 2 - 1
    hints = torch.randn(4, planes, 64, 64, generator=rng)
    chroma = torch.randn(4, 2, 64, 64, generator=rng)

    def plain() -> None:
        for _ in range(STEPS):
            loss = (network(lightness, hints) - chroma).abs().mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    def ours() -> None:
        for _ in range(STEPS):
            training.step()

    return ours, plain


def _chroma_training(image: np.ndarray) -> ChromaTraining:
    settings = Settings.preset("best")
    working = prepare_source(image, settings).working
    source = torch.from_numpy(working).permute(2, 0, 1).contiguous()
    hints = matcher_for([working], settings).own_hints
    return ChromaTraining([source], hints, settings, choose_device(settings))


def _merges(
    target: np.ndarray, settings: Settings
) -> tuple[Callable[[], object], Callable[[], object]]:
    grey = prepare_target(target, settings).working
    height, width = grey.shape
    rng = np.random.default_rng(0)
    positions, _ = tiles.all_positions(height, width, 64, 32, MERGED_TILES, rng)
    inputs = tiles.cut(torch.from_numpy(grey)[None], positions, 64)
    colored = torch.from_numpy(rng.random((MERGED_TILES, 3, 64, 64), np.float32)) * 0.2
    colored = (colored + inputs).clamp(0, 1)
    in_numpy = colored.permute(0, 2, 3, 1).numpy().copy()

    def ours() -> np.ndarray:
        merge = merging.WeightedMerge((height, width), 64, torch.device("cpu"))
        for batch in np.array_split(np.arange(MERGED_TILES), MERGED_TILES // BATCH):
            weights = merging.tile_weights(colored[batch], inputs[batch], settings)
            merge.add(colored[batch], positions[batch], weights)
        return merge.image()

    def plain() -> np.ndarray:
        sums, total = np.zeros((height, width, 3)), np.zeros((height, width, 1))
        for tile, grey_tile, (top, left) in zip(
            in_numpy, inputs[:, 0].numpy(), positions, strict=True
        ):
            similarity = structural_similarity(
                luminance(tile),
                grey_tile,
                gaussian_weights=True,
                sigma=1.5,
                use_sample_covariance=False,
                data_range=1.0,
            )
            place = np.s_[top : top + 64, left : left + 64]
            sums[place] += tile * max(similarity, settings.minimum_weight)
            total[place] += max(similarity, settings.minimum_weight)
        return sums / total

    difference = np.abs(ours() - plain()).max()
    if difference > 1e-3:
        raise AssertionError(f"The two merges differ by {difference}: the comparison is void.")
    return ours, plain


def _stages() -> str:
    """Colour the motorcycle with two presets, and list the seconds of their stages."""
    pair = samples.stereo_motorcycle()
    columns = {}
    for preset in ("best", "quick"):
        start = time.perf_counter()
        result = colorize(pair.source, pair.target, Settings.preset(preset))
        columns[preset] = result.provenance["seconds"] | {"in all": time.perf_counter() - start}
    rows = [
        [stage, *(f"{seconds[stage]:.2f}" for seconds in columns.values())]
        for stage in columns["best"]
    ]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    peak_mib = peak / (1024 * 1024 if sys.platform == "darwin" else 1024)
    header = ["seconds of a stage, 500 x 741 px", *(f"preset {preset}" for preset in columns)]
    return (
        f"{table(header, rows)}\n\n"
        f"Peak memory of the process, the comparisons above included: {peak_mib:,.0f} MiB."
    )


def _operations(image: np.ndarray) -> str:
    """Profile the training of preset ``best``, and list what takes most of its time."""
    training = _chroma_training(image)
    training.step()
    with profile(activities=[ProfilerActivity.CPU]) as profiled:
        for _ in range(STEPS):
            training.step()
    operations = profiled.key_averages()
    total = sum(operation.self_cpu_time_total for operation in operations)
    most = sorted(operations, key=lambda operation: -operation.self_cpu_time_total)[:8]
    rows = [
        [f"`{operation.key}`", f"{operation.self_cpu_time_total / total:.0%}"] for operation in most
    ]
    return table(["operation in a training step of preset best", "share of its time"], rows)


if __name__ == "__main__":
    main()
