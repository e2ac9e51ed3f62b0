obj-y += bus/pci.o
obj-$(DRIVER_VIRTIO_NET) += bus/virtio.o
obj-y += bus/pci_settings.o
