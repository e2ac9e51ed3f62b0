/** @file
 * What a PXE ROM gives its bootstrap program: the DHCPACK that it got (stub/pxe.c fetched it).
 */
#include "core/console.h"
#include "core/error.h"
#include "core/init.h"
#include "platform/bios/bios.h"
#include "proto/cached_dhcp.h"

static void pxe_init ( void ) {
	int rc;

	if ( boot_info.dhcp_ack_len == 0 )
		return;
	rc = cached_dhcp_add ( CACHED_DHCP_ACK, boot_info.dhcp_ack, boot_info.dhcp_ack_len );
	if ( rc != 0 )
		error_report ( rc, "Could not use the PXE ROM's DHCP answer" );
}

static const struct init_fn pxe_init_fn = {
	.phase = INIT_EARLY,
	.name = "PXE ROM's DHCP answer",
	.startup = pxe_init,
};
INIT_FN ( pxe_init_fn );
