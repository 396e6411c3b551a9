# SPDX-License-Identifier: Apache-2.0
#
# make help lists the targets. Variables: CC=gcc|clang, BUILD=folder, SAN=1 (ASan and UBSan), WERROR=1, V=1,
# DESTDIR=, PREFIX=/usr/local, ARCH=amd64|arm64 (this machine's, if not said).

TRIPLET_amd64 = x86_64-linux-gnu
TRIPLET_arm64 = aarch64-linux-gnu
HOST_ARCH := $(patsubst x86_64,amd64,$(patsubst aarch64,arm64,$(shell uname -m)))
ARCH     ?= $(HOST_ARCH)
TRIPLET  := $(or $(TRIPLET_$(ARCH)),$(error ARCH is $(ARCH): Trigon is built for amd64 and arm64))
# Of compiler and archiver, for another machine than this one.
CROSS     = $(if $(filter-out $(HOST_ARCH),$(ARCH)),$(TRIPLET)-)

CC       = $(CROSS)gcc
# The one for agent/io/regex/re2.cc, of the same family.
CXX      = $(if $(findstring clang,$(CC)),clang++,$(CC:%gcc=%g++))
CLANG    ?= clang
LLVM_STRIP ?= llvm-strip
AR       = $(CROSS)ar
PREFIX   ?= /usr/local
DESTDIR  ?=
SAN      ?=
BUILD    ?= $(if $(SAN),build-san,build)
VERSION  := $(shell cat VERSION)
COMMIT   := $(shell git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)
Q         = $(if $(V),,@)

