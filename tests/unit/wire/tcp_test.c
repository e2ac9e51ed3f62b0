/** @file
 * TCP segments: bytes <-> struct, against bytes written out by hand.
 */
#include <stdlib.h>
#include "lib/test.h"
#include "core/error.h"
#include "wire/tcp.h"

/* A SYN as Linux sends it, and an ACK with timestamps, two SACK blocks and "hi". */
static const uint8_t syn_bytes[] = {
	0xc0, 0x01, 0x00, 0x50, 0x11, 0x22, 0x33, 0x44, 0x00, 0x00, 0x00, 0x00, 0xa0, 0x02,
	0xfa, 0xf0, 0x00, 0x00, 0x00, 0x00, 0x02, 0x04, 0x05, 0xb4, 0x04, 0x02, 0x08, 0x0a,
	0xde, 0xad, 0xbe, 0xef, 0x00, 0x00, 0x00, 0x00, 0x01, 0x03, 0x03, 0x07,
};
static const uint8_t ack_bytes[] = {
	0xc0, 0x01, 0x00, 0x50, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0xd0, 0x18,
	0x12, 0x34, 0x00, 0x00, 0x00, 0x00, 0x01, 0x01, 0x08, 0x0a, 0x00, 0x00, 0x00, 0x05,
	0x00, 0x00, 0x00, 0x06, 0x01, 0x01, 0x05, 0x12, 0x00, 0x00, 0x10, 0x00, 0x00, 0x00,
	0x20, 0x00, 0x00, 0x00, 0x30, 0x00, 0x00, 0x00, 0x40, 0x00, 'h',  'i',
};

static void tcp_parse_reads_a_syn ( void **state ) {
	struct tcp_segment seg;

	assert_int_equal ( tcp_parse ( syn_bytes, sizeof ( syn_bytes ), &seg ), 0 );
	assert_int_equal ( seg.src_port, 0xc001 );
	assert_int_equal ( seg.dest_port, 80 );
	assert_int_equal ( seg.seq, 0x11223344 );
	assert_int_equal ( seg.flags, TCP_SYN );
	assert_int_equal ( seg.window, 0xfaf0 );
	assert_int_equal ( seg.mss, 1460 );
	assert_true ( seg.sack_permitted && seg.has_ts && seg.has_wscale );
	assert_int_equal ( seg.ts_val, 0xdeadbeef );
	assert_int_equal ( seg.ts_ecr, 0 );
	assert_int_equal ( seg.wscale, 7 );
	assert_int_equal ( seg.len, 0 );
	assert_int_equal ( tcp_segment_seq_len ( &seg ), 1 );
}

static void tcp_parse_reads_timestamps_sack_and_data ( void **state ) {
	struct tcp_segment seg;

	assert_int_equal ( tcp_parse ( ack_bytes, sizeof ( ack_bytes ), &seg ), 0 );
	assert_int_equal ( seg.flags, TCP_ACK | TCP_PSH );
	assert_int_equal ( seg.ack, 0x55667788 );
	assert_int_equal ( seg.ts_val, 5 );
	assert_int_equal ( seg.ts_ecr, 6 );
	assert_int_equal ( seg.sack_count, 2 );
	assert_int_equal ( seg.sack[0].start, 0x1000 );
	assert_int_equal ( seg.sack[1].end, 0x4000 );
	assert_int_equal ( seg.len, 2 );
	assert_memory_equal ( seg.data, "hi", 2 );
}

/* Each cut gets memory of its own size, so that the sanitizer sees a read behind it. */
static void tcp_parse_truncated_header_is_refused_anywhere ( void **state ) {
	for ( size_t len = 0; len < 52; len++ ) {
		uint8_t *copy = malloc ( len ? len : 1 );
		struct tcp_segment seg;

		memcpy ( copy, ack_bytes, len );
		assert_int_equal ( err_of ( tcp_parse ( copy, len, &seg ) ), EBADMSG );
		free ( copy );
	}
}

static void parse_options ( const uint8_t *options, size_t len, int rc, struct tcp_segment *seg ) {
	uint8_t packet[60] = { [12] = (uint8_t) ( ( 20 + len ) / 4 << 4 ) };

	memcpy ( packet + 20, options, len );
	assert_int_equal ( err_of ( tcp_parse ( packet, 20 + len, seg ) ), rc );
}

