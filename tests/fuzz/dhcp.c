/** @file
 * DHCP answers: parsing, looking up, and a settings block made of them, read and written.
 */
#include <stdlib.h>
#include <string.h>
#include "core/error.h"
#include "core/settings.h"
#include "proto/dhcp_settings.h"
#include "wire/dhcp.h"

int LLVMFuzzerTestOneInput ( const uint8_t *data, size_t len );

/* What is asked of each block: plain, encapsulated, virtual, header fall-backs. */
static const char *const names[] = {
	"proxydhcp/filename", "proxydhcp/next-server", "proxydhcp/ip",    "proxydhcp/43.6",
	"proxydhcp/43.9:hex", "proxydhcp/175.176",     "proxydhcp/66",    "proxydhcp/dns",
	"proxydhcp/dnssl",    "proxydhcp/hostname",    "proxydhcp/1.2.3",
};

static void read_and_write ( const char *name ) {
	struct setting_ref ref;
	char text[300];

	if ( setting_ref_parse ( name, false, &ref ) != 0 )
		return;
	setting_fetch_text ( &ref, text, sizeof ( text ) );
	/* A full option cannot take more; what it took is there. */
	if ( ( setting_store ( &ref, "\x01\x02\x03\x04", 4, NULL ) == 0 ) &&
	     ( setting_fetch ( &ref, text, sizeof ( text ), NULL, NULL ) != 4 ) )
		abort ();
	setting_store ( &ref, NULL, 0, NULL );
}

int LLVMFuzzerTestOneInput ( const uint8_t *data, size_t len ) {
	struct dhcp_packet packet;
	uint8_t buf[64];

	if ( dhcp_parse ( data, len, &packet ) != 0 )
		return 0;
	dhcp_packet_type ( &packet );
	/* Never more than there is room for. */
	if ( dhcp_collect_options ( &packet, buf, sizeof ( buf ) ) > sizeof ( buf ) )
		abort ();
	if ( dhcp_settings_register ( NULL, "proxydhcp", &packet ) != 0 )
		return 0;
	for ( size_t i = 0; i < ARRAY_SIZE ( names ); i++ )
		read_and_write ( names[i] );
	dhcp_settings_drop ( NULL, "proxydhcp" );
	return 0;
}
