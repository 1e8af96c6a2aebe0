# Everything runs in a virtual environment of its own; Python 3.11 or newer and make are enough.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
LEADS  ?= 1500000
OUT    ?= runs/compare
RUN    ?= $(OUT)

.PHONY: help install compare test mock report clean

help:                             ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-9s %s\n", $$1, $$2}' Makefile
	@echo
	@echo 'LEADS=20000 makes compare smaller; OUT=runs/other puts it elsewhere, and RUN=runs/other is what report draws.'

install: $(BIN)/contactbench      ## contactbench and Locust, into .venv

compare: $(BIN)/contactbench      ## every strategy at 1.5 million leads, mapped and proved
	$(BIN)/contactbench compare --leads $(LEADS) --out $(OUT)

test: $(BIN)/tox                  ## the test suite, in an environment that tox builds
	$(BIN)/tox run -e py

mock: $(BIN)/contactbench         ## a Genesys Cloud org on this machine
	$(BIN)/contactbench mock

report: $(BIN)/contactbench       ## draw a run's report again
	$(BIN)/contactbench report $(RUN)

clean:                            ## remove .venv, .tox and runs
	rm -rf $(VENV) .tox runs

$(BIN)/contactbench: $(BIN)/python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable '.[report,locust,xlsx]'
	@touch $@

$(BIN)/tox: $(BIN)/python
	$(BIN)/python -m pip install --quiet 'tox==4.67.15'

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)
