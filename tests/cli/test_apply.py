"""The commands train, apply and info: outputs, messages, and runs that are killed."""

import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import tifffile
import zarr
from command_line import last_sentence
from killed_run import run_until
from moving_films import looking_colorizer, tiny_film
from tiny_stacks import grey_stack

from napari_oneshot_color.batch import one_target
from napari_oneshot_color.cli import apply as cli_apply
from napari_oneshot_color.files.formats import as_dtype, encode_image

PROGRAM = shutil.which("napari-oneshot-color", path=Path(sys.executable).parent)
PATIENCE = 90  # seconds after which a hanging program is ended


@pytest.fixture
def targets(folder):
    return [folder / name for name in ("a.png", "b.tif", "c.zarr")]


# --- apply ----------------------------------------------------------------------------------


def test_apply_prints_what_it_wrote(run, model, targets, out):
    code, said, err = run("apply", model, *targets, "-o", out)
    assert code == 0, err
    assert said == f"3 coloured. The results are in {out}\n"
    assert err.splitlines()[0] == "Colouring  0/8"
    code, said, _ = run("apply", model, *targets, "-o", out, "--resume")
    assert code == 0
    assert said == f"0 coloured, 3 there already. The results are in {out}\n"


def test_apply_takes_keys(run, tmp_path, out):
    colors, grey = tiny_film(4)
    looking_colorizer(tiny_film(1, seed=9)[0][0]).save(tmp_path / "looking.safetensors")
    frames = as_dtype(grey, np.dtype(np.uint8))
    tifffile.imwrite(tmp_path / "film.tif", frames, photometric="minisblack")
    key = tmp_path / "a=b.png"
    key.write_bytes(encode_image(as_dtype(colors[1], np.dtype(np.uint8)), ".png"))
    command = ["apply", tmp_path / "looking.safetensors", tmp_path / "film.tif"]
    code, said, err = run(*command, "-o", out, "--key", f"1={key}")
    assert code == 0, err
    assert said.startswith("1 coloured.")
    alone = tmp_path / "alone"
    assert run(*command, "-o", alone)[0] == 0
    name = "film_colorized.tif"
    assert (tifffile.imread(out / name)[1] != tifffile.imread(alone / name)[1]).any()
    code, _, err = run(*command, "-o", tmp_path / "wrong", "--key", f"5={key}")
    assert code == 1
    assert "There is no slice 5 for the key 'a=b.png'" in err


@pytest.mark.parametrize("keys", [["x=a.png"], ["3"], ["-1=a.png"], ["2="], ["1=a.png", "1=b.png"]])
def test_apply_explains_the_syntax_of_keys(run, model, targets, out, keys):
    options = [word for key in keys for word in ("--key", key)]
    code, _, err = run("apply", model, targets[1], "-o", out, *options)
    assert code == 2
    assert "key" in err
    assert not out.exists()


def test_apply_expands_patterns_that_the_shell_did_not(run, model, folder, out):
    code, said, _ = run("apply", model, folder / "[ab].*", "-o", out)
    assert code == 0
    assert said.startswith("2 coloured.")
    code, _, err = run("apply", model, folder / "*.gif", "-o", out)
    assert code == 1
    assert "No file matches" in last_sentence(err)


def test_apply_continues_after_a_bad_file_and_ends_with_exit_code_1(run, model, folder, out):
    (folder / "bad.png").write_bytes(b"not a picture")
    code, said, err = run("apply", model, folder, "-o", out)
    assert code == 1
    assert said.startswith("3 coloured, 2 failed.")
    assert f"'{folder / 'bad.png'}' was not coloured. 'bad.png' cannot be read" in err
    assert f"'{folder / 'photo.png'}' was not coloured. The target is in colour already" in err
    assert (out / "c_colorized.zarr").is_dir()


def test_apply_takes_limits_and_a_zarr_to_write(run, model, folder, tmp_path):
    place = tmp_path / "mine.zarr"
    code, _, _ = run("apply", model, folder / "b.tif", "-o", place, "--target-limits", 9, 200)
    assert code == 0
    attributes = zarr.open_array(place, mode="r").attrs["napari-oneshot-color"]
    assert attributes["target"]["limits"] == [9, 200]
    assert attributes["target"]["name"] == "b.tif"


APPLY_REFUSED = {
    "no model": (["nowhere.safetensors", "a.png"], "There is no file"),
    "foreign model": (["a.png", "a.png"], "is not a colorizer"),
    "missing target": (["MODEL", "nowhere.png"], "There is no file"),
    "device that is not there": (["MODEL", "a.png", "--device", "cuda:9"], "is not available"),
    "limits upside down": (["MODEL", "c.zarr", "--target-limits", "9", "3"], "must exceed"),
    "scheduler that is not there": (
        ["MODEL", "a.png", "--scheduler", "tcp://127.0.0.1:1"],
        "No dask scheduler answers at 'tcp://127.0.0.1:1'",
    ),
    "no address": (["MODEL", "a.png", "--scheduler", "what://"], "No dask scheduler answers"),
}


@pytest.mark.parametrize("name", APPLY_REFUSED)
def test_apply_refuses_bad_input_with_a_one_line_error(run, model, folder, out, monkeypatch, name):
    monkeypatch.setattr(cli_apply, "_PATIENCE", 0.2)
    monkeypatch.chdir(folder)
    words, sentence = APPLY_REFUSED[name]
    words = [model if word == "MODEL" else word for word in words]
    code, _, err = run("apply", *words, "-o", out)
    assert code == 1
    assert sentence in err
    assert "Traceback" not in err
    assert not any(path.suffix == ".png" for path in out.glob("*"))


