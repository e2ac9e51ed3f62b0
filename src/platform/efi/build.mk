ifeq ($(PLATFORM),efi)
obj-y += platform/efi/clock.o platform/efi/entry.o platform/efi/images.o platform/efi/memory.o
obj-y += platform/efi/net_path.o platform/efi/netboot.o
obj-y += platform/efi/pci.o platform/efi/rom.o platform/efi/sbat.o platform/efi/slot.o platform/efi/system.o platform/efi/text.o
obj-$(IMAGE_EFI) += $(addprefix platform/efi/,image.o file.o initrd.o path.o screen.o shim.o)
obj-$(CONSOLE_EFI) += platform/efi/console.o platform/efi/keyboard.o
driver-snp := platform/efi/snp.o
driver-snponly := platform/efi/snp.o platform/efi/snponly.o
drivers-$(DRIVER_SNP) += snp
endif
