"""Runs Python with limited permissions, because tests may run as root, who may do anything."""

import os
import subprocess
import sys

import pytest

# root is an owner like others without the capabilities that let it pass by permissions
_GIVE_UP_RIGHTS = """
import ctypes, os
if os.geteuid() == 0:
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    if ctypes.CDLL(None).capset(header, (ctypes.c_uint32 * 6)()):
        raise SystemExit("the rights cannot be given up")
"""


def run_without_rights(folder, code):
    """Run Python in a folder as a user without special permissions; return its output."""
    if sys.platform == "win32" or (os.geteuid() == 0 and sys.platform != "linux"):
        pytest.skip("no such permissions, or no way to be bound by them")
    try:
        done = subprocess.run(
            [sys.executable, "-c", _GIVE_UP_RIGHTS + code],
            cwd=folder,
            env=os.environ | {"OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
        )
    finally:
        for place in folder.rglob("*"):
            if not place.is_symlink():
                place.chmod(0o700)
    assert done.returncode == 0, done.stderr
    return done.stdout
