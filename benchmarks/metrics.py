"""How close a colouring is to the true colours, and to the palette of its source.

SSIM is left out on purpose: when a result keeps the target's own lightness, even the
uncoloured target scores close to 1 and the ranking of the rest is noise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from skimage.color import deltaE_ciede2000, rgb2lab
from skimage.metrics import peak_signal_noise_ratio

AB_LIMIT = 115.0
"""The ab histogram covers [-AB_LIMIT, AB_LIMIT] in a* and b*: all of sRGB."""

AB_BINS = 23
"""Bins per axis of the ab histogram: each is 10 x 10 units.

The number is odd so that one bin is centred on neutral. With an edge there, rounding errors
would spread a grey image over four bins.
"""


@dataclass(frozen=True)
class Score:
    """The quality of one result.

    Attributes
    ----------
    psnr : float
        Peak signal-to-noise ratio over the RGB values in dB, higher is better; infinite when
        `result` equals `truth`.
    delta_e_mean, delta_e_p95 : float
        Mean and 95th percentile over the pixels of the CIEDE2000 difference to the truth;
        lower is better, about 1 is just noticeable.
    ab_rmse : float
        Root mean square of the a* and b* errors (over pixels and both channels), in CIELAB
        units; lower is better.
    palette_overlap : float in [0, 1]
        Intersection of the ab histograms of the result and of the SOURCE, each normalised to
        sum 1; higher means that the example's colours are used in the example's proportions.
    colourfulness_error : float
        Absolute difference in colourfulness (Hasler and Suesstrunk, 8-bit scale) between
        result and truth; lower is better.
    """

    psnr: float
    delta_e_mean: float
    delta_e_p95: float
    ab_rmse: float
    palette_overlap: float
    colourfulness_error: float


def score(
    result: NDArray[np.float32], truth: NDArray[np.float32], source: NDArray[np.float32]
) -> Score:
    """Compare a result with the true colours and with its source.

    Parameters
    ----------
    result : (H, W, 3) float32 in [0, 1]
        The coloured target, sRGB.
    truth : (H, W, 3) float32 in [0, 1]
        The target's true colours, sRGB.
    source : (h, w, 3) float32 in [0, 1]
        The colour example, sRGB; its size may differ.

    Returns
    -------
    Score
        All measures, unrounded.
    """
    result_lab = rgb2lab(result)
    truth_lab = rgb2lab(truth)
    delta_e = deltaE_ciede2000(truth_lab, result_lab)
    ab_error = result_lab[..., 1:] - truth_lab[..., 1:]
    overlap = np.minimum(ab_histogram(result_lab), ab_histogram(rgb2lab(source))).sum()
    # Two equal images have no noise: infinity is the answer, not a reason to warn.
    with np.errstate(divide="ignore"):
        psnr = peak_signal_noise_ratio(truth, result, data_range=1.0)
    return Score(
        psnr=float(psnr),
        delta_e_mean=float(delta_e.mean()),
        delta_e_p95=float(np.percentile(delta_e, 95)),
        ab_rmse=float(np.sqrt(np.mean(ab_error**2))),
        palette_overlap=float(overlap),
        colourfulness_error=abs(colourfulness(result) - colourfulness(truth)),
    )


def ab_histogram(lab: NDArray[np.float32]) -> NDArray[np.float64]:
    """Count how often each chroma occurs, as shares of the pixels.

    Parameters
    ----------
    lab : (H, W, 3) float32
        CIELAB image; its L* is ignored.

    Returns
    -------
    (AB_BINS, AB_BINS) float64 in [0, 1]
        Joint histogram of a* (rows) and b* (columns) over [-115, 115], summing to 1.
    """
    edges = np.linspace(-AB_LIMIT, AB_LIMIT, AB_BINS + 1)
    counts, _, _ = np.histogram2d(lab[..., 1].ravel(), lab[..., 2].ravel(), bins=(edges, edges))
    return np.asarray(counts / counts.sum(), dtype=np.float64)


def colourfulness(rgb: NDArray[np.float32]) -> float:
    """Measure how colourful an image looks (Hasler and Suesstrunk 2003).

    Parameters
    ----------
    rgb : (H, W, 3) float32 in [0, 1]
        sRGB image.

    Returns
    -------
    float
        On the publication's 8-bit scale: 0 is not colourful, 109 extremely colourful.
    """
    red, green, blue = np.moveaxis(rgb.astype(np.float64) * 255, -1, 0)
    red_green = red - green
    yellow_blue = (red + green) / 2 - blue
    spread = np.hypot(red_green.std(), yellow_blue.std())
    mean = np.hypot(red_green.mean(), yellow_blue.mean())
    return float(spread + 0.3 * mean)
