/** @file
 * NTP packets: request to the byte, replies good, bad and cut off, the era after 2036.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "core/error.h"
#include "wire/ntp.h"

/* 2021-01-01 00:00:00 UTC is NTP second 3818448000, Unix second 1609459200. */
static const uint8_t good_reply[NTP_PACKET_LEN] = {
	0x24, 2,    6,    0xec, 0,    0, 0, 0, 0,    0,    0,    0,    1, 2, 3, 4,
	0,    0,    0,    0,    0,    0, 0, 0, 0xde, 0xad, 0xbe, 0xef, 0, 1, 2, 3,
	0xe3, 0x98, 0xe4, 0x80, 0x80, 0, 0, 0, 0xe3, 0x98, 0xe4, 0x81, 0, 0, 0, 0,
};

static void request_is_equal_to_the_byte ( void **state ) {
	uint8_t buf[NTP_PACKET_LEN], expected[NTP_PACKET_LEN] = { 0xe3 };

	memcpy ( &expected[40], "\x01\x23\x45\x67\x89\xab\xcd\xef", 8 );
	assert_int_equal ( ntp_build_request ( 0x0123456789abcdefULL, buf ), 48 );
	assert_memory_equal ( buf, expected, sizeof ( buf ) );
}

static void reply_is_read ( void **state ) {
	struct ntp_reply reply;

	assert_int_equal ( ntp_parse_reply ( good_reply, sizeof ( good_reply ), &reply ), 0 );
	assert_int_equal ( reply.stratum, 2 );
	assert_true ( reply.origin == 0xdeadbeef00010203ULL );
	assert_true ( reply.received_us == 1609459200500000LL );
	assert_true ( reply.transmitted_us == 1609459201000000LL );
}

static void reply_truncated_anywhere_is_refused ( void **state ) {
	struct ntp_reply reply;

	for ( size_t len = 0; len < sizeof ( good_reply ); len++ ) {
		uint8_t *part = malloc ( len + 1 );

		memcpy ( part, good_reply, len );
		assert_true ( err_is ( ntp_parse_reply ( part, len, &reply ), EBADMSG ) );
		free ( part );
	}
}

static int parse_with ( size_t offset, uint8_t value ) {
	uint8_t packet[NTP_PACKET_LEN];
	struct ntp_reply reply;

	memcpy ( packet, good_reply, sizeof ( packet ) );
	packet[offset] = value;
	return ntp_parse_reply ( packet, sizeof ( packet ), &reply );
}

static void reply_of_wrong_mode_or_without_time_is_refused ( void **state ) {
	assert_true ( err_is ( parse_with ( 0, 0x23 ), EBADMSG ) ); /* a client's */
	assert_true ( err_is ( parse_with ( 0, 0xe4 ), EBADMSG ) ); /* not synchronised */
	assert_true ( err_is ( parse_with ( 1, 16 ), EBADMSG ) );
	assert_true ( err_is ( parse_with ( 1, 0 ), EPROTO ) ); /* kiss-o'-death */
}

static void era_after_2036_is_understood ( void **state ) {
	uint8_t packet[NTP_PACKET_LEN];
	struct ntp_reply reply;

	memcpy ( packet, good_reply, sizeof ( packet ) );
	memset ( &packet[40], 0, 8 );
	packet[43] = 1;
	assert_int_equal ( ntp_parse_reply ( packet, sizeof ( packet ), &reply ), 0 );
	/* 2036-02-07 06:28:17 UTC */
	assert_true ( reply.transmitted_us == 2085978497000000LL );
}

static void delta_is_free_of_a_symmetric_delay ( void **state ) {
	struct ntp_reply reply = { .received_us = 1000000 + 50, .transmitted_us = 1000000 + 60 };

	/* 50 us there, 50 us back, our clock is one second behind. */
	assert_true ( ntp_delta ( &reply, 0, 110 ) == 1000000 );
	reply.received_us -= 2000000;
	reply.transmitted_us -= 2000000;
	assert_true ( ntp_delta ( &reply, 0, 110 ) == -1000000 );
}

int main ( void ) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test ( request_is_equal_to_the_byte ),
		cmocka_unit_test ( reply_is_read ),
		cmocka_unit_test ( reply_truncated_anywhere_is_refused ),
		cmocka_unit_test ( reply_of_wrong_mode_or_without_time_is_refused ),
		cmocka_unit_test ( era_after_2036_is_understood ),
		cmocka_unit_test ( delta_is_free_of_a_symmetric_delay ),
	};

	return cmocka_run_group_tests ( tests, NULL, NULL );
}
