# Two commands do all the set-up: `make contract` runs the main job, `make test` passes the project's tests.

PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python -m

.PHONY: contract test lint benchmarks clean

contract: $(VENV)/installed
	$(RUN) pytest --pyargs pytest_threadcopy.contract --deployment-url embedded

test: $(VENV)/developed lint
	$(RUN) pytest -n 2 --dist loadfile

lint: $(VENV)/developed
	$(RUN) ruff format --check .
	$(RUN) ruff check .
	$(RUN) mypy

benchmarks: $(VENV)/developed
	$(RUN) benchmarks

$(VENV)/installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(RUN) pip install --quiet --upgrade pip
	$(RUN) pip install --quiet --editable ".[embedded]"
	touch $@

$(VENV)/developed: $(VENV)/installed
	$(RUN) pip install --quiet --group dev
	touch $@

clean:
	rm -rf $(VENV) build dist
