"""A stained section: one field in colour colours another field, and shows where to doubt it."""

import numpy as np
from PIL import Image
from skimage import data
from skimage.color import gray2rgb, rgb2gray

from napari_oneshot_color import Settings, colorize

# Stand-ins for two fields of one section, the second one recorded in grey.
section = data.immunohistochemistry()
stained, other = section[:, :256], section[:, 256:]
grey = (255 * rgb2gray(other)).round().astype(np.uint8)

result = colorize(stained, grey, Settings.preset("best"))
result.save("section", overwrite=True)  # with result.json, from which it can be repeated

final = (255 * result.final).round().astype(np.uint8)
doubt = np.clip(result.uncertainty / 32, 0, 1)  # bright: do not trust the colour here
doubt = Image.fromarray((255 * doubt).astype(np.uint8)).resize((256, 512))
row = np.hstack([stained, gray2rgb(grey), final, gray2rgb(np.asarray(doubt))])
Image.fromarray(row).save("section.jpg", quality=85)
