# make run | test | test-browser | pictures | lint | check | fix | bench | messages | lock
.PHONY: run bench test test-browser pictures lint check fix messages lock venv venv-dev
.DEFAULT_GOAL := run

BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest
CODE := accounts findings rectify manage.py conftest.py
EXACT := findings/workflow/*,findings/figures/*,findings/access.py,findings/dates.py,accounts/chain.py

venv:
	@scripts/bootstrap.sh

venv-dev:
	@scripts/bootstrap.sh dev

run: venv
	@$(BIN)/python manage.py up

test: venv-dev
	$(PYTEST) -n auto --dist load $(ARGS)

test-browser: venv-dev
	$(PYTEST) -m browser

pictures: venv-dev
	RECTIFY_PICTURES=$(CURDIR)/docs/pictures $(PYTEST) -m browser -rs findings/tests/browser/test_pictures.py

lint: venv-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	find templates accounts findings -name '*.html' | xargs -r $(BIN)/djhtml --tabwidth 2 --check
	$(BIN)/mypy $(CODE)
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py workflow_diagram --check
	$(BIN)/python manage.py check_translations

check: lint
	$(MAKE) test ARGS="--cov --cov-report="
	$(BIN)/coverage report --skip-covered
	$(BIN)/coverage report --include='$(EXACT)' --fail-under=100

fix: venv-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	find templates accounts findings -name '*.html' | xargs -r $(BIN)/djhtml --tabwidth 2
	$(BIN)/python manage.py workflow_diagram

bench: venv
	$(BIN)/python manage.py bench $(ARGS)

messages: venv-dev
	$(BIN)/python manage.py makemessages -l zh_Hans --no-wrap --no-obsolete --add-location file -i .venv -i data
	$(BIN)/python manage.py compilemessages -l zh_Hans -i .venv

lock: venv-dev
	$(BIN)/uv pip compile -q --universal --generate-hashes --python-version 3.11 requirements.in -o requirements.txt
	$(BIN)/uv pip compile -q --universal --generate-hashes --python-version 3.11 requirements-dev.in -o requirements-dev.txt
