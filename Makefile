# The verbs of the project. `make help` lists them; `make demo` and `make test` need a Swift
# toolchain on PATH and nothing else: what Debian packages are missing they install.
#
# The shipped program lies in .build (static Swift runtime: it starts faster and runs on machines
# without a toolchain); the tests lie in .build/tests, because Swift's Testing library comes for
# the dynamic runtime alone and sharing one folder would compile everything anew at each change.

SHELL := /bin/sh
.DEFAULT_GOAL := help

# Nobody needs these to build, test or use Mos.
SITE_PACKAGES := mkdocs mkdocs-material python3-pygments chromium python3-websocket
RELEASE_PACKAGES := help2man dpkg-dev debootstrap
# What shows that the files of `editors` are right; Emacs is looked at where it is installed, as CI has it.
EDITOR_PACKAGES := python3-venv vim
# What starts and connects the ranks of a program; nobody else needs it.
MPI_PACKAGES := libopenmpi-dev openmpi-bin
EDITOR_PYTHON := .build/environments/editors/bin/python
NOTEBOOK_PYTHON := .build/environments/notebooks/bin/python
PACKAGES := libreadline-dev libopenblas-dev liblapacke-dev zlib1g-dev libpng-dev
# A device for the tests, driven by OpenCL: the processor.
DEVICE_PACKAGES := ocl-icd-libopencl1 pocl-opencl-icd
MOS := .build/release/mos
LIBRARIES := Mos MetaOptimization Tensors Autodiff Optimizers Solvers ZeroOrder
TEST_FLAGS := -c release --scratch-path .build/tests
# Swift's compiler knows no sanitizer of undefined behaviour on Linux and traps on overflow by itself,
# so that C alone is checked for it; the address sanitizer brings what that needs at run time. Leaks
# are not looked for: Swift marks the cases of enums in the unused bits of references, and what such
# a case holds is taken for lost. Scripts and the command line run in other processes.
SANITIZED := -c release --skip 'ScriptTests|CLITests'
SWIFT_SOURCES := Package.swift Sources Tests Benchmarks examples
# A package of its own needs a build of its own: another root in the tests' folder finds their plan there, and not
# its own product. In debug all of it takes 80 s of processor time.
HOST := -c debug --package-path examples/embedding --scratch-path .build/embedding

## demo: build, and run the tutorial's main example
demo: build
	$(MOS) examples/meta_optimizer.mos

## build: build the release binary, .build/release/mos
build: packages
	swift build -c release --static-swift-stdlib --product mos

## mpi: build the library by which ranks speak MPI, .build/mpi/libmos_mpi.so
mpi: .build/mpi/libmos_mpi.so

MPI_CFLAGS := -std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -Werror -fPIC -fvisibility=hidden -shared

.build/mpi/libmos_mpi.so: MPI/mos_mpi.c Sources/CMPI/mos_mpi.h
	@.ci/packages $(MPI_PACKAGES)
	@mkdir -p $(@D)
	mpicc $(MPI_CFLAGS) -o $@ $<

## test: lint, all Swift tests, golden scripts, examples, guides, their form, an editor, notebooks, programs on ranks,
##       a host, short fixed fuzz runs
test: packages lint editor-tools notebook-tools mpi
	@.ci/packages $(DEVICE_PACKAGES)
	swift test $(TEST_FLAGS) $(if $(FILTER),--filter $(FILTER))
	.build/tests/release/mos fmt --check examples stdlib
	$(EDITOR_PYTHON) Tests/LanguageServer/check.py .build/tests/release/mos .
	$(EDITOR_PYTHON) Tests/LanguageServer/client.py .build/tests/release/mos .
	$(NOTEBOOK_PYTHON) Tests/Notebooks/check.py .build/tests/release/mos
	$(NOTEBOOK_PYTHON) Tests/Notebooks/notebooks.py .build/tests/release/mos
	$(EDITOR_PYTHON) Tests/Ranks/check.py .build/tests/release/mos .build/mpi/libmos_mpi.so
	swift run $(HOST) | diff -u examples/embedding/expected.txt -
	.build/tests/release/Fuzz --count 3000 --seed 1
	.build/tests/release/Fuzz --snapshots --count 3000 --seed 1
	.build/tests/release/Fuzz --sweep --count 3000
	.build/tests/release/Fuzz --hostile --count 200 --seed 1
	.build/tests/release/Fuzz --compiled --count 1500 --seed 1

## sanitize: run the Swift tests under the address, undefined-behaviour and thread sanitizers
sanitize: packages
	ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 \
	  swift test $(SANITIZED) --scratch-path .build/address \
	  --sanitize=address -Xcc -fsanitize=undefined
	TSAN_OPTIONS=suppressions=.ci/thread-sanitizer swift test $(SANITIZED) \
	  --scratch-path .build/thread --sanitize=thread -Xcc -DMOS_THREAD_SANITIZER

