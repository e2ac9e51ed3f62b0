# The BIOS images: the core is linked and packed, then put into a stub that unpacks it
# (src/platform/bios/stub), behind the header of a Linux kernel (.lkrn) or of a network bootstrap
# program (.pxe).

BIOS_LDFLAGS := -m elf_x86_64 -pie --no-dynamic-linker -z nodynamic-undefined-weak -z text \
	-z norelro -z noexecstack -z pack-relative-relocs --hash-style=sysv --build-id=none \
	--gc-sections --no-warn-rwx-segments -T scripts/bios.lds
BIOS_LD_ONLY := .dynamic .dynsym .dynstr .hash

bin/ipxe.elf: $(objs-bios) bin/objs.list scripts/bios.lds scripts/bios.mk
	$(call say,LD,$@)
	$(Q)$(LD) $(BIOS_LDFLAGS) -Map $@.map -o $@ $(filter %.o,$^)

bin/ipxe.core: bin/ipxe.elf
	$(Q)$(OBJCOPY) -O binary $(foreach s,$(BIOS_LD_ONLY),-R $(s)) $< $@

bin/util/lkrnpack: $(addprefix src/platform/bios/stub/,layout.h unpack.c unpack.h)
HOSTLIBS_lkrnpack := -Isrc -llzma

bin/ipxe.packed: bin/ipxe.core bin/util/lkrnpack
	$(call say,PACK,$@)
	$(Q)bin/util/lkrnpack $< $@

# The stub. Unpacking is what the user waits for: compiled for speed.
stub-objs = $(addprefix bin/obj/platform/bios/stub/,$(addsuffix .o,$(1)))
STUB_OBJS := $(call stub-objs,start low stub place unpack)
STUB_OBJS_lkrn := $(call stub-objs,setup linux)
STUB_OBJS_pxe := $(call stub-objs,nbp pxe)
CFLAGS_platform/bios/stub/unpack := -O2

STUB_CPPFLAGS := -include bin/version.h -include config/branding.h -DPAYLOAD='"bin/ipxe.packed"'
bin/obj/platform/bios/stub/%.o: src/platform/bios/stub/%.S bin/config.mk scripts/bios.mk
	$(call say,AS,$@)
	@mkdir -p $(@D)
	$(Q)$(CC_bios) $(CPPFLAGS_bios) $(STUB_CPPFLAGS) -MMD -MP -c -o $@ $<
bin/obj/platform/bios/stub/start.o: bin/ipxe.packed
bin/obj/platform/bios/stub/setup.o: bin/version.h

define stub-rules
bin/ipxe.$(1).elf: $(STUB_OBJS_$(1)) $(STUB_OBJS) scripts/bios-stub.lds
	$$(call say,LD,$$@)
	$$(Q)$$(LD) -m elf_x86_64 -static -z noexecstack --build-id=none --no-warn-rwx-segments \
		-T scripts/bios-stub.lds -o $$@ $$(filter %.o,$$^)

bin/ipxe.$(1): bin/ipxe.$(1).elf
	$$(call say,IMAGE,$$@)
	$$(Q)$$(OBJCOPY) -O binary $$< $$@
endef
$(eval $(call stub-rules,lkrn))
$(eval $(call stub-rules,pxe))

-include $(patsubst %.o,%.d,$(STUB_OBJS) $(STUB_OBJS_lkrn) $(STUB_OBJS_pxe))
