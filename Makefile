# Lanyard: the whole build. "make help" lists what can be made.
#
# One set of sources is compiled for each platform into a folder of its own:
#   bin/             BIOS            bin-x86_64-efi/  UEFI
#   bin-host/        Linux program and unit tests (ASan, UBSan)
#   bin-fuzz/        fuzz targets (clang, libFuzzer)
# Every file always compiles; config/*.h selects what links. Each folder below src/ lists its
# objects in a build.mk; scripts/platform.mk turns the lists into rules, once a platform.

MAKEFLAGS += --no-builtin-rules --no-builtin-variables
.DELETE_ON_ERROR:
.SUFFIXES:
.DEFAULT_GOAL := all

CC      ?= gcc
ifeq ($(origin CC),default)
CC      := gcc
endif
LD      := $(CROSS)ld
OBJCOPY := $(CROSS)objcopy
NM := $(CROSS)nm
PYTHON  ?= python3
HOSTCC  ?= gcc
CLANG   ?= clang
V       ?= 0
Q       := $(if $(filter 1,$(V)),,@)
say      = $(if $(filter 1,$(V)),,@printf '  %-8s %s\n' "$(1)" "$(2)")

comma := ,
hash := \#
BUILD_MKS    := $(sort $(shell find src -name build.mk))
CONFIG_FILES := $(sort $(wildcard config/*.h))
CONFIG_LOCAL := $(patsubst config/%,config/local/%,$(CONFIG_FILES))

# People's own switches live in config/local; missing files are made empty. CONFIG names one more
# folder of each kind (scripts/platform.mk).
ifneq ($(CONFIG),)
ifeq ($(filter-out local,$(CONFIG))$(wildcard config/$(CONFIG)/*.h config/local/$(CONFIG)/*.h),$(CONFIG))
$(error CONFIG=$(CONFIG): no config/$(CONFIG)/*.h and no config/local/$(CONFIG)/*.h. There are: \
	$(sort $(filter-out local,$(patsubst config/%/,%,$(dir $(wildcard config/*/*.h))) \
	$(patsubst config/local/%/,%,$(dir $(wildcard config/local/*/*.h))))))
endif
endif
# The old name of EMBED; and what somebody might rely on if nothing was said.
EMBED := $(or $(EMBED),$(EMBEDDED_IMAGE))
$(foreach v,TRUST CERT PRIVKEY KEY,$(if $(findstring command,$(origin $(v))),$(error \
	$(v)=$($(v)): there is no HTTPS that would use it)))

$(foreach h,$(CONFIG_LOCAL),$(if $(wildcard $(h)),,$(shell mkdir -p config/local && touch $(h))))

include scripts/flags.mk
include scripts/version.mk
include scripts/debug.mk
include scripts/third_party.mk

.PHONY: all FORCE
all: bin/ipxe.lkrn bin-x86_64-efi/ipxe.efi bin/ipxe.iso

# update-if-changed: $(call update,file): standard input replaces the file only if it differs.
update = { new=$(1).$$$$.new; cat > $$new; cmp -s $$new $(1) && rm $$new || mv $$new $(1); }

P := bios
BIN := bin
include scripts/platform.mk
P := efi
BIN := bin-x86_64-efi
include scripts/platform.mk
P := host
BIN := bin-host
include scripts/platform.mk
P := fuzz
BIN := bin-fuzz
include scripts/platform.mk

$(call check-debug)
include scripts/elements.mk
include scripts/util.mk
include scripts/slot.mk
include scripts/bios.mk
include scripts/efi.mk
include scripts/media.mk
include scripts/host.mk
include scripts/check.mk

.PHONY: help clean veryclean format
help: ## This text
	@echo 'Images:'
	@echo '  make                            BIOS and UEFI images and the hybrid bin/ipxe.iso'
	@echo '  make bin/ipxe.lkrn              BIOS image (Linux kernel format)'
	@echo '  make bin/ipxe.pxe               BIOS image for an existing PXE ROM (network bootstrap program)'
	@echo '  make bin/undionly.kpxe          the same, driving the NIC by the ROM (.kkpxe: and returning to it)'
	@echo '  make bin-x86_64-efi/ipxe.efi    UEFI application'
	@echo '  make bin/virtio-net.rom         option ROM of a network card, BIOS; small: bin/virtio-net.mrom'
	@echo '  make bin-x86_64-efi/virtio-net.efirom   the same, UEFI (.efidrv: its driver); both: bin/virtio-net.comborom'
	@echo '  make bin/ipxe.iso               hybrid ISO: CD or USB stick, BIOS and UEFI'
	@echo '  make bin/ipxe.usb               disk image for a USB stick, BIOS (bin-x86_64-efi/ipxe.usb: UEFI)'
	@echo '  make bin/ipxe.dsk               floppy or disk with its own boot sector, BIOS (.hd: partition)'
	@echo '  make bin/ipxe.sdsk              floppy, or FAT file system without partitions, BIOS'
	@echo
	@echo '  make bin/virtio-net--intel.iso  only these drivers; so too bin-x86_64-efi/snponly.efi, bin/8086100e.lkrn'
	@echo
	@echo 'Variables: EMBED=script[,file...]  CONFIG=name  DEBUG=module[:level][,...]  DATA_SLOT=KB  V=1  NO_WERROR=1'
	@echo 'Switches:  config/*.h, your own in config/local/*.h; CONFIG=name adds config/name/*.h'
	@echo
	@echo 'Other targets:'
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1 \t\2/p' Makefile scripts/*.mk | expand -t 34

clean: ## Remove all that was built
	rm -rf bin bin-x86_64-efi bin-host bin-fuzz

veryclean: clean ## Also remove local configuration and what was fetched
	rm -rf config/local third_party

format: ## Apply the house style to all C sources
	$(Q)$(formatted) | xargs clang-format -i
