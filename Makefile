# make demo: set up, fit digits, clean a page, show both  make test: set up, run the tests but for the slow ones
# make lint: formatting, style, types                      make test-slow: thousands of broken files, killed runs, memory
# make bench-quick: the speeds on a small setting          make bench: the figures in docs/notes/benchmarks.md and README.md
#                                                          (make bench ADBENCH=folder FASHION=folder ONLY="tables peers")
# All but make demo need PyTorch. On Linux pip takes its build with CUDA, gigabytes larger, unless it is given another index:
#     PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu make test

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
BENCH := .venv-bench
PIP := -m pip install --quiet --disable-pip-version-check -c constraints.txt
INSTALL := $(BIN)/python $(PIP)
# Only one make at a time sets up; without flock (macOS) do not start two at once on a fresh clone.
LOCK := $(shell command -v flock >/dev/null 2>&1 && echo flock .venv.lock)

.PHONY: demo test test-slow lint bench bench-quick clean

demo: $(VENV)/.installed
	$(BIN)/python demo/digits.py build/demo
	$(BIN)/python demo/page.py build/demo

test: $(VENV)/.installed-dev
	$(BIN)/python -m pytest

test-slow: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -m slow

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(BENCH)/.installed
	$(BENCH)/bin/python -m benchmarks.run $(if $(ADBENCH),--adbench $(ADBENCH)) $(if $(FASHION),--fashion $(FASHION)) \
		$(if $(ONLY),--only $(ONLY))

bench-quick: $(BENCH)/.installed
	$(BENCH)/bin/python -m benchmarks.speeds $(FASHION) --quick

clean:
	rm -rf $(VENV) $(BENCH) .venv.lock build

# A stamp is touched when everything before it has worked; whoever waited for the lock looks at it again.
$(VENV)/.installed: pyproject.toml constraints.txt
	$(LOCK) sh -ec 'test $@ -nt pyproject.toml && test $@ -nt constraints.txt && exit; \
		$(PYTHON) -m venv $(VENV); $(INSTALL) -e ".[report,pages]"; touch $@'

$(VENV)/.installed-dev: $(VENV)/.installed
	$(LOCK) sh -ec 'test $@ -nt $< && exit; $(INSTALL) -e ".[test,lint]"; touch $@'

# The libraries that the benchmarks compare with are kept from those that the tests run with.
$(BENCH)/.installed: pyproject.toml constraints.txt benchmarks/peers.txt
	$(LOCK) sh -ec 'test $@ -nt pyproject.toml && test $@ -nt constraints.txt && test $@ -nt benchmarks/peers.txt && exit; \
		$(PYTHON) -m venv $(BENCH); $(BENCH)/bin/python $(PIP) -e ".[images,onnx,pages,tune]" -r benchmarks/peers.txt; touch $@'
