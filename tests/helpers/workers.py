"""A worker of a cluster in a process of its own, which may lack something."""

import os
import subprocess
import sys
from contextlib import contextmanager

import distributed


@contextmanager
def cluster_with_a_worker(python_path=""):
    """Start a scheduler here and a worker that finds other packages first; yield both."""
    paths = filter(None, [str(python_path), os.environ.get("PYTHONPATH", "")])
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths), "OMP_NUM_THREADS": "1"}
    with (
        distributed.LocalCluster(
            n_workers=0, dashboard_address="127.0.0.1:0", silence_logs=50, host="127.0.0.1"
        ) as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
    ):
        command = [sys.executable, "-m", "distributed.cli.dask_worker", cluster.scheduler_address]
        command += ["--no-nanny", "--nthreads", "1", "--no-dashboard", "--host", "127.0.0.1"]
        with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as worker:
            try:
                client.wait_for_workers(1)
                yield client, worker
            finally:
                worker.kill()


def hide(package, folder):
    """Put a package of that name into a folder, which cannot be imported."""
    folder.joinpath(package).mkdir(parents=True)
    folder.joinpath(package, "__init__.py").write_text("raise ImportError('it is not here')")
