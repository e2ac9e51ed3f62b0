obj-y += image/embedded.o image/slot.o
obj-$(IMAGE_SCRIPT) += image/script.o
obj-y += image/pe.o
obj-$(IMAGE_PXE) += image/nbp.o
obj-y += image/initrd.o
obj-$(IMAGE_BZIMAGE) += image/bzimage.o image/place.o