def test_scheduler_without_distributed_gives_a_clear_error(run, model, targets, out, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    code, _, err = run("apply", model, *targets, "-o", out, "--scheduler", "tcp://127.0.0.1:1")
    assert code == 1
    assert 'pip install "napari-oneshot-color[cluster]"' in last_sentence(err)


@pytest.mark.parametrize(
    "words",
    [
        ["apply"],
        ["apply", "m.safetensors", "-o", "out"],
        ["apply", "m.safetensors", "a.png"],
        ["apply", "m.safetensors", "a.png", "-o", "out", "--resume", "--overwrite"],
        ["train", "photo.png"],
        ["info"],
    ],
    ids=" ".join,
)
def test_usage_error_is_exit_code_2(run, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(*words)[0] == 2
    assert list(tmp_path.iterdir()) == []


def test_workers_of_a_cluster_give_the_same_bytes(run, model, targets, out, tmp_path, snapshot):
    distributed = pytest.importorskip("distributed")
    run("apply", model, *targets, "-o", tmp_path / "alone")
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address="127.0.0.1:0",
        silence_logs=50, protocol="tcp://", host="127.0.0.1",
    ) as cluster:  # fmt: skip
        address = cluster.scheduler_address
        code, _, err = run("apply", model, *targets, "-o", out, "--scheduler", address)
    assert code == 0, err
    assert snapshot(out) == snapshot(tmp_path / "alone")


def test_ctrl_c_ends_the_run_with_advice_and_the_run_can_be_resumed(
    run, model, targets, out, tmp_path, snapshot, monkeypatch
):
    run("apply", model, *targets, "-o", tmp_path / "whole")
    real = one_target.write_steps

    def interrupted(*args, **options):
        signal.raise_signal(signal.SIGINT)
        return real(*args, **options)

    monkeypatch.setattr(one_target, "write_steps", interrupted)
    code, said, err = run("apply", model, *targets, "-o", out)
    assert code == 130
    assert said.startswith("1 coloured.")
    assert "Stopping: finished files are kept. Press Ctrl-C again to quit." in err
    assert err.endswith(
        "Stopped before the end. Run the command again with --resume to continue.\n"
    )
    monkeypatch.undo()
    code, said, _ = run("apply", model, *targets, "-o", out, "--resume")
    assert code == 0
    assert said.startswith("2 coloured, 1 there already.")
    assert snapshot(out) == snapshot(tmp_path / "whole")


# --- runs that are killed -------------------------------------------------------------------


@pytest.fixture(scope="module")
def processes():
    """A starter of processes that have torch loaded already."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        pytest.skip("processes cannot be forked on this system")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["napari_oneshot_color.batch.run", "killed_run"])
    return context


@pytest.fixture
def apply_until(processes, model, targets, tmp_path, monkeypatch):
    """Run apply in a process that dies at its n-th change; return its exit code and output."""

    def ran(count, output, *words):
        words = ["apply", model, *targets, "-o", output, "--device", "cpu", *words]
        monkeypatch.setattr(sys, "argv", ["napari-oneshot-color", *map(str, words)])
        report = tmp_path / "report.txt"
        process = processes.Process(target=run_until, args=(count, str(output), str(report)))
        process.start()
        process.join(PATIENCE)
        process.kill()
        return process.exitcode, report.read_text()

    return ran


def changes_in(report):
    return int(report.split()[-2])


def test_run_killed_six_times_in_a_row_ends_with_the_same_bytes(
    apply_until, out, tmp_path, snapshot
):
    code, report = apply_until(0, tmp_path / "whole")
    assert code == 0, report
    total = changes_in(report)
    assert total > 30
    for count in np.linspace(1, total / 5, 6).astype(int):
        code, report = apply_until(count, out, "--resume")
        assert code == -signal.SIGKILL, report
    code, report = apply_until(0, out, "--resume")
    assert code == 0, report
    assert snapshot(out) == snapshot(tmp_path / "whole")


def test_run_killed_at_any_moment_is_resumed_to_the_same_bytes(apply_until, tmp_path, snapshot):
    _, report = apply_until(0, tmp_path / "whole")
    whole, total = snapshot(tmp_path / "whole"), changes_in(report)
    for count in np.linspace(2, total - 2, 6).astype(int):
        out = tmp_path / f"killed{count}"
        assert apply_until(count, out)[0] == -signal.SIGKILL
        code, report = apply_until(0, out, "--resume")
        assert code == 0, report
        assert snapshot(out) == whole, count


def test_kill_9_from_a_shell_is_resumed_to_the_same_bytes(model, tmp_path, snapshot, run):
    zarr.create_array(tmp_path / "a.zarr", data=grey_stack((40, 60, 60)), chunks=(1, 60, 60))
    words = "apply", model, tmp_path / "a.zarr", "--device", "cpu", "-o"
    place = tmp_path / "b.zarr"
    process = subprocess.Popen(
        [PROGRAM, *map(str, words), place], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + PATIENCE
    while not (place / "c" / "2").exists() and time.monotonic() < deadline:
        time.sleep(0.002)  # the program has no signal to wait on, but its files
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait(PATIENCE) == -signal.SIGKILL
    assert not (place / "c" / "39").exists()
    assert run(*words, place, "--resume")[0] == 0
    assert run(*words, tmp_path / "whole.zarr")[0] == 0
    assert snapshot(place) == snapshot(tmp_path / "whole.zarr")
