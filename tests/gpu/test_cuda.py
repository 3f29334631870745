"""The whole method on a CUDA device: right, repeatable elsewhere, tidy, and safe when it fails.

Run by ``make gpu``. Everything here is skipped where there is no CUDA device.
"""

import gc
import threading

import numpy as np
import pytest
import torch
from prepared import prepared
from skimage.color import rgb2lab

from napari_oneshot_color import Colorizer, Settings, colorize
from napari_oneshot_color.colorizer.device import choose_device
from napari_oneshot_color.errors import OutOfMemoryError
from napari_oneshot_color.matching.correspondence import corresponding
from napari_oneshot_color.matching.descriptor import FittedDescriptor, find_descriptor
from napari_oneshot_color.matching.neighbours import Matcher
from napari_oneshot_color.pair.hints import Hints
from napari_oneshot_color.pair.prepare import Source
from napari_oneshot_color.pair.samples import stereo_motorcycle
from napari_oneshot_color.pipeline import apply_steps
from napari_oneshot_color.pixels.color import luminance
from napari_oneshot_color.record import read_record
from napari_oneshot_color.repeating import differences
from napari_oneshot_color.stacks.lazy import colorize_stack
from napari_oneshot_color.steering.hinting import apply_hints
from napari_oneshot_color.training.adversarial import AdversarialTraining
from napari_oneshot_color.training.chroma import ChromaTraining
from napari_oneshot_color.training.cuda_graph import Repeated

