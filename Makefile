# Each target works from a fresh clone with python3 and make. make VENV=folder keeps the environment
# elsewhere, make PYTHON=python3.12 makes it with another Python, ARGS="..." goes to test and bench.

PYTHON ?= python3
VENV ?= .venv
ARGS ?=

BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
SOURCES := pyproject.toml constraints.txt CMakeLists.txt src/ostinato/_version.py \
	$(wildcard native/include/*.h native/src/*.h native/src/*.cpp native/src/*/*.h)
NATIVE := $(wildcard native/*/*.h native/*/*.c native/*/*.cpp native/*/*/*.h)

# $(1) folder, $(2) options. Sanitizers multiply the code: unoptimised it compiles in a third of the time.
NATIVE_TESTS = \
	$(BIN)/cmake --fresh -S . -B $(1) -DOSTINATO_TESTS=ON -DOSTINATO_WERROR=ON $(2); \
	$(BIN)/cmake --build $(1) --parallel 2; \
	$(BIN)/ctest --test-dir $(1) --output-on-failure
UNOPTIMISED := -DCMAKE_BUILD_TYPE=None -DCMAKE_CXX_FLAGS=-O0

.PHONY: help demo test check fix bench docs
.DELETE_ON_ERROR:

help:
	@echo "make demo    train on bundled samples, print the results and where the report is"
	@echo "make test    run every test (ARGS='-k name' for some)"
	@echo "make check   format, lint, types, imports, pages, native build; changes nothing"
	@echo "make fix     mend format and lint where that can be done by a machine"
	@echo "make bench   run the benchmarks, an hour or so (ARGS='case' for one)"
	@echo "make docs    build the pages into build/docs"

demo: $(VENV)/.installed
	@set -e; for task in $$($(BIN)/python -c 'from ostinato.cli.tasks import by_verb; print(*by_verb())'); do \
	    echo "ostinato demo $$task"; $(BIN)/ostinato demo $$task; \
	done

test: $(VENV)/.installed-dev
	$(BIN)/python -m pytest $(ARGS)

check: $(VENV)/.installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/clang-format --dry-run --Werror $(NATIVE)
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q tests/test_house.py
	$(BIN)/sphinx-build -EW --keep-going -q -b dummy docs build/docs-check
	@if ! command -v c++ >/dev/null; then echo "make: no C++ compiler, so native/ is not checked"; else \
	    set -ex; \
	    $(call NATIVE_TESTS,build/check,-DCMAKE_BUILD_TYPE=Release); \
	    for sanitizer in address,undefined thread; do \
	        name=$${sanitizer%,undefined}; \
	        if ! echo 'int main() {}' | c++ -x c++ -fsanitize=$$sanitizer - -o /dev/null; then \
	            echo "make: this compiler has no -fsanitize=$$sanitizer, so that is not checked"; \
	        else \
	            $(call NATIVE_TESTS,build/check-$$name,$(UNOPTIMISED) -DOSTINATO_SANITIZE=$$sanitizer); \
	        fi; \
	    done; \
	fi

fix: $(VENV)/.installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/clang-format -i $(NATIVE)

bench: $(VENV)/.installed-dev
	$(BIN)/python -m benchmarks.run $(ARGS)

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
	$(INSTALL) -e '.[audio]'
	@touch $@

$(VENV)/.installed-dev: $(SOURCES) | $(BIN)/python
	@echo "make: installing into $(VENV); this takes some minutes the first time"
	$(INSTALL) -e '.[dev,docs]'
	@touch $@ $(VENV)/.installed
