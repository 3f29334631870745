"""A photograph from an archive: a toned print takes the colours of a newer photograph."""

import numpy as np
from PIL import Image
from skimage import data
from skimage.color import rgb2gray

from napari_oneshot_color import Settings, colorize

# Stand-ins for your files: read_image("newer.jpg") and read_image("print.tif").
photograph = data.rocket()
newer, older = photograph[:, :320], photograph[:, 320:]
toned = np.clip(rgb2gray(older)[..., None] * (1.12, 0.98, 0.76), 0, 1)
toned = (255 * toned).astype(np.uint8)

# The print is in colour for the computer: ask for its luminance.
result = colorize(newer, toned, Settings.preset("best", target_luminance=True))
result.save("photograph", overwrite=True)

final = (255 * result.final).round().astype(np.uint8)
Image.fromarray(np.hstack([newer, toned, final])).save("photograph.jpg", quality=90)
