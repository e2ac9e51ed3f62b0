# Which drivers an image has: bin/ELEMENTS.FORMAT, bin-x86_64-efi/ELEMENTS.FORMAT.
#
# ELEMENTS are joined by "--". Each is a driver (virtio-net), a ROM name (82540em) or a PCI id
# (8086100e: vendor and device), which mean the driver that has it in its table; or "ipxe", all drivers
# of config/drivers.h. - and _ are the same. The image has these drivers and everything else.
#
# Images are ipxe and those that are goals. For the fragments that make them:
#
#     images-P                          names of images, P = bios or efi
#     $(call image-objs,P,image)        objects to link
#     $(call element-drivers,P,element) drivers
#     $(call element-ids,P,element)     PCI ids, 8 digits each; none for ipxe
#     $(call rom-ids,P,image)           those of all elements, as romtool takes them: the first is the header's
#
# A fragment adds its formats to the lists here, and a line about each for "make list-formats".

formats-bios := lkrn pxe kpxe kkpxe rom mrom comborom dsk pdsk hd iso usb sdsk elf
formats-efi := efi efidrv efirom iso usb elf
about-bios-lkrn := Linux kernel image: isolinux, GRUB, QEMU -kernel
about-bios-pxe := network bootstrap program for an existing PXE ROM
about-bios-kpxe := the same, keeping the ROM's UNDI to drive a NIC that nothing else drives
about-bios-kkpxe := the same, keeping all of the ROM, to which exit returns
about-bios-rom := PCI option ROM, with the PCI ids of the elements
about-bios-mrom := the same for cards that show all of it to the BIOS; may be larger than 128 KB
about-bios-comborom := .rom and .efirom in one, for BIOS and UEFI
about-bios-dsk := floppy, or disk, with nothing but a boot sector and the program
about-bios-pdsk := the same, as long as a floppy of 1.44 MB
about-bios-hd := the same for a partition, a multiple of 32 KB
about-bios-iso := CD or USB stick (ipxe.iso: UEFI too)
about-bios-usb := disk image for a USB stick
about-bios-sdsk := floppy, or FAT file system without partitions
about-bios-elf := the core with symbols, for debuggers
about-efi-efi := application
about-efi-efidrv := driver with a boot option for each card that it is for; carries the application
about-efi-efirom := PCI option ROM with that driver, with the PCI ids of the elements
about-efi-iso := CD or USB stick
about-efi-usb := disk image for a USB stick
about-efi-elf := the same with symbols, for debuggers

# A goal that cannot be made says what can be. By-products are goals, too.
by-products := list core lzma mix packed ids map mk h S
dotted = $(subst $() ,$(comma) ,$(1:%=.%))
check-goal = $(if $(filter $(bin-$(2))/%,$(1)),$(if $(filter $(formats-$(2)) $(by-products),$(patsubst \
	.%,%,$(suffix $(1)))),,$(error $(1): no such format. In $(bin-$(2))/ there are $(call \
	dotted,$(formats-$(2))); "make list-formats" says what they are)))
check-folder = $(if $(filter-out bin/% bin-x86_64-efi/% bin-host/% bin-fuzz/%,$(filter bin-%,$(1))),$(error \
	$(1): images for BIOS are in bin/, for 64-bit UEFI in bin-x86_64-efi/, and there are no others))
# Folder and file; what lies deeper is for people who know what they do.
$(foreach g,$(MAKECMDGOALS),$(if $(filter 2,$(words $(subst /, ,$(g)))),$(call check-folder,$(g))$(foreach \
	p,bios efi,$(call check-goal,$(g),$(p)))))

# Names have no dot and no slash: bin/ipxe.lkrn.elf is none of these.
goal-images = $(foreach g,$(foreach f,$(formats-$(1)),$(patsubst $(bin-$(1))/%.$(f),%,$(filter \
	$(bin-$(1))/%.$(f),$(MAKECMDGOALS)))),$(if $(or $(findstring .,$(g)),$(findstring /,$(g))),,$(g)))
