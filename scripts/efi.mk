# The UEFI application: ELF, then PE.

# Files that talk to the firmware use gnu-efi's headers (never its libraries), with direct calls in
# the firmware's calling convention and 16-bit wide characters.
EFI_INCLUDE ?= /usr/include/efi
EFI_CPPFLAGS := -isystem $(EFI_INCLUDE) -isystem $(EFI_INCLUDE)/x86_64 -DGNU_EFI_USE_MS_ABI \
	-fshort-wchar
$(foreach source,$(wildcard src/platform/efi/*.c src/platform/efi/stub/*.c), \
	$(eval CPPFLAGS_$(source:src/%.c=%) := $(EFI_CPPFLAGS)))

# Unit tests include such files and play the firmware.
bin-host/tests/unit/platform/efi_%.o: CPPFLAGS_host += $(EFI_CPPFLAGS)

# A build id or time stamp would make two builds differ.
EFI_LDFLAGS := -m elf_x86_64 -pie --no-dynamic-linker -z nodynamic-undefined-weak -z text \
	-z norelro -z noexecstack --hash-style=sysv --build-id=none --gc-sections \
	--no-warn-rwx-segments -T scripts/efi.lds

bin-x86_64-efi/obj/platform/efi/sbat.o: scripts/version.mk
bin-x86_64-efi/obj/platform/efi/sbat.o: CPPFLAGS_platform/efi/sbat := \
	-DSBAT_VERSION='"$(VERSION_MAJOR).$(VERSION_MINOR).$(VERSION_PATCH)"'

bin/util/elf2efi: src/platform/efi/sum.h
HOSTLIBS_elf2efi := -Isrc

define efi-rules
bin-x86_64-efi/$(1).elf: $(call image-objs,efi,$(1)) bin/slot/efi.o bin-x86_64-efi/$(1).list scripts/efi.lds \
		scripts/efi.mk
	$$(call say,LD,$$@)
	$$(Q)$$(LD) $$(EFI_LDFLAGS) -Map $$@.map -o $$@ $$(filter %.o,$$^)

bin-x86_64-efi/$(1).efi: bin-x86_64-efi/$(1).elf bin/util/elf2efi
	$$(call say,EFI,$$@)
	$$(Q)bin/util/elf2efi $$< $$@
endef
$(foreach i,$(images-efi),$(eval $(call efi-rules,$(i))))

# The driver of an option ROM carries the application, packed, and its PCI ids.
codec-efidrv := lzma
EFIDRV_OBJS := $(addprefix bin-x86_64-efi/obj/,platform/efi/stub/driver.o arch/x86_64/memory.o) \
	$(call codec-objs,efi,$(codec-efidrv))
no-ids = $(error bin-x86_64-efi/$(1): no PCI ids, so no card could have this as its option ROM)
# Its PCI ids, those of the first element first.
element-or-all-ids = $(if $(filter ipxe,$(1)),$(foreach d,$(drivers-efi),$(ids-$(d))),$(call element-ids,efi,$(1)))
image-ids = $(or $(strip $(foreach e,$(subst --, ,$(1)),$(call element-or-all-ids,$(e)))),$(call no-ids,$(1)))

define efidrv-rules
bin-x86_64-efi/$(1).packed: bin-x86_64-efi/$(1).efi bin/util/pack
	$$(call say,PACK,$$@)
	$$(Q)bin/util/pack $(codec-efidrv) $$< $$@

bin-x86_64-efi/$(1).ids: FORCE
	@printf '.long 0x%s\n' $$(call image-ids,$(1)) | $$(call update,$$@)

bin-x86_64-efi/$(1).payload.o: src/platform/efi/stub/payload.S bin-x86_64-efi/$(1).packed \
		bin-x86_64-efi/$(1).ids
	$$(call say,AS,$$@)
	$$(Q)$$(CC_efi) $$(CPPFLAGS_efi) -DPAYLOAD='"bin-x86_64-efi/$(1).packed"' \
		-DDRIVER_IDS='"bin-x86_64-efi/$(1).ids"' -I. -c -o $$@ $$<

bin-x86_64-efi/$(1).efidrv.elf: $(EFIDRV_OBJS) bin-x86_64-efi/$(1).payload.o bin/slot/efidrv.o \
		scripts/efi.lds
	$$(call say,LD,$$@)
	$$(Q)$$(LD) $$(EFI_LDFLAGS) --defsym=payload_codec=$(codec-efidrv)_codec -o $$@ $$(filter %.o,$$^)

bin-x86_64-efi/$(1).efidrv: bin-x86_64-efi/$(1).efidrv.elf bin/util/elf2efi
	$$(call say,EFI,$$@)
	$$(Q)bin/util/elf2efi --driver $$< $$@

bin-x86_64-efi/$(1).efirom: bin-x86_64-efi/$(1).efidrv util/romtool
	$$(call say,IMAGE,$$@)
	$$(Q)util/romtool --efi --ids $$(call rom-ids,efi,$(1)) -o $$@ $$<
endef
$(foreach i,$(images-efi),$(eval $(call efidrv-rules,$(i))))
-include $(EFIDRV_OBJS:.o=.d)
