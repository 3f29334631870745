"""The command line, run in a process that is killed at a chosen moment."""

import os
import signal
import sys

CHANGES = {"os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.link", "os.truncate"}


def run_until(count, folder, report):
    """Run the program, and kill this process just before its n-th change of the files in a folder.

    Parameters
    ----------
    count : int
        Which change; 0 lets it live.
    folder : str
        What lies in it or beside it under a like name counts.
    report : str
        A file for what the program says, and then for how many changes there were.
    """
    sys.stdout = sys.stderr = open(report, "w")  # noqa: SIM115
    changes = 0

    def look(event, details):
        nonlocal changes
        is_change = event in CHANGES
        if event == "open" and isinstance(details[2], int):
            is_change = bool(details[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
        if not is_change or not isinstance(details[0], str | os.PathLike):
            return
        if os.fspath(details[0]).startswith(folder):
            changes += 1
            if changes == count:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(look)
    from napari_oneshot_color import cli

    try:
        cli.main()
    finally:
        print(f"{changes} changes", flush=True)  # noqa: T201
