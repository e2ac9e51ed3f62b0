# The BIOS images: the core is linked and packed, then put into a stub that unpacks it
# (src/platform/bios/stub), behind the header of a Linux kernel (.lkrn) or of a network bootstrap
# program (.pxe; .kpxe and .kkpxe keep the PXE ROM's UNDI or all of it).

BIOS_LDFLAGS := -m elf_x86_64 -pie --no-dynamic-linker -z nodynamic-undefined-weak -z text \
	-z norelro -z noexecstack -z pack-relative-relocs --hash-style=sysv --build-id=none \
	--gc-sections --no-warn-rwx-segments -T scripts/bios.lds
BIOS_LD_ONLY := .dynamic .dynsym .dynstr .hash

# How the core is packed: lzma, which is fast, or mix, which is a quarter smaller and takes fifty times as long to unpack.
# Fast is for everybody; only what old PXE ROMs have little room for is small.
codec-undionly := mix
codec = $(or $(codec-$(1)),lzma)
codec-objs = $(addprefix $(bin-$(1))/obj/platform/codec/,$(addsuffix .o,unpack insn targets $(codec-srcs-$(2))))
codec-srcs-lzma := lzma
codec-srcs-mix := mix mix_decode
bin/util/pack: $(wildcard src/platform/codec/*)
HOSTLIBS_pack := -Isrc -llzma

# The core with some drivers; $(1) is the name of the image.
define bios-core-rules
bin/$(1).elf: $(call image-objs,bios,$(1)) bin/$(1).list scripts/bios.lds scripts/bios.mk
	$$(call say,LD,$$@)
	$$(Q)$$(LD) $$(BIOS_LDFLAGS) -Map $$@.map -o $$@ $$(filter %.o,$$^)

bin/$(1).core: bin/$(1).elf
	$$(Q)$$(OBJCOPY) -O binary $$(foreach s,$$(BIOS_LD_ONLY),-R $$(s)) $$< $$@

bin/$(1).lzma bin/$(1).mix: bin/$(1).%: bin/$(1).core bin/util/pack
	$$(call say,PACK,$$@)
	$$(Q)bin/util/pack $$* $$< $$@
endef
$(foreach i,$(images-bios),$(eval $(call bios-core-rules,$(i))))

# The stub. It runs where it is linked to, and is not packed: compiled for size, all but the codecs.
stub-objs = $(addprefix bin/obj/platform/bios/stub/,$(addsuffix .o,$(1)))
STUB_OBJS := $(call stub-objs,low stub call place)
STUB_OBJS_lzma := $(call codec-objs,bios,lzma)
STUB_OBJS_mix := $(call codec-objs,bios,mix)
STUB_OBJS_lkrn := $(call stub-objs,setup linux_start linux)
STUB_OBJS_pxe := $(call stub-objs,nbp pxe)
STUB_OBJS_kpxe := $(call stub-objs,knbp keep)
STUB_OBJS_kkpxe := $(call stub-objs,kknbp keep)
STUB_OBJS_dsk := $(call stub-objs,disk_boot disk)
STUB_OBJS_rom := $(call stub-objs,rom_header rom)
STUB_OBJS_mrom := $(STUB_OBJS_rom)

$(foreach source,$(wildcard src/platform/bios/stub/*.c),$(eval CFLAGS_$(source:src/%.c=%) := -Oz -fno-pie))

STUB_CPPFLAGS := -include bin/version.h -include config/branding.h \
	-include config/general.h
bin/obj/platform/bios/stub/%.o: src/platform/bios/stub/%.S bin/config.mk scripts/bios.mk | bin/version.h
	$(call say,AS,$@)
	@mkdir -p $(@D)
	$(Q)$(CC_bios) $(CPPFLAGS_bios) $(STUB_CPPFLAGS) -MMD -MP -c -o $@ $<

# The packed core is part of start.o, which each image has for itself; $(2) is the codec.
define payload-rules
bin/$(1).start-$(2).o: src/platform/bios/stub/start.S bin/$(1).$(2) bin/config.mk scripts/bios.mk
	$$(call say,AS,$$@)
	$$(Q)$$(CC_bios) $$(CPPFLAGS_bios) $$(STUB_CPPFLAGS) -DPAYLOAD='"bin/$(1).$(2)"' \
		-MMD -MP -c -o $$@ $$<
-include bin/$(1).start-$(2).d
endef
$(foreach i,$(images-bios),$(foreach c,lzma mix,$(eval $(call payload-rules,$(i),$(c)))))

# An option ROM gets lengths, sums, and PCI ids; a .mrom is cut in two.
finish-rom = util/romtool --finish --ids $(call rom-ids,bios,$(1)) bin/$(1).$(or $(2),rom)
finish-mrom = $(call finish-rom,$(1),mrom) --mrom
# Disk images: whole sectors; .pdsk and .hd are longer.
finish-dsk = truncate -s %512 bin/$(1).dsk

# $(1) image, $(2) format: STUB_OBJS_$(2) come first. $(3) whose core it is, $(4) how it is packed.
define stub-rules
bin/$(1).$(2).elf: $(STUB_OBJS_$(2)) bin/$(3).start-$(4).o $(STUB_OBJS) $(STUB_OBJS_$(4)) bin/slot/$(2).o \
		scripts/bios-stub.lds
	$$(call say,LD,$$@)
	$$(Q)$$(LD) -m elf_x86_64 -static -z noexecstack --build-id=none --no-warn-rwx-segments \
		--defsym=payload_codec=$(4)_codec -T scripts/bios-stub.lds -o $$@ $$(filter %.o,$$^)

bin/$(1).$(2): bin/$(1).$(2).elf util/stubcrc $(if $(filter %rom,$(2)),util/romtool)
	$$(call say,IMAGE,$$@)
	$$(Q)$$(OBJCOPY) -O binary $$< $$@
	$$(Q)$$(NM) $$< | util/stubcrc $$@
	$(if $(finish-$(2)),$$(Q)$$(call finish-$(2),$(1)))
endef
$(foreach i,$(images-bios),$(foreach f,lkrn pxe rom mrom dsk,$(eval $(call \
	stub-rules,$(i),$(f),$(i),$(call codec,$(i))))))
$(foreach i,$(images-bios),$(foreach f,$(keep-formats),$(eval $(call \
	stub-rules,$(i),$(f),$(call with-undi,$(i)),$(call codec,$(i))))))

-include $(patsubst %.o,%.d,$(STUB_OBJS) $(STUB_OBJS_lkrn) $(STUB_OBJS_pxe) $(STUB_OBJS_rom) \
	$(STUB_OBJS_kpxe) $(STUB_OBJS_kkpxe) $(STUB_OBJS_dsk) $(STUB_OBJS_lzma) \
	$(STUB_OBJS_mix))

bin/%.pdsk: bin/%.dsk
	$(call say,IMAGE,$@)
	@cp $< $@
	$(Q)truncate -s '>1474560' $@
bin/%.hd: bin/%.dsk
	$(call say,IMAGE,$@)
	@cp $< $@
	$(Q)truncate -s %32768 $@
