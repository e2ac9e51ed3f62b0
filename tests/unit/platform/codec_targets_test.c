/** @file
 * The filter in front of the small codec: what it makes of code, and that any bytes come back from it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "platform/codec/insn.c"
#include "platform/codec/targets.c"
#include "platform/codec/targets_encode.c"

#define NONE 0xff, 0xff, 0xff, 0xff /* no exceptions any more */

/** Filter code, compare with what is expected, and undo it in memory that ends where the image does. */
static void filter ( const uint8_t *code, size_t len, const uint8_t *filtered,
		     const uint8_t *left_alone, size_t left_alone_len ) {
	struct targets *targets = calloc ( 1, sizeof ( *targets ) );
	uint8_t *image = malloc ( len ), exceptions[64];

	assert_true ( targets && image );
	memcpy ( image, code, len );
	assert_int_equal ( targets_filter ( image, 0, len, exceptions, sizeof ( exceptions ) ),
			   left_alone_len );
	assert_memory_equal ( image, filtered, len );
	assert_memory_equal ( exceptions, left_alone, left_alone_len );
	targets_restore ( targets, image, 0, len, exceptions );
	assert_memory_equal ( image, code, len );
	free ( image );
	free ( targets );
}
#define FILTER( code, filtered, left_alone ) \
	filter ( code, sizeof ( code ), filtered, left_alone, sizeof ( left_alone ) )

static const uint8_t none[] = { NONE };

static void jumps_count_instructions ( void **state ) {
	static const uint8_t code[] = {
		0x74, 0x0b,                         /* je to the ret */
		0x48, 0x8d, 0x44, 0x24, 0x10,       /* lea 16(%rsp),%rax */
		0x0f, 0x84, 0xf3, 0xff, 0xff, 0xff, /* je to the start */
		0xc3, 0x90, 0x90, 0x90, 0x90,
	};
	static const uint8_t filtered[] = {
		0x74, 0x02, 0x48, 0x8d, 0x44, 0x24, 0x10, 0x0f, 0x84,
		0xff, 0xff, 0xff, 0xfd, 0xc3, 0x90, 0x90, 0x90, 0x90,
	};

	FILTER ( code, filtered, none );
}

static void calls_get_the_number_of_the_function ( void **state ) {
	static const uint8_t code[] = {
		0xe8, 0x0b, 0x00, 0x00, 0x00, /* call function 2 */
		0xc3,                         /* function 1: */
		0xe8, 0x05, 0x00, 0x00, 0x00, /* call function 2 */
		0xe9, 0xf6, 0xff, 0xff, 0xff, /* jump to function 1; function 2: */
		0x31, 0xc0, 0xc3, 0x90, 0x90, 0x90, 0x90,
	};
	static const uint8_t filtered[] = {
		0xe8, 0x00, 0x00, 0x00, 0x02, 0xc3, 0xe8, 0x00, 0x00, 0x00, 0x02, 0xe9,
		0x00, 0x00, 0x00, 0x01, 0x31, 0xc0, 0xc3, 0x90, 0x90, 0x90, 0x90,
	};

	FILTER ( code, filtered, none );
}

static void calls_of_other_places_get_the_number_of_the_instruction ( void **state ) {
	static const uint8_t code[] = {
		0x31, 0xc0,                   /* xor %eax,%eax */
		0xe8, 0x02, 0x00, 0x00, 0x00, /* call the one after the next */
		0x31, 0xc0, 0x90, 0x90, 0x90, 0x90,
	};
	static const uint8_t filtered[] = {
		0x31, 0xc0, 0xe8, 0x40, 0x00, 0x00, 0x03, 0x31, 0xc0, 0x90, 0x90, 0x90, 0x90,
	};

	FILTER ( code, filtered, none );
}

static void what_jumps_back_to_its_start_is_no_function ( void **state ) {
	static const uint8_t code[] = {
		0xe8, 0x01, 0x00, 0x00, 0x00, /* call instruction 2 */
		0xc3, 0x75, 0xfe,             /* which loops */
		0x90, 0x90, 0x90, 0x90,
	};
	static const uint8_t filtered[] = {
		0xe8, 0x40, 0x00, 0x00, 0x02, 0xc3, 0x75, 0xff, 0x90, 0x90, 0x90, 0x90,
	};

	FILTER ( code, filtered, none );
}

