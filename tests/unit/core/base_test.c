/** @file
 * Readers and writers, UTF-8, timers, error texts.
 */
#include <stdio.h>
#include "lib/test.h"
#include "core/init.h"
#include "core/reader.h"
#include "core/timer.h"
#include "core/utf8.h"
#include "platform/host/host.h"

static void reader_gives_wire_order_values ( void **state ) {
	static const uint8_t bytes[] = { 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08,
					 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f };
	struct reader r = READER ( bytes, sizeof ( bytes ) );

	assert_int_equal ( read_u8 ( &r ), 0x01 );
	assert_int_equal ( read_be16 ( &r ), 0x0203 );
	assert_int_equal ( read_be32 ( &r ), 0x04050607 );
	assert_int_equal ( read_le16 ( &r ), 0x0908 );
	assert_int_equal ( read_le32 ( &r ), 0x0d0c0b0a );
	assert_int_equal ( reader_left ( &r ), 2 );
	assert_false ( reader_failed ( &r ) );
	r = READER ( bytes, 8 );
	assert_int_equal ( read_be64 ( &r ), 0x0102030405060708 );
	r = READER ( bytes, 8 );
	assert_int_equal ( read_le64 ( &r ), 0x0807060504030201 );
}

static void reader_failure_is_sticky ( void **state ) {
	static const uint8_t bytes[] = { 1, 2, 3 };
	struct reader r = READER ( bytes, sizeof ( bytes ) ), sub;
	uint8_t copy[2] = { 9, 9 };

	assert_int_equal ( read_be32 ( &r ), 0 );
	assert_true ( reader_failed ( &r ) );
	assert_int_equal ( read_u8 ( &r ), 0 );
	assert_int_equal ( reader_left ( &r ), 0 );
	read_copy ( &r, copy, 2 );
	assert_int_equal ( copy[0], 9 );
	sub = read_sub ( &r, 1 );
	assert_true ( reader_failed ( &sub ) );
	r = READER ( bytes, sizeof ( bytes ) );
	assert_null ( read_bytes ( &r, SIZE_MAX ) );
	assert_true ( reader_failed ( &r ) );
}

static void reader_sub_is_bounded_by_itself ( void **state ) {
	static const uint8_t bytes[] = { 1, 2, 3 };
	struct reader r = READER ( bytes, sizeof ( bytes ) ), sub = read_sub ( &r, 2 );

	assert_int_equal ( read_be16 ( &sub ), 0x0102 );
	assert_int_equal ( read_u8 ( &sub ), 0 );
	assert_true ( reader_failed ( &sub ) );
	assert_int_equal ( read_u8 ( &r ), 3 );
	assert_false ( reader_failed ( &r ) );
}

static void writer_stops_at_its_end ( void **state ) {
	uint8_t buf[8];
	struct writer w = WRITER ( buf, 7 );

	buf[7] = 0xee;
	write_u8 ( &w, 1 );
	write_be16 ( &w, 0x0203 );
	write_be32 ( &w, 0x04050607 );
	assert_false ( writer_failed ( &w ) );
	write_u8 ( &w, 8 );
	assert_true ( writer_failed ( &w ) );
	assert_int_equal ( writer_len ( &w ), 7 );
	assert_memory_equal ( buf, "\1\2\3\4\5\6\7\xee", 8 );
}

static void utf8_round_trips ( void **state ) {
	static const uint32_t values[] = { 1,      0x7f,   0x80,    0x7ff,    0x800, 0xd7ff,
					   0xe000, 0xffff, 0x10000, 0x10ffff, 0x20ac };

	for ( size_t i = 0; i < ARRAY_SIZE ( values ); i++ ) {
		struct utf8_decoder decoder = { 0 };
		uint8_t buf[4];
		size_t len = utf8_encode ( values[i], buf );

		for ( size_t k = 0; k + 1 < len; k++ )
			assert_int_equal ( utf8_feed ( &decoder, buf[k] ), 0 );
		assert_int_equal ( utf8_feed ( &decoder, buf[len - 1] ), values[i] );
	}
}

static void utf8_refuses_malformed_text ( void **state ) {
	static const char *const texts[] = { "\xc0\x80",     "\xe0\x80\x80",
					     "\xed\xa0\x80", "\xf4\x90\x80\x80",
					     "\x80",         "\xff",
					     "\xc3x" };

	for ( size_t i = 0; i < ARRAY_SIZE ( texts ); i++ ) {
		struct utf8_decoder decoder = { 0 };
		uint32_t last = 0;

		for ( const char *pos = texts[i]; *pos; pos++ )
			last = utf8_feed ( &decoder, (uint8_t) *pos );
		assert_int_equal ( last, UTF8_REPLACEMENT );
		assert_int_equal ( utf8_feed ( &decoder, 'a' ), 'a' );
	}
}

static struct timer *fired[8];
static unsigned int fired_count;

static void note ( struct timer *timer, utime_t now ) {
	fired[fired_count++] = timer;
}

