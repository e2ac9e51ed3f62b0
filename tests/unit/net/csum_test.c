/** @file
 * The Internet checksum, against the slow and obvious one of the simulated network.
 */
#include <stdlib.h>
#include "lib/netsim.h"
#include "lib/test.h"
#include "net/ipv4.h"

static uint16_t fast ( const void *data, size_t len ) {
	return csum_finish ( csum_add ( 0, data, len ) );
}

static void rfc1071_example ( void **state ) {
	static const uint8_t data[] = { 0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7 };

	assert_int_equal ( fast ( data, sizeof ( data ) ), (uint16_t) ~0xddf2 );
}

static void every_length_and_alignment_agrees ( void **state ) {
	uint8_t data[400];

	for ( size_t i = 0; i < sizeof ( data ); i++ )
		data[i] = (uint8_t) ( i * 37 + 11 );
	for ( size_t offset = 0; offset < 9; offset++ ) {
		for ( size_t len = 0; len + offset <= sizeof ( data ); len++ )
			assert_int_equal ( fast ( data + offset, len ),
					   netsim_csum ( 0, data + offset, len ) );
	}
}

static void carries_are_not_lost ( void **state ) {
	uint8_t *data = malloc ( 65535 );

	memset ( data, 0xff, 65535 );
	for ( size_t len = 65535; len > 64; len = len * 2 / 3 )
		assert_int_equal ( fast ( data, len ), netsim_csum ( 0, data, len ) );
	free ( data );
}

static void nothing_behind_the_end_is_read ( void **state ) {
	for ( size_t len = 0; len < 200; len++ ) {
		uint8_t *data = malloc ( len ? len : 1 ); /* the sanitizer watches its end */

		memset ( data, 0x5a, len );
		assert_int_equal ( fast ( data, len ), netsim_csum ( 0, data, len ) );
		free ( data );
	}
}

static void pieces_sum_to_the_whole ( void **state ) {
	uint8_t data[301];

	for ( size_t i = 0; i < sizeof ( data ); i++ )
		data[i] = (uint8_t) ( i * 91 );
	for ( size_t cut = 0; cut <= sizeof ( data ); cut += 2 ) {
		uint32_t sum = csum_add ( 0, data, cut );

		sum = csum_add ( sum, data + cut, sizeof ( data ) - cut );
		assert_int_equal ( csum_finish ( sum ), fast ( data, sizeof ( data ) ) );
	}
}

static void pseudo_header_agrees ( void **state ) {
	ipv4_addr_t src = IPV4 ( 192, 168, 255, 254 ), dest = IPV4 ( 10, 255, 0, 1 );
	uint8_t data[77] = { 1, 2, 3 };

	assert_int_equal (
		csum_finish ( csum_add ( csum_pseudo_ipv4 ( src, dest, 17, 77 ), data, 77 ) ),
		netsim_csum ( netsim_pseudo ( src, dest, 17, 77 ), data, 77 ) );
}

int main ( void ) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test ( rfc1071_example ),
		cmocka_unit_test ( every_length_and_alignment_agrees ),
		cmocka_unit_test ( carries_are_not_lost ),
		cmocka_unit_test ( nothing_behind_the_end_is_read ),
		cmocka_unit_test ( pieces_sum_to_the_whole ),
		cmocka_unit_test ( pseudo_header_agrees ),
	};

	return cmocka_run_group_tests ( tests, NULL, NULL );
}