## lint: check the style of our Swift sources
lint:
	swift format lint --strict --parallel --recursive $(SWIFT_SOURCES)

## format: rewrite our Swift sources in the project's style
format:
	swift format --in-place --parallel --recursive $(SWIFT_SOURCES)

## accept: rewrite the expectations in the golden scripts' margins, the answers to mistakes in pages and the
##         picture of a session from what happens now
accept: packages
	MOS_ACCEPT=1 swift test $(TEST_FLAGS) --filter 'ScriptTests|are drawn as they look'
	git --no-pager diff --stat -- Tests/Scripts examples docs

## editors: write the lists of words in editors/ from the tables of the lexer and the library
editors: packages
	MOS_ACCEPT=1 swift test $(TEST_FLAGS) --filter 'have the words of the lexer and the library'
	git --no-pager diff --stat -- editors

# Pygments, the regular expressions of VS Code and a client of language servers, in an environment of Python.
editor-tools:
	@.ci/packages $(EDITOR_PACKAGES)
	@.ci/python-environment editors Tests/Editors/requirements.txt

# Jupyter, with the package of editors/jupyter, in an environment of Python.
notebook-tools:
	@.ci/packages python3-venv
	@.ci/python-environment notebooks Tests/Notebooks/requirements.txt editors/jupyter

## notebooks: run the notebooks of examples/notebooks, and write what they show into them
notebooks: build notebook-tools
	$(NOTEBOOK_PYTHON) Tests/Notebooks/notebooks.py --accept $(MOS)
	git --no-pager diff --stat -- examples/notebooks

## fuzz: run 100,000 mutated programs, every built-in with extreme values, 10,000 programs that grow
##       without end, and load 100,000 damaged files; a crash or a hang fails. Compile every function
##       of 100,000 more; one that does something else then fails
fuzz: packages
	swift build -c release --static-swift-stdlib --product Fuzz
	.build/release/Fuzz --count $(or $(COUNT),100000) $(if $(SEED),--seed $(SEED))
	.build/release/Fuzz --sweep --count $(or $(COUNT),1000000)
	.build/release/Fuzz --hostile --count $(or $(COUNT),10000) $(if $(SEED),--seed $(SEED))
	.build/release/Fuzz --snapshots --count $(or $(COUNT),100000) $(if $(SEED),--seed $(SEED))
	.build/release/Fuzz --compiled --count $(or $(COUNT),100000) $(if $(SEED),--seed $(SEED))

## examples: run every example, check its figures and write the table in examples/README.md
examples: packages
	MOS_EXAMPLES=1 swift test $(TEST_FLAGS) --filter 'ExampleTests.*all examples run'

## bench: measure every layer and whole programs, and set these beside the peers found
bench: build
	swift build -c release --static-swift-stdlib --product Layers
	swift build -c release --static-swift-stdlib --product Embedding
	Benchmarks/run $(NAME)

## docs: write docs/reference from the table of built-ins
docs: build
	$(MOS) doc --all docs/reference

## docc: write the pages of the Swift libraries, .build/docc
docc: packages
	MOS_DOCC=1 swift package --scratch-path .build/documentation \
	  --allow-writing-to-directory .build/docc generate-documentation \
	  $(addprefix --target ,$(LIBRARIES)) --output-path .build/docc \
	  --enable-experimental-combined-documentation

# DocC takes minutes, and is asked again only where a Swift source changed.
.build/docc/index.html: $(shell find $(addprefix Sources/,$(LIBRARIES)) -type f)
	$(MAKE) docc
	@touch $@

## site: write the documents as one static site, .build/site; SITE_BASE=/mos is for a folder of a server
site: .build/docc/index.html
	@.ci/packages $(SITE_PACKAGES)
	.ci/site/build

## site-check: look at the site in headless Chromium, as on a phone and in the dark; pictures in .build/pictures
site-check: site
	.ci/site/check .build/site --pictures .build/pictures

## release: make the Debian package, the archive and their sums, .build/package
release: build
	@.ci/packages $(RELEASE_PACKAGES)
	.ci/release/build $(MOS) .build/package

## release-test: install what `make release` made on a bare Debian, and use it there; needs root and a mirror
release-test:
	-@.ci/packages debootstrap
	.ci/release/test .build/package

## size: count files, lines and public names
size:
	@.ci/size

## clean: remove everything that was built
clean:
	rm -rf .build

## help: list these verbs
help:
	@sed -n 's/^## \([a-z-]*\): /\1	/p' Makefile | expand -t 14

# Installs the Debian packages that are missing, as root or by a sudo that asks for no password;
# otherwise prints the one command to type.
packages:
	@.ci/packages $(PACKAGES)

.PHONY: demo build mpi test sanitize lint format accept fuzz examples editors bench docs docc site site-check release release-test size clean help packages editor-tools notebook-tools notebooks
