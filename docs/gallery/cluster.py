"""A folder on a cluster: stacks of one kind, coloured by one colorizer on many workers."""

from pathlib import Path

import dask.array as da
import numpy as np
from distributed import Client, LocalCluster
from PIL import Image
from skimage import data
from skimage.color import gray2rgb, rgb2gray

from napari_oneshot_color import Settings, colorize_stack, train


def main():
    """Train here, colour there."""
    # Stand-ins for your files: one field in colour, and a folder of grey stacks of two slices.
    section = data.immunohistochemistry()
    grey = (255 * rgb2gray(section)).round().astype(np.uint8)
    for number, (row, column) in enumerate([(0, 256), (256, 0), (256, 256)]):
        field = grey[row : row + 256, column : column + 256]
        stack = da.from_array(np.stack([field, field[::-1]]), chunks=(1, 256, 256))
        stack.to_zarr(f"slides/{number}.zarr", overwrite=True)

    colorizer = train(section[:256, :256], Settings.preset("best"))

    # Instead of LocalCluster: SLURMCluster of dask-jobqueue, or Client("tcp://10.0.0.1:8786").
    with LocalCluster(n_workers=2, threads_per_worker=1) as cluster, Client(cluster):
        for path in sorted(Path("slides").glob("*.zarr")):
            colored = colorize_stack(colorizer, da.from_zarr(path))
            colored.to_zarr(f"colored/{path.name}", overwrite=True)

    stacks = [da.from_zarr(f"{folder}/1.zarr")[0] for folder in ("slides", "colored")]
    before, after = da.compute(*stacks)
    row = np.hstack([section[:256, :256], gray2rgb(before), after])
    Image.fromarray(row).save("cluster.jpg", quality=90)


if __name__ == "__main__":  # workers import this file, too
    main()
