# Makes a virtual environment in .venv, and runs commands in it. `make` without a target lists the targets.

PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python -m
# Aegra needs a Python 3.12 or later and PostgreSQL: `make deployments` runs it.
AEGRA := tests/servers/deployments/test_deployments.py::test_the_contract_ends_as_recorded[aegra]
export PYTHON K

.PHONY: help contract quick style types unit test test-one format lint deployments nightly benchmarks clean
.PHONY: contract-needs test-needs deployments-needs

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' Makefile | while IFS='|' read -r name does; do printf '%-12s %s\n' "$$name" "$$does"; done

contract: $(VENV)/installed ## test the real LangGraph server, started for the run; needs only Python
	$(RUN) pytest --pyargs pytest_threadcopy.contract --deployment-url embedded

quick: $(VENV)/developed ## check format, style and types, and run the unit tests: less than a minute
	$(MAKE) --no-print-directory --jobs 2 $(filter --output-sync,$(.FEATURES:%=--%)) types style unit

test: test-needs $(VENV)/developed lint ## run all tests, on real servers; installs the programs that it needs, or names them
	@echo "make test does not run the contract on Aegra: make deployments does."
	$(RUN) pytest -n 2 --dist loadfile --deselect '$(AEGRA)'

test-one: $(VENV)/developed ## run the tests that K picks, in one process: make test-one K=journal
	$(if $(K),,$(error name the tests: make test-one K=journal))
	$(RUN) pytest -k "$(K)"

format: $(VENV)/developed ## format the code
	$(RUN) ruff check --fix --exit-zero --quiet .
	$(RUN) ruff format .

lint: style types ## check format, style and types

style: $(VENV)/developed
	$(RUN) ruff format --check .
	$(RUN) ruff check .

types: $(VENV)/developed
	$(RUN) mypy

unit: $(VENV)/developed
	$(RUN) pytest -q -n 2 --hypothesis-profile quick tests/unit

deployments: deployments-needs $(VENV)/developed ## run the contract on each real deployment, or on those that K picks
	$(RUN) pytest $(if $(K),-k "$(K)") tests/servers/deployments/test_deployments.py

nightly: deployments-needs test deployments ## all tests, each Python, old servers and versions, the wheel, all faults; takes hours
	$(RUN) pytest -q -n 2 --hypothesis-profile nightly tests/unit
	bash .ci/wheel
	bash .ci/oldest
	bash .ci/pythons
	$(RUN) tests.lab.faults
	$(RUN) tests.lab.deployments.old_servers

benchmarks: $(VENV)/developed ## measure the time and memory of the plugin
	$(RUN) benchmarks

contract-needs test-needs deployments-needs:
	@bash .ci/system $(@:-needs=)

# With --jobs, the longest check comes first, and it names all that is missing in one message.
contract-needs: | $(if $(filter test,$(MAKECMDGOALS)),test-needs) $(if $(filter deployments nightly,$(MAKECMDGOALS)),deployments-needs)
test-needs: | $(if $(filter deployments nightly,$(MAKECMDGOALS)),deployments-needs)

$(VENV)/installed: pyproject.toml | contract-needs
	$(PYTHON) -m venv $(VENV)
	$(RUN) pip install --quiet --upgrade pip
	$(RUN) pip install --quiet --editable ".[embedded]"
	touch $@

$(VENV)/developed: $(VENV)/installed
	$(RUN) pip install --quiet --group dev
	touch $@

clean: ## remove the environment and the built files
	rm -rf $(VENV) build dist
