# DEBUG=module[:max[:level]][,...]: the objects of these modules are linked with their log lines up to
# max (src/core/log.h), which are printed up to level until the command "log" says otherwise. A module is a
# file name without folder; "tcp" is tcp_input and the like too. Such objects have names of their own
# (tcp.log21.o: max 2, level 1), so that nothing else is compiled again.

log-levels := 10 11 20 21 22 30 31 32 33

debug-name = $(subst -,_,$(firstword $(subst :, ,$(1))))
debug-max = $(or $(word 2,$(subst :, ,$(1))),1)
debug-level = $(call debug-max,$(1))$(or $(word 3,$(subst :, ,$(1))),$(call debug-max,$(1)))
debug-items := $(subst $(comma), ,$(DEBUG))
# Assembler has none.
without-log := $(if $(DEBUG),wolfssl/% $(patsubst src/%.S,%.o,$(shell find src -name '*.S')))
# Does an object (of ours) belong to an item? $(1) item, $(2) object
in-module = $(if $(filter $(without-log),$(2)),,$(filter $(call debug-name,$(1)) $(call debug-name,$(1))_%,$(basename $(notdir $(2)))))
# $(1) object: its level, or nothing. The last item that names it counts.
log-level = $(lastword $(foreach i,$(debug-items),$(if $(call in-module,$(i),$(1)),$(call debug-level,$(i)))))
with-log = $(if $(debug-items),$(foreach o,$(1),$(if $(call \
	log-level,$(o)),$(o:.o=.log$(call log-level,$(o)).o),$(o))),$(1))

$(foreach i,$(debug-items),$(if $(filter $(log-levels),$(call debug-level,$(i))),,$(error \
	DEBUG=$(i): levels are 1 to 3$(comma) the one to start with is not above the other)))
# After the platforms, P. Until the switches are known there are fewer objects.
check-debug = $(if $(and $(debug-items),$(config-vars)),$(foreach i,$(debug-items),$(if $(strip $(foreach o,$(foreach p,\
	bios efi,$(core-objs-$(p)) $(foreach d,$(all-drivers-$(p)),$(objs-of-$(p)-$(d)))),$(call \
	in-module,$(i),$(o)))),,$(error DEBUG=$(i): no image has a file of that name))))
