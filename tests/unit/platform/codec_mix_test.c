/** @file
 * The codec of small BIOS images: what is packed comes out again, whatever it is, and small.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "platform/codec/insn.c"
#include "platform/codec/mix.c"
#include "platform/codec/mix_decode.c"
#include "platform/codec/targets.c"
#include "platform/codec/targets_encode.c"
#include "platform/codec/mix_encode.c"
#include "platform/codec/unpack.c"

#define DATA_LEN 20000

#define PACKED_MAX ( 3 * DATA_LEN ) /* code is not always what it seems */

static uint8_t data[DATA_LEN];

/** Filter and pack, unpack from memory that ends where the packed bytes do, compare. @return packed bytes */
static size_t round_trip_of ( size_t len, const struct payload_layout *layout ) {
	uint8_t *packed = malloc ( PACKED_MAX ), *exact, *filtered = malloc ( len ),
		*unpacked = malloc ( len + 1 );
	void *work = calloc ( 1, unpack_work_len ( &mix_codec ) );
	struct payload_header header = { .len = len, .layout = *layout };
	size_t packed_len = sizeof ( header ), more;

	assert_true ( packed && filtered && unpacked && work );
	memcpy ( packed, &header, sizeof ( header ) );
	memcpy ( filtered, data, len );
	packed_len += more = targets_filter ( filtered, layout->code, layout->code_end,
					      packed + packed_len, PACKED_MAX - packed_len );
	assert_int_not_equal ( more, 0 );
	packed_len += more =
		mix_encode ( filtered, len, layout, packed + packed_len, PACKED_MAX - packed_len );
	assert_int_not_equal ( more, 0 );
	exact = malloc ( packed_len );
	assert_non_null ( exact );
	memcpy ( exact, packed, packed_len );
	unpacked[len] = 0x5a;
	unpack ( &mix_codec, (const struct payload_header *) exact, unpacked, work );
	assert_memory_equal ( unpacked, data, len );
	assert_int_equal ( unpacked[len], 0x5a );
	free ( packed );
	free ( filtered );
	free ( exact );
	free ( unpacked );
	free ( work );
	return packed_len - sizeof ( header );
}

/** Of data without code. */
static size_t round_trip ( size_t len ) {
	return round_trip_of ( len, &( struct payload_layout ){ .tables = len } );
}

static void random_bytes_come_back ( void **state ) {
	srandom ( 1 );
	for ( size_t i = 0; i < DATA_LEN; i++ )
		data[i] = random ();
	assert_in_range ( round_trip ( DATA_LEN ), DATA_LEN, DATA_LEN + DATA_LEN / 50 );
}

static void every_short_length_comes_back ( void **state ) {
	for ( size_t i = 0; i < DATA_LEN; i++ )
		data[i] = i * 7;
	for ( size_t len = 1; len < 20; len++ ) {
		round_trip ( len );
		round_trip_of ( len, &( struct payload_layout ){ .code_end = len, .tables = len } );
	}
}

static void one_value_is_next_to_nothing ( void **state ) {
	for ( int value = 0; value < 256; value += 0x55 ) {
		memset ( data, value, DATA_LEN );
		assert_in_range ( round_trip ( DATA_LEN ), 1, DATA_LEN / 100 );
	}
}

static void what_was_there_before_is_cheap ( void **state ) {
	size_t once;

	srandom ( 2 );
	for ( size_t i = 0; i < DATA_LEN / 2; i++ )
		data[i] = data[i + DATA_LEN / 2] = random ();
	once = round_trip ( DATA_LEN / 2 );
	assert_in_range ( round_trip ( DATA_LEN ), once, once + DATA_LEN / 50 );
}

/** Each opcode of one and of two bytes, with every ModRM byte. */
static void every_instruction_form_comes_back ( void **state ) {
	size_t len = 0;

	for ( unsigned int i = 0; i < 0x64; i++ ) {
		if ( i & 1 )
			data[len++] = 0x0f;
		data[len++] = i;
		data[len++] = i * 0x9d >> 4;
	}
	round_trip_of ( len, &( struct payload_layout ){ .code_end = len } );
}

/** Code among other things: each byte is read as what its place says. */
static void all_parts_come_back ( void **state ) {
	const struct payload_layout layout = { .code = 800, .code_end = 4000, .tables = 5000 };

	srandom ( 5 );
	for ( size_t i = 0; i < 6000; i++ )
		data[i] = random () % 256 & random () % 256;
	round_trip_of ( 6000, &layout );
}

/** A function as compilers make them, again and again: calls and jumps do not stand in the way. */
static void repeated_code_is_small ( void **state ) {
	static const uint8_t function[] = {
		0x53,                                     /* push %rbx */
		0xe8, 0x00, 0x00, 0x00, 0x00,             /* call the first one */
		0x85, 0xc0,                               /* test %eax,%eax */
		0x74, 0x07,                               /* je */
		0x48, 0x8b, 0x05, 0x00, 0x00, 0x00, 0x00, /* mov 0(%rip),%rax */
		0x5b, 0xc3,                               /* pop %rbx, ret */
	};
	size_t len;

	for ( len = 0; len + sizeof ( function ) <= DATA_LEN; len += sizeof ( function ) ) {
		uint32_t to = -(uint32_t) len - 6, from = DATA_LEN - (uint32_t) len - 17;

		memcpy ( data + len, function, sizeof ( function ) );
		memcpy ( data + len + 2, &to, 4 );
		memcpy ( data + len + 13, &from, 4 );
	}
	assert_in_range (
		round_trip_of ( len, &( struct payload_layout ){ .code_end = len, .tables = len } ),
		1, DATA_LEN / 100 );
}

static void no_room_is_an_error ( void **state ) {
	const struct payload_layout layout = { .tables = 64 };
	uint8_t packed[DATA_LEN];
	size_t len;

	srandom ( 3 );
	for ( size_t i = 0; i < 64; i++ )
		data[i] = random ();
	len = mix_encode ( data, 64, &layout, packed, DATA_LEN );
	for ( size_t max = 0; max < len; max++ )
		assert_int_equal ( mix_encode ( data, 64, &layout, packed, max ), 0 );
	assert_int_equal ( mix_encode ( data, 64, &layout, packed, len ), len );
}

int main ( void ) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test ( random_bytes_come_back ),
		cmocka_unit_test ( every_short_length_comes_back ),
		cmocka_unit_test ( one_value_is_next_to_nothing ),
		cmocka_unit_test ( what_was_there_before_is_cheap ),
		cmocka_unit_test ( every_instruction_form_comes_back ),
		cmocka_unit_test ( all_parts_come_back ),
		cmocka_unit_test ( repeated_code_is_small ),
		cmocka_unit_test ( no_room_is_an_error ),
	};

	return cmocka_run_group_tests ( tests, NULL, NULL );
}
