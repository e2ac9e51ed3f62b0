# NIC drivers: driver-NAME are the objects that make NAME (as in bin/NAME.lkrn, scripts/elements.mk);
# the switch puts it into images with all drivers.
driver-virtio-net := drivers/virtio_net.o drivers/pci_net.o bus/virtio.o
drivers-$(DRIVER_VIRTIO_NET) += virtio-net
driver-intel := drivers/intel.o drivers/intel_ids.o drivers/pci_net.o
drivers-$(DRIVER_INTEL) += intel
driver-realtek := drivers/realtek.o drivers/pci_net.o
drivers-$(DRIVER_REALTEK) += realtek

obj-$(CONSOLE_SERIAL) += drivers/uart.o