static void tcp_parse_option_lengths_are_checked ( void **state ) {
	struct tcp_segment seg;

	parse_options ( ( const uint8_t[] ){ 2, 0, 0, 0 }, 4, EBADMSG, &seg );
	parse_options ( ( const uint8_t[] ){ 2, 1, 0, 0 }, 4, EBADMSG, &seg );
	parse_options ( ( const uint8_t[] ){ 2, 5, 0, 0 }, 4, EBADMSG, &seg );
	parse_options ( ( const uint8_t[] ){ 1, 1, 1, 2 }, 4, EBADMSG, &seg );
	/* Right length for an option, but not for this one: as if it were not there. */
	parse_options ( ( const uint8_t[] ){ 2, 3, 9, 0 }, 4, 0, &seg );
	assert_int_equal ( seg.mss, 0 );
	parse_options ( ( const uint8_t[] ){ 5, 4, 9, 9 }, 4, 0, &seg );
	assert_int_equal ( seg.sack_count, 0 );
	/* Behind the end of the list nothing counts; unknown options are skipped. */
	parse_options ( ( const uint8_t[] ){ 0, 2, 4, 5 }, 4, 0, &seg );
	parse_options ( ( const uint8_t[] ){ 99, 4, 7, 7, 2, 4, 1, 2 }, 8, 0, &seg );
	assert_int_equal ( seg.mss, 0x102 );
}

static void tcp_parse_window_scale_is_limited ( void **state ) {
	struct tcp_segment seg;

	parse_options ( ( const uint8_t[] ){ 3, 3, 200, 0 }, 4, 0, &seg );
	assert_true ( seg.has_wscale );
	assert_int_equal ( seg.wscale, TCP_WSCALE_MAX );
}

static void tcp_parse_header_length_below_20_is_refused ( void **state ) {
	uint8_t packet[20] = { [12] = 4 << 4 };
	struct tcp_segment seg;

	assert_int_equal ( err_of ( tcp_parse ( packet, 20, &seg ) ), EBADMSG );
}

static void tcp_build_then_parse_gives_the_same ( void **state ) {
	struct tcp_segment seg = {
		.src_port = 1, .dest_port = 2, .seq = 3, .ack = 4, .flags = TCP_ACK, .window = 5,
		.has_ts = true, .ts_val = 6, .ts_ecr = 7, .sack_count = 3,
		.sack = { { 10, 20 }, { 30, 40 }, { 50, 60 } },
	}, parsed;
	uint8_t buf[TCP_HEADER_LEN_MAX];

	assert_int_equal ( tcp_build_len ( &seg ), 60 );
	tcp_build ( &seg, buf );
	assert_int_equal ( tcp_parse ( buf, 60, &parsed ), 0 );
	assert_int_equal ( parsed.sack_count, 3 );
	assert_int_equal ( parsed.sack[2].end, 60 );
	assert_int_equal ( parsed.ts_ecr, 7 );
	assert_int_equal ( parsed.window, 5 );
}

static void tcp_build_writes_a_syn_as_specified ( void **state ) {
	static const uint8_t options[] = { 2, 4, 5, 180, 1, 1, 4, 2, 1, 1, 8, 10,
					   0, 0, 0, 9,   0, 0, 0, 0, 1, 3, 3, 9 };
	struct tcp_segment seg = { .flags = TCP_SYN,
				   .mss = 1460,
				   .sack_permitted = true,
				   .has_ts = true,
				   .ts_val = 9,
				   .has_wscale = true,
				   .wscale = 9 };
	uint8_t buf[TCP_HEADER_LEN_MAX];

	assert_int_equal ( tcp_build_len ( &seg ), 20 + sizeof ( options ) );
	tcp_build ( &seg, buf );
	assert_int_equal ( buf[12], 11 << 4 );
	assert_memory_equal ( buf + 20, options, sizeof ( options ) );
}

static void sequence_numbers_compare_around_the_wrap ( void **state ) {
	assert_true ( seq_lt ( 0xffffff00, 0x100 ) );
	assert_true ( seq_gt ( 0x100, 0xffffff00 ) );
	assert_true ( seq_le ( 5, 5 ) && seq_ge ( 5, 5 ) && !seq_lt ( 5, 5 ) );
	assert_int_equal ( seq_max ( 0xfffffff0, 0x10 ), 0x10 );
	assert_int_equal ( seq_min ( 0xfffffff0, 0x10 ), 0xfffffff0 );
}

int main ( void ) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test ( tcp_parse_reads_a_syn ),
		cmocka_unit_test ( tcp_parse_reads_timestamps_sack_and_data ),
		cmocka_unit_test ( tcp_parse_truncated_header_is_refused_anywhere ),
		cmocka_unit_test ( tcp_parse_option_lengths_are_checked ),
		cmocka_unit_test ( tcp_parse_window_scale_is_limited ),
		cmocka_unit_test ( tcp_parse_header_length_below_20_is_refused ),
		cmocka_unit_test ( tcp_build_then_parse_gives_the_same ),
		cmocka_unit_test ( tcp_build_writes_a_syn_as_specified ),
		cmocka_unit_test ( sequence_numbers_compare_around_the_wrap ),
	};
	return cmocka_run_group_tests ( tests, NULL, NULL );
}
