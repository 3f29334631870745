"""Errors of torch and the system are translated; our own errors pass unchanged."""

import pytest

from napari_oneshot_color import errors
from napari_oneshot_color.errors import (
    BadPairError,
    DeviceError,
    OneshotColorError,
    OutOfMemoryError,
    translated_errors,
)


@pytest.mark.parametrize(
    "raised",
    [
        MemoryError(),
        RuntimeError("CUDA out of memory. Tried to allocate 2 GiB"),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"),
    ],
)
def test_out_of_memory_is_reported_with_advice(raised):
    with (
        pytest.raises(OutOfMemoryError, match="Lower the batch size") as caught,
        translated_errors(),
    ):
        raise raised
    assert caught.value.__cause__ is raised


def test_other_errors_of_torch_keep_only_their_first_line():
    sentence = "failed on the device: a kernel. Choose the device 'cpu'"
    with pytest.raises(DeviceError, match=sentence) as caught, translated_errors():
        raise RuntimeError("a kernel\nCUDA kernel errors might be reported elsewhere")
    assert "elsewhere" not in str(caught.value)


def test_error_without_a_message_has_its_class_name():
    with pytest.raises(DeviceError, match="NotImplementedError"), translated_errors():
        raise NotImplementedError


@pytest.mark.parametrize("raised", [BadPairError("The source is grey."), ValueError("a mistake")])
def test_other_errors_pass_unchanged(raised):
    with pytest.raises(type(raised)) as caught, translated_errors():
        raise raised
    assert caught.value is raised


def test_every_error_can_be_caught_as_one():
    kinds = [getattr(errors, name) for name in errors.__all__ if name.endswith("Error")]
    assert len(kinds) > 5
    assert all(issubclass(kind, OneshotColorError) for kind in kinds)
    assert not any(issubclass(kind, RuntimeError) for kind in kinds)
