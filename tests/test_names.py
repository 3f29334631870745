"""Every name in docs, docstrings and copied scripts exists."""

import ast
import inspect
import re
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import pytest

import napari_oneshot_color
from napari_oneshot_color import Settings
from napari_oneshot_color.pair.hints import Hints
from napari_oneshot_color.plugin.saving.scripts import as_python
from napari_oneshot_color.steering.changes import Steering

PACKAGE = napari_oneshot_color.__name__
ROOT = Path(__file__).parents[1]
SOURCE = Path(napari_oneshot_color.__file__).parent
PAGES = [*sorted((ROOT / "docs").rglob("*.md")), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
ROOMS = sorted(SOURCE.rglob("*.py"))
DOTTED = re.compile(r"(?<!`)`([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+)`(?!`)")
IMPORTED = re.compile(rf"from ({PACKAGE}[\w.]*) import ([\w, ]+)")
FILES = {"json", "jsonl", "md", "png", "py", "safetensors", "tif", "tiff", "toml", "txt", "yaml"}


def member(owner, name):
    """Return an object's attribute or annotation of a name, or None."""
    if hasattr(owner, name):
        return getattr(owner, name)
    if isinstance(owner, type):
        fields = {field for base in owner.__mro__ for field in inspect.get_annotations(base)}
        return True if name in fields else None
    if hasattr(owner, "__path__"):
        try:
            return import_module(f"{owner.__name__}.{name}")
        except ImportError:
            return None
    return None


def found(name, places):
    """Return whether one of some modules has a dotted name."""
    for place in places:
        thing = place
        for part in name.split("."):
            thing = member(thing, part) if thing is not None else None
        if thing is not None:
            return True
    try:
        library = import_module(name.partition(".")[0])
    except ImportError:
        return False
    return library.__name__ != PACKAGE and found(name.partition(".")[2], [library])


def dotted_names(text):
    return {name for name in DOTTED.findall(text) if name.rpartition(".")[2] not in FILES}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_names_on_a_page_exist(page):
    text = page.read_text()
    missing = {name for name in dotted_names(text) if not found(name, [napari_oneshot_color])}
    for module, names in IMPORTED.findall(text):
        place = import_module(module)
        missing |= {name for name in names.split(", ") if not hasattr(place, name)}
    assert not missing


def test_names_in_docstrings_exist():
    missing = {}
    for room in ROOMS:
        parts = room.relative_to(SOURCE).with_suffix("").parts
        parts = tuple(part for part in parts if part != "__init__")
        module = import_module(".".join([PACKAGE, *parts]))
        wings = [import_module(".".join([PACKAGE, *parts[:count]])) for count in range(len(parts))]
        for node in ast.walk(ast.parse(room.read_text())):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
                for name in dotted_names(ast.get_docstring(node) or ""):
                    if not found(name, [module, *wings]):
                        missing.setdefault("/".join(parts), set()).add(name)
    assert not missing


@pytest.mark.parametrize("name", ["pair.prepare", "Result.epochs", "stages.target.Colored.merged"])
def test_existing_names_are_found(name):
    assert found(name, [napari_oneshot_color])


@pytest.mark.parametrize("name", ["pair.prepares", "Result.epoch", "stages.Colored", "scipy.nn"])
def test_missing_names_are_not_found(name):
    assert not found(name, [napari_oneshot_color])


def test_every_public_name_is_on_its_page():
    told = re.findall(rf"^::: {PACKAGE}\.(\w+)$", (ROOT / "docs" / "api.md").read_text(), re.M)
    assert sorted(told) == sorted(napari_oneshot_color.__all__)


def test_copied_script_uses_only_public_names():
    sources = [SimpleNamespace(name=name, limits=None) for name in "ab"]
    inputs = SimpleNamespace(
        paths=lambda: ["a.png", "b.png", "c.png"],
        sources=sources,
        weights=[1.0, 2.0],
        target=SimpleNamespace(limits=(0, 9)),
    )
    hints = Hints.__new__(Hints)
    text = as_python(inputs, Settings(), Steering(hints=hints, threshold=3.0))
    imports = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ImportFrom)]
    ours = [node for node in imports if node.module == PACKAGE]
    assert {name.name for node in ours for name in node.names} == {
        *("Settings", "Source", "apply_hints", "colorize", "fade", "read_hints", "read_image"),
    }
    assert {node.module for node in imports} == {"pathlib", PACKAGE}


def test_messages_use_the_word_grey():
    """Docstrings may use the word of array libraries; messages always say "grey"."""
    said = []
    for room in ROOMS:
        nodes = list(ast.walk(ast.parse(room.read_text())))
        docs = {node.value for node in nodes if isinstance(node, ast.Expr)}
        said += [
            node.value
            for node in nodes
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in docs
        ]
    assert len(said) > 1000
    assert [text for text in said if re.search(r"\bgr[ae]y ?scale", text, re.I)] == []
