# The portal's commands. `make run` needs Python 3.11 or newer with venv, and make; nothing else.
PYTHON ?= python3
PY = .venv/bin/python
SIZE ?= s
.PHONY: run test test-long check bench bootstrap bootstrap-dev

run: bootstrap
	@exec $(PY) -m portal.supervisor

bootstrap:
	@$(PYTHON) -m portal.supervisor.bootstrap

bootstrap-dev:
	@$(PYTHON) -m portal.supervisor.bootstrap dev

test: bootstrap-dev
	@$(PY) -m pytest -q

test-long: bootstrap-dev
	@$(PY) -m pytest -q -m "long or not long"

check: bootstrap-dev
	@$(PY) -m portal.supervisor.check

bench: bootstrap-dev
	@$(PY) -m bench --size $(SIZE)
