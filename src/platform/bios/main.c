/** @file
 * Start and end of the core on BIOS.
 */
#include "core/init.h"
#include "core/platform.h"
#include "platform/bios/bios.h"
#include "shell/main.h"

struct boot_info boot_info;

/* Client architecture 0, UNDI 2.1: what BIOS PXE clients send (RFC 4578). */
const struct platform_info platform_info = {
	.name = "pcbios",
	.dhcp_arch = 0x0000,
	.ndi = { 1, 2, 1 },
	.stack_normal = 16384,
	.stack_large = 65536,
	.nap_after_us = 2000,
};

/* Without CONSOLE_PCBIOS there is no screen.c. */
__attribute__ ( ( weak ) ) void screen_flush ( void ) {
}

/* Only images that can keep the PXE ROM have pxe_rom.c and undi.c. */
__attribute__ ( ( weak ) ) void pxe_rom_release ( void ) {
}

__attribute__ ( ( weak ) ) void undi_give ( void ) {
}

__attribute__ ( ( weak ) ) void undi_take ( void ) {
}

__attribute__ ( ( weak ) ) void undi_return ( int rc __unused ) {
}

void bios_main ( const struct boot_info *info ) __noreturn;

void bios_main ( const struct boot_info *info ) {
	struct bios_regs regs = { 0 };
	int rc;

	/* What the stub left is in memory that the page allocator will hand out. */
	boot_info = *info;
	pxe_rom_release ();
	paging_init ();
	exceptions_init ();
	bios_irqs_init ();
	nap_init ();
	bios_clock_init ();
	pages_init ();

	rc = core_main ( lanyard_main );

	/* The loader is gone, unless it was a PXE ROM that we have kept. So back to the BIOS: it tries the
	 * next boot device. If we came before the end of its self-test, it starts anew. */
	nap_shutdown ();
	undi_return ( rc );
	if ( !boot_info.restart )
		bios_call ( INT_BOOT_NEXT, &regs );
	platform_reboot ( false, false );
}
