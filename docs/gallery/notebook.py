"""In a notebook: colour, look, doubt, fade. Each `# %%` begins a cell."""

# %%
import numpy as np
from PIL import Image
from skimage import data
from skimage.color import gray2rgb, rgb2gray

from napari_oneshot_color import Settings, colorize, fade

# %% A stand-in for your pair: the left half of a portrait colours the right half.
photograph = data.astronaut()
source, other = photograph[:, :256], photograph[:, 256:]
target = (255 * rgb2gray(other)).round().astype(np.uint8)

# %% Preset "instant" trains nothing, so that you see at once whether the pair makes sense.
result = colorize(source, target, Settings.preset("instant"))


def picture(image):
    """Show an image as the output of a cell: floats in [0, 1], or bytes."""
    if image.dtype != np.uint8:
        image = (255 * np.clip(image, 0, 1)).round().astype(np.uint8)
    return Image.fromarray(image)


picture(result.final)

# %% Bright is where the colour is a guess.
doubt = result.uncertainty / 32
picture(doubt)

# %% Leave the target's grey where the uncertainty is above a threshold, in units of a* and b*.
faded = fade(result, 12.0)
picture(faded.final)

# %% What the result was made with: settings, versions, checksums, seconds per stage.
result.provenance

# %% All of it in one picture.
small = np.asarray(picture(doubt).resize(target.shape[::-1]))
parts = [source, gray2rgb(target), picture(result.final), gray2rgb(small), picture(faded.final)]
picture(np.hstack([np.asarray(part) for part in parts])).save("notebook.jpg", quality=85)
