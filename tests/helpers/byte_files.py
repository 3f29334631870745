"""Image files put together byte by byte, for variants that no writer produces."""

import struct
import zlib

import numpy as np

_CODES = {1: "B", 2: "c", 3: "H", 4: "I", 5: "II", 7: "B"}


def tiff(tags, data, order="<", more=()):
    """Make a TIFF file of one strip.

    Parameters
    ----------
    tags : dict
        Number to (type, values); the strip's own place and size are added.
    data : bytes
        The strip.
    order : str
        ``<`` or ``>``.
    more : sequence of tuple
        Tags and data of further pages.
    """
    out = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}H", 42)
    pages = [(tags, data), *more]
    for number, (page, strip) in enumerate(pages):
        page = dict(page) | {273: (4, [0]), 279: (4, [len(strip)])}
        start = len(out) + 4
        end = start + 2 + 12 * len(page) + 4
        place = end + sum(_size(*told) for told in page.values() if _size(*told) > 4)
        page[273] = (4, [place])
        entries = extra = b""
        for code in sorted(page):
            kind, values = page[code]
            raw = b"".join(_packed(order, kind, value) for value in values)
            entries += struct.pack(f"{order}HHI", code, kind, len(values))
            if len(raw) > 4:
                entries += struct.pack(f"{order}I", end + len(extra))
                extra += raw + b"\0" * (len(raw) % 2)
            else:
                entries += raw.ljust(4, b"\0")
        tail = place + len(strip) + len(strip) % 2
        following = tail + 4 if number + 1 < len(pages) else 0
        out += struct.pack(f"{order}I", start) if not number else b"\0\0\0\0"
        out += struct.pack(f"{order}H", len(page)) + entries
        out += struct.pack(f"{order}I", following) + extra + strip + b"\0" * (len(strip) % 2)
    return out


def _packed(order, kind, value):
    values = value if isinstance(value, tuple) else (value,)
    return struct.pack(order + _CODES[kind], *values)


def _size(kind, values):
    return struct.calcsize("<" + _CODES[kind]) * len(values)


def page_tags(width, height, bits, photometric, **more):
    """Return the tags that every page has; `more` as in ``t338=(3, [2])``."""
    bits = bits if isinstance(bits, list) else [bits]
    tags = {
        256: (4, [width]),
        257: (4, [height]),
        258: (3, bits),
        259: (3, [1]),
        262: (3, [photometric]),
        277: (3, [len(bits)]),
        278: (4, [height]),
    }
    return tags | {int(name[1:]): told for name, told in more.items()}


def packed(values, bits):
    """Pack rows of whole numbers, each row to full bytes, ``(H, W)``."""
    if bits in (8, 16):
        return values.astype(f"<u{bits // 8}").tobytes()
    if bits == 1:
        return np.packbits(values.astype(bool), axis=1).tobytes()
    places = np.arange(bits)[::-1]
    ones = (values[..., None].astype(np.int64) >> places) & 1
    return np.packbits(ones.reshape(len(values), -1).astype(bool), axis=1).tobytes()


def png(width, height, bits, kind, rows, chunks=()):
    """Make a PNG of unfiltered rows; `chunks` are (name, data) before the pixels."""
    header = struct.pack(">IIBBBBB", width, height, bits, kind, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows))
    parts = [(b"IHDR", header), *chunks, (b"IDAT", pixels), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in parts
    )


def exif(orientation):
    """Make an EXIF block with an orientation."""
    return b"Exif\0\0" + tiff({274: (3, [orientation])}, b"")


def cmyk_profile():
    """Make an ICC profile for four inks, in which cyan alone is Lab 50, -50, 0."""
    corners = np.zeros((2, 2, 2, 2, 3))
    for inks in np.ndindex(2, 2, 2, 2):
        cyan, magenta, yellow, black = inks
        corners[inks] = (
            (100 - 50 * cyan) * (1 - black) * (1 - 0.4 * magenta) * (1 - 0.1 * yellow),
            (-50 * cyan + 60 * magenta) * (1 - black),
            (80 * yellow) * (1 - black),
        )
    lab = np.rint(np.clip(np.stack(
        [corners[..., 0] * 2.55, corners[..., 1] + 128, corners[..., 2] + 128], -1
    ), 0, 255)).astype(np.uint8)  # fmt: skip
    ramp = bytes(range(256))
    table = b"mft1\0\0\0\0" + bytes([4, 3, 2, 0])
    table += struct.pack(">9i", *(np.eye(3).ravel() * 65536).astype(int))
    table += ramp * 4 + lab.tobytes() + ramp * 3
    text = b"desc\0\0\0\0" + struct.pack(">I", 5) + b"inks\0" + bytes(78)
    white = b"XYZ \0\0\0\0" + struct.pack(">3i", 63190, 65536, 54061)
    tags = [(b"A2B0", table), (b"desc", text), (b"cprt", b"text\0\0\0\0free\0"), (b"wtpt", white)]
    place, listed, body = 128 + 4 + 12 * len(tags), b"", b""
    for name, data in tags:
        data += bytes(-len(data) % 4)
        listed += name + struct.pack(">II", place + len(body), len(data))
        body += data
    rest = struct.pack(">I", len(tags)) + listed + body
    head = struct.pack(
        ">I4sI4s4s4s", 128 + len(rest), b"lcms", 0x02400000, b"prtr", b"CMYK", b"Lab "
    )
    head += struct.pack(">6H4s4sI", 2026, 1, 1, 0, 0, 0, b"acsp", b"APPL", 0)
    head = head.ljust(68, b"\0") + struct.pack(">3i", 63190, 65536, 54061)
    return head.ljust(128, b"\0") + rest
