/** @file
 * TFTP packets: requests to the byte, answers cut off at each length, numbers at their limits.
 */
#include "core/error.h"
#include "lib/test.h"
#include "wire/tftp.h"

static struct tftp_packet packet;

#define PARSE( text ) tftp_parse ( ( text ), sizeof ( text ) - 1, &packet )

static void request_with_and_without_options ( void **state ) {
	static const char plain[] = "\0\1boot/file\0octet";
	static const char full[] = "\0\1f\0octet\0blksize\0"
				   "1432\0tsize\0"
				   "0\0timeout\0"
				   "3\0windowsize\0"
				   "64";
	struct tftp_options options = {
		.blksize = 1432, .windowsize = 64, .timeout = 3, .has_tsize = true
	};
	uint8_t buf[TFTP_REQUEST_MAX];

	assert_int_equal ( tftp_build_request ( "boot/file", NULL, buf, sizeof ( buf ) ),
			   sizeof ( plain ) );
	assert_memory_equal ( buf, plain, sizeof ( plain ) );
	assert_int_equal ( tftp_build_request ( "f", &options, buf, sizeof ( buf ) ),
			   sizeof ( full ) );
	assert_memory_equal ( buf, full, sizeof ( full ) );
}

static void request_that_does_not_fit_is_refused ( void **state ) {
	uint8_t buf[64];

	for ( size_t max = 0; max < 14; max++ )
		assert_int_equal ( tftp_build_request ( "file", NULL, buf, max ),
				   ( max < 13 ) ? -ENAMETOOLONG : 13 );
}

static void ack_and_error_to_the_byte ( void **state ) {
	uint8_t buf[16];

	assert_int_equal ( tftp_build_ack ( 0xfffe, buf ), 4 );
	assert_memory_equal ( buf, "\0\4\xff\xfe", 4 );
	assert_int_equal ( tftp_build_error ( 5, "who?", buf, sizeof ( buf ) ), 9 );
	assert_memory_equal ( buf, "\0\5\0\5who?", 9 );
	/* Cut, but with its NUL. */
	assert_int_equal ( tftp_build_error ( 0, "longer than that", buf, 10 ), 10 );
	assert_memory_equal ( buf, "\0\5\0\0longe", 10 );
}

static void data_of_any_length ( void **state ) {
	static const uint8_t data[] = "\0\3\x12\x34payload";

	for ( size_t len = 0; len < sizeof ( data ); len++ ) {
		if ( len < 4 ) {
			assert_int_equal ( tftp_parse ( data, len, &packet ), -EBADMSG );
			continue;
		}
		assert_int_equal ( tftp_parse ( data, len, &packet ), 0 );
		assert_int_equal ( packet.opcode, TFTP_DATA );
		assert_int_equal ( packet.number, 0x1234 );
		assert_int_equal ( packet.len, len - 4 );
		assert_ptr_equal ( packet.data, data + 4 );
	}
}

static void error_with_and_without_its_nul ( void **state ) {
	static const uint8_t data[] = "\0\5\0\1File not found";

	for ( size_t len = 0; len <= sizeof ( data ); len++ ) {
		if ( len < 4 ) {
			assert_int_equal ( tftp_parse ( data, len, &packet ), -EBADMSG );
			continue;
		}
		assert_int_equal ( tftp_parse ( data, MIN ( len, sizeof ( data ) ), &packet ), 0 );
		assert_int_equal ( packet.number, TFTP_ERR_NOT_FOUND );
		assert_int_equal ( packet.len, MIN ( len - 4, (size_t) 14 ) );
	}
	assert_int_equal ( PARSE ( "\0\5\0\2one\0two\0" ), 0 );
	assert_int_equal ( packet.len, 3 );
}

