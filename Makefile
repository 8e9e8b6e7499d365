PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STACK ?= dev
OUT ?= .
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: up test e2e lab lab-down demo bench bench-lab lock schema docs clean
.DEFAULT_GOAL := up

up: $(VENV)/.run ## make the environment and run the main job on one stack (STACK=dev)
	@$(BIN)/python -m mcwan.up --stack $(STACK)

test: $(VENV)/.dev ## everything that needs only Python
	@bin/check

e2e: $(VENV)/.dev ## the stories on real clusters, gateways and tunnels; needs root
	@$(BIN)/python -m pytest tests/e2e -m lab --durations=5

lab: $(VENV)/.run ## bring the lab up and leave it there (MCWAN_LAB=lab is its name); needs root
	@$(BIN)/python -m lab.up

lab-down: $(VENV)/.run ## take it down, whatever state it is in
	@$(BIN)/python -m lab.down

demo: $(VENV)/.dev ## tell the stories on the lab, draw what was measured (OUT=. is where demo.svg goes); needs root, dot
	@$(BIN)/python -m lab.demo "$(OUT)"

bench: $(VENV)/.dev ## time, memory, objects and Pulumi resources per export
	@$(BIN)/python -m bench

bench-lab: $(VENV)/.run ## the gateways' throughput, latency and memory on a lab; needs root and wrk; fails below its bars
	@$(BIN)/python -m lab.bench; first=$$?; $(BIN)/python -m lab.bench_faults; second=$$?; \
		$(BIN)/python -m lab.bench_facts && exit $$((first | second))

lock: ## pin every dependency with its hashes; needs uv
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header pyproject.toml -o requirements.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header requirements-lab.in -o requirements-lab.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header pyproject.toml --group dev -c requirements.txt -o requirements-dev.txt

schema docs: $(VENV)/.dev ## write the generated files: the schemas, the reference, a page per rule
	@$(BIN)/python -m mcwan.cli.main schema --out schemas/stack.schema.json
	@$(BIN)/python -m mcwan.cli.main schema --sdwan --out schemas/sdwan.schema.json
	@$(BIN)/python -m mcwan.cli.main reference --out docs/reference.md
	@mkdir -p docs/rules
	@$(BIN)/python -m mcwan.cli.main reference --rules --out docs/rules

clean: ## remove what the commands above made, not what was deployed
	rm -rf $(VENV) rendered .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(VENV)/.run: requirements.txt pyproject.toml
	@bin/venv $(PYTHON) $(VENV) requirements.txt
	@touch $@

$(VENV)/.dev: requirements-dev.txt pyproject.toml
	@bin/venv $(PYTHON) $(VENV) requirements-dev.txt
	@touch $@ $(VENV)/.run
