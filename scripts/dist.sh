#!/bin/sh
# Build the wheel and the source archive, and try the wheel where the repository is not.
# Usage: dist.sh PYTHON-WITH-BUILD
set -eu
python=$1
root=$(pwd)
trial=$(mktemp -d)
trap 'rm -rf "$trial"' EXIT

rm -rf dist
"$python" -m build --outdir dist
"$python" -m twine check --strict dist/*
ls -l dist
"$python" scripts/conda_recipe.py

"$python" -m venv "$trial/venv"
wheel=$(ls "$root"/dist/*.whl)
"$trial/venv/bin/pip" install --quiet --constraint constraints.txt "$wheel[all]"
cd "$trial"
venv/bin/npe2 validate napari_oneshot_color
venv/bin/napari-oneshot-color demo --output demo --preset instant
venv/bin/python -c "import napari_oneshot_color as here; assert '$root' not in here.__file__"
cp "$root/scripts/open_widgets.py" .
if command -v xvfb-run >/dev/null; then
    xvfb-run -a venv/bin/python open_widgets.py
else
    venv/bin/python open_widgets.py
fi
