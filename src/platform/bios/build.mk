ifeq ($(PLATFORM),bios)
obj-y += $(addprefix platform/bios/,entry.o main.o real.o paging.o pages.o vectors.o exception.o)
obj-y += $(addprefix platform/bios/,clock.o nap.o pci.o tables.o power.o lkrn.o)
obj-$(CONSOLE_PCBIOS) += $(addprefix platform/bios/,screen.o ansi.o keyboard.o)
endif