static void data_gets_its_place ( void **state ) {
	static const uint8_t code[] = {
		0x48, 0x8b, 0x05, 0x01, 0x02, 0x00, 0x00, /* mov 0x208(%rip),%rax */
		0xc6, 0x05, 0x01, 0x02, 0x00, 0x00, 0x55, /* movb $0x55,0x20f(%rip) */
		0x90, 0x90, 0x90, 0x90,
	};
	static const uint8_t filtered[] = {
		0x48, 0x8b, 0x05, 0x00, 0x00, 0x02, 0x08, 0xc6, 0x05,
		0x00, 0x00, 0x02, 0x0f, 0x55, 0x90, 0x90, 0x90, 0x90,
	};

	FILTER ( code, filtered, none );
}

static void other_targets_are_left_alone ( void **state ) {
	static const uint8_t code[] = {
		0x74, 0x01,                         /* into the xor */
		0x31, 0xc0,                         /* xor %eax,%eax */
		0x0f, 0x84, 0x00, 0x00, 0x00, 0x80, /* far away */
		0xe8, 0x00, 0x00, 0x01, 0x00,       /* behind the code */
		0x90, 0x90, 0x90, 0xe8, 0x00,       /* cut off */
	};
	static const uint8_t left_alone[] = {
		0, 0, 0, 1, 0, 0, 0, 6, 0, 0, 0, 11, NONE,
	};
	uint8_t image[sizeof ( code )], exceptions[64];

	FILTER ( code, code, left_alone );
	/* No room for them. */
	for ( size_t max = 0; max < sizeof ( left_alone ); max++ ) {
		memcpy ( image, code, sizeof ( code ) );
		assert_int_equal ( targets_filter ( image, 0, sizeof ( code ), exceptions, max ),
				   0 );
	}
}

static void only_code_is_filtered ( void **state ) {
	uint8_t image[24] = { 0xe8, 1,    0,    0, 0, 0x90, 0x90, 0x90, 0x74, 0x01,
			      0x90, 0x90, 0xc3, 0, 0, 0,    0xe8, 1,    0,    0 },
		original[24], exceptions[8];
	static struct targets targets;

	memcpy ( original, image, sizeof ( image ) );
	assert_int_equal ( targets_filter ( image, 8, 16, exceptions, sizeof ( exceptions ) ), 4 );
	assert_memory_equal ( image, original, sizeof ( image ) ); /* jumps over one of one byte */
	targets_restore ( &targets, image, 8, 16, exceptions );
	assert_memory_equal ( image, original, sizeof ( image ) );
}

static void any_bytes_come_back ( void **state ) {
	static const uint8_t common[] = { 0xe8, 0xe9, 0xeb, 0x74, 0x0f, 0x84, 0x48, 0x8d, 0x05,
					  0xc3, 0x00, 0xff, 0x01, 0xf6, 0x66, 0x80, 0xc7, 0x25 };
	static uint8_t image[3000], original[3000], exceptions[16000];
	struct targets *targets = malloc ( sizeof ( *targets ) );

	assert_non_null ( targets );
	srandom ( 4 );
	for ( unsigned int run = 0; run < 20; run++ ) {
		size_t len = 1 + random () % sizeof ( image ), start = random () % len,
		       end = start + random () % ( len - start + 1 );

		for ( size_t i = 0; i < len; i++ )
			image[i] = ( run % 2 ) ? random () : common[random () % sizeof ( common )];
		memcpy ( original, image, len );
		assert_in_range (
			targets_filter ( image, start, end, exceptions, sizeof ( exceptions ) ), 4,
			sizeof ( exceptions ) );
		assert_memory_equal ( image, original, start );
		assert_memory_equal ( image + end, original + end, len - end );
		memset ( targets, 0, sizeof ( *targets ) );
		targets_restore ( targets, image, start, end, exceptions );
		assert_memory_equal ( image, original, len );
	}
	free ( targets );
}

int main ( void ) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test ( jumps_count_instructions ),
		cmocka_unit_test ( calls_get_the_number_of_the_function ),
		cmocka_unit_test ( calls_of_other_places_get_the_number_of_the_instruction ),
		cmocka_unit_test ( what_jumps_back_to_its_start_is_no_function ),
		cmocka_unit_test ( data_gets_its_place ),
		cmocka_unit_test ( other_targets_are_left_alone ),
		cmocka_unit_test ( only_code_is_filtered ),
		cmocka_unit_test ( any_bytes_come_back ),
	};

	return cmocka_run_group_tests ( tests, NULL, NULL );
}
