ifeq ($(PLATFORM),bios)
obj-y += $(addprefix platform/bios/,entry.o main.o real.o paging.o pages.o vectors.o exception.o)
obj-y += $(addprefix platform/bios/,clock.o nap.o pci.o tables.o power.o lkrn.o pxe.o rom.o)
obj-$(IMAGE_BZIMAGE) += $(addprefix platform/bios/,linux.o linux_enter.o linux_launch.o)
obj-$(IMAGE_PXE) += $(addprefix platform/bios/,nbp.o nbp_launch.o memory_map.o)
obj-$(CONSOLE_PCBIOS) += $(addprefix platform/bios/,screen.o ansi.o keyboard.o)
# In images that keep the ROM's UNDI (.kpxe, .kkpxe), and in no other.
driver-undionly := $(addprefix platform/bios/,undi.o pxe_rom.o)
endif
