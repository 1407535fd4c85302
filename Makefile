# Every target sets up by itself what it needs: Python 3.11 or newer and make are enough.

PYTHON ?= python3
VENV ?= .venv
DAGSTER_HOME ?= $(CURDIR)/.dagster

python = $(VENV)/bin/python
installed = $(VENV)/.installed
installed_spark = $(VENV)/.installed-spark
installed_postgres = $(VENV)/.installed-postgres
installed_parquet = $(VENV)/.installed-parquet
installed_boards = $(VENV)/.installed-boards
installed_browser = $(VENV)/.installed-browser
installed_metrics = $(VENV)/.installed-metrics

# Each is in pyproject.toml, and locked by itself in requirements-<extra>.lock.
extras = spark postgres parquet boards browser metrics

# Nobody is told that or how this project is used.
export DO_NOT_TRACK := 1
export DBT_SEND_ANONYMOUS_USAGE_STATS := false
export DAGSTER_DISABLE_TELEMETRY := yes

export DBT_PROFILES_DIR := $(CURDIR)
# Dagster starts `dbt` by its name.
export PATH := $(abspath $(VENV))/bin:$(PATH)

lock_options = --universal --python-version 3.11 --generate-hashes --no-strip-extras \
	--no-annotate --custom-compile-command "make lock"

# With all processors, which pip does not. Where PYTHONDONTWRITEBYTECODE is set, as in many containers,
# every start of dbt or Dagster would take seconds more. A package may hold files for another Python.
compile = $(python) -m compileall -qq -j 0 $(VENV)/lib || true

.DEFAULT_GOAL := help
.PHONY: help run test mutation test-spark test-spark-all bench-spark chaos chaos-spark dev lint demo explain rebuild land-again boards check-boards boards-browser bench templates spark postgres parquet lock docs metrics check-metrics clean

help: ## show this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1@/' \
		| awk -F@ '{ printf "%-23s%s\n", $$1, $$2 }'

run: $(installed) ## land, build, test and publish; makes demo data when nothing has arrived
	@$(python) -m orchestration.run

test: $(installed_boards) ## run the tests
	@$(python) -m pytest -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder $(ARGS)

mutation: $(installed) ## break every KPI model and see that the tests notice
	@$(python) -m tests.mutation

test-spark: $(installed_spark) ## build on Spark and compare every number with DuckDB; needs Java 17
	@$(python) -m pytest $(or $(ARGS),tests/spark/test_parity.py)

test-spark-all: $(installed_spark) ## the same with every test of dbt on Spark, and each source by itself
	@$(python) -m pytest tests/spark

bench-spark: $(installed_spark) ## measure the same build on DuckDB and on Spark: SCALES="200000 2000000"
	@$(python) -m tests.spark.sizing

chaos: $(installed) ## kill refreshes at random moments: N=60
	@$(python) -m tests.chaos

chaos-spark: $(installed_spark) ## kill a worker of a Spark cluster during a refresh: METHOD=thrift
	@$(python) -m tests.spark.chaos

dev: $(installed) ## open Dagster's web UI, with the daemon that starts refreshes
	@mkdir -p "$(DAGSTER_HOME)"
	@test -e "$(DAGSTER_HOME)/dagster.yaml" \
		|| ln -sf "$(CURDIR)/orchestration/dagster.yaml" "$(DAGSTER_HOME)/"
	@DAGSTER_HOME="$(DAGSTER_HOME)" $(VENV)/bin/dagster dev -m orchestration.definitions

lint: $(installed) ## check the style of Python and SQL
	@$(VENV)/bin/ruff check
	@$(VENV)/bin/ruff format --check
	@PYTHONWARNINGS=ignore:resource_tracker $(VENV)/bin/sqlfluff lint --processes 0 models tests/data

demo: $(installed) ## write demo exports: SCALE=200000 AS_OF=2026-09-30
	@$(python) -m orchestration.lib.demo_data \
		--folder "$${SALES_KPIS_LANDING:-landing}/crm" \
		$(if $(SCALE),--scale "$(SCALE)") $(if $(AS_OF),--as-of "$(AS_OF)")

# make exports what its command line sets, so the shell reads a slice's value whatever is in it.
explain: $(installed) ## show the records behind a number: KPI=win_rate_v2 GRAIN=month PERIOD=2026-03 SLICE=region:Benelux
	@: $(foreach name,KPI GRAIN PERIOD,$(if $($(name)),,$(error make explain needs $(name)=…; see make help)))
	@$(python) -m orchestration.explain --kpi "$$KPI" --grain "$$GRAIN" --period "$$PERIOD" \
		$(if $(SLICE),--slice "$$SLICE") $(if $(LIMIT),--limit "$$LIMIT")

