obj-$(DRIVER_VIRTIO_NET) += drivers/virtio_net.o drivers/pci_net.o
obj-$(DRIVER_INTEL) += drivers/intel.o drivers/intel_ids.o drivers/pci_net.o
obj-$(DRIVER_REALTEK) += drivers/realtek.o drivers/pci_net.o
obj-$(CONSOLE_SERIAL) += drivers/uart.o
