# make book       the book, in book/_build/html/index.html
# make test       ruff and pytest
# make fuzz       spoilt input to the commands, kills and races: 3 150 cases, about 25 minutes
# make formats    tests of audio formats, each compared with FFmpeg's own decoding; installs PyAV (104 MB) into .venv
# make cluster    tests of Ray on a cluster of three nodes on this machine; installs Ray (630 MB) into .venv
# make browser    tests of the built book in a browser: installs Playwright into .venv; the browser is Debian's chromium,
#                 or what `.venv/bin/playwright install chromium` fetches
# make pdf        the book as one PDF on A4, in book/_build/book.pdf; Chromium as for make browser
# make archive    code, records, book and checksums in one file, to deposit: build/ser_repro-VERSION.zip
# make links      whether links to other servers still lead somewhere
# make runtime    fetch what the page "Try it yourself" runs networks with; installing does it where there is a network
# make install    .venv alone
# make notebooks  bring notebooks/*.py and notebooks/*.ipynb into step
# make clean      remove what was built; make distclean removes .venv too
# PYTHON=python3.12 make book chooses the interpreter (3.11 to 3.13).

.DELETE_ON_ERROR:
.PHONY: book chapters html test fuzz formats cluster browser pdf archive links runtime notebooks clean distclean install

# The first interpreter that will do: a system's python3 is often older than its python3.11.
ifndef PYTHON
PYTHON := $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && echo $$p && break; done)
endif

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
EXTRAS := book,test
MADE := book/extra/try/made

# The kernel is that of .venv, whatever kernels the user has.
export JUPYTER_PREFER_ENV_PATH := 1
export PYDEVD_DISABLE_FILE_VALIDATION := 1

book: $(INSTALLED)
	@began=$$(date +%s) && \
	$(MAKE) --no-print-directory html && \
	echo "book/_build/html/index.html: chapters, pages and checks in $$(( $$(date +%s) - began )) s"

install: $(INSTALLED)

$(INSTALLED): pyproject.toml constraints.txt
	@[ -n "$(PYTHON)" ] || { echo "no Python 3.11 to 3.13 found: install one, or give PYTHON=/path/to/python"; exit 1; }
	@began=$$(date +%s) && \
	echo "installing into $(VENV) (several minutes the first time)" && \
	$(PYTHON) -m venv $(VENV) && \
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[$(EXTRAS)]' && \
	$(BIN)/python -m ipykernel install --sys-prefix --name python3 >/dev/null && \
	{ $(BIN)/python tools/try_it.py runtime || echo "the page 'Try it yourself' will say what it lacks"; } && \
	touch $@ && \
	echo "installed in $$(( $$(date +%s) - began )) s"

chapters: $(INSTALLED)
	@$(BIN)/python tools/chapters.py

runtime: $(INSTALLED)
	@$(BIN)/python tools/try_it.py runtime

html: chapters | $(INSTALLED)
	@touch book/*.md  # pages that show another page's numbers: Sphinx does not see those change
	@$(BIN)/jupyter-book build book -q -W -n --keep-going
	@$(BIN)/python tools/check_book.py

test: $(INSTALLED)
	@$(BIN)/ruff check .
	@$(BIN)/python -m pytest -q -n auto

# Not in `make test`: it takes too long for every change. One case again: .venv/bin/python tools/fuzz --only 1234
fuzz: $(INSTALLED)
	@$(BIN)/python tools/fuzz

# Without PyAV, `make test` leaves these comparisons out.
formats: $(INSTALLED)
	@$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[$(EXTRAS),formats]'
	@$(BIN)/python -m pytest -q tests/datasets/test_opening.py

# Tune only compares its ASHA with ours. Not on all cores: three nodes are at work already.
cluster: $(INSTALLED)
	@$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[$(EXTRAS),cluster]' 'ray[tune]'
	@$(BIN)/python -m pytest -q -m cluster

# One after the other: a browser takes all that two cores have.
browser: $(INSTALLED)
	@$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[$(EXTRAS),browser]'
	@$(BIN)/python -m pytest -q tests/browser

# On one page, so that links between chapters stay links.
pdf: chapters | $(INSTALLED)
	@$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[$(EXTRAS),browser]'
	@$(BIN)/jupyter-book build book -q --builder singlehtml --path-output book/_build/single
	@$(BIN)/python tools/pdf.py book/_build/single/_build/singlehtml/intro.html book/_build/book.pdf

archive: | $(INSTALLED)
	@$(BIN)/python tools/archive.py

links: chapters | $(INSTALLED)
	@$(BIN)/jupyter-book build book -q --builder linkcheck --path-output book/_build/links

notebooks: $(INSTALLED)
	@$(BIN)/jupytext --sync notebooks/*.py

clean:
	rm -rf book/_build book/chapters/*.ipynb $(MADE)/*.js $(MADE)/*.onnx $(MADE)/*.bin build .pytest_cache .ruff_cache .hypothesis
	find ser_repro tests tools -name __pycache__ -prune -exec rm -rf {} +

distclean: clean
	rm -rf $(VENV) *.egg-info
