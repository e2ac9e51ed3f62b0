/** @file
 * Device paths and load options of UEFI: nothing outside of the bytes is touched (ASan), and what comes
 * out lies within.
 */
#include <stdlib.h>

#include "platform/efi/net_path.c"

static void check ( const uint8_t *raw, size_t len ) {
	struct net_path path;

	net_path_parse ( raw, len, &path );
	if ( path.mac && ( ( path.mac < raw ) || ( path.mac + ETH_ALEN > raw + len ) ) )
		abort ();
	if ( path.uri && ( !path.uri_len || ( (const uint8_t *) path.uri < raw ) ||
			   ( (const uint8_t *) path.uri + path.uri_len > raw + len ) ) )
		abort ();
	if ( ( path.dns_count > NET_PATH_DNS_MAX ) || ( path.vlan > VLAN_ID_MASK ) )
		abort ();
	if ( device_path_len ( raw, len ) > len )
		abort ();
}

int LLVMFuzzerTestOneInput ( const uint8_t *data, size_t len );
int LLVMFuzzerTestOneInput ( const uint8_t *data, size_t len ) {
	const uint8_t *path;
	size_t path_len;

	check ( data, len );
	path = load_option_path ( data, len, &path_len );
	if ( path )
		check ( path, path_len );
	return 0;
}
