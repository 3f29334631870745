"""Tasks run on threads or on a cluster, can be stopped, and report their errors."""

import asyncio
import os
import signal
import threading
import time

import dask.array as da
import numpy as np
import pytest
import zarr
from moving_films import looking_colorizer, tiny_film
from tiny_stacks import finish, grey_stack, slow
from zarr_stores import INPUTS, chunk_files, write

from napari_oneshot_color.errors import BadPairError, DeviceError
from napari_oneshot_color.stacks import scheduling
from napari_oneshot_color.stacks.fields import LOOK_BACK
from napari_oneshot_color.stacks.lazy import colorize_stack
from napari_oneshot_color.stacks.zarr_reading import open_stack
from napari_oneshot_color.stacks.zarr_store import is_complete
from napari_oneshot_color.stacks.zarr_writing import write_steps


def test_abandoned_run_ends_its_threads(colored, path):
    steps = write_steps(colored.map_blocks(slow, dtype=colored.dtype), path, attributes=INPUTS)
    next(steps)
    next(steps)
    steps.close()
    there = len(chunk_files(path))
    assert there < 40
    time.sleep(0.2)  # in which four more would be written
    assert len(chunk_files(path)) == there


@pytest.fixture(scope="module")
def client():
    """A client of two worker processes."""
    distributed = pytest.importorskip("distributed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CUDA_VISIBLE_DEVICES", "")
        patch.setenv("OMP_NUM_THREADS", "1")
        with (
            distributed.LocalCluster(
                n_workers=2,
                threads_per_worker=1,
                processes=True,
                dashboard_address="127.0.0.1:0",
                silence_logs=50,
            ) as cluster,
            distributed.Client(cluster, set_as_default=False) as client,
        ):
            yield client


def test_cluster_gives_the_same_bytes(client, colorizer, path, tmp_path, snapshot):
    zarr.create_array(tmp_path / "a.zarr", data=grey_stack((6, 70, 60)), chunks=(2, 40, 60))
    colored = colorize_stack(colorizer, open_stack(tmp_path / "a.zarr").data)
    write(colored, tmp_path / "alone.zarr")
    write(colored, path, client=client)
    assert snapshot(path) == snapshot(tmp_path / "alone.zarr")


def test_cluster_follows_slices_to_the_same_bytes(client, path, tmp_path, snapshot):
    colors, grey = tiny_film(LOOK_BACK + 3)  # one chain and a part of the next
    keys = {0: colors[0], LOOK_BACK + 1: colors[LOOK_BACK + 1]}
    stack = da.from_array(grey, chunks=(1, -1, -1))
    colored = colorize_stack(looking_colorizer(colors[0]), stack, limits=(0, 1), keys=keys)
    write(colored, path, client=client)
    write(colored, tmp_path / "alone.zarr")
    assert snapshot(path) == snapshot(tmp_path / "alone.zarr")


def test_error_on_a_worker_has_the_same_message(client, colorizer, path):
    stack = grey_stack((2, 48, 60), dtype=np.float32)
    stack[1, 5, 5] = np.nan
    colored = colorize_stack(colorizer, da.from_array(stack, chunks=(1, -1, -1)), limits=(0, 1))
    with pytest.raises(BadPairError, match="NaN"):
        write(colored, path, client=client)


def test_other_error_on_a_worker_gives_a_clear_error(client, colored, path):
    def fail(block):
        raise KeyError("lost")

    with pytest.raises(DeviceError, match="The cluster failed: 'lost'"):
        write(colored.map_blocks(fail, dtype=colored.dtype), path, client=client)


def test_stopped_cluster_leaves_a_store_that_can_be_resumed(client, colored, path, snapshot):
    write(colored, path.with_name("whole.zarr"))
    stop = threading.Event()

    def stop_soon(progress):
        if progress.done:
            stop.set()

    slower = colored.map_blocks(slow, dtype=colored.dtype)
    finish(write_steps(slower, path, attributes=INPUTS, stop=stop, client=client), stop_soon)
    assert not is_complete(path)
    write(colored, path, resume=True)
    assert snapshot(path) == snapshot(path.with_name("whole.zarr"))


def test_run_survives_a_killed_worker(client, colored, path, snapshot):
    write(colored, path.with_name("whole.zarr"))
    killed = []

    def kill_one(progress):
        if progress.done and not killed:
            killed.append(next(iter(client.run(os.getpid).values())))
            os.kill(killed[0], signal.SIGKILL)

    slower = colored.map_blocks(slow, dtype=colored.dtype)
    finish(write_steps(slower, path, attributes=INPUTS, client=client), kill_one)
    assert killed
    assert snapshot(path) == snapshot(path.with_name("whole.zarr"))


def test_task_that_cannot_be_pickled_gives_a_clear_error(client, colored, path):
    lock = threading.Lock()

    def locked(block):
        with lock:
            return block

    with pytest.raises(DeviceError, match="cannot be sent to the cluster"):
        write(colored.map_blocks(locked, dtype=colored.dtype), path, client=client)


def test_task_that_kills_every_worker_gives_a_clear_error(client, colored, path):
    def die(block):
        os._exit(1)

    def allow_one(dask_scheduler):
        dask_scheduler.allowed_failures = 1

    client.run_on_scheduler(allow_one)
    deadly = colored.map_blocks(die, dtype=colored.dtype, meta=colored._meta)
    with pytest.raises(DeviceError, match=r"The cluster failed: .*died"):
        write(deadly, path, client=client)
    client.wait_for_workers(2)


def test_worker_that_cannot_read_its_task_gives_a_clear_error(monkeypatch, colored, path, tmp_path):
    pytest.importorskip("distributed")
    from workers import cluster_with_a_worker

    monkeypatch.setattr(scheduling, "_PATIENCE", 2.0)
    monkeypatch.syspath_prepend(tmp_path / "here")
    for place, name in (("here", "task"), ("there", "another")):
        (tmp_path / place).mkdir()
        (tmp_path / place / "of_ours.py").write_text(f"def {name}(block):\n    return block\n")
    from of_ours import task

    elsewhere = colored.map_blocks(task, dtype=colored.dtype)
    with (
        cluster_with_a_worker(tmp_path / "there") as (client, worker),
        pytest.raises(DeviceError, match="no workers any more"),
    ):
        write(elsewhere, path, client=client)
    assert worker.returncode is not None


def test_scheduler_that_stops_answering_gives_a_clear_error(monkeypatch, client, colored, path):
    monkeypatch.setattr(scheduling, "_PATIENCE", 0.5)

    async def silent(**_):
        await asyncio.sleep(60)

    def fall_silent(progress):
        if progress.done:
            monkeypatch.setattr(client.scheduler, "ncores", silent, raising=False)

    slower = colored.map_blocks(slow, dtype=colored.dtype)
    with pytest.raises(DeviceError, match="no workers any more"):
        finish(write_steps(slower, path, attributes=INPUTS, client=client), fall_silent)
