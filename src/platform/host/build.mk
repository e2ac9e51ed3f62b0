# main.o is left out of unit tests and fuzz targets, which have a main of their own (scripts/host.mk).
ifeq ($(PLATFORM),host)
obj-y += platform/host/platform.o platform/host/console.o platform/host/heap.o platform/host/commands_md.o
obj-$(DRIVER_TAP) += platform/host/tap.o
endif
