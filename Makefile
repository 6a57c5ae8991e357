# Everything that one does with this repository; CI runs the same targets.
PYTHON ?= python3
# Where a shell forbids Python to keep what it has compiled, every service takes twice as long to start.
unexport PYTHONDONTWRITEBYTECODE

# Local packages, in no lock because a lock holds hashes: installed from their folders.
SERVICES := services/common services/charcnn services/sentiment services/reviews services/frontend services/learning
RUN := $(SERVICES) services/local
BENCHED := services/common services/charcnn services/sentiment
SCRAPING := services/common scraping
DEMO_SITE := scraping/demo_site
ALL := $(RUN) training scraping $(DEMO_SITE)
PYPROJECTS := pyproject.toml tests/pyproject.toml $(ALL:=/pyproject.toml)

# uv installs in seconds what takes pip a minute. Where it is missing, one is fetched and removed again.
UV := $(or $(shell command -v uv),.venv-uv/bin/uv)
INSTALLERS := k8s/images/installers.txt
# Its makers publish it there and nowhere in Python's index.
BIOME := npm exec --yes --package=@biomejs/biome@2.3.11 -- biome
# So does this: its makers publish a Go module.
ACTIONLINT := $(or $(shell command -v actionlint),go run github.com/rhysd/actionlint/cmd/actionlint@v1.7.12)
BENTOML ?= $(CURDIR)/.venv-test/bin/bentoml

.DEFAULT_GOAL := help
.PHONY: help run demo scrape-demo release-demo learn-demo test coverage bench lint lint-python lint-types lint-web lint-shell lint-yaml lint-images lint-workflows format lock version \
	train evaluate picture bento images model-image kind release ci e2e drills clean python browser data

