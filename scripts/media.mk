# Bootable media. util/genfsimg does the work; people call it by hand too.

bin/ipxe.iso: bin/ipxe.lkrn bin-x86_64-efi/ipxe.efi util/genfsimg
	$(call say,ISO,$@)
	$(Q)util/genfsimg -o $@ bin/ipxe.lkrn bin-x86_64-efi/ipxe.efi
