/** @file
 * Intel gigabit controllers, first families: registers that the driver uses, and the flags of its
 * id table. Names and bits as in the "PCI/PCI-X Family of Gigabit Ethernet Controllers Software
 * Developer's Manual" (8254x) and the "PCIe GbE Controllers Software Developer's Manual" (8257x).
 */
#ifndef DRIVERS_INTEL_H
#define DRIVERS_INTEL_H

#include "bus/pci.h"

/* What a chip is, in struct pci_id.data */
#define INTEL_8254X   0x00 /* 82540, 82545, 82546 */
#define INTEL_NO_EERD 0x01 /* 82544: its EEPROM has no read register */
#define INTEL_EERD_SHORT \
	0x02             /* 82541, 82547, 8257x: EERD has the address at bit 2, done at bit 1 */
#define INTEL_PCIE  0x04 /* 8257x */
#define INTEL_FIBRE 0x08 /* link by the controller itself (TBI, SerDes) */

int intel_probe ( struct pci_device *pci, const struct pci_id *id );
void intel_remove ( struct pci_device *pci );
void intel_suspend ( struct pci_device *pci );
void intel_resume ( struct pci_device *pci );

#define INTEL_REGS_LEN 0x20000

#define INTEL_CTRL                0x0000
#define INTEL_CTRL_FD             0x00000001
#define INTEL_CTRL_MASTER_DISABLE 0x00000004 /* PCIe */
#define INTEL_CTRL_LRST           0x00000008
#define INTEL_CTRL_ASDE           0x00000020
#define INTEL_CTRL_SLU            0x00000040
#define INTEL_CTRL_ILOS           0x00000080
#define INTEL_CTRL_FRCSPD         0x00000800
#define INTEL_CTRL_FRCDPLX        0x00001000
#define INTEL_CTRL_RST            0x04000000
#define INTEL_CTRL_VME            0x40000000
#define INTEL_CTRL_PHY_RST        0x80000000

#define INTEL_STATUS               0x0008
#define INTEL_STATUS_LU            0x00000002
#define INTEL_STATUS_PORT_1        0x00000004 /* second port of a dual controller */
#define INTEL_STATUS_MASTER_ENABLE 0x00080000 /* PCIe */

#define INTEL_EERD       0x0014
#define INTEL_EERD_START 0x00000001

#define INTEL_CTRL_EXT          0x0018
#define INTEL_CTRL_EXT_DRV_LOAD 0x10000000 /* 8257x: management firmware leaves the link alone */

#define INTEL_TXCW     0x0178
#define INTEL_TXCW_FD  0x00000020
#define INTEL_TXCW_ANE 0x80000000

#define INTEL_ICR 0x00c0
#define INTEL_IMC 0x00d8

#define INTEL_RCTL       0x0100
#define INTEL_RCTL_EN    0x00000002
#define INTEL_RCTL_MPE   0x00000010 /* all multicasts */
#define INTEL_RCTL_BAM   0x00008000 /* broadcasts */
#define INTEL_RCTL_SECRC 0x04000000 /* strip the CRC; buffers are 2048 bytes (BSIZE 0) */

#define INTEL_TCTL      0x0400
#define INTEL_TCTL_EN   0x00000002
#define INTEL_TCTL_PSP  0x00000008
#define INTEL_TCTL_CT   ( 0x0f << 4 )
#define INTEL_TCTL_COLD ( 0x40 << 12 )

#define INTEL_TIPG        0x0410
#define INTEL_TIPG_COPPER 0x0060200a /* 10, 8, 6: manual, table "TIPG" */
#define INTEL_TIPG_FIBRE  0x00602006

#define INTEL_RDBAL  0x2800
#define INTEL_RDBAH  0x2804
#define INTEL_RDLEN  0x2808
#define INTEL_RDH    0x2810
#define INTEL_RDT    0x2818
#define INTEL_RDTR   0x2820
#define INTEL_RXDCTL 0x2828
#define INTEL_RADV   0x282c
#define INTEL_TDBAL  0x3800
#define INTEL_TDBAH  0x3804
#define INTEL_TDLEN  0x3808
#define INTEL_TDH    0x3810
#define INTEL_TDT    0x3818
#define INTEL_TXDCTL 0x3828
/* 8257x: bit 22 must be one; thresholds count descriptors; write back one by one. */
#define INTEL_TXDCTL_PCIE 0x01410000

#define INTEL_MPC 0x4010 /* missed packets; cleared by reading */

#define INTEL_RXCSUM       0x5000
#define INTEL_RXCSUM_IPOFL 0x00000100
#define INTEL_RXCSUM_TUOFL 0x00000200
#define INTEL_RFCTL        0x5008 /* 8257x: 0 = legacy descriptors */
#define INTEL_RAL0         0x5400
#define INTEL_RAH0         0x5404
#define INTEL_RAH_AV       0x80000000

/** Legacy receive descriptor. */
struct intel_rx_desc {
	uint64_t addr;
	uint16_t len;
	uint16_t csum;
	uint8_t status;
	uint8_t errors;
	uint16_t special;
};
#define INTEL_RXD_DD    0x01
#define INTEL_RXD_EOP   0x02
#define INTEL_RXD_IXSM  0x04 /* checksum bits mean nothing */
#define INTEL_RXD_TCPCS 0x20 /* TCP or UDP checksum was looked at */
/* Errors: CE, SE, SEQ, CXE, RXE: the frame is broken; TCPE, IPE: a checksum is wrong */
#define INTEL_RXE_FRAME 0x97
#define INTEL_RXE_TCPE  0x20
#define INTEL_RXE_IPE   0x40

/** Legacy transmit descriptor. */
struct intel_tx_desc {
	uint64_t addr;
	uint16_t len;
	uint8_t cso;
	uint8_t command;
	uint8_t status;
	uint8_t css;
	uint16_t special;
};
#define INTEL_TXD_EOP  0x01
#define INTEL_TXD_IFCS 0x02
#define INTEL_TXD_RS   0x08
#define INTEL_TXD_DD   0x01

#endif /* DRIVERS_INTEL_H */
