# make run     set up what is missing, start everything on 127.0.0.1:8000
# make test    all tests, browser journeys included
# make check   format, lint, types, walls between rooms, migrations, generated documents
.DEFAULT_GOAL := run
.PHONY: run setup setup-dev demo test check bench format clean

# The first Python that is new enough; `make PYTHON=…` names another. An old one says so itself.
NEW_ENOUGH := 'import sys; sys.exit(sys.version_info < (3, 11))'
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c $(NEW_ENOUGH) >/dev/null 2>&1 && command -v $$p && exit; done; command -v python3)
PORT ?= 8000
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all:

run: setup
	@exec $(BIN)/xueji run --port $(PORT)

setup: .venv/.installed node_modules/.installed

setup-dev: .venv/.installed-dev node_modules/.installed

demo: setup
	@$(BIN)/xueji demo

bench: setup
	@$(BIN)/xueji bench roster

.venv/.made: scripts/preflight.py scripts/launcher.py
	@test -n "$(PYTHON)" || { echo "需要 Python 3.11 或更高版本。 Python 3.11 or newer is needed."; exit 2; }
	@$(PYTHON) scripts/preflight.py
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python scripts/launcher.py
	@touch $@

# Whoever has the tools of development has everything else, too.
.venv/.installed: .venv/.made requirements/base.txt
	@echo "正在安装程序包…… Installing packages …"
	@$(PIP) -r requirements/base.txt
	@touch $@

.venv/.installed-dev: .venv/.made requirements/dev.txt
	@echo "正在安装开发用程序包…… Installing the packages for development …"
	@$(PIP) -r requirements/dev.txt
	@touch $@ .venv/.installed

node_modules/.installed: .venv/.made package.json package-lock.json
	@echo "正在安装前端文件…… Installing front-end packages …"
	@sh scripts/node_packages.sh
	@touch $@

test: setup-dev
	@sh scripts/chromium.sh
	@# In the order of the folders: a file of few, long tests must not come last.
	@$(BIN)/python -m pytest -n logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder $(PYTEST)

check: setup-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy xueji
	$(BIN)/lint-imports
	$(BIN)/xueji makemigrations --check --dry-run
	$(BIN)/python scripts/generated.py --check

format: setup-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/python scripts/generated.py

clean:
	rm -rf .venv node_modules
