# The BIOS image bin/ipxe.lkrn: the core is linked and packed, then put into a stub that unpacks it
# (src/platform/bios/stub), behind a Linux kernel header.

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
STUB_OBJS := $(addprefix bin/obj/platform/bios/stub/,setup.o start.o low.o stub.o place.o unpack.o)
CFLAGS_platform/bios/stub/unpack := -O2

STUB_CPPFLAGS := -include bin/version.h -include config/branding.h -DPAYLOAD='"bin/ipxe.packed"'
bin/obj/platform/bios/stub/%.o: src/platform/bios/stub/%.S bin/config.mk scripts/bios.mk
	$(call say,AS,$@)
	@mkdir -p $(@D)
	$(Q)$(CC_bios) $(CPPFLAGS_bios) $(STUB_CPPFLAGS) -MMD -MP -c -o $@ $<
bin/obj/platform/bios/stub/start.o: bin/ipxe.packed
bin/obj/platform/bios/stub/setup.o: bin/version.h

bin/ipxe.lkrn.elf: $(STUB_OBJS) scripts/bios-stub.lds
	$(call say,LD,$@)
	$(Q)$(LD) -m elf_x86_64 -static -z noexecstack --build-id=none --no-warn-rwx-segments \
		-T scripts/bios-stub.lds -o $@ $(STUB_OBJS)

bin/ipxe.lkrn: bin/ipxe.lkrn.elf
	$(call say,LKRN,$@)
	$(Q)$(OBJCOPY) -O binary $< $@

-include $(STUB_OBJS:.o=.d)