static void oack_cut_off_anywhere_is_refused ( void **state ) {
	static const char oack[] = "\0\6BlkSize\0"
				   "1024\0TSIZE\0"
				   "123456789012\0timeout\0"
				   "7\0windowsize\0"
				   "16\0other\0value";

	for ( size_t len = 0; len < sizeof ( oack ); len++ ) {
		/* Between two options it is a shorter OACK, which says less. */
		bool whole = ( len == 2 ) || ( len == 15 ) || ( len == 34 ) || ( len == 44 ) ||
			     ( len == 58 );

		assert_int_equal ( tftp_parse ( oack, len, &packet ), whole ? 0 : -EBADMSG );
	}
	assert_int_equal ( tftp_parse ( oack, sizeof ( oack ), &packet ), 0 );
	assert_int_equal ( packet.opcode, TFTP_OACK );
	assert_int_equal ( packet.options.blksize, 1024 );
	assert_true ( packet.options.has_tsize );
	assert_int_equal ( packet.options.tsize, 123456789012 );
	assert_int_equal ( packet.options.timeout, 7 );
	assert_int_equal ( packet.options.windowsize, 16 );
}

static void numbers_out_of_range_are_refused ( void **state ) {
	assert_int_equal ( PARSE ( "\0\6blksize\0"
				   "8\0" ),
			   0 );
	assert_int_equal ( PARSE ( "\0\6blksize\0"
				   "65464\0" ),
			   0 );
	assert_int_equal ( PARSE ( "\0\6blksize\0"
				   "7\0" ),
			   -EBADMSG );
	assert_int_equal ( PARSE ( "\0\6blksize\0"
				   "65465\0" ),
			   -EBADMSG );
	assert_int_equal ( PARSE ( "\0\6blksize\0"
				   "4294967808\0" ),
			   -EBADMSG );
	assert_int_equal ( PARSE ( "\0\6blksize\0"
				   "\0" ),
			   -EBADMSG );
	assert_int_equal ( PARSE ( "\0\6blksize\0"
				   "512 \0" ),
			   -EBADMSG );
	assert_int_equal ( PARSE ( "\0\6blksize\0"
				   "0x200\0" ),
			   -EBADMSG );
	assert_int_equal ( PARSE ( "\0\6windowsize\0"
				   "65535\0" ),
			   0 );
	assert_int_equal ( PARSE ( "\0\6windowsize\0"
				   "0\0" ),
			   -EBADMSG );
	assert_int_equal ( PARSE ( "\0\6windowsize\0"
				   "65536\0" ),
			   -EBADMSG );
	assert_int_equal ( PARSE ( "\0\6timeout\0"
				   "255\0" ),
			   0 );
	assert_int_equal ( PARSE ( "\0\6timeout\0"
				   "0\0" ),
			   -EBADMSG );
	assert_int_equal ( PARSE ( "\0\6timeout\0"
				   "256\0" ),
			   -EBADMSG );
	assert_int_equal ( PARSE ( "\0\6tsize\0"
				   "9223372036854775807\0" ),
			   0 );
	assert_int_equal ( packet.options.tsize, INT64_MAX );
	assert_int_equal ( PARSE ( "\0\6tsize\0"
				   "9223372036854775808\0" ),
			   -EBADMSG );
	assert_int_equal ( PARSE ( "\0\6tsize\0"
				   "99999999999999999999999\0" ),
			   -EBADMSG );
	assert_int_equal ( PARSE ( "\0\6tsize\0"
				   "-1\0" ),
			   -EBADMSG );
}

static void other_packets_are_no_answers ( void **state ) {
	assert_int_equal ( PARSE ( "" ), -EBADMSG );
	assert_int_equal ( PARSE ( "\0\0\0\0" ), -EBADMSG );
	assert_int_equal ( PARSE ( "\0\1file\0octet\0" ), -EBADMSG );
	assert_int_equal ( PARSE ( "\0\2file\0octet\0" ), -EBADMSG );
	assert_int_equal ( PARSE ( "\0\7\0\0" ), -EBADMSG );
	assert_int_equal ( PARSE ( "\1\3\0\1" ), -EBADMSG );
}

int main ( void ) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test ( request_with_and_without_options ),
		cmocka_unit_test ( request_that_does_not_fit_is_refused ),
		cmocka_unit_test ( ack_and_error_to_the_byte ),
		cmocka_unit_test ( data_of_any_length ),
		cmocka_unit_test ( error_with_and_without_its_nul ),
		cmocka_unit_test ( oack_cut_off_anywhere_is_refused ),
		cmocka_unit_test ( numbers_out_of_range_are_refused ),
		cmocka_unit_test ( other_packets_are_no_answers ),
	};

	return cmocka_run_group_tests ( tests, NULL, NULL );
}
