"""Small grey films that move, with and without sound."""

from fractions import Fraction

import av
import numpy as np
from PIL import Image

HEIGHT, WIDTH = 48, 64
RATE = 10


def grey_frames(count=12):
    """Make ``(count, 48, 64)`` uint8: a ramp that grows lighter, and a square that moves."""
    x = np.arange(WIDTH)
    frames = []
    for number in range(count):
        frame = np.tile(40 + 2 * x + 4 * number, (HEIGHT, 1)).astype(np.uint8)
        frame[12:28, 3 * number : 3 * number + 16] = 220
        frames.append(frame)
    return np.stack(frames)


def in_color(frames):
    """Give grey frames three channels."""
    return np.repeat(frames[..., None], 3, axis=-1)


def write_film(path, frames=None, *, sound="aac", codec="libx264", times=None):
    """Encode grey or coloured frames, 10 a second or at such times in tenths, with a tone."""
    frames = grey_frames() if frames is None else frames
    times = range(len(frames)) if times is None else times
    with av.open(str(path), "w") as film:
        stream = film.add_stream(codec, rate=RATE)
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        stream.options = {"crf": "2"} if codec == "libx264" else {"qscale": "1"}
        tone = film.add_stream(sound, rate=8000) if sound else None
        for frame, time in zip(frames, times, strict=True):
            image = frame if frame.ndim == 3 else in_color(frame)
            picture = av.VideoFrame.from_ndarray(image, format="rgb24")
            picture.pts, picture.time_base = time, Fraction(1, RATE)
            film.mux(stream.encode(picture))
        film.mux(stream.encode(None))
        if tone is not None:
            _write_tone(film, tone, len(frames) / RATE)
    return path


def _write_tone(film, stream, seconds):
    t = np.arange(round(8000 * seconds)) / 8000
    wave = (8000 * np.sin(2 * np.pi * 440 * t)).astype(np.int16)
    resampler = av.AudioResampler(stream.format, stream.layout, 8000, stream.frame_size or 1024)
    frame = av.AudioFrame.from_ndarray(wave[None], format="s16", layout="mono")
    frame.rate, frame.pts = 8000, 0
    for part in (*resampler.resample(frame), *resampler.resample(None)):
        film.mux(stream.encode(part))
    film.mux(stream.encode(None))


def frames_of(path):
    """Decode a film to ``(T, H, W, 3)`` uint8, and the times in seconds."""
    with av.open(str(path)) as film:
        frames = list(film.decode(video=0))
        return np.stack([f.to_ndarray(format="rgb24") for f in frames]), [f.time for f in frames]


def sound_of(path):
    """Decode a film's sound to samples; none if it has none."""
    with av.open(str(path)) as film:
        if not film.streams.audio:
            return np.zeros(0)
        return np.concatenate([f.to_ndarray().ravel() for f in film.decode(audio=0)])


def write_gif(path, frames=None, durations=(80, 120)):
    """Write grey frames as a GIF that is exact, with unlike durations."""
    frames = grey_frames() if frames is None else frames
    images = [Image.fromarray(frame) for frame in frames]
    lasting = [durations[number % len(durations)] for number in range(len(images))]
    images[0].save(path, save_all=True, append_images=images[1:], duration=lasting, loop=0)
    return path
