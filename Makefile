# Leadlight: `make` lists the commands, `make demo` shows the product, `make test` checks it.
.DEFAULT_GOAL := help
SHELL := /bin/bash
BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder
# floor of the branch coverage of the fast tests, in percent
MIN_COVERAGE := 84

export MLFLOW_DISABLE_TELEMETRY := true
export DVC_NO_ANALYTICS := true
export UV_COMPILE_BYTECODE := 1
export UV_PYTHON_DOWNLOADS := never

.PHONY: help setup setup-spark setup-tests demo check test-fast test lint lock notebooks serve docs pictures bench-features bench-explaining bench-reading bench-damages bench-promises bench-quality bench-watch bench-worlds mlflow clean

help: ## list the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /|/' | awk -F'|' '{printf "  make %-12s %s\n", $$1, $$2}'

setup: ## create .venv from the locked requirements
	@./scripts/setup.sh && ./scripts/system_packages.sh

setup-spark: setup ## add Spark to .venv, for `--engine spark` (Java 17 or 21 must be there)
	@./scripts/setup.sh spark

setup-tests: setup-spark
	@./scripts/system_packages.sh tests

demo: setup ## simulate a CRM, train, register, score last night, show the top of the queue
	@./scripts/demo.sh

check: lint ## lint, types, rule and unit tests that need no trained model (a minute)
	@$(BIN)/python -m pytest -n 2 tests/rules tests/unit -m "not slow and not trained"

test-fast: lint ## check, and spec and fault tests on DuckDB (four minutes)
	@$(PYTEST) -m fast

test: setup-tests ## lint, type-check and run every test; COVERAGE=1 measures the branches that test-fast covers
	@$(MAKE) --no-print-directory lint
	@# in order of folders: what trains models comes first, so that no core waits for it at the end
	@$(if $(COVERAGE),$(PYTEST) -m fast --cov --cov-report term:skip-covered --cov-fail-under $(MIN_COVERAGE) &&) \
	$(PYTEST) $(if $(COVERAGE),-m "not fast")

lint: setup ## ruff, mypy and the layers of imports
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports --no-logo

serve: setup ## open the queue and the API on http://127.0.0.1:8000
	@$(BIN)/leadlight serve

notebooks: setup ## open the notebooks in JupyterLab, which the first time adds to .venv
	@./scripts/setup.sh notebooks
	@# no news, no look for a newer version, no list of extensions: nothing is fetched from a network
	@$(BIN)/python -m jupyterlab notebooks --LabApp.news_url=None --LabApp.extension_manager=readonly \
		--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate

mlflow: setup ## serve the runs and the registry of the demo, and print the addresses of their pages
	@$(BIN)/python scripts/serve_mlflow.py

docs: setup ## build the documentation site into site/; reading it needs no network
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict && echo "Open site/index.html."

pictures: setup ## take the pictures of README and documentation anew, after `make demo` (two minutes)
	@$(BIN)/python scripts/draw_architecture.py && $(BIN)/python scripts/make_pictures.py

lock: ## compile requirements/*.txt (needs uv)
	uv pip compile --universal --generate-hashes --python-version 3.11 pyproject.toml --extra dev --no-header --no-annotate --upgrade -o requirements/lock.txt
	uv pip compile --universal --generate-hashes --python-version 3.11 pyproject.toml --extra spark --no-header --no-annotate -c requirements/lock.txt | awk '/^[^ ]/ {keep = /^(pyspark|py4j)==/} keep' > requirements/spark.txt
	uv pip compile --universal --generate-hashes --python-version 3.11 pyproject.toml --extra notebooks --no-header --no-annotate -c requirements/lock.txt | awk -F'[=[]' 'FNR == NR {locked[$$1]; next} /^[^ ]/ {keep = !($$1 in locked)} keep' requirements/lock.txt - > requirements/notebooks.txt

bench-features: setup ## speed and memory of features, as ratios, into docs/benchmarks.md (some minutes)
	@$(BIN)/python benchmarks/feature_speed.py

bench-explaining: setup ## speed of explaining trees, against shap, into docs/benchmarks.md (two minutes)
	@$(BIN)/python benchmarks/explaining_speed.py

bench-reading: setup ## seconds and peak memory of reading 5 million activities, into docs/benchmarks.md (two minutes)
	@$(BIN)/python benchmarks/reading_memory.py

bench-damages: setup ## ten thousand random damages of small exports, into docs/benchmarks.md (12 minutes)
	@$(BIN)/python benchmarks/random_damages.py

bench-promises: setup ## whether grades and thresholds keep what they promise, into docs/promises.md (15 minutes)
	@$(BIN)/python benchmarks/promises.py

bench-quality: setup ## quality out of time against every rival and the truth, into docs/quality.md (20 minutes)
	@$(BIN)/python benchmarks/quality.py

bench-worlds: setup ## regret against the truth of simulated worlds, into docs/worlds.md (three hours or more)
	@$(BIN)/python benchmarks/world_regret.py $(if $(JUDGED),--judged) $(if $(FOLDER),--folder $(FOLDER))

bench-watch: setup ## alarms of watch on planted faults and undisturbed nights, into docs/watch.md (half an hour)
	@$(BIN)/python benchmarks/watch_alarms.py

clean: ## remove what runs have written (keeps .venv)
	rm -rf work data site
