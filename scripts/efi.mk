# The UEFI application: ELF, then PE.

# Files that talk to the firmware use gnu-efi's headers (never its libraries), with direct calls in
# the firmware's calling convention and 16-bit wide characters.
EFI_INCLUDE ?= /usr/include/efi
EFI_CPPFLAGS := -isystem $(EFI_INCLUDE) -isystem $(EFI_INCLUDE)/x86_64 -DGNU_EFI_USE_MS_ABI \
	-fshort-wchar
$(foreach source,$(wildcard src/platform/efi/*.c), \
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

define efi-rules
bin-x86_64-efi/$(1).elf: $(call image-objs,efi,$(1)) bin-x86_64-efi/$(1).list scripts/efi.lds \
		scripts/efi.mk
	$$(call say,LD,$$@)
	$$(Q)$$(LD) $$(EFI_LDFLAGS) -Map $$@.map -o $$@ $$(filter %.o,$$^)

bin-x86_64-efi/$(1).efi: bin-x86_64-efi/$(1).elf bin/util/elf2efi
	$$(call say,EFI,$$@)
	$$(Q)bin/util/elf2efi $$< $$@
endef
$(foreach i,$(images-efi),$(eval $(call efi-rules,$(i))))