##@ Use
help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} \
		/^[a-z0-9-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: .venv/installed ## Run Opine on this machine: http://127.0.0.1:8050
	@.venv/bin/python -m opine_local

scrape-demo: .venv/installed .venv-scraping/installed browser ## Read a demo site into the running Opine, or into one of its own
	@.venv/bin/python -m opine_local.scrape_demo --python .venv-scraping/bin/python

demo: .venv/installed ## Fill Opine with invented reviews, marked as such; ARGS=--remove takes exactly these away
	@.venv/bin/python -m opine_local.demo $(ARGS)

release-demo: .venv/installed ## Release a good and a bad model version, judged by simulated visitors, in three minutes
	@.venv/bin/python -m opine_local.release_demo --model services/sentiment/model

learn-demo: .venv-test/installed ## People take up new words and the model learns them from corrections, in minutes; ARGS="--plot picture.svg"
	@.venv-test/bin/python -m opine_local.learn_demo $(ARGS)

clean: ## Remove what was installed; the data in .local stay
	rm -rf .venv .venv-bench .venv-scraping .venv-test .venv-uv .venv-uv.partial .coverage* .mypy_cache .ruff_cache .pytest_cache .hypothesis

##@ Develop
test: lint browser ## Check the code and run all tests
	.venv-test/bin/pytest $(ON_ALL_CORES) $(ARGS)

coverage: lint browser ## The same, and show what no test runs; less than the floor in pyproject.toml fails
	.venv-test/bin/pytest $(ON_ALL_CORES) --cov= $(ARGS)

bench: .venv-bench/installed ## Compare the sentiment service with its peers, in minutes; ARGS=--help
	cd services/sentiment/bench && OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 ../../../.venv-bench/bin/python -m sentiment_bench $(ARGS)

ci: ## All that CI does, as root on Debian: it installs what is missing
	.ci/run

lint: lint-python lint-types lint-web lint-shell lint-yaml lint-images lint-workflows ## Check style and types

format: .venv-test/installed ## Format the code and repair what can be repaired
	.venv-test/bin/ruff format
	.venv-test/bin/ruff check --fix
	@if command -v npm >/dev/null; then $(BIOME) check --write; fi

lock: $(UV) ## Pin all dependencies with hashes; UPGRADE=--upgrade takes newer ones
	echo uv hatchling editables | tr ' ' '\n' | $(LOCK) - -o $(INSTALLERS)
	printf '%s\n' $(ALL:%=./%) | $(LOCK) tests/pyproject.toml - --group lint --group release -o tests/requirements.txt
	$(call lock_like_tests,services/sentiment,services/common services/charcnn services/sentiment)
	$(call lock_like_tests,services/sentiment,services/common services/charcnn[torch] services/sentiment,-cuda)
	printf '%s\n' $(BENCHED:%=./%) | $(LOCK) services/sentiment/bench/requirements.in - -c tests/requirements.txt -o services/sentiment/bench/requirements.txt
	$(call lock_like_tests,services/reviews,services/common services/charcnn services/reviews)
	$(call lock_like_tests,services/frontend,services/common services/frontend)
	$(call lock_like_tests,services/learning,services/common services/learning[kubernetes])
	$(call lock_like_tests,services/local,$(RUN))
	$(call lock_like_tests,training,services/charcnn training)
	$(call lock_like_tests,scraping,$(SCRAPING))

version: ## Give every part a new version: VERSION=0.2.0
	@echo "$(VERSION)" | grep -Eqx '[0-9]+\.[0-9]+\.[0-9]+' || { echo "Say which, such as make version VERSION=0.2.0" >&2; exit 1; }
	@sed -i.before -E -e 's/^[0-9]+\.[0-9]+\.[0-9]+$$/$(VERSION)/' -e 's/^((app)?[vV]ersion( =|:) "?)[0-9.]+/\1$(VERSION)/' \
		-e 's/^(# The chart `opine`, ).*/\1$(VERSION)/' -e 's/(tag: )[0-9.]+(-cuda)/\1$(VERSION)\2/' $(VERSIONED)
	@rm $(VERSIONED:=.before)

##@ Deploy
bento: .venv-test/installed $(UV) ## Package the sentiment service as a Bento, for `bentoml serve` and `containerize`
	rm -rf services/sentiment/wheels
	$(UV) build --quiet --wheel --build-constraints $(INSTALLERS) --out-dir services/sentiment/wheels services/common
	$(UV) build --quiet --wheel --build-constraints $(INSTALLERS) --out-dir services/sentiment/wheels services/charcnn
	cd services/sentiment && $(BENTOML) build

images: ## Build the container images; VARIANT=cuda for GPUs, COMPONENT=training for one
	k8s/images/build $(VARIANT:%=--variant %) $(COMPONENT)

kind: ## Opine on a kind cluster on this machine: http://127.0.0.1:8050; ARGS=--help, and k8s/kind/down takes it away
	k8s/kind/up $(ARGS)

release: .venv-test/installed ## Publish images, model and chart: VERSION=0.2.0 REGISTRY=ghcr.io/you; ARGS=--help says more
	@test -n "$(REGISTRY)" || { echo "Say where to, such as make release VERSION=0.2.0 REGISTRY=ghcr.io/you" >&2; exit 1; }
	@$(MAKE) --silent version
	@.venv-test/bin/python k8s/release.py --registry "$(REGISTRY)" $(ARGS)

model-image: ## Push an image of a model, for sentiment.model.image: MODEL=folder IMAGE=registry.example.org/opine/model:1
	@test -n "$(MODEL)" -a -n "$(IMAGE)" || { echo "Say which and where to, such as make model-image" \
		"MODEL=services/sentiment/model IMAGE=registry.example.org/opine/model:1" >&2; exit 1; }
	@k8s/images/model "$(MODEL)" "$(IMAGE)"

e2e: .venv-test/installed browser ## Install on a cluster (KUBECONFIG, or the one beside this repository) and use it
	@if [ -z "$$KUBECONFIG" ] && [ -x ../shared/cluster/cluster ]; then ../shared/cluster/cluster up >/dev/null; fi
	k8s/images/build
	.venv-test/bin/pytest tests/images tests/cluster -m "not drill" $(ARGS)

drills: .venv-test/installed ## Break what can break, on a cluster and under load; the chart's README says what was seen
	.venv-test/bin/pytest tests/cluster -m drill --record $(ARGS); seen=$$?; .venv-test/bin/python charts/document.py; exit $$seen

##@ Model
train: data .venv-test/installed ## Train a model: DATA=a CSV file or a folder of them
	.venv-test/bin/python -m opine_training train --data "$(DATA)" $(ARGS)

evaluate: data .venv-test/installed ## Score the shipped model, as JSON: DATA=a CSV file or a folder of them
	@.venv-test/bin/python -m opine_training evaluate --data "$(DATA)" $(ARGS)

picture: .venv-test/installed browser ## Take the README's picture, while make run runs
	.venv-test/bin/python -m tests.browser.picture

# --- how

# A file's tests stay together, for what they share; in the order of the folders, whose long ones come first.
# tests/conftest.py says how many workers that are.
ON_ALL_CORES := --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

lint-python: .venv-test/installed
	.venv-test/bin/ruff check
	.venv-test/bin/ruff format --check

lint-types: .venv-test/installed
	.venv-test/bin/mypy $(ALL:=/src)
	.venv-test/bin/mypy charts/document.py charts/opine/files charts/dashboards k8s/release.py
	MYPYPATH=services/reviews/bench:services/sentiment/bench .venv-test/bin/mypy services/*/bench scraping/bench
	MYPYPATH=services/sentiment/bench .venv-test/bin/mypy --explicit-package-bases tests

lint-web:
	@if command -v npm >/dev/null; then $(BIOME) check --error-on-warnings; \
		else echo "There is no npm, which brings Biome: JavaScript and CSS are left out." >&2; fi

lint-shell: .venv-test/installed
	$(call if_there,shellcheck,$$(git grep --untracked -lE '^#!.*[/ ](ba)?sh$$'))

lint-yaml: .venv-test/installed
	.venv-test/bin/yamllint --strict .

lint-images: .venv-test/installed
	$(call if_there,hadolint,$(wildcard */Dockerfile */*/Dockerfile))

lint-workflows: .venv-test/installed
	@if command -v $(firstword $(ACTIONLINT)) >/dev/null; then PATH="$(CURDIR)/.venv-test/bin:$$PATH" $(ACTIONLINT); \
		else echo "There is no Go, which brings actionlint: the workflows are left out." >&2; fi

# Two linters are binaries in wheels, which not every machine has.
define if_there
	@if [ -x .venv-test/bin/$(1) ]; then .venv-test/bin/$(1) $(2); else echo "There is no $(1) for this machine: left out." >&2; fi
endef

# VERSION is the place; the others are files of tools that look nowhere else.
VERSIONED := VERSION $(ALL:=/pyproject.toml) charts/opine/Chart.yaml charts/opine/README.md charts/opine/ci/gpu-values.yaml

LOCAL_NAMES := charcnn opine-common opine-sentiment opine-reviews opine-frontend opine-learning opine-local opine-training opine-scraping opine-demo-site
LOCK = $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate \
	--no-header $(UPGRADE) $(LOCAL_NAMES:%=--no-emit-package %)
# A folder's lock with the versions that the tests run with.
lock_like_tests = printf '%s\n' $(2:%=./%) | $(LOCK) - -c tests/requirements.txt -o $(1)/requirements$(3).txt

# uv is no prerequisite: it would be fetched again at each run after it is removed.
# The stamp is written last: an install that was cut off is done again from nothing.
define install
	@echo "Installing into $(1) ..." >&2
	@$(MAKE) --silent $(UV)
	@rm -rf $(1)
	@$(UV) venv --quiet --python "$$(command -v $(PYTHON))" $(1)
	@$(UV) pip install --quiet --python $(1)/bin/python --no-build --require-hashes -r $(2)
	@$(UV) pip install --quiet --python $(1)/bin/python --no-deps --build-constraints $(INSTALLERS) $(3:%=-e %)
	@rm -rf .venv-uv
	@touch $@
endef

.venv/installed: services/local/requirements.txt $(INSTALLERS) $(RUN:=/pyproject.toml) | python
	$(call install,.venv,$<,$(RUN))

.venv-scraping/installed: scraping/requirements.txt $(INSTALLERS) $(addsuffix /pyproject.toml,$(SCRAPING) $(DEMO_SITE)) | python
	$(call install,.venv-scraping,$<,$(SCRAPING) $(DEMO_SITE))

.venv-bench/installed: services/sentiment/bench/requirements.txt $(INSTALLERS) $(BENCHED:=/pyproject.toml) | python
	$(call install,.venv-bench,$<,$(BENCHED))

.venv-test/installed: tests/requirements.txt $(INSTALLERS) $(PYPROJECTS) | python
	$(call install,.venv-test,$<,$(ALL))

.venv-uv/bin/uv: | python
	@rm -rf .venv-uv .venv-uv.partial
	@$(PYTHON) -m venv .venv-uv.partial || { echo "$(PYTHON) cannot make a virtual environment: install its venv module" \
		"(Debian, Ubuntu: apt-get install python3-venv)." >&2; rm -rf .venv-uv.partial; exit 1; }
	@.venv-uv.partial/bin/pip install --quiet --disable-pip-version-check --require-hashes -r $(INSTALLERS)
	@mv .venv-uv.partial .venv-uv

python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { echo "Opine needs Python 3.11 or" \
		"newer and $(PYTHON) is not: name one, such as make run PYTHON=python3.12" >&2; exit 1; }

browser:
	@command -v chromium >/dev/null && command -v chromedriver >/dev/null || { echo "Chromium is needed, and" \
		"its driver (Debian, Ubuntu: apt-get install chromium chromium-driver)." >&2; exit 1; }

data:
	@test -n "$(DATA)" || { echo "Say what with, such as make $(MAKECMDGOALS) DATA=folder-of-csv-files" >&2; exit 1; }
