"""A cluster can be authenticated by TLS, and problems of its workers are reported at once."""

import os
import subprocess
import sys

import pytest
from command_line import last_sentence

distributed = pytest.importorskip("distributed")
trustme = pytest.importorskip("trustme")

PROGRAM = """
import sys
from distributed import LocalCluster
with LocalCluster(
    n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None,
    protocol="tcp://", host="127.0.0.1", silence_logs=50,
) as cluster:
    print(cluster.scheduler_address, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def certificates(tmp_path):
    """A certificate authority with certificates for the cluster and its client."""
    folder = tmp_path / "certificates"
    folder.mkdir()
    signer = trustme.CA()
    signer.cert_pem.write_to_path(folder / "ca.pem")
    own = signer.issue_cert("127.0.0.1", common_name="user")
    own.cert_chain_pems[0].write_to_path(folder / "cert.pem")
    own.private_key_pem.write_to_path(folder / "key.pem")
    return folder


def tls(folder):
    files = {"ca": "ca.pem", "cert": "cert.pem", "key": "key.pem"}
    return [word for name, file in files.items() for word in (f"--tls-{name}", folder / file)]


@pytest.fixture
def cluster(certificates):
    ca, cert, key = (str(certificates / f"{name}.pem") for name in ("ca", "cert", "key"))
    security = distributed.Security(
        require_encryption=True,
        tls_ca_file=ca,
        **{f"tls_{role}_{part}": file for role in ("client", "scheduler", "worker")
           for part, file in (("cert", cert), ("key", key))},
    )  # fmt: skip
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None,
        silence_logs=50, protocol="tls://", host="127.0.0.1", security=security,
    ) as cluster:  # fmt: skip
        yield cluster


def test_a_cluster_with_tls_colors_a_stack(run, model, folder, out, certificates, cluster):
    address = cluster.scheduler_address
    assert address.startswith("tls://")
    code, _, err = run(
        "apply", model, folder / "c.zarr", "-o", out, "--scheduler", address, *tls(certificates)
    )
    assert code == 0, err
    assert (out / "c_colorized.zarr" / "zarr.json").is_file()


def test_client_without_a_certificate_of_the_cluster_is_refused(
    run, model, folder, out, tmp_path, cluster
):
    stranger = trustme.CA()
    other = tmp_path / "other"
    other.mkdir()
    stranger.cert_pem.write_to_path(other / "ca.pem")
    own = stranger.issue_cert("127.0.0.1")
    own.cert_chain_pems[0].write_to_path(other / "cert.pem")
    own.private_key_pem.write_to_path(other / "key.pem")
    words = ["apply", model, folder / "c.zarr", "-o", out]
    code, _, err = run(*words, "--scheduler", cluster.scheduler_address, *tls(other))
    assert code == 1
    assert "needs certificates that it knows" in last_sentence(err)
    assert not out.exists()


@pytest.mark.parametrize("missing", ["ca.pem", "cert.pem", "key.pem"])
def test_a_certificate_that_is_missing_gives_a_clear_error(
    run, model, folder, out, certificates, missing
):
    (certificates / missing).unlink()
    words = ["apply", model, folder / "c.zarr", "-o", out, "--scheduler", "tls://127.0.0.1:1"]
    code, _, err = run(*words, *tls(certificates))
    assert code == 1
    assert f"{missing}'" in last_sentence(err)


@pytest.mark.parametrize("words", [["--scheduler", "tcp://127.0.0.1:1"], []])
def test_tls_options_for_a_cluster_without_tls_are_a_usage_error(
    run, model, folder, out, certificates, words
):
    assert run("apply", model, folder / "c.zarr", "-o", out, *words, *tls(certificates))[0] == 2


def test_a_cluster_that_cannot_import_the_program_says_so(run, model, folder, out, tmp_path):
    package = tmp_path / "elsewhere" / "napari_oneshot_color"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("raise ImportError('it is not here')")
    environment = os.environ | {"PYTHONPATH": str(package.parent), "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        env=environment, cwd=package.parent, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    ) as elsewhere:  # fmt: skip
        address = elsewhere.stdout.readline().strip()
        words = ["apply", model, folder / "c.zarr", "-o", out, "--scheduler", address]
        code, _, err = run(*words)
        elsewhere.stdin.close()
    assert code == 1
    assert "The cluster cannot run this program" in last_sentence(err)
