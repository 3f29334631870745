"""A time series: one colour frame colours all of them, by the same rules."""

import dask.array as da
import numpy as np
from PIL import Image
from skimage import data
from skimage.color import gray2rgb, rgb2gray

from napari_oneshot_color import Colorizer, Settings, colorize_stack, train

# A stand-in for your series: six views of a retina through a camera that drifts.
retina = data.retina()
grey = (255 * rgb2gray(retina)).round().astype(np.uint8)
places = [slice(300 + 60 * time, 700 + 60 * time) for time in range(6)]
frame = retina[400:800, places[0]]  # the only one in colour
series = da.stack([grey[400:800, place] for place in places])  # (t, y, x), lazy

train(frame, Settings.preset("best")).save("retina.safetensors", overwrite=True)

# Later, or on another computer: the file is all that is needed.
colorizer = Colorizer.load("retina.safetensors")
colored = colorize_stack(colorizer, series)  # (t, y, x, 3), lazy: nothing is computed yet
frames = colored.compute()  # or colored.to_zarr("colored.zarr"), or colored[3].compute()

rows = [np.hstack(gray2rgb(series.compute())), np.hstack(frames)]
Image.fromarray(np.vstack(rows)[::2, ::2]).save("time_series.jpg", quality=85)
