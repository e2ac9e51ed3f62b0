/** @file
 * Numbers shared by the assembly, C and linker script of the BIOS image's prefix.
 */
#ifndef BIOS_STUB_LAYOUT_H
#define BIOS_STUB_LAYOUT_H

#define STUB_ADDRESS  0x100000 /* where a loader puts the protected-mode part */
#define SETUP_SECTORS 2        /* real-mode sectors after the first */
#define CMDLINE_MAX   0x7ff    /* longest command line, bytes without the final NUL */

/* Longest packet of a PXE ROM: header 236, and options up to 1236 (what we take from the wire, too). */
#define PXE_PACKET_MAX 1472

/* What a network bootstrap program leaves of the PXE ROM: nothing (.pxe), UNDI (.kpxe), all (.kkpxe). */
#define KEEP_NOTHING 0
#define KEEP_UNDI    1
#define KEEP_PXE     2

/* Option ROM: where stub/rom_header.S keeps what stub/rom.c reads, and the device that it belongs to. */
#define ROM_ENTRY       0x2c
#define BOOT_DEVICE_PCI 0x80000000 /* | bus << 8 | dev << 3 | fn */

/* Selectors of the one GDT, in low memory (stub/low.S). 0x10 and 0x18 are those of the 32-bit boot
 * protocol. SEL_LOW*: base is the low memory block. */
#define SEL_CODE64 0x08
#define SEL_CODE32 0x10
#define SEL_DATA   0x18
#define SEL_LOW32  0x20
#define SEL_LOW16  0x28
#define SEL_LOWDS  0x30
#define SEL_TSS    0x38 /* two slots, filled in by the core */

/* The low memory block: code and GDT, real-mode stack, buffer for what BIOS services read and
 * write. It lies below the top of base memory, page aligned. */
#define LOW_STACK_TOP 0x2000
#define LOW_BUFFER    0x2000
#define LOW_SIZE      0x4000

/* Scan code under which low_key_hook queues Alt with the key that US keyboards lack; BIOSes use it for
 * no key (0x56 is Shift-F3). */
#define LOW_KEY_CODE 0xf6

#endif /* BIOS_STUB_LAYOUT_H */
