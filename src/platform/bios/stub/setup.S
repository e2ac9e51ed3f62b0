/** @file
 * Real-mode part of the Linux kernel image (x86 boot protocol 2.07, Documentation "boot.rst").
 *
 * The loader puts these sectors somewhere in base memory and the rest of the image at 1 MiB, then
 * jumps here in real mode. All that happens here: the processor can do 64-bit mode, A20 is open,
 * protected mode on, and on to stub/start.S with ESI = the setup header. Loaders that use the
 * 32-bit protocol (GRUB's "linux") skip this file and enter there directly.
 */
#include "platform/bios/stub/layout.h"

	.section .setup, "awx", @progbits
	.code16
setup_start:
	/* Started as a boot sector: this is no boot sector, the BIOS shall try the next device. */
	int	$0x18
	jmp	setup_start

	/* Marker of this image family: magic, flags (bit 0: wants a disk log partition). */
	.org	0x24
	.word	0x18ae
	.word	0

	.org	0x1f1
setup_sects:		.byte	SETUP_SECTORS
root_flags:		.word	0
syssize:		.long	stub_paragraphs
ram_size:		.word	0
vid_mode:		.word	0xffff
root_dev:		.word	0
boot_flag:		.word	0xaa55
	.org	0x200
	jmp	setup_entry
header:			.ascii	"HdrS"
version:		.word	0x0207
realmode_swtch:		.long	0
start_sys:		.word	0
kernel_version:		.word	version_string - setup_start - 0x200
type_of_loader:		.byte	0
loadflags:		.byte	0x01		/* LOADED_HIGH */
setup_move_size:	.word	0
code32_start:		.long	STUB_ADDRESS
ramdisk_image:		.long	0
ramdisk_size:		.long	0
bootsect_kludge:	.long	0
heap_end_ptr:		.word	0
ext_loader_ver:		.byte	0
ext_loader_type:	.byte	0
cmd_line_ptr:		.long	0
initrd_addr_max:	.long	0xffffffff
kernel_alignment:	.long	0
relocatable_kernel:	.byte	0
min_alignment:		.byte	0
xloadflags:		.word	0
cmdline_size:		.long	CMDLINE_MAX
hardware_subarch:	.long	0
hardware_subarch_data:	.quad	0

	/* CS = setup segment + 0x20, the other segments = setup segment. Addresses below count
	 * from the setup segment, so bring CS there too. */
setup_entry:
	cld
	pushw	%ds
	pushw	$( entry - setup_start )
	lretw

#define PROTECTED_ENTRY STUB_ADDRESS
#include "platform/bios/stub/enter.inc"

version_string:
	.ascii	VERSION
	.asciz	" (" PRODUCT_SHORT_NAME ")"

	.org	512 * ( 1 + SETUP_SECTORS )
