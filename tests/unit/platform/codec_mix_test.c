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

#include "platform/codec/mix.c"
#include "platform/codec/mix_decode.c"
#include "platform/codec/mix_encode.c"

#define DATA_LEN 20000

static uint8_t data[DATA_LEN];

/** Pack, unpack from memory that ends where the packed bytes do, compare. @return packed bytes */
static size_t round_trip ( size_t len ) {
	uint8_t *packed = malloc ( 2 * len + 64 ), *exact, *unpacked = malloc ( len + 1 );
	void *work = calloc ( 1, mix_codec.work_len );
	size_t packed_len = mix_encode ( data, len, packed, 2 * len + 64 );

	assert_true ( packed && unpacked && work && packed_len );
	exact = malloc ( packed_len );
	assert_non_null ( exact );
	memcpy ( exact, packed, packed_len );
	unpacked[len] = 0x5a;
	mix_codec.decode ( exact, unpacked, len, work );
	assert_memory_equal ( unpacked, data, len );
	assert_int_equal ( unpacked[len], 0x5a );
	free ( packed );
	free ( exact );
	free ( unpacked );
	free ( work );
	return packed_len;
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
	for ( size_t len = 1; len < 20; len++ )
		round_trip ( len );
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
	round_trip ( len );
}

static void no_room_is_an_error ( void **state ) {
	uint8_t packed[DATA_LEN];
	size_t len;

	srandom ( 3 );
	for ( size_t i = 0; i < 64; i++ )
		data[i] = random ();
	len = mix_encode ( data, 64, packed, DATA_LEN );
	for ( size_t max = 0; max < len; max++ )
		assert_int_equal ( mix_encode ( data, 64, packed, max ), 0 );
	assert_int_equal ( mix_encode ( data, 64, packed, len ), len );
}

int main ( void ) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test ( random_bytes_come_back ),
		cmocka_unit_test ( every_short_length_comes_back ),
		cmocka_unit_test ( one_value_is_next_to_nothing ),
		cmocka_unit_test ( what_was_there_before_is_cheap ),
		cmocka_unit_test ( every_instruction_form_comes_back ),
		cmocka_unit_test ( no_room_is_an_error ),
	};

	return cmocka_run_group_tests ( tests, NULL, NULL );
}
