# make demo   a directive's whole life in simulated time, as pages in demo/
# make test   everything CI runs: lint, types, tests
# make test-long   the tests of minutes: senders killed at 200 moments
# make pictures    the pictures of docs/, taken of the running pages
# make word-templates   the built-in Word templates of summaries
.DELETE_ON_ERROR:
.PHONY: prefect-yaml papers demo test test-long lint install install-dev catalog golden pictures word-templates bench bench-peers lock schema clean

PYTHON ?= python3
DIRECTIVE ?= 53/KH-UBND
OUT ?= demo
LIVES := 53-kh-ubnd 2664-kl-tu 1248-cv-tu 577-kh-ubnd kl-ky-luat-ky-cuong
BIN := .venv/bin
WORKERS ?= 2

demo: install
	$(BIN)/dondoc simulate "$(DIRECTIVE)" --out "$(OUT)"
	@echo "Open $(OUT)/index.html"

install: .venv/installed
install-dev: .venv/installed-dev

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/installed: requirements.lock pyproject.toml models/locale/vi/LC_MESSAGES/dondoc.po | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	$(BIN)/pybabel --quiet compile --domain dondoc --directory models/locale
	$(BIN)/python -m compileall -q models tasks flows deployments portal dondoc
	test -f .venv/prefect-empty.db || $(BIN)/python -m dondoc.prefect_server
	touch $@

.venv/installed-dev: .venv/installed requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-dev.lock
	touch $@

test: lint
	$(BIN)/python -m pytest -n $(WORKERS)

test-long: install-dev
	$(BIN)/python -m pytest -n $(WORKERS) -m long -rP

lint: install-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# what mails and summaries say, recorded anew in tests/golden: read the difference before it is committed
golden: install-dev
	DONDOC_RECORD_GOLDEN=1 $(BIN)/python -m pytest -n 0 tests/tasks/test_mail_golden.py tests/tasks/test_summary_content.py

# the Word files from which summaries are written, out of the pieces of a letter
word-templates: install
	$(BIN)/python -m tasks.word_shipped

# the papers of the five directives as docs/images/papers: their lives take minutes; look at each
papers: install-dev
	for name in $(LIVES); do $(BIN)/dondoc simulate $$name --out papers/$$name; done
	$(BIN)/python -m tests.browser.papers $(addprefix papers/,$(LIVES))

# the pictures of docs/, taken of the running pages with Debian's Chromium: look at each
pictures: install-dev
	$(BIN)/python -m tests.browser.pictures

bench: install-dev
	$(BIN)/python -m benchmarks.open_round
	$(BIN)/python -m benchmarks.due_now
	$(BIN)/python -m benchmarks.mail_delivery
	$(BIN)/python -m benchmarks.orchestration
	$(BIN)/python -m benchmarks.board
	$(BIN)/python -m benchmarks.aggregates
	$(BIN)/python -m benchmarks.papers
	$(BIN)/python -m benchmarks.copied_text
	$(BIN)/python -m benchmarks.reconcile
	$(BIN)/python -m benchmarks.deadline
	$(BIN)/python -m benchmarks.audit
	$(BIN)/python -m benchmarks.backup
	$(BIN)/python -m benchmarks.portal_load
	$(BIN)/python -m benchmarks.hostile_uploads

bench-peers: .venv-peers/installed

# what mail delivery is measured against; nothing of ours imports it
.venv-peers/installed: benchmarks/requirements-peers.lock
	$(PYTHON) -m venv .venv-peers
	.venv-peers/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r benchmarks/requirements-peers.lock
	touch $@

catalog: install-dev
	$(BIN)/pybabel --quiet extract --mapping babel.cfg --keywords "_ N_ vi ngettext:1,2 gettext" --sort-output --no-location --no-wrap --output .venv/dondoc.pot .
	$(BIN)/pybabel --quiet update --domain dondoc --input-file .venv/dondoc.pot --output-dir models/locale --locale vi --no-wrap --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date
	sed -i -E '/^"(Report-Msgid|POT-Creation|PO-Revision|Last-Translator|Language-Team|Generated-By)/d' models/locale/vi/LC_MESSAGES/dondoc.po

# the flows as deployments for workers, out of what is served
prefect-yaml: install
	$(BIN)/python -m deployments.prefect_yaml

schema: install
	$(BIN)/dondoc schema --output examples/directive.schema.json

lock: install-dev
	$(BIN)/uv pip compile --quiet --no-header --no-emit-index-url --no-emit-find-links --no-annotate --generate-hashes --python-version 3.11 pyproject.toml build-requirements.in --output-file requirements.lock
	$(BIN)/uv pip compile --quiet --no-header --no-emit-index-url --no-emit-find-links --no-annotate --generate-hashes --python-version 3.11 pyproject.toml build-requirements.in --extra dev --output-file requirements-dev.lock
	$(BIN)/uv pip compile --quiet --no-header --no-emit-index-url --no-emit-find-links --no-annotate --generate-hashes --python-version 3.11 --constraint requirements.lock benchmarks/requirements-peers.in --output-file benchmarks/requirements-peers.lock

clean:
	rm -rf .venv .venv-peers demo papers
