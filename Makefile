# The commands of this project; `make help` lists them.
SHELL := bash
PY := .venv/bin/python

.PHONY: help setup run test quick check audit bench clean

help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*##/\t/' | expand -t 10

setup: ## make both environments and the trained model (quick when nothing changed)
	@scripts/setup.sh

run: setup ## start everything; prints the chat and console addresses; Ctrl-C stops it
	@.venv/bin/intake run

check: setup ## format, lint, types, import direction, Rasa data
	@.venv/bin/ruff format --check .
	@.venv/bin/ruff check .
	@.venv/bin/mypy
	@.venv/bin/mypy --python-executable .venv-engine/bin/python --config-file requirements/mypy-engine.ini --cache-dir .mypy_cache/engine
	@.venv/bin/lint-imports --no-cache
	@scripts/validate-data.sh

test: setup check ## every check and every test, the Rasa ones too
	@.venv/bin/pytest -m "not engine and not browser and not ocr" -n 2 --dist loadfile
	@.venv/bin/pytest -m "engine or browser or ocr" -n 2 --dist loadfile

quick: setup ## the tests that need neither the engine, a browser nor Tesseract
	@.venv/bin/pytest -m "not engine and not browser and not ocr" -n 2 --dist loadfile

audit: setup ## our code and our libraries: static check, known weaknesses, licences, SBOM in var/sbom
	@scripts/checks.sh

bench: setup ## the benchmarks' short version; writes benchmarks/results.json
	@$(PY) -m benchmarks

clean: ## remove environments, models and run-time data
	rm -rf .venv .venv-engine .venv-setup .venv-checks models var .mypy_cache .ruff_cache .pytest_cache
