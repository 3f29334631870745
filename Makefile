# Every target calls ordinary commands; the README shows those too.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
INSTALL ?= yes

.PHONY: help demo test suite coverage lint docs screenshots bench gpu dist clean

help:
	@echo "make demo    set up, colour the bundled motorcycle, open it in napari"
	@echo "make test    set up, then tests, lint, types, order of imports, manifest and documentation"
	@echo "make coverage    the tests again, with the lines that none of them runs (six minutes)"
	@echo "make suite   the tests only"
	@echo "make lint    lint, types, order of imports and manifest only"
	@echo "make docs    try the gallery's scripts, build the documentation into site/"
	@echo "make screenshots    take the documentation's pictures of the viewer anew"
	@echo "make bench   measure everything; writes the tables in docs/ (hours)"
	@echo "make gpu     test and measure what runs on a CUDA device (8 minutes); with"
	@echo "             PYTHON=python3 INSTALL=no in a Python that has all it needs"
	@echo "make dist    build the wheel and the source archive, and try the wheel"
	@echo "make clean   remove the environment and what was built"

demo: $(INSTALLED)
	$(BIN)/napari-oneshot-color demo --output demo-output --overwrite
	@if [ -n "$$DISPLAY$$WAYLAND_DISPLAY" ]; then \
		$(BIN)/napari demo-output/final.png \
			--with napari-oneshot-color "Colorize from example"; \
	else \
		echo "No display here: look at the pictures in demo-output/ instead of napari."; \
	fi

# lint and docs run beside the tests; a fault in any of them fails the target
test: $(INSTALLED)
	sh scripts/display_libraries.sh
	$(MAKE) --no-print-directory --jobs=2 suite lint docs

suite: $(INSTALLED)
	OMP_NUM_THREADS=1 $(BIN)/pytest --numprocesses logical --maxprocesses 4 --dist loadfile

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/npe2 validate napari_oneshot_color

coverage: $(INSTALLED)
	sh scripts/display_libraries.sh
	OMP_NUM_THREADS=1 $(BIN)/pytest --numprocesses logical --maxprocesses 4 --dist loadfile \
		--cov --cov-report=term

docs: $(INSTALLED)
	$(BIN)/python scripts/gallery.py --quick
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict

# with a cache of its own: how long runs took here on a busy day is not for the pictures
screenshots: $(INSTALLED)
	sh scripts/display_libraries.sh
	own=$$(mktemp -d) && XDG_CACHE_HOME="$$own" \
		xvfb-run -a -s "-screen 0 1400x1000x24" $(BIN)/python scripts/screenshots.py; \
	found=$$?; rm -rf "$$own"; exit $$found

bench: $(INSTALLED)
	$(BIN)/python -m benchmarks.speed
	$(BIN)/python -m benchmarks.quality
	$(BIN)/python -m benchmarks.choices
	$(BIN)/python -m benchmarks.stacks
	$(BIN)/python -m benchmarks.steering
	$(BIN)/python -m benchmarks.sources
	$(BIN)/python -m benchmarks.failures
	$(BIN)/python -m benchmarks.live
	$(BIN)/python -m benchmarks.sessions
	$(BIN)/python -m benchmarks.faults --minutes 10
	sh scripts/display_libraries.sh
	xvfb-run -a $(BIN)/python -m benchmarks.responsiveness

dist: $(INSTALLED)
	sh scripts/display_libraries.sh
	$(BIN)/pip install --quiet --constraint constraints.txt --editable ".[release]"
	sh scripts/dist.sh $(BIN)/python

ifeq ($(INSTALL),no)
gpu:
	PYTHONPATH=src:$$PYTHONPATH $(PYTHON) -m benchmarks.gpu $(ARGUMENTS)
else
gpu: $(INSTALLED)
	$(BIN)/python -m benchmarks.gpu $(ARGUMENTS)
endif

$(INSTALLED): pyproject.toml constraints.txt
	sh scripts/environment.sh $(PYTHON) $(VENV)
	$(BIN)/pip install --quiet --constraint constraints.txt --editable ".[test]"
	@touch $@

clean:
	rm -rf $(VENV) build dist site demo-output .mypy_cache .pytest_cache .ruff_cache .hypothesis