static void timers_fire_in_order_of_expiry ( void **state ) {
	struct timer a, b, c;

	fired_count = 0;
	timer_init ( &a, note );
	timer_init ( &b, note );
	timer_init ( &c, note );
	timer_start ( &a, 300 );
	timer_start ( &b, 100 );
	timer_start ( &c, 200 );
	timer_start ( &b, 250 ); /* moved */
	assert_int_equal ( timers_next (), 200 );
	timers_run ( 199 );
	assert_int_equal ( fired_count, 0 );
	timers_run ( 250 );
	assert_int_equal ( fired_count, 2 );
	assert_ptr_equal ( fired[0], &c );
	assert_ptr_equal ( fired[1], &b );
	assert_false ( timer_running ( &b ) );
	timer_stop ( &a );
	timers_run ( 1000 );
	assert_int_equal ( fired_count, 2 );
	assert_int_equal ( timers_next (), TIME_NEVER );
}

static void error_texts_are_those_that_people_know ( void **state ) {
	assert_string_equal ( error_text ( 0 ),
			      "Operation completed successfully (https://ipxe.org/00000000)" );
	assert_string_equal ( error_text ( 1 ), "Error 0x00000001 (https://ipxe.org/00000001)" );
	assert_string_equal ( error_text ( -ENOENT_HTTP ),
			      "Not found (https://ipxe.org/2d0c613b)" );
	assert_string_equal ( error_text ( -ENOENT_BOOT ),
			      "No such file or directory (https://ipxe.org/2d03e13b)" );
	assert_string_equal ( error_text ( -EADDRNOTAVAIL_CONFIG ),
			      "No configuration methods succeeded (https://ipxe.org/040ee119)" );
	assert_string_equal ( error_text ( -ENXIO_DNS_NO_NAME ),
			      "Error 0x3e11613b (https://ipxe.org/3e11613b)" );
	assert_string_equal ( error_text ( -ECANCELED_JOB ),
			      "Operation canceled (https://ipxe.org/0b0720a0)" );
	assert_string_equal ( error_text ( -( EPLATFORM | 0x048112 ) ),
			      "Error 0x7f048112 (https://ipxe.org/7f048112)" );
	/* The longest text fits. */
	assert_true ( strlen ( error_text ( -EADDRNOTAVAIL_CONFIG ) ) < 64 );
}

static void error_words_belong_to_one_error ( void **state ) {
	assert_int_equal ( FAIL ( ENOENT_HTTP, "404 %s", "Gone" ), -ENOENT_HTTP );
	assert_string_equal ( error_detail ( -ENOENT_HTTP ), "404 Gone" );
	assert_string_equal ( error_detail ( -ENOENT ), "" );
	assert_true ( err_is ( -ENOENT_HTTP, ENOENT ) );
	assert_false ( err_is ( -ENOENT_HTTP, EIO ) );
}

/* Here as at start-up there is no task. */
static void error_is_reported_once_with_its_words ( void **state ) {
	FAIL ( EIO, "the cable is %s", "broken" );
	test_capture_start ();
	assert_int_equal ( error_report ( -ENOENT, "Could not %s", "find" ), -ENOENT );
	assert_string_equal (
		test_capture_stop (),
		"Could not find: No such file or directory (https://ipxe.org/2d00003b)\n" );
	FAIL ( EIO, "the cable is %s", "broken" );
	test_capture_start ();
	error_report ( -EIO, "Could not start" );
	error_print ( -EIO );
	assert_string_equal ( test_capture_stop (),
			      "Could not start: Input/output error (https://ipxe.org/1d000039)\n"
			      "  the cable is broken\n"
			      "Input/output error (https://ipxe.org/1d000039)\n" );
}

static char words_at_start[2][160];

static void start_failing ( void ) {
	snprintf ( words_at_start[0], sizeof ( words_at_start[0] ), "%s", error_detail ( -EIO ) );
	FAIL ( EIO, "mine" );
	snprintf ( words_at_start[1], sizeof ( words_at_start[1] ), "%s", error_detail ( -EIO ) );
}
static const struct init_fn failing_init = { .phase = INIT_SERVICES, .startup = start_failing };
INIT_FN ( failing_init );

static void start_up_function_has_words_of_its_own ( void **state ) {
	FAIL ( EIO, "another's" );
	init_phase ( INIT_SERVICES );
	assert_string_equal ( words_at_start[0], "" );
	assert_string_equal ( words_at_start[1], "mine" );
}

int main ( void ) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test ( reader_gives_wire_order_values ),
		cmocka_unit_test ( reader_failure_is_sticky ),
		cmocka_unit_test ( reader_sub_is_bounded_by_itself ),
		cmocka_unit_test ( writer_stops_at_its_end ),
		cmocka_unit_test ( utf8_round_trips ),
		cmocka_unit_test ( utf8_refuses_malformed_text ),
		cmocka_unit_test ( timers_fire_in_order_of_expiry ),
		cmocka_unit_test ( error_texts_are_those_that_people_know ),
		cmocka_unit_test ( error_words_belong_to_one_error ),
		cmocka_unit_test ( error_is_reported_once_with_its_words ),
		cmocka_unit_test ( start_up_function_has_words_of_its_own ),
	};

	return cmocka_run_group_tests ( tests, NULL, NULL );
}
