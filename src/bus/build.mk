obj-y += bus/pci.o
obj-y += bus/pci_settings.o
