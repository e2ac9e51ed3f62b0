# Bootable media. util/genfsimg does the work; people call it by hand too. The suffix says what it is. And
# option ROMs for both firmwares.

# The ISO with all drivers is for both firmwares.
bin/ipxe.iso: bin-x86_64-efi/ipxe.efi

# $(1) the file, $(2) what is in it.
define media-rules
$(1): $(2) util/genfsimg
	$$(call say,MEDIA,$$@)
	$$(Q)util/genfsimg -o $$@ $$(filter %.lkrn %.efi,$$^)
endef
$(foreach i,$(images-bios),$(foreach f,iso usb sdsk,$(eval $(call media-rules,bin/$(i).$(f),bin/$(i).lkrn))))
$(foreach i,$(images-efi),$(foreach f,iso usb,$(eval $(call \
	media-rules,bin-x86_64-efi/$(i).$(f),bin-x86_64-efi/$(i).efi))))

bin/%.comborom: bin/%.rom bin-x86_64-efi/%.efirom util/romtool
	$(call say,IMAGE,$@)
	$(Q)util/romtool --join -o $@ $(wordlist 1,2,$^)