# Images of these formats have the driver that uses what they keep of the PXE ROM.
keep-formats := kpxe kkpxe
with-undi = $(if $(filter undionly,$(subst --, ,$(1))),$(1),$(1)--undionly)
keep-goals := $(foreach f,$(keep-formats),$(patsubst bin/%.$(f),%,$(filter bin/%.$(f),$(MAKECMDGOALS))))
images-bios := $(sort ipxe $(call goal-images,bios) $(foreach i,$(keep-goals),$(call with-undi,$(i))))
# An image for both firmwares is made of two.
combo-images := $(patsubst bin/%.comborom,%,$(filter bin/%.comborom,$(MAKECMDGOALS)))
images-efi := $(sort ipxe $(call goal-images,efi) $(combo-images))

# The PCI ids of the drivers' tables: id-ELEMENT := driver, ids-ELEMENT := PCI ids, names-DRIVER := ROM
# names. Only where someone asks; make builds it first and then starts over.
ifneq ($(filter-out ipxe,$(images-bios) $(images-efi))$(filter list-drivers %.efidrv %.efirom %.comborom,$(MAKECMDGOALS)),)
-include bin/ids.mk
endif
bin/ids.mk: DRIVERS := $(foreach d,$(all-drivers-bios),$(d)=$(subst \
	$() ,$(comma),$(objs-of-bios-$(d))))
bin/ids.mk: scripts/ids.py scripts/elements.mk $(wildcard src/drivers/*.c src/drivers/build.mk) \
		| bin/config.mk
	@mkdir -p $(@D)
	@$(PYTHON) scripts/ids.py '$(CC) $(CPPFLAGS_bios) $(FREESTANDING)' $(DRIVERS) > $@.$$$$.new && mv $@.$$$$.new $@

dashes = $(subst _,-,$(1))
find-driver = $(or $(filter $(call dashes,$(2)),$(all-drivers-$(1))),$(filter \
	$(id-$(call dashes,$(2))),$(all-drivers-$(1))))
no-element = $(error $(bin-$(1))/$(2): no such driver, ROM name or PCI id. Drivers here are \
	$(subst $() ,$(comma) ,$(all-drivers-$(1))); "make list-drivers" shows all names)
element-drivers = $(if $(filter ipxe,$(2)),$(drivers-$(1)),$(or $(call \
	find-driver,$(1),$(2)),$(if $(ids-known),$(call no-element,$(1),$(2)))))
element-ids = $(ids-$(call dashes,$(2)))
rom-ids = $(subst $() ,$(comma),$(or $(strip $(foreach e,$(subst --, ,$(2)),$(call element-ids,$(1),$(e)))),00000000))
image-drivers = $(sort $(foreach e,$(subst --, ,$(2)),$(call element-drivers,$(1),$(e))))
image-objs = $(call objs-with,$(1),$(call image-drivers,$(1),$(2)))

define list-rules
$(bin-$(1))/$(2).list: OBJS := $(call image-objs,$(1),$(2))
endef
$(foreach p,bios efi,$(foreach i,$(images-$(p)),$(eval $(call list-rules,$(p),$(i)))))

.PHONY: list-drivers list-formats config-report
list-drivers: ## What bin/ELEMENTS.FORMAT may name: drivers, ROM names, PCI ids
	@$(foreach d,$(sort $(all-drivers-bios) $(all-drivers-efi)),printf '%-12s %-10s %s\n' $(d) \
		'$(if $(filter $(d),$(all-drivers-bios)),BIOS )$(if $(filter $(d),$(all-drivers-efi)),UEFI)' \
		'$(if $(filter $(d),$(drivers-bios) $(drivers-efi)),,(not in ipxe))'; \
		$(if $(names-$(d)),printf '    %s\n' $(names-$(d));))

list-formats: ## The formats of images
	@$(foreach p,bios efi,$(foreach f,$(formats-$(p)),printf '%-34s %s\n' \
		'$(bin-$(p))/ELEMENTS.$(f)' '$(subst ','\'',$(about-$(p)-$(f)))';))

config-report: $(foreach p,bios efi,$(images-$(p):%=$(bin-$(p))/%.list)) ## What is in the images, and which file says so
	@$(foreach p,bios efi,$(PYTHON) scripts/config_report.py $(bin-$(p)) '$(CC) $(CPPFLAGS_$(p))' \
		$(foreach i,$(images-$(p)),$(i)=$(subst $() ,$(comma),$(call image-drivers,$(p),$(i)))) &&) true
