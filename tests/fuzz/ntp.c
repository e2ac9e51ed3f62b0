/** @file
 * NTP replies.
 */
#include <stdlib.h>
#include "wire/ntp.h"

int LLVMFuzzerTestOneInput ( const uint8_t *data, size_t len );

int LLVMFuzzerTestOneInput ( const uint8_t *data, size_t len ) {
	struct ntp_reply reply;

	if ( ntp_parse_reply ( data, len, &reply ) == 0 ) {
		if ( ( reply.stratum == 0 ) || ( reply.stratum > 15 ) )
			abort ();
		ntp_delta ( &reply, 1600000000000000LL, 1600000000000100LL );
	}
	return 0;
}
