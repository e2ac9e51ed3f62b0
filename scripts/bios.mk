# The BIOS images: the core is linked and packed, then put into a stub that unpacks it
# (src/platform/bios/stub), behind the header of a Linux kernel (.lkrn) or of a network bootstrap
# program (.pxe; .kpxe and .kkpxe keep the PXE ROM's UNDI or all of it).

BIOS_LDFLAGS := -m elf_x86_64 -pie --no-dynamic-linker -z nodynamic-undefined-weak -z text \
	-z norelro -z noexecstack -z pack-relative-relocs --hash-style=sysv --build-id=none \
	--gc-sections --no-warn-rwx-segments -T scripts/bios.lds
BIOS_LD_ONLY := .dynamic .dynsym .dynstr .hash

# The core with some drivers; $(1) is the name of the image.
define bios-core-rules
bin/$(1).elf: $(call image-objs,bios,$(1)) bin/$(1).list scripts/bios.lds scripts/bios.mk
	$$(call say,LD,$$@)
	$$(Q)$$(LD) $$(BIOS_LDFLAGS) -Map $$@.map -o $$@ $$(filter %.o,$$^)

bin/$(1).core: bin/$(1).elf
	$$(Q)$$(OBJCOPY) -O binary $$(foreach s,$$(BIOS_LD_ONLY),-R $$(s)) $$< $$@

bin/$(1).packed: bin/$(1).core bin/util/lkrnpack
	$$(call say,PACK,$$@)
	$$(Q)bin/util/lkrnpack $$< $$@
endef
$(foreach i,$(images-bios),$(eval $(call bios-core-rules,$(i))))

bin/util/lkrnpack: $(addprefix src/platform/bios/stub/,layout.h unpack.c unpack.h)
HOSTLIBS_lkrnpack := -Isrc -llzma

# The stub. Unpacking is what the user waits for: compiled for speed.
stub-objs = $(addprefix bin/obj/platform/bios/stub/,$(addsuffix .o,$(1)))
STUB_OBJS := $(call stub-objs,low stub place unpack)
STUB_OBJS_lkrn := $(call stub-objs,setup linux)
STUB_OBJS_pxe := $(call stub-objs,nbp pxe)
STUB_OBJS_kpxe := $(call stub-objs,knbp pxe)
STUB_OBJS_kkpxe := $(call stub-objs,kknbp pxe)
STUB_OBJS_dsk := $(call stub-objs,disk_boot disk)
STUB_OBJS_rom := $(call stub-objs,rom_header rom)
STUB_OBJS_mrom := $(STUB_OBJS_rom)
CFLAGS_platform/bios/stub/unpack := -O2

STUB_CPPFLAGS := -include bin/version.h -include config/branding.h \
	-include config/general.h
bin/obj/platform/bios/stub/%.o: src/platform/bios/stub/%.S bin/config.mk scripts/bios.mk
	$(call say,AS,$@)
	@mkdir -p $(@D)
	$(Q)$(CC_bios) $(CPPFLAGS_bios) $(STUB_CPPFLAGS) -MMD -MP -c -o $@ $<
bin/obj/platform/bios/stub/setup.o: bin/version.h

# The packed core is part of start.o, which each image has for itself.
define payload-rules
bin/$(1).start.o: src/platform/bios/stub/start.S bin/$(1).packed bin/config.mk scripts/bios.mk
	$$(call say,AS,$$@)
	$$(Q)$$(CC_bios) $$(CPPFLAGS_bios) $$(STUB_CPPFLAGS) -DPAYLOAD='"bin/$(1).packed"' \
		-MMD -MP -c -o $$@ $$<
-include bin/$(1).start.d
endef
$(foreach i,$(images-bios),$(eval $(call payload-rules,$(i))))

# An option ROM gets lengths, sums, and the PCI id of its first element (ipxe.rom: none); a .mrom is cut
# in two.
finish-rom = util/romtool --finish $(addprefix --ids ,$(firstword $(call \
	element-ids,bios,$(firstword $(subst --, ,$(1)))))) bin/$(1).$(or $(2),rom)
finish-mrom = $(call finish-rom,$(1),mrom) --mrom
# Disk images: whole sectors; .pdsk and .hd are longer.
finish-dsk = truncate -s %512 bin/$(1).dsk

# $(1) image, $(2) format: STUB_OBJS_$(2) come first. $(3) whose core it is.
define stub-rules
bin/$(1).$(2).elf: $(STUB_OBJS_$(2)) bin/$(3).start.o $(STUB_OBJS) scripts/bios-stub.lds
	$$(call say,LD,$$@)
	$$(Q)$$(LD) -m elf_x86_64 -static -z noexecstack --build-id=none --no-warn-rwx-segments \
		-T scripts/bios-stub.lds -o $$@ $$(filter %.o,$$^)

bin/$(1).$(2): bin/$(1).$(2).elf $(if $(filter %rom,$(2)),util/romtool)
	$$(call say,IMAGE,$$@)
	$$(Q)$$(OBJCOPY) -O binary $$< $$@
	$(if $(finish-$(2)),$$(Q)$$(call finish-$(2),$(1)))
endef
$(foreach i,$(images-bios),$(foreach f,lkrn pxe rom mrom dsk,$(eval $(call stub-rules,$(i),$(f),$(i)))))
$(foreach i,$(images-bios),$(foreach f,$(keep-formats),$(eval $(call \
	stub-rules,$(i),$(f),$(call with-undi,$(i))))))

-include $(patsubst %.o,%.d,$(STUB_OBJS) $(STUB_OBJS_lkrn) $(STUB_OBJS_pxe) $(STUB_OBJS_rom) \
	$(STUB_OBJS_kpxe) $(STUB_OBJS_kkpxe) $(STUB_OBJS_dsk))

bin/%.pdsk: bin/%.dsk
	$(call say,IMAGE,$@)
	@cp $< $@
	$(Q)truncate -s '>1474560' $@
bin/%.hd: bin/%.dsk
	$(call say,IMAGE,$@)
	@cp $< $@
	$(Q)truncate -s %32768 $@
