/** @file
 * PCI ids of the controllers that the intel driver knows: 82540 to 82547, 82571 to 82574 and 82583.
 */
#include "drivers/intel.h"

#define ID( device, name, flags ) \
	{ 0x8086, device, name, flags }

static const struct pci_id intel_ids[] = {
	ID ( 0x1008, "82544ei", INTEL_NO_EERD ),
	ID ( 0x1009, "82544ei-f", INTEL_NO_EERD | INTEL_FIBRE ),
	ID ( 0x100c, "82544gc", INTEL_NO_EERD ),
	ID ( 0x100d, "82544gc-l", INTEL_NO_EERD ),
	ID ( 0x100e, "82540em", INTEL_8254X ),
	ID ( 0x100f, "82545em", INTEL_8254X ),
	ID ( 0x1010, "82546eb", INTEL_8254X ),
	ID ( 0x1011, "82545em-f", INTEL_8254X | INTEL_FIBRE ),
	ID ( 0x1012, "82546eb-f", INTEL_8254X | INTEL_FIBRE ),
	ID ( 0x1013, "82541ei", INTEL_EERD_SHORT ),
	ID ( 0x1014, "82541er", INTEL_EERD_SHORT ),
	ID ( 0x1015, "82540em-l", INTEL_8254X ),
	ID ( 0x1016, "82540ep-m", INTEL_8254X ),
	ID ( 0x1017, "82540ep", INTEL_8254X ),
	ID ( 0x1018, "82541ei", INTEL_EERD_SHORT ),
	ID ( 0x1019, "82547ei", INTEL_EERD_SHORT ),
	ID ( 0x101a, "82547ei-m", INTEL_EERD_SHORT ),
	ID ( 0x101d, "82546eb", INTEL_8254X ),
	ID ( 0x101e, "82540ep-m", INTEL_8254X ),
	ID ( 0x1026, "82545gm", INTEL_8254X ),
	ID ( 0x1027, "82545gm-1", INTEL_8254X | INTEL_FIBRE ),
	ID ( 0x1028, "82545gm-2", INTEL_8254X | INTEL_FIBRE ),
	ID ( 0x105e, "82571eb", INTEL_EERD_SHORT | INTEL_PCIE ),
	ID ( 0x105f, "82571eb-1", INTEL_EERD_SHORT | INTEL_PCIE | INTEL_FIBRE ),
	ID ( 0x1060, "82571eb-2", INTEL_EERD_SHORT | INTEL_PCIE | INTEL_FIBRE ),
	ID ( 0x1075, "82547gi", INTEL_EERD_SHORT ),
	ID ( 0x1076, "82541gi", INTEL_EERD_SHORT ),
	ID ( 0x1077, "82541gi-1", INTEL_EERD_SHORT ),
	ID ( 0x1078, "82541er", INTEL_EERD_SHORT ),
	ID ( 0x1079, "82546gb", INTEL_8254X ),
	ID ( 0x107a, "82546gb-1", INTEL_8254X | INTEL_FIBRE ),
	ID ( 0x107b, "82546gb-2", INTEL_8254X | INTEL_FIBRE ),
	ID ( 0x107c, "82541pi", INTEL_EERD_SHORT ),
	ID ( 0x107d, "82572ei", INTEL_EERD_SHORT | INTEL_PCIE ),
	ID ( 0x107e, "82572ei-f", INTEL_EERD_SHORT | INTEL_PCIE | INTEL_FIBRE ),
	ID ( 0x107f, "82572ei", INTEL_EERD_SHORT | INTEL_PCIE ),
	ID ( 0x108a, "82546gb-3", INTEL_8254X ),
	ID ( 0x108b, "82573v", INTEL_EERD_SHORT | INTEL_PCIE ),
	ID ( 0x108c, "82573e", INTEL_EERD_SHORT | INTEL_PCIE ),
	ID ( 0x1099, "82546gb-4", INTEL_8254X ),
	ID ( 0x109a, "82573l", INTEL_EERD_SHORT | INTEL_PCIE ),
	ID ( 0x10a4, "82571eb", INTEL_EERD_SHORT | INTEL_PCIE ),
	ID ( 0x10a5, "82571eb", INTEL_EERD_SHORT | INTEL_PCIE | INTEL_FIBRE ),
	ID ( 0x10b5, "82546gb", INTEL_8254X ),
	ID ( 0x10b9, "82572ei", INTEL_EERD_SHORT | INTEL_PCIE ),
	ID ( 0x10bc, "82571eb", INTEL_EERD_SHORT | INTEL_PCIE ),
	ID ( 0x10d3, "82574l", INTEL_EERD_SHORT | INTEL_PCIE ),
	ID ( 0x10d5, "82571pt", INTEL_EERD_SHORT | INTEL_PCIE ),
	ID ( 0x10d9, "82571eb-d", INTEL_EERD_SHORT | INTEL_PCIE | INTEL_FIBRE ),
	ID ( 0x10da, "82571eb-q", INTEL_EERD_SHORT | INTEL_PCIE | INTEL_FIBRE ),
	ID ( 0x10f6, "82574l", INTEL_EERD_SHORT | INTEL_PCIE ),
	ID ( 0x150c, "82583v", INTEL_EERD_SHORT | INTEL_PCIE ),
};

static const struct pci_driver intel_driver = {
	.name = "intel",
	.ids = intel_ids,
	.id_count = ARRAY_SIZE ( intel_ids ),
	.probe = intel_probe,
	.remove = intel_remove,
	.suspend = intel_suspend,
	.resume = intel_resume,
};
PCI_DRIVER ( intel_driver );
