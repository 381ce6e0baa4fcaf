# Each target works from a fresh clone with python3 and make. make VENV=folder keeps the environment
# elsewhere, make PYTHON=python3.12 makes it with another Python, ARGS="..." goes to test and bench.

PYTHON ?= python3
VENV ?= .venv
ARGS ?=

BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
SOURCES := pyproject.toml constraints.txt CMakeLists.txt src/ostinato/_version.py \
	$(wildcard native/include/*.h native/src/*.h native/src/*.cpp native/src/*/*.h)

.PHONY: help demo test check fix bench docs
.DELETE_ON_ERROR:

help:
	@echo "make demo    train on bundled samples, print the results and where the report is"
	@echo "make test    run every test (ARGS='-k name' for some)"
	@echo "make check   format, lint, types, imports, native build; changes nothing"
	@echo "make fix     mend format and lint where that can be done by a machine"
	@echo "make bench   run the benchmarks, an hour or so (ARGS='case' for one)"
	@echo "make docs    build the pages into build/docs"

demo: $(VENV)/.installed
	$(BIN)/ostinato demo

test: $(VENV)/.installed-dev
	$(BIN)/python -m pytest $(ARGS)

check: $(VENV)/.installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q tests/test_house.py
	@if ! command -v c++ >/dev/null; then echo "make: no C++ compiler, so native/ is not checked"; else \
	    set -ex && \
	    $(BIN)/cmake --fresh -S . -B build/check -DOSTINATO_TESTS=ON -DOSTINATO_WERROR=ON && \
	    $(BIN)/cmake --build build/check && \
	    $(BIN)/ctest --test-dir build/check --output-on-failure; \
	fi

fix: $(VENV)/.installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.installed-dev
	$(BIN)/python benchmarks/run.py $(ARGS)

docs: $(VENV)/.installed-dev
	$(BIN)/sphinx-build -W --keep-going -q -b html docs build/docs
	@echo "make: the pages begin at build/docs/index.html"

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { \
	    echo "make: Python 3.10 or newer is needed; \"$(PYTHON)\" is older or missing." \
	        "Name another: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' || { \
	    echo "make: \"$(PYTHON)\" cannot make environments; on Debian or Ubuntu:" \
	        "apt install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(SOURCES) | $(BIN)/python
	@echo "make: installing into $(VENV); this takes some minutes the first time"
	$(INSTALL) -e .
	@touch $@

$(VENV)/.installed-dev: $(SOURCES) | $(BIN)/python
	@echo "make: installing into $(VENV); this takes some minutes the first time"
	$(INSTALL) -e '.[dev,docs]'
	@touch $@ $(VENV)/.installed
