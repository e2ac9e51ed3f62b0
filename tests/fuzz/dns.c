/** @file
 * DNS answers, and search lists in wire form. The first bytes make the question fit the answer, so
 * that records are reached.
 */
#include <stdlib.h>
#include "wire/dns.h"

int LLVMFuzzerTestOneInput ( const uint8_t *data, size_t len );

int LLVMFuzzerTestOneInput ( const uint8_t *data, size_t len ) {
	struct dns_name name;
	struct dns_answer answer;
	char text[DNS_NAME_MAX];
	size_t offset = 0;

	/* A search list: ends, and never beyond the input. */
	while ( ( offset < len ) && ( dns_name_decode ( data, len, &offset, &name ) == 0 ) ) {
		if ( offset > len )
			abort ();
		dns_name_text ( &name, text, sizeof ( text ) );
	}

	offset = 12;
	if ( ( len < 12 ) || ( dns_name_decode ( data, len, &offset, &name ) != 0 ) ||
	     ( len - offset < 4 ) )
		return 0;
	if ( dns_parse_answer ( data, len, ( data[0] << 8 ) | data[1], &name,
				( data[offset] << 8 ) | data[offset + 1], &answer ) == 0 ) {
		if ( answer.cnames > DNS_RECORDS_MAX )
			abort ();
		dns_name_text ( &answer.cname, text, sizeof ( text ) );
	}
	return 0;
}
