"""Which device is chosen, in which precision, and how it is named."""

from contextlib import nullcontext

import pytest
import torch

from napari_oneshot_color.colorizer import device as device_module
from napari_oneshot_color.colorizer.device import Device, choose_device
from napari_oneshot_color.errors import BadSettingsError
from napari_oneshot_color.progress import Steps

CPU = torch.device("cpu")


@pytest.fixture
def computer(monkeypatch):
    """Pretend to be another computer."""

    def pretend(gpus=0, apple=False, capability=(9, 0), cpu=()):
        monkeypatch.setattr(torch.cuda, "is_available", lambda: gpus > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
        monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: "NVIDIA H200")
        monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: apple)
        monkeypatch.setattr(
            torch.cpu, "get_capabilities", lambda: dict.fromkeys(cpu, True), raising=False
        )

    return pretend


@pytest.mark.parametrize(
    ("parts", "chosen", "said"),
    [
        ({"gpus": 1, "apple": True}, "cuda:0", "CUDA: NVIDIA H200, bf16"),
        ({"gpus": 1, "capability": (7, 5)}, "cuda:0", "CUDA: NVIDIA H200"),
        ({"apple": True}, "mps", "Apple GPU (MPS)"),
        ({}, "cpu", "CPU, 1 thread"),
        ({"cpu": ["avx512_bf16"]}, "cpu", "CPU, 1 thread, bf16"),
        ({"cpu": ["amx_bf16"]}, "cpu", "CPU, 1 thread, bf16"),
        ({"cpu": ["avx2"]}, "cpu", "CPU, 1 thread"),
    ],
)
def test_automatic_choice_is_cuda_then_mps_then_cpu(tiny, computer, parts, chosen, said):
    computer(**parts)
    device = choose_device(tiny(device="auto", precision="auto"))
    assert str(device.torch_device) == chosen
    assert str(device) == said


@pytest.mark.parametrize(
    ("wanted", "parts"),
    [
        ("cuda", {}),
        ("cuda:0", {}),
        ("cuda:2", {"gpus": 2}),
        ("cuda:300", {"gpus": 2}),
        ("mps", {"gpus": 1}),
    ],
)
def test_missing_device_is_refused(tiny, computer, wanted, parts):
    computer(**parts)
    with pytest.raises(BadSettingsError, match=f"The device '{wanted}' is not available"):
        choose_device(tiny(device=wanted))


@pytest.mark.parametrize(("wanted", "chosen"), [("cuda", "cuda:0"), ("cuda:1", "cuda:1")])
def test_available_device_is_used(tiny, computer, wanted, chosen):
    computer(gpus=2)
    assert str(choose_device(tiny(device=wanted)).torch_device) == chosen


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_requested_precision_is_used(tiny, precision):
    device = choose_device(tiny(precision=precision))
    assert device.precision == precision
    with device.autocast():
        product = torch.ones(2, 2) @ torch.ones(2, 2)
    assert product.dtype == getattr(torch, precision)


def test_float32_needs_no_autocast():
    assert isinstance(Device(CPU, "CPU", "float32", 1).autocast(), nullcontext)


@pytest.fixture
def three_threads():
    """Give the caller a number of threads that no run would choose."""
    torch.set_num_threads(3)
    yield
    torch.set_num_threads(1)


@pytest.mark.usefixtures("three_threads")
def test_requested_threads_apply_only_during_work(tiny):
    device = choose_device(tiny(threads=2))
    assert device.threads == 2
    assert torch.get_num_threads() == 3
    with device.own_threads():
        assert torch.get_num_threads() == 2
    assert torch.get_num_threads() == 3


@pytest.mark.usefixtures("three_threads")
def test_caller_s_threads_are_restored_between_steps(tiny):
    def run():
        for _ in range(3):
            yield torch.get_num_threads()
        return torch.get_num_threads()

    steps = Steps(choose_device(tiny(threads=2)).iterate(run()))
    for in_force in steps:
        assert in_force == 2
        assert torch.get_num_threads() == 3
    assert steps.result == 2
    assert torch.get_num_threads() == 3


@pytest.mark.usefixtures("three_threads")
def test_failed_or_abandoned_run_restores_the_threads_and_ends(tiny):
    ended = []

    def run():
        try:
            yield 1
            raise ValueError("my mistake")
        finally:
            ended.append(torch.get_num_threads())

    device = choose_device(tiny(threads=2))
    with pytest.raises(ValueError, match="my mistake"):
        list(device.iterate(run()))
    assert torch.get_num_threads() == 3
    left = device.iterate(run())
    next(left)
    left.close()
    assert len(ended) == 2


@pytest.mark.usefixtures("three_threads")
def test_listing_devices_does_not_change_the_threads(tiny):
    device_module.available_devices()
    choose_device(tiny(threads=0))
    assert torch.get_num_threads() == 3


def test_threads_of_an_earlier_run_do_not_affect_a_later_one(tiny):
    before = choose_device(tiny(threads=0)).threads
    with choose_device(tiny(threads=2)).own_threads():
        assert choose_device(tiny(threads=0)).threads == before


def test_choice_can_be_written_into_settings(tiny, computer):
    computer()
    settings = tiny(device="auto", precision="auto", threads=0)
    resolved = choose_device(settings).resolved(settings)
    assert (resolved.device, resolved.precision) == ("cpu", "float32")
    assert resolved.threads == 1
    assert choose_device(resolved) == choose_device(settings)


def test_devices_of_this_computer_are_listed():
    names = [name for name, _ in device_module.available_devices()]
    assert names[-1] == "cpu"
    assert "CPU" in dict(device_module.available_devices())["cpu"]


@pytest.fixture
def probe(monkeypatch):
    """Pretend to have eight cores, on which each probe takes the given seconds."""
    asked = []

    def let(**seconds):
        def probed():
            asked.append(torch.get_num_threads())
            return seconds[f"t{torch.get_num_threads()}"]

        monkeypatch.setattr(device_module, "_DEFAULT_THREADS", 8)
        monkeypatch.setattr(device_module, "_probe", probed)
        return asked

    yield let
    torch.set_num_threads(1)


def test_fastest_number_of_threads_is_chosen(tiny, probe):
    asked = probe(t8=4.0, t4=1.0, t2=1.9, t1=3.5)
    assert choose_device(tiny(threads=0)).threads == 4
    assert asked == [8, 4, 2, 1]
    assert torch.get_num_threads() == 1


def test_more_threads_are_chosen_if_fewer_are_hardly_faster(tiny, probe):
    probe(t8=1.05, t4=1.0, t2=1.9, t1=3.5)
    assert choose_device(tiny(threads=0)).threads == 8


def test_nothing_is_probed_if_threads_are_given_or_devices_are_listed(tiny, probe):
    asked = probe(t8=1.0)
    choose_device(tiny(threads=2))
    device_module.available_devices()
    assert asked == []


def test_probe_measures_time_and_does_not_change_the_gradient_mode(monkeypatch):
    monkeypatch.setattr(device_module, "_PROBES", 3)
    with torch.no_grad():
        assert device_module._probe() > 0
        assert not torch.is_grad_enabled()
