obj-y += image/embedded.o
