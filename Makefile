# Everything runs in a virtual environment of its own; Python 3.11 or newer and make are enough.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
LEADS  ?= 1500000
OUT    ?= runs/compare
RUN    ?= $(OUT)

.PHONY: compare test mock report clean

compare: $(BIN)/contactbench      ## every strategy at 1.5 million leads, mapped and proved
	$(BIN)/contactbench compare --leads $(LEADS) --out $(OUT)

test: $(BIN)/tox                  ## the test suite, in an environment that tox builds
	$(BIN)/tox run -e py

mock: $(BIN)/contactbench         ## a Genesys Cloud org on this machine
	$(BIN)/contactbench mock

report: $(BIN)/contactbench       ## draw a run's report again
	$(BIN)/contactbench report $(RUN)

$(BIN)/contactbench: $(BIN)/python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable '.[report,locust]'
	@touch $@

$(BIN)/tox: $(BIN)/python
	$(BIN)/python -m pip install --quiet 'tox==4.67.15'

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

clean:
	rm -rf $(VENV) .tox runs
