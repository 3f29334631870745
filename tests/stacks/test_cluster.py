"""A cluster is checked before anything is coloured."""

import pytest

pytest.importorskip("distributed")

from workers import cluster_with_a_worker, hide

from napari_oneshot_color.errors import DeviceError
from napari_oneshot_color.stacks import cluster
from napari_oneshot_color.stacks.cluster import check_cluster


@pytest.mark.parametrize("package", ["napari_oneshot_color", "torch"])
def test_a_worker_without_a_package_is_reported_at_once(tmp_path, package):
    hide(package, tmp_path)
    with (
        cluster_with_a_worker(tmp_path) as (client, _),
        pytest.raises(DeviceError, match=r"cannot run this program: .* not here"),
    ):
        check_cluster(client)


def test_a_worker_with_another_version_is_reported_at_once(monkeypatch):
    with cluster_with_a_worker() as (client, _):
        check_cluster(client)
        monkeypatch.setattr(cluster, "installed_version", lambda program: "99.0")
        with pytest.raises(DeviceError, match=r"is 99\.0 here, and .* at tcp://"):
            check_cluster(client)
