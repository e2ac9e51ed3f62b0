# Rules of one platform: $(P) compiled into $(BIN). Included once for each by the Makefile.
#
# Every src/**/build.mk is read anew for each platform, with all switches of config/*.h as make
# variables (defined = y). It appends to obj-y, paths below src/ without "src/":
#
#     obj-y += net/tcp.o
#     obj-$(NTP_CMD) += shell/cmd/ntp_cmd.o
#
# NIC drivers are apart, so that an image can be made with some of them (scripts/elements.mk):
# driver-NAME are the objects of one, drivers-y the names of those in images with all drivers.
#
# PLATFORM is bios, efi or host (fuzz is host built by clang).

PLATFORM := $(if $(filter fuzz,$(P)),host,$(P))

# Switches of the last platform are forgotten, those of this one read; make builds config.mk first
# and then starts over.
$(foreach v,$(config-vars),$(eval undefine $(v)))
config-vars :=
-include $(BIN)/config.mk

# config/x.h ends with config/overrides/x.h, made here: it includes config/$(CONFIG)/x.h,
# config/local/x.h and config/local/$(CONFIG)/x.h, as far as they exist. Another CONFIG changes the
# ones that matter, and make sees what depends on them.
override-paths = $(wildcard $(CONFIG:%=config/%/$(1)) config/local/$(1) $(CONFIG:%=config/local/%/$(1)))
overrides := $(foreach h,$(CONFIG_FILES:config/%=%),$(h): $(call override-paths,$(h)))
ifneq ($(overrides),$(file <$(BIN)/config/overrides/list))
$(shell mkdir -p $(BIN)/config/overrides; $(foreach h,$(CONFIG_FILES:config/%=%), \
	for f in $(call override-paths,$(h)); do echo "$(hash)include \"$$f\""; done | \
	$(call update,$(BIN)/config/overrides/$(h));) echo '$(overrides)' > $(BIN)/config/overrides/list)
endif

