"""Check that the conda recipe renders, with py-rattler-build."""

from __future__ import annotations

from pathlib import Path

from rattler_build import Stage0Recipe, VariantConfig

RECIPE = Path(__file__).parents[1] / "conda" / "recipe.yaml"


def main() -> None:
    """Render the recipe, and print what it became."""
    recipe = Stage0Recipe.from_file(RECIPE)
    for variant in recipe.render(VariantConfig()):
        package = variant.recipe.package
        print(f"{package.name} {package.version} renders.")


if __name__ == "__main__":
    main()
