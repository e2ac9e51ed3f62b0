# The host program, unit tests (cmocka) and fuzz targets (libFuzzer).
#
#   tests/unit/<dir>/<name>_test.c   one program each, linked with the whole core
#   tests/net/<name>_test.c          the same, over a simulated network (tests/lib/netsim.h)
#   tests/fuzz/<name>.c              fuzz target, seeds in tests/fuzz/corpus/<name>/

HOST_LIBS := -fsanitize=address,undefined

.PHONY: check-unit fuzz fuzz-all

# All core objects as one, so that every table entry is there; made once, linked many times. Its heap
# allocations go through src/platform/host/heap.c, where a test can make one of them fail.
CORE_WRAP := --wrap=malloc --wrap=calloc --wrap=realloc --wrap=strdup
bin-host/core.o: $(objs-host) bin-host/objs.list
	$(call say,LD,$@)
	$(Q)ld -r $(CORE_WRAP) -o $@ $(objs-host)

bin-host/lanyard: bin-host/core.o bin-host/obj/platform/host/main.o
	$(call say,LINK,$@)
	$(Q)$(CC) $(HOST_LIBS) -o $@ $^

# Test programs.
test-libs  := $(patsubst %.c,bin-host/%.o,$(wildcard tests/lib/*.c))
test-names := $(patsubst tests/%.c,%,$(sort $(wildcard tests/unit/*/*_test.c tests/unit/*_test.c tests/net/*_test.c)))
test-progs := $(addprefix bin-host/tests/,$(test-names))
T ?=

bin-host/tests/%.o: tests/%.c scripts/flags.mk
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS_host) -Itests $(CFLAGS_host) -Wno-unused-function -c -o $@ $<

$(test-progs): bin-host/tests/%: bin-host/tests/%.o $(test-libs) bin-host/core.o
	$(call say,LINK,$@)
	$(Q)$(CC) $(HOST_LIBS) -o $@ $^ -lcmocka

# Runs all, or those whose name contains T; each prints its own summary, failures are listed last.
check-unit: $(if $(T),$(foreach p,$(test-progs),$(if $(findstring $(T),$(p)),$(p))),$(test-progs)) ## Unit tests, T=part of a name
	@failed=; for t in $^; do \
		if timeout 120 $$t > $$t.log 2>&1; then \
			grep -h 'PASSED' $$t.log | tail -1 | sed "s|^|$${t#bin-host/tests/}: |"; \
		else cat $$t.log; failed="$$failed $${t#bin-host/tests/}"; fi; \
	done; if [ -n "$$failed" ]; then echo "failed:$$failed"; exit 1; fi

# Fuzz targets.
FUZZ_LIBS  := -fsanitize=fuzzer,address,undefined
fuzz-names := $(patsubst tests/fuzz/%.c,%,$(sort $(wildcard tests/fuzz/*.c)))
fuzz-progs := $(addprefix bin-fuzz/,$(fuzz-names))
fuzz-libs  := $(patsubst %.c,bin-fuzz/%.o,$(wildcard tests/lib/*.c))
SECONDS ?= 20

bin-fuzz/core.o: $(objs-fuzz) bin-fuzz/objs.list
	$(call say,LD,$@)
	$(Q)ld -r $(CORE_WRAP) -o $@ $(objs-fuzz)

bin-fuzz/tests/%.o: tests/%.c scripts/flags.mk
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(CPPFLAGS_fuzz) -Itests $(CFLAGS_fuzz) -Wno-unused-function -c -o $@ $<

$(fuzz-progs): bin-fuzz/%: bin-fuzz/tests/fuzz/%.o $(fuzz-libs) bin-fuzz/core.o
	$(call say,LINK,$@)
	$(Q)$(CLANG) $(FUZZ_LIBS) -o $@ $^ -lcmocka

# New inputs go to bin-fuzz/corpus; a crash is written to bin-fuzz/.
run-fuzz = mkdir -p bin-fuzz/corpus/$(1) && bin-fuzz/$(1) -max_total_time=$(SECONDS) -timeout=10 \
	-rss_limit_mb=2048 -print_final_stats=1 -artifact_prefix=bin-fuzz/$(1)- \
	bin-fuzz/corpus/$(1) $(wildcard tests/fuzz/corpus/$(1)) > bin-fuzz/$(1).log 2>&1 \
	|| { tail -60 bin-fuzz/$(1).log; exit 1; }; \
	sed -n 's/^stat::number_of_executed_units: */fuzz $(1): runs /p' bin-fuzz/$(1).log

fuzz: $(addprefix bin-fuzz/,$(T)) ## Fuzz one target: T=dhcp SECONDS=60
	@$(call run-fuzz,$(T))

fuzz-all: $(addprefix run-fuzz-,$(fuzz-names)) ## Fuzz every target, SECONDS each

.PHONY: $(addprefix run-fuzz-,$(fuzz-names))
$(addprefix run-fuzz-,$(fuzz-names)): run-fuzz-%: bin-fuzz/%
	@$(call run-fuzz,$*)

-include $(shell find bin-host/tests bin-fuzz/tests -name '*.d' 2>/dev/null)
.PRECIOUS: bin-host/tests/%.o bin-fuzz/tests/%.o

# The wire with faults of the boot tests (tests/qemu/lib/wire.py).
bin-host/relay: tests/qemu/lib/relay.c
	$(call say,HOSTCC,$@)
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) -O2 -Wall -Wextra -Werror -o $@ $<
