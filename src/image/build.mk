obj-y += image/embedded.o
obj-$(IMAGE_SCRIPT) += image/script.o