rebuild: $(installed) ## make the numbers of a past night again: KNOWN_AT="2026-03-10 04:00:00" FILE=side.duckdb
	@: $(foreach name,KNOWN_AT FILE,$(if $($(name)),,$(error make rebuild needs $(name)=…; see make help)))
	@$(python) -m orchestration.rebuild --known-at "$$KNOWN_AT" --file "$$FILE"

# As with a slice, the shell reads the name of the file whatever is in it.
land-again: $(installed) ## land FILE=crm/leads_2026-03.csv again, or all files with rejected rows, after a fix
	@$(python) -m orchestration.land_again $(if $(FILE),--file="$$FILE")

boards: $(installed_boards) ## look at boards over what is published: PORT=8321 LISTEN=0.0.0.0
	@$(python) -m orchestration.boards serve \
		$(if $(PORT),--port "$(PORT)") $(if $(LISTEN),--listen "$(LISTEN)")

check-boards: $(installed_boards) ## see that every board can be drawn from what is published
	@$(python) -m orchestration.boards check

boards-browser: $(installed_browser) ## look at every board in Chromium: FILES="one.duckdb other.duckdb"
	@$(python) -m tests.boards.browser $(FILES)

bench: $(installed) ## measure a refresh: SCALES="200000 2000000"
	@$(python) -m tests.bench

templates: $(installed) ## write header-only export files to fill in
	@$(python) -m orchestration.templates

docs: $(installed) ## write a page about models, columns, owners and lineage
	@$(python) -m orchestration.docs

# As with a slice, the shell reads the question whatever is in it.
metrics: $(installed_metrics) ## ask for metrics: METRICS=revenue,win_rate BY=metric_time__month,region
	@$(python) -m orchestration.metrics $(if $(METRICS),--metrics "$$METRICS") \
		$(if $(BY),--by "$$BY") $(if $(WHERE),--where "$$WHERE")

check-metrics: $(installed_metrics) ## compare every metric with the table of its KPI
	@$(python) -m pytest tests/test_metric_layer.py $(ARGS)

spark: $(installed_spark) ## add what SALES_KPIS_TARGET=spark needs

postgres: $(installed_postgres) ## add what Dagster's runs, or each publish, in PostgreSQL need

parquet: $(installed_parquet) ## add what SALES_KPIS_PUBLISH_PARQUET needs

lock: $(installed) ## lock the newest versions that pyproject.toml allows
	@$(VENV)/bin/uv pip compile pyproject.toml --quiet --upgrade --extra dev $(lock_options) \
		--output-file requirements.lock
	@for extra in $(extras); do \
		$(VENV)/bin/uv pip compile pyproject.toml --quiet --upgrade --extra $$extra $(lock_options) \
			--constraint requirements.lock --output-file requirements-$$extra.lock \
			$$(sed -nE 's/^([a-z0-9._-]+)(\[.*\])?==.*/--no-emit-package \1/p' requirements.lock) \
			|| exit 1; \
	done

clean: ## delete what the next run makes again; never what has landed or is published
	@rm -rf target logs .pytest_cache .ruff_cache .hypothesis
	@rm -rf "$${SALES_KPIS_WAREHOUSE:-warehouse}/dbt" "$${SALES_KPIS_WAREHOUSE:-warehouse}/metrics"
	@rm -rf "$${SALES_KPIS_WAREHOUSE:-warehouse}"/build.duckdb*
	@find orchestration tests -name __pycache__ -type d -prune -exec rm -rf {} +

# The lock is complete, so nothing is resolved (--no-deps). A pip that reads the index's JSON needs
# a third of the time of older ones. An interrupted set-up starts again from nothing.
$(installed): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' \
		|| { echo "$(PYTHON) cannot make virtual environments: install its venv package" \
			"(on Debian and Ubuntu: python3-venv)." >&2; exit 1; }
	@echo "Setting up $(VENV) from requirements.lock: about a minute, once."
	@if [ -e $(VENV)/.unfinished ] || ! $(python) -m pip --version > /dev/null 2>&1; \
		then $(PYTHON) -m venv --clear $(VENV); fi
	@touch $(VENV)/.unfinished
	@$(python) -m pip install -qq --disable-pip-version-check pip==26.3
	@$(python) -m pip install -qq --no-compile --no-deps --require-hashes -r requirements.lock
	@$(compile)
	@mv $(VENV)/.unfinished $@

# Only what an optional extra needs on top of it; their locks are complete too. With Python 3.14, for
# which dbt Charts has no release, the lock of the boards has none, and what needs it says so.
$(VENV)/.installed-%: requirements-%.lock $(installed)
	@echo "Adding the extra '$*' to $(VENV)."
	@$(python) -m pip install -qq --no-compile --no-deps --require-hashes -r $<
	@$(compile)
	@touch $@

$(installed_browser): $(installed_boards)
$(installed_spark): | java

.PHONY: java
java:
	@command -v java > /dev/null || { echo "Spark needs Java 17: install a runtime." >&2; exit 1; }