BASE_SRC := $(wildcard agent/base/*.c)
CORE_SRC := $(wildcard agent/core/*/*.c)
IO_SRC   := $(wildcard agent/io/*/*.c agent/io/*/*.cc)
CMD_SRC  := $(wildcard agent/cmd/*.c)
UNIT_SRC := $(wildcard tests/unit/test_*.c)
FUZZ_SRC := $(wildcard tests/fuzz/fuzz_*.c)
HELPER_SRC := $(wildcard tests/vm/helpers/*.c)
BENCH_SRC := $(wildcard tests/bench/*.c)
obj = $(addprefix $(BUILD)/obj/,$(addsuffix .o,$(basename $(1))))

CXX_WARNINGS = -Wall -Wextra -Wshadow -Wpointer-arith -Wvla -Wformat=2 -Wundef -Wwrite-strings $(if $(WERROR),-Werror)
WARNINGS = $(CXX_WARNINGS) -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition
HARDENING = $(if $(SAN),,-D_FORTIFY_SOURCE=2) -fstack-protector-strong -fPIE \
            $(if $(filter amd64,$(ARCH)),-fcf-protection) -fstack-clash-protection
SANITIZE = $(if $(SAN),-fsanitize=address$(,)undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
, := ,
CPPFLAGS += -Iagent -Ibpf -D_GNU_SOURCE -DTRIGON_VERSION='"$(VERSION)"'
# Where the other machine's libraries are not installed (make arm64) this one's headers do; a cross compiler does not look
# there by itself.
CPPFLAGS += $(if $(CROSS),-idirafter /usr/include -idirafter /usr/include/$(TRIPLET_$(HOST_ARCH)))
CFLAGS   ?= -O2 -g
ALL_CFLAGS = -std=gnu11 $(CFLAGS) $(WARNINGS) $(HARDENING) $(SANITIZE) -ffile-prefix-map=$(CURDIR)=. -MMD -MP
# Without type information the sanitizers need no library of C++.
ALL_CXXFLAGS = -std=gnu++17 -fno-rtti $(CFLAGS) $(CXX_WARNINGS) $(HARDENING) $(SANITIZE) -ffile-prefix-map=$(CURDIR)=. -MMD -MP
LDFLAGS  += -pie -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed $(SANITIZE)
# RE2 and what C++ needs come along in the binary: see ARCHITECTURE.md.
LDLIBS_RE2 = -l:libre2.a -l:libstdc++.a -lm -static-libgcc $(if $(SAN),,-Wl$(,)--gc-sections)
LDLIBS    = -lbpf -lelf -lz -ljansson -lyaml $(LDLIBS_RE2) -pthread

# The BPF objects are the same whatever machine builds them: our own kernel types, no dump of the host's BTF.
BPF_ARCH_amd64 = x86
BPF_ARCH_arm64 = arm64
ASM_INCLUDE = /usr/include/$(TRIPLET) $(if $(CROSS),/usr/$(TRIPLET)/include)
BPF_CFLAGS = -O2 -g -target bpf -mcpu=v3 -D__TARGET_ARCH_$(BPF_ARCH_$(ARCH)) -Ibpf -Wall -Wextra -Wshadow \
             -ffile-prefix-map=$(CURDIR)=. -fno-stack-protector $(addprefix -idirafter ,$(ASM_INCLUDE)) \
             $(if $(WERROR),-Werror) -MMD -MP
BPF_HDR := $(wildcard bpf/*.h)
BPF_OBJ := $(BUILD)/bpf/process_btf.bpf.o $(BUILD)/bpf/process_raw.bpf.o \
           $(BUILD)/bpf/policy_btf.bpf.o $(BUILD)/bpf/policy_raw.bpf.o $(BUILD)/bpf/process_state_raw.bpf.o \
           $(BUILD)/bpf/scope_raw.bpf.o

# Packages are checked once per build folder, so that a missing one is named and not guessed from a compiler error.
PREREQ := $(BUILD)/.prerequisites

.SECONDARY:
.PHONY: all
all: $(BUILD)/trigon ## build build/trigon

DEPS   ?= build-$(ARCH)

$(PREREQ): tools/deps.sh
	@mkdir -p $(@D)
	@missing=$$(tools/deps.sh --check $(DEPS)) || { \
	  echo "trigon: missing Debian packages: $$missing" >&2; \
	  echo "  install them with: sudo apt-get install $$missing    (or: sudo tools/deps.sh $(DEPS))" >&2; exit 1; }
	@touch $@

$(BUILD)/trigon: $(call obj,$(CMD_SRC)) $(BUILD)/libio.a $(BUILD)/libcore.a
	@echo "  LINK    $@"
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/libio.a: $(call obj,$(IO_SRC))
	@echo "  AR      $@"
	$(Q)rm -f $@ && $(AR) rcs $@ $^

# The pure core: links against nothing but libc, which the unit tests prove.
$(BUILD)/libcore.a: $(call obj,$(BASE_SRC) $(CORE_SRC))
	@echo "  AR      $@"
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(BUILD)/obj/%.o: %.c $(BUILD)/.flags | $(PREREQ)
	@mkdir -p $(@D)
	@echo "  CC      $<"
	$(Q)$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -c -o $@ $<

$(BUILD)/obj/%.o: %.cc $(BUILD)/.flags | $(PREREQ)
	@mkdir -p $(@D)
	@echo "  CXX     $<"
	$(Q)$(CXX) $(CPPFLAGS) $(ALL_CXXFLAGS) -c -o $@ $<

# Only this file knows the commit, so that a commit rebuilds no other.
$(BUILD)/obj/agent/cmd/version.o: private CPPFLAGS += -DTRIGON_COMMIT='"$(COMMIT)"'
$(BUILD)/obj/agent/cmd/version.o: $(BUILD)/.commit
$(BUILD)/.commit: FORCE
	@mkdir -p $(@D)
	@echo '$(COMMIT)' | cmp -s - $@ || echo '$(COMMIT)' >$@

$(BUILD)/obj/agent/io/bpf/embedded.o: private CPPFLAGS += -DBPF_OBJECT_DIR='"$(BUILD)/bpf"'
$(BUILD)/obj/agent/io/bpf/embedded.o: $(BPF_OBJ)
$(BUILD)/obj/agent/io/server/page.o: $(wildcard agent/page/*)

# Each source twice: with typed kernel pointers, and with plain ones (bpf/common.h).
define COMPILE_BPF
@mkdir -p $(@D)
@echo "  BPF     $@"
$(Q)$(CLANG) $(BPF_CFLAGS) -c -o $@ $<
$(Q)$(LLVM_STRIP) -g $@
endef
$(BUILD)/bpf/%_btf.bpf.o: BPF_CFLAGS += -DTRIGON_BTF_PROGRAMS
$(BUILD)/bpf/%_btf.bpf.o: bpf/%.bpf.c $(BUILD)/.flags | $(PREREQ)
	$(COMPILE_BPF)
$(BUILD)/bpf/%_raw.bpf.o: bpf/%.bpf.c $(BUILD)/.flags | $(PREREQ)
	$(COMPILE_BPF)

# Rebuilds everything when the compiler or its flags change, and nothing otherwise.
FLAGS_TEXT = $(CC) $(CPPFLAGS) $(ALL_CFLAGS) $(ALL_CXXFLAGS) $(BPF_CFLAGS) $(LDFLAGS) $(LDLIBS)
$(BUILD)/.flags: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' '$(subst ','\'',$(FLAGS_TEXT))' | cmp -s - $@ || printf '%s\n' '$(subst ','\'',$(FLAGS_TEXT))' >$@
.PHONY: FORCE
FORCE:

# --- tests -----------------------------------------------------------------------------------------------------
UNIT_BIN := $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%,$(UNIT_SRC))
.PHONY: unit-tests
unit-tests: $(UNIT_BIN) ## build the unit tests (SAN=1: under sanitizers)
$(BUILD)/tests/unit/%: $(BUILD)/obj/tests/unit/%.o $(BUILD)/libcore.a
	@mkdir -p $(@D)
	@echo "  LINK    $@"
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^

# Tests of one io module each: files, pipes, /proc, the command line.
IO_TEST_SRC := $(wildcard tests/io/test_*.c)
IO_TEST_BIN := $(patsubst tests/io/%.c,$(BUILD)/tests/io/%,$(IO_TEST_SRC))
.PHONY: io-tests
io-tests: $(IO_TEST_BIN) ## build the tests of files, pipes and /proc
$(BUILD)/tests/io/%: $(BUILD)/obj/tests/io/%.o $(BUILD)/libio.a $(BUILD)/libcore.a
	@mkdir -p $(@D)
	@echo "  LINK    $@"
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(LDLIBS)
# What a test needs of the commands.
$(BUILD)/tests/io/test_event_stream: $(call obj,agent/cmd/event_stream.c)
$(BUILD)/tests/io/test_kube_client: LDLIBS += -lssl -lcrypto
$(BUILD)/tests/io/test_policy_networks: $(call obj,$(addprefix agent/cmd/policy_,networks.c variables.c))

BENCH_BIN := $(patsubst tests/bench/%.c,$(BUILD)/tests/bench/%,$(BENCH_SRC))
.PHONY: bench-programs
bench-programs: $(BENCH_BIN)
$(BUILD)/tests/bench/%: $(BUILD)/obj/tests/bench/%.o $(BUILD)/libio.a $(BUILD)/libcore.a
	@mkdir -p $(@D)
	@echo "  LINK    $@"
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

HELPER_BIN := $(patsubst tests/vm/helpers/%.c,$(BUILD)/tests/helpers/%,$(HELPER_SRC))
.PHONY: test-helpers
test-helpers: $(HELPER_BIN) ## build the small programs that the VM cases run
$(BUILD)/tests/helpers/websocket: tests/io/websocket_client.h
$(BUILD)/tests/helpers/%: tests/vm/helpers/%.c $(BUILD)/.flags | $(PREREQ)
	@mkdir -p $(@D)
	@echo "  CC      $<"
	$(Q)$(CC) -std=gnu11 -O2 -g $(WARNINGS) -D_GNU_SOURCE -static -pthread -o $@ $<

FUZZ_BUILD = build-fuzz
FUZZ_BIN := $(patsubst tests/fuzz/%.c,$(FUZZ_BUILD)/tests/fuzz/%,$(FUZZ_SRC))
.PHONY: fuzz-targets
fuzz-targets: $(FUZZ_BIN) ## build the libFuzzer targets with clang
# What the targets need beyond the core; the rest of io needs libraries that have no place under a fuzzer.
FUZZ_IO_SRC := agent/io/policy/yaml.c agent/io/policy/policy_file.c agent/io/file/read_file.c agent/io/filter/filter_text.c \
               agent/io/regex/re2.cc agent/io/sink/ledger_view.c agent/cmd/event_stream.c \
               $(addprefix agent/io/kube/,pod_object.c bundle.c sum_handler.c node_object.c selector_object.c \
               network_collector.c cluster_networks.c change.c reflector.c)
FUZZ_FLAGS = -O1 -g -fsanitize=fuzzer-no-link$(,)address$(,)undefined -fno-sanitize-recover=all -MMD -MP
fuzz_obj = $(addprefix $(FUZZ_BUILD)/obj/,$(addsuffix .o,$(basename $(1))))
$(FUZZ_BUILD)/tests/fuzz/%: $(FUZZ_BUILD)/obj/tests/fuzz/%.o $(FUZZ_BUILD)/libfuzzed.a
	@mkdir -p $(@D)
	@echo "  FUZZ    $@"
	$(Q)$(CLANG) -fsanitize=fuzzer$(,)address$(,)undefined -Wl,--as-needed -o $@ $^ -lyaml -ljansson $(LDLIBS_RE2)
$(FUZZ_BUILD)/libfuzzed.a: $(call fuzz_obj,$(BASE_SRC) $(CORE_SRC) $(FUZZ_IO_SRC))
	@echo "  AR      $@"
	$(Q)rm -f $@ && $(AR) rcs $@ $^
$(FUZZ_BUILD)/obj/%.o: %.c | $(PREREQ)
	@mkdir -p $(@D)
	@echo "  CC      $@"
	$(Q)$(CLANG) $(CPPFLAGS) -std=gnu11 $(WARNINGS) $(FUZZ_FLAGS) -c -o $@ $<
$(FUZZ_BUILD)/obj/%.o: %.cc | $(PREREQ)
	@mkdir -p $(@D)
	@echo "  CXX     $@"
	$(Q)$(CLANG)++ $(CPPFLAGS) -std=gnu++17 -fno-rtti $(CXX_WARNINGS) $(FUZZ_FLAGS) -fno-sanitize=function -c -o $@ $<

# --- CRDs ------------------------------------------------------------------------------------------------------
# They are checked in; `make check` fails when they are not what the parser's tables say.
CRDS := tracingpolicies tracingpoliciesnamespaced tracingnodes clusternetworks
CRDS_SRC := $(wildcard tools/crds/*.c)
CRDS_DIR ?= k8s/crds
.PHONY: crds
crds: $(BUILD)/tools/crds ## make k8s/crds/ anew
	@mkdir -p $(CRDS_DIR)
	@for name in $(CRDS); do $(BUILD)/tools/crds $$name >$(CRDS_DIR)/$$name.yaml || exit 1; done
$(BUILD)/tools/crds: $(call obj,$(CRDS_SRC)) $(BUILD)/libcore.a
	@mkdir -p $(@D)
	@echo "  LINK    $@"
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^
$(call obj,$(CRDS_SRC)): private CPPFLAGS += -I.

.PHONY: manifests
manifests: ## make k8s/manifests/ anew, from the chart
	@tools/manifests.sh

.PHONY: man
man: all ## make the options in docs/trigon.8 anew, from --help
	@tools/man.sh $(BUILD)/trigon

# What tests/e2e/cases/crds.sh makes its documents with, and an API server that misbehaves.
.PHONY: e2e-helpers
e2e-helpers: $(BUILD)/tests/e2e/split_policies $(BUILD)/tests/e2e/fault_proxy
$(BUILD)/tests/e2e/split_policies: $(call obj,tests/e2e/split_policies.c) $(BUILD)/libio.a $(BUILD)/libcore.a
	@mkdir -p $(@D)
	@echo "  LINK    $@"
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)
$(BUILD)/tests/e2e/fault_proxy: $(call obj,tests/e2e/fault_proxy.c)
	@mkdir -p $(@D)
	@echo "  LINK    $@"
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ -lssl -lcrypto -pthread

.PHONY: test
test: ## install what the tests need, run every tier this machine can run
	@tools/deps.sh build check test vm arm64 e2e node
	@tools/deps.sh page || echo "test: the live page is not tested without these packages"
	@tests/run.sh

.PHONY: e2e
e2e: ## run the cases against a real Kubernetes, which the first run builds
	@tools/deps.sh build e2e node vm
	@$(MAKE) --no-print-directory all e2e-helpers
	@tests/e2e/run.sh run

.PHONY: e2e-kind
e2e-kind: ## the same cases on clusters of kind, where there is Docker
	@tools/deps.sh build e2e
	@$(MAKE) --no-print-directory all e2e-helpers
	@TRIGON_E2E_DRIVER=kind tests/e2e/run.sh run

.PHONY: check
check: ## format, linters, layering
	@tools/deps.sh check
	@tools/check.sh

.PHONY: format
format: ## reformat the C sources
	@clang-format -i $$(git ls-files -co --exclude-standard '*.c' '*.h' '*.cc')

.PHONY: bench
bench: ## measure in a VM and natively, print a table with ratios
	@tools/deps.sh build test vm
	@$(MAKE) --no-print-directory all
	@tests/bench/run.sh

# --- arm64: compiled here, run elsewhere -------------------------------------------------------------------------
.PHONY: arm64
arm64: ## compile everything for arm64 (no link: Debian's arm64 libraries are not installed here)
	@tools/deps.sh build arm64
	@$(MAKE) --no-print-directory ARCH=arm64 DEPS="build arm64" BUILD=build-arm64 arm64-objects
.PHONY: arm64-objects
arm64-objects: $(call obj,$(BASE_SRC) $(CORE_SRC) $(IO_SRC) $(CMD_SRC))

# --- use ---------------------------------------------------------------------------------------------------------
.PHONY: run
run: ## install what is missing, build, and watch this machine (Ctrl-C ends it)
	@tools/deps.sh build
	@$(MAKE) --no-print-directory all
	@tools/run.sh $(BUILD)/trigon

.PHONY: install
install: all ## install into $(DESTDIR)$(PREFIX); the policy library comes along, none of it is active
	install -D -m 0755 $(BUILD)/trigon $(DESTDIR)$(PREFIX)/bin/trigon
	install -D -m 0644 docs/trigon.8 $(DESTDIR)$(PREFIX)/share/man/man8/trigon.8
	install -D -m 0644 -t $(DESTDIR)$(PREFIX)/share/trigon/policies policies/*.yaml

.PHONY: clean
clean: ## remove every build folder
	rm -rf build build-san build-clang build-fuzz build-arm64

.PHONY: help
help: ## this list
	@sed -n 's/^\([a-z0-9-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | sort | awk -F '\t' '{printf "  %-14s %s\n", $$1, $$2}'

-include $(shell find $(BUILD) $(FUZZ_BUILD) -name '*.d' 2>/dev/null)
