/** @file
 * Loaded as a Linux kernel: command line and initrd (x86 boot protocol).
 */
#include "platform/bios/stub/stub.h"

/* Offsets in the setup header, which are also those of `boot_params`. */
#define SETUP_RAMDISK_IMAGE 0x218
#define SETUP_RAMDISK_SIZE  0x21c
#define SETUP_CMD_LINE_PTR  0x228

void loader_collect ( const uint8_t *setup ) {
	const char *cmdline;
	uint32_t word;
	size_t len;

	memcpy ( &word, setup + SETUP_RAMDISK_IMAGE, 4 );
	info.initrd = word;
	memcpy ( &word, setup + SETUP_RAMDISK_SIZE, 4 );
	info.initrd_len = info.initrd ? word : 0;
	memcpy ( &word, setup + SETUP_CMD_LINE_PTR, 4 );
	cmdline = (const char *) (uintptr_t) word;
	for ( len = 0; cmdline && ( len < CMDLINE_MAX ) && cmdline[len]; len++ )
		info.cmdline[len] = cmdline[len];
}

void loader_release ( void ) {
	/* A Linux boot loader leaves nothing behind. */
}
