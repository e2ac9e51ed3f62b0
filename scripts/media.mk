# Bootable media. util/genfsimg does the work; people call it by hand too. The suffix says what it is.

bin/ipxe.iso: bin/ipxe.lkrn bin-x86_64-efi/ipxe.efi
bin/ipxe.usb bin/ipxe.sdsk: bin/ipxe.lkrn
bin-x86_64-efi/ipxe.iso bin-x86_64-efi/ipxe.usb: bin-x86_64-efi/ipxe.efi

bin/ipxe.iso bin/ipxe.usb bin/ipxe.sdsk bin-x86_64-efi/ipxe.iso bin-x86_64-efi/ipxe.usb: util/genfsimg
	$(call say,MEDIA,$@)
	$(Q)util/genfsimg -o $@ $(filter %.lkrn %.efi,$^)