pytestmark = [
    pytest.mark.gpu,
    # a generator of a stopped test may still hold a graph
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

CUDA = torch.device("cuda", 0)
GIBIBYTE = 2**30
SHORT = {
    "instant": {},
    "best": {"epochs": 2, "patches_per_epoch": 60},
    "source-only": {"epochs": 2, "patches_per_epoch": 60},
    "quick": {"epochs": 2, "patches_per_epoch": 320, "generated_tiles": 128},
    "paper": {"epochs": 1, "patches_per_epoch": 1_280, "generated_tiles": 256},
}


@pytest.fixture(scope="module")
def pair():
    """The two views of the motorcycle, 100 x 149 px: colour in [0, 1], and grey."""
    sample = stereo_motorcycle()
    source = np.ascontiguousarray(sample.source[::5, ::5])
    target = np.ascontiguousarray(sample.target[::5, ::5])
    return source, target


def short(preset, **changes):
    return Settings.preset(preset, **{**SHORT[preset], "working_size": 96, **changes})


def result_of(steps):
    while True:
        try:
            next(steps)
        except StopIteration as finished:
            return finished.value


def allocated():
    gc.collect()
    torch.cuda.synchronize()
    return torch.cuda.memory_allocated()


@pytest.mark.parametrize("preset", SHORT)
@pytest.mark.parametrize("graph", [False, True])
def test_preset_colors_a_pair_on_the_gpu(pair, preset, graph):
    result = colorize(*pair, short(preset, device="cuda", cuda_graph=graph))
    assert "CUDA" in result.provenance["device"]
    assert result.final.shape == (*pair[1].shape, 3)
    for image in (result.final, result.merged, result.smoothed, result.tiles, result.lab):
        assert np.isfinite(image).all()
    assert np.ptp(result.lab[..., 1:]) > 5  # in colour


@pytest.mark.parametrize("preset", [preset for preset in SHORT if preset != "instant"])
def test_gpu_and_cpu_learn_similarly(pair, preset):
    """The same seed draws the same first weights; patches are drawn on the device, and differ."""
    on_gpu, on_cpu = (
        colorize(*pair, short(preset, device=device, precision="float32", threads=4))
        for device in ("cuda", "cpu")
    )
    last = max(1, len(on_gpu.losses) // 4)
    for history in ("reconstruction", "generator"):
        there, here = (getattr(one.losses, history)[-last:].mean() for one in (on_gpu, on_cpu))
        assert there == pytest.approx(here, rel=0.4), history


def test_several_sources_are_trained_together(pair):
    source, target = pair
    sources = [Source(source, "a", weight=2), Source(source[:, ::-1].copy(), "b")]
    result = colorize(sources, target, short("best", device="cuda"))
    assert [one["name"] for one in result.provenance["sources"]] == ["a", "b"]
    assert np.isfinite(result.final).all()


def test_hints_are_followed(pair):
    result = colorize(*pair, short("best", device="cuda"))
    labels = np.zeros(pair[1].shape, np.uint8)
    labels[40:50, 60:80] = 1
    steered = apply_hints(result, Hints(labels, {1: (0.9, 0.2, 0.1)}))
    assert np.abs(steered.lab - result.lab).max() > 5


def test_colorizer_from_the_gpu_gives_similar_colors_on_the_cpu(pair, tmp_path):
    source, target = pair
    for preset in SHORT:
        file = tmp_path / f"{preset}.safetensors"
        result = colorize(source, target, short(preset, device="cuda", precision="float32"))
        result.colorizer.save(file)
        here = result_of(apply_steps(Colorizer.load(file, device="cpu"), target))
        difference = np.abs(here.lab - result.lab).mean()
        assert difference < 0.5, preset


def test_gpu_result_is_repeated_on_the_cpu_with_differences_reported(pair, tmp_path):
    result = colorize(*pair, short("quick", device="cuda", precision="float32"))
    record = read_record(result.save(tmp_path / "result"))
    assert record.settings.device == "cuda:0"
    again = colorize(*pair, record.settings.replace(device="cpu"))
    sentences = differences(record, again)
    assert any(sentence.startswith("device: CPU") for sentence in sentences)


def test_the_same_run_twice_is_nearly_the_same(pair):
    first, second = (
        colorize(*pair, short("best", device="cuda", precision="float32")) for _ in range(2)
    )
    assert np.abs(first.lab - second.lab).mean() < 1


@pytest.mark.parametrize("kind", ["adversarial", "chroma"])
def test_recorded_steps_have_the_losses_of_eager_ones(pair, kind):
    """At a low rate: two adversaries are chaotic, and the last digits would tell in fifty steps."""
    losses = {}
    for graph in (False, True):
        preset = "source-only" if kind == "chroma" else "quick"
        settings = short(
            preset, device="cuda", precision="float32", cuda_graph=graph, learning_rate=1e-5
        )
        source = prepared(pair[0])
        device = choose_device(settings)
        if kind == "chroma":
            cues = Matcher(source.working).own_cues
            training = ChromaTraining([source], cues, settings, device)
        else:
            training = AdversarialTraining([source], settings, device)
        steps = Repeated(training, CUDA, record=graph)
        losses[graph] = torch.stack([steps.step().clone() for _ in range(50)]).cpu().numpy()
        assert steps.is_recorded is graph
    scale = np.abs(losses[False]).max(axis=0) + 1e-6
    assert (np.abs(losses[True] - losses[False]) / scale).max() < 0.01


def test_memory_of_the_gpu_is_free_after_a_run(pair):
    colorize(*pair, short("best", device="cuda", cuda_graph=True))
    before = allocated()
    for preset in SHORT:
        colorize(*pair, short(preset, device="cuda", cuda_graph=True))
    assert allocated() - before < 2**20


def test_full_gpu_gives_a_clear_error_and_leaves_the_process_usable(pair):
    total = torch.cuda.get_device_properties(0).total_memory
    torch.cuda.empty_cache()
    torch.cuda.set_per_process_memory_fraction(GIBIBYTE / total)
    try:
        with pytest.raises(OutOfMemoryError, match="Lower the batch size"):
            colorize(*pair, short("paper", device="cuda", batch_size=4096))
        gc.collect()
        torch.cuda.empty_cache()
        assert np.isfinite(colorize(*pair, short("quick", device="cuda")).final).all()
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)


@pytest.mark.parametrize("graph", [False, True])
def test_two_runs_in_two_threads_do_not_disturb_each_other(pair, graph):
    settings = [
        short("best", device="cuda", precision="float32", cuda_graph=graph),
        short("quick", device="cuda", precision="float32", cuda_graph=graph),
    ]
    alone = [colorize(*pair, one) for one in settings]
    together = [None, None]

    def run(number):
        together[number] = colorize(*pair, settings[number])

    threads = [threading.Thread(target=run, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one, other in zip(alone, together, strict=True):
        assert other is not None
        assert np.abs(one.lab - other.lab).mean() < 2


def test_neighbours_are_those_of_the_cpu(pair):
    source, grey = pair[0].astype(np.float32) / 255, luminance(pair[0].astype(np.float32) / 255)
    there, here = (
        Matcher(source, device=device).neighbours(grey) for device in (CUDA, torch.device("cpu"))
    )
    np.testing.assert_allclose(there.distance, here.distance, atol=1e-3)
    assert np.abs(there.chroma - here.chroma).mean() < 0.05


def test_correspondences_are_those_of_the_cpu(pair):
    source, grey = pair[0].astype(np.float32) / 255, luminance(pair[0].astype(np.float32) / 255)
    there, here = (
        corresponding(source, grey, device).copied(grey.shape)
        for device in (CUDA, torch.device("cpu"))
    )
    assert here[1].mean() > 0.5
    np.testing.assert_allclose(there[1], here[1], atol=0.02)
    assert np.abs(there[0] - here[0]).mean() < 0.05


def test_descriptor_is_that_of_the_cpu(pair):
    lightness = torch.from_numpy(rgb2lab(pair[0])[..., 0].astype(np.float32))
    there, here = (
        FittedDescriptor(find_descriptor("efficientnet-lite0", device), [lightness.to(device)])
        for device in (CUDA, torch.device("cpu"))
    )
    found, wanted = (
        one.planes(one.describe(lightness.to(device)), 4).cpu()
        for one, device in ((there, CUDA), (here, "cpu"))
    )
    assert (found - wanted).abs().max() < 0.05


def test_stack_is_colored_on_the_gpu(pair):
    source, target = pair
    colorizer = colorize(source, target, short("best", device="cuda")).colorizer
    stack = np.stack([target, target[::-1], target[:, ::-1]])
    colored = colorize_stack(colorizer, stack).compute()
    assert colored.shape == (*stack.shape, 3)
    assert np.ptp(colored.astype(int), axis=-1).max() > 20
