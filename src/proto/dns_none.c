/** @file
 * What takes the place of proto/dns.c in an image without DNS_RESOLVER: numeric addresses only.
 */
#include "core/error.h"
#include "proto/dns.h"

TASK_FN int resolve ( const char *name, uint16_t port, utime_t deadline __unused,
		      struct endpoint *ret ) {
	ipv4_addr_t addr;

	if ( ipv4_parse ( name, &addr ) != 0 )
		return FAIL ( ENOTSUP, "%.64s: this image is built without DNS_RESOLVER", name );
	*ret = endpoint_ipv4 ( addr, port );
	return 0;
}