$(BIN)/config.mk: BIN := $(BIN)
$(BIN)/config.mk: P := $(P)
$(BIN)/config.mk: $(CONFIG_FILES) $(CONFIG_LOCAL) $(CONFIG_FILES:config/%=$(BIN)/config/overrides/%) \
		$(wildcard $(CONFIG:%=config/%/*.h) $(CONFIG:%=config/local/%/*.h)) scripts/platform.mk
	@mkdir -p $(BIN)
	@for f in $(CONFIG_FILES); do echo "#include \"$$f\""; done | \
		$(CC) $(CPPFLAGS_$(P)) -E -dM -undef - | \
		sed -n 's/^#define \([A-Z][A-Z0-9_]*\).*/\1/p' | grep -v '^PLATFORM_\|_H$$' | sort | \
		sed 's/\(.*\)/\1 := y\nconfig-vars += \1/' | $(call update,$@)
	@touch $@

obj-y :=
drivers-y :=
$(foreach v,$(filter driver-%,$(.VARIABLES)),$(eval undefine $(v)))
include $(BUILD_MKS)
bin-$(P) := $(BIN)
core-objs-$(P) := $(obj-y)
drivers-$(P) := $(sort $(drivers-y))
all-drivers-$(P) := $(sort $(patsubst driver-%,%,$(filter driver-%,$(.VARIABLES))))
$(foreach d,$(all-drivers-$(P)),$(eval objs-of-$(P)-$(d) := $(driver-$(d))))

# $(call objs-with,P,drivers): all that is linked with these. Each name once, in a fixed order: the
# image must not depend on the order of folders.
objs-with = $(addprefix $(bin-$(1))/obj/,$(call with-log,$(sort $(core-objs-$(1)) \
	$(foreach d,$(2),$(objs-of-$(1)-$(d))))) embed.o)
objs-$(P) := $(call objs-with,$(P),$(drivers-$(P)))

# Everything else is compiled too, so that nothing rots unseen: "make check-all-compile".
all-sources := $(shell find src -name '*.c' -not -path 'src/platform/*' -not -path 'src/libc/*') \
	$(wildcard src/platform/$(PLATFORM)/*.c)
all-objs-$(P) := $(patsubst src/%.c,$(BIN)/obj/%.o,$(all-sources)) $(addprefix $(BIN)/obj/,$(WOLFSSL_OBJS))

$(BIN)/obj/%.o: P := $(P)
$(BIN)/obj/%.o: src/%.c scripts/flags.mk | $(BIN)/config.mk
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC_$(P)) $(CPPFLAGS_$(P)) $(CPPFLAGS_$*) $(CFLAGS_$(P)) $(CFLAGS_$*) -c -o $@ $<

# With the log lines of core/log.h (scripts/debug.mk).
define log-rule
$(BIN)/obj/%.log$(1).o: src/%.c scripts/flags.mk | $(BIN)/config.mk
	$$(call say,CC,$$@)
	@mkdir -p $$(@D)
	$$(Q)$$(CC_$$(P)) $$(CPPFLAGS_$$(P)) $$(CPPFLAGS_$$*) $$(CFLAGS_$$(P)) $$(CFLAGS_$$*) \
		-DLOG_LEVEL=$(3) -DLOG_START=$(2) -DLOG_MODULE='"$$(notdir $$*)"' -c -o $$@ $$<
endef
$(foreach m,1 2 3,$(foreach l,$(filter $(m)%,$(log-levels)),$(eval $(call log-rule,$(l),$(l:$(m)%=%),$(m)))))

# Sources of others (scripts/third_party.mk), whose warnings are theirs.
$(BIN)/obj/wolfssl/%.o: $(WOLFSSL)/%.c src/crypto/user_settings.h scripts/flags.mk
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC_$(P)) $(CPPFLAGS_$(P)) $(WOLFSSL_CPPFLAGS) $(CFLAGS_$(P)) -w -c -o $@ $<
$(foreach suffix,.o $(log-levels:%=.log%.o),$(patsubst \
	src/%.c,$(BIN)/obj/%$(suffix),$(wildcard src/crypto/*.c))): | $(WOLFSSL_HERE)

$(BIN)/obj/%.o: src/%.S scripts/flags.mk
	$(call say,AS,$@)
	@mkdir -p $(@D)
	$(Q)$(CC_$(P)) $(CPPFLAGS_$(P)) -g -MD -MP -c -o $@ $<

# What is linked changed (a switch in config): link again. Images have a list each.
$(BIN)/objs.list: OBJS := $(objs-$(P))
$(BIN)/%.list: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' $(OBJS) | $(call update,$@)

# The version is compiled into one object.
$(BIN)/version.h: FORCE
	@mkdir -p $(@D)
	@printf '#define VERSION "%s"\n#define VERSION_MAJOR %s\n#define VERSION_MINOR %s\n#define VERSION_PATCH %s\n' \
		'$(VERSION)' $(VERSION_MAJOR) $(VERSION_MINOR) $(VERSION_PATCH) | $(call update,$@)
$(BIN)/obj/core/version.o: CPPFLAGS_core/version := -I$(BIN)
$(BIN)/obj/core/version.o: CPPFLAGS_core/version += -include $(BIN)/version.h
$(BIN)/obj/core/version.o: $(BIN)/version.h

# EMBED=a,b: the files become images, the first is run (src/image/embedded.h).
$(BIN)/embed.S: $(if $(filter host,$(PLATFORM)),,$(subst $(comma), ,$(EMBED))) FORCE
	@mkdir -p $(@D)
	@$(PYTHON) scripts/embed.py $(EMBED) | $(call update,$@)
$(BIN)/obj/embed.o: P := $(P)
$(BIN)/obj/embed.o: $(BIN)/embed.S $(subst $(comma), ,$(EMBED))
	$(call say,EMBED,$@)
	@mkdir -p $(@D)
	$(Q)$(CC_$(P)) -c -o $@ $<

-include $(patsubst %.o,%.d,$(call objs-with,$(P),$(all-drivers-$(P))))
