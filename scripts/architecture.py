"""Draw which wings of the package import which, from the imports: docs/images/architecture.svg.

An arrow is left out where a longer way says the same. Run it after wings or imports changed:
``python scripts/architecture.py``.
"""

from __future__ import annotations

from html import escape
from pathlib import Path

import grimp

PACKAGE = "napari_oneshot_color"
PICTURE = Path(__file__).parents[1] / "docs" / "images" / "architecture.svg"

_BOX = (132, 34)  # px
_GAP = (34, 44)  # px between boxes, beside each other and above each other
_ASIDE = (-36, 0, 36)  # px that rows stand aside in turns: long arrows are not hidden by boxes

Wings = dict[str, set[str]]


def wings() -> Wings:
    """Return each wing or room at the top of the package with those that it imports."""
    graph = grimp.build_graph(PACKAGE)
    tops = sorted(graph.find_children(PACKAGE))
    for top in tops:
        if graph.find_children(top):
            graph.squash_module(top)
    return {
        _name(top): {_name(other) for other in graph.find_modules_directly_imported_by(top)}
        - {"", _name(top)}
        for top in tops
    }


def _name(module: str) -> str:
    return module.removeprefix(PACKAGE).removeprefix(".")


def _reached(imports: Wings, wing: str) -> set[str]:
    reached: set[str] = set()
    for other in imports[wing]:
        reached |= {other} | _reached(imports, other)
    return reached


def reduced(imports: Wings) -> Wings:
    """Leave out each import that another one brings along."""
    return {
        wing: others - set().union(*(_reached(imports, other) for other in others))
        for wing, others in imports.items()
    }


def rows(imports: Wings) -> list[list[str]]:
    """Put each wing in a row below all that import it, the ground last."""
    height: dict[str, int] = {}
    for wing in sorted(imports, key=lambda wing: len(_reached(imports, wing))):
        height[wing] = 1 + max((height[other] for other in imports[wing]), default=-1)
    listed: list[list[str]] = [[] for _ in range(max(height.values()) + 1)]
    for wing, level in height.items():
        listed[-1 - level].append(wing)
    return listed


def picture(imports: Wings) -> str:
    """Draw the wings as boxes in rows, and arrows to what they import, as SVG."""
    arrows, levels = reduced(imports), rows(imports)
    width = (max(map(len, levels)) + 1) * (_BOX[0] + _GAP[0])
    height = len(levels) * (_BOX[1] + _GAP[1]) + _GAP[1]
    middle: dict[str, tuple[float, float]] = {}
    for level, row in enumerate(levels):
        row.sort(key=lambda wing: (_leaning(wing, arrows, middle, width), wing))
        for place, wing in enumerate(row):
            x = width * (place + 1) / (len(row) + 1) + _ASIDE[level % 3]
            middle[wing] = x, _GAP[1] + level * (_BOX[1] + _GAP[1]) + _BOX[1] / 2
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" font-family="sans-serif" font-size="14">',
        '<marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
        'orient="auto"><path d="M0 0 8 4 0 8z" fill="#7d8590"/></marker>',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
    ]
    for wing, others in sorted(arrows.items()):
        for other in sorted(others):
            parts.append(_arrow(middle[wing], middle[other]))
    for wing, (x, y) in sorted(middle.items()):
        left, top = x - _BOX[0] / 2, y - _BOX[1] / 2
        parts.append(
            f'<rect x="{left:g}" y="{top:g}" width="{_BOX[0]}" height="{_BOX[1]}" rx="6" '
            'fill="#eef1ff" stroke="#3f51b5"/>'
            f'<text x="{x:g}" y="{y + 5:g}" text-anchor="middle">{escape(wing)}</text>'
        )
    return "\n".join([*parts, "</svg>", ""])


def _leaning(
    wing: str, arrows: Wings, middle: dict[str, tuple[float, float]], width: float
) -> float:
    """Say where those stand that import a wing, so that arrows cross little."""
    above = [middle[other][0] for other, imported in arrows.items() if wing in imported]
    return sum(above) / len(above) if above else width / 2


def _arrow(start: tuple[float, float], end: tuple[float, float]) -> str:
    top, bottom = start[1] + _BOX[1] / 2, end[1] - _BOX[1] / 2
    half = (top + bottom) / 2
    return (
        f'<path d="M{start[0]:g} {top:g}C{start[0]:g} {half:g} {end[0]:g} {half:g} {end[0]:g} '
        f'{bottom:g}" fill="none" stroke="#7d8590" marker-end="url(#tip)"/>'
    )


if __name__ == "__main__":
    PICTURE.write_text(picture(wings()))
