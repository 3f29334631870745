"""The modules that are imported in the background exist."""

import importlib

import pytest

from napari_oneshot_color.plugin.runs import warming


@pytest.mark.parametrize("module", warming._MODULES)
def test_module_is_there(module):
    importlib.import_module(module)


def test_all_modules_are_imported_and_labels_are_compiled(monkeypatch):
    compiled = []
    monkeypatch.setattr(warming, "_compile_labels", lambda: compiled.append(True))
    warming._begun.set()
    warming._import()
    assert compiled == [True]
    assert warming._begun.is_set()  # it would be asked for again, had something failed
