"""Pages of the documentation that are made from the code."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from napari_oneshot_color.settings import PRESETS, Setting, Settings, all_settings

MARKER = "<!-- settings reference -->"
SCRIPT = re.compile(r"<!-- script: (\w+\.py) -->")
GALLERY = Path(__file__).parents[1] / "docs" / "gallery"


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Fill in the settings reference and the gallery's scripts where a page asks for them."""
    if MARKER in markdown:
        markdown = markdown.replace(MARKER, reference())
    return SCRIPT.sub(_script, markdown)


def _script(found: re.Match[str]) -> str:
    code = (GALLERY / found[1]).read_text(encoding="utf-8")
    return f'```python title="{found[1]}"\n{code}```'


def reference() -> str:
    """Write every setting, group by group, with what each preset makes of it."""
    groups: dict[str, list[Setting]] = {}
    for setting in all_settings():
        groups.setdefault(setting.group, []).append(setting)
    presets = {name: Settings.preset(name).to_dict() for name in PRESETS}
    parts = []
    for group, settings in groups.items():
        header = f"## {group}\n\n| setting | {' | '.join(presets)} | what it does |"
        rows = [header, "| --- |" + " --- |" * (len(presets) + 1)]
        for setting in settings:
            values = " | ".join(f"`{values[setting.name]}`" for values in presets.values())
            rows.append(f"| `{setting.name}` | {values} | {setting.full_help} |")
        parts.append("\n".join(rows))
    return "\n\n".join(parts)
