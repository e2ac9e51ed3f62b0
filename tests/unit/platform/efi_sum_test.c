/** @file
 * The sum by which a UEFI program finds itself damaged: every bit of its code and data counts, wherever it
 * is loaded.
 */
#include <stdlib.h>
#include "lib/test.h"
#include "platform/efi/sum.h"

#define PAGE      4096
#define IMAGE_LEN ( 5 * PAGE )
#define PE        0x40
#define SECTIONS  ( PE + 24 + 16 )
#define POINTER1  ( 2 * PAGE + 8 ) /* words that loading moves */
#define POINTER2  ( 2 * PAGE + 504 )

static void put ( uint8_t *at, uint64_t value, size_t len ) {
	memcpy ( at, &value, len );
}

static void put_section ( uint8_t *image, unsigned int number, const char *name, uint32_t len,
			  uint32_t file_len ) {
	uint8_t *header = image + SECTIONS + 40 * number;

	memcpy ( header, name, strlen ( name ) );
	put ( header + 8, len, 4 );
	put ( header + 12, ( number + 1 ) * PAGE, 4 );
	put ( header + 16, file_len, 4 );
}

/** A program as linked: .text, .data with two pointers and .bss behind it, .slot, .reloc. */
static uint8_t *new_image ( void ) {
	uint8_t *image = calloc ( 1, IMAGE_LEN );

	assert_non_null ( image );
	for ( size_t i = PAGE; i < IMAGE_LEN; i++ )
		image[i] = rand ();
	put ( image + 0x3c, PE, 4 );
	put ( image + PE + 6, 4, 2 );
	put ( image + PE + 20, 16, 2 );
	put_section ( image, 0, ".text", 1000, 1024 );
	put_section ( image, 1, ".data", 3000, 512 );
	put_section ( image, 2, ".slot", 512, 512 );
	put_section ( image, 3, ".reloc", 12, 512 );
	put ( image + POINTER1, 0x1010, 8 );
	put ( image + POINTER2, 0x2ff0, 8 );
	return image;
}

/** As util/elf2efi does. */
static void put_sum ( uint8_t *image ) {
	uint8_t *ones = calloc ( 1, IMAGE_LEN );
	struct sum sum = { .contents = sum_of ( image ) };

	assert_non_null ( ones );
	memcpy ( ones, image, PAGE );
	put ( ones + POINTER1, 1, 8 );
	put ( ones + POINTER2, 1, 8 );
	sum.moved = sum_of ( ones );
	memcpy ( image + SUM_OFFSET, &sum, sizeof ( sum ) );
	free ( ones );
}

/** As a loader does. */
static void move ( uint8_t *image, uint64_t by ) {
	put ( image + POINTER1, 0x1010 + by, 8 );
	put ( image + POINTER2, 0x2ff0 + by, 8 );
}

static uint8_t *loaded_image ( void ) {
	uint8_t *image = new_image ();

	put_sum ( image );
	move ( image, (uintptr_t) image );
	return image;
}

static void loaded_anywhere_it_is_right ( void **state ) {
	uint8_t *images[8];

	for ( unsigned int i = 0; i < 8; i++ ) {
		images[i] = loaded_image ();
		assert_true ( sum_is_right ( images[i] ) );
		move ( images[i], (uintptr_t) images[i] + PAGE );
		assert_false ( sum_is_right ( images[i] ) );
	}
	for ( unsigned int i = 0; i < 8; i++ )
		free ( images[i] );
}

static void each_bit_counts ( void **state ) {
	uint8_t *image = loaded_image ();

	for ( size_t at = PAGE; at < 3 * PAGE; at++ ) {
		bool counts =
			( at < PAGE + 1000 ) || ( ( at >= 2 * PAGE ) && ( at < 2 * PAGE + 512 ) );

		for ( unsigned int bit = 0; bit < 8; bit++ ) {
			image[at] ^= 1 << bit;
			if ( sum_is_right ( image ) == counts )
				fail_msg ( "bit %u of byte 0x%zx", bit, at );
			image[at] ^= 1 << bit;
		}
	}
	free ( image );
}

static void words_that_change_places_count ( void **state ) {
	uint8_t *image = loaded_image (), word[8];

	memcpy ( word, image + PAGE, 8 );
	memcpy ( image + PAGE, image + PAGE + 8, 8 );
	memcpy ( image + PAGE + 8, word, 8 );
	assert_false ( sum_is_right ( image ) );
	free ( image );
}

static void slot_and_relocations_do_not_count ( void **state ) {
	uint8_t *image = loaded_image ();

	memset ( image + 3 * PAGE, 0, 2 * PAGE );
	assert_true ( sum_is_right ( image ) );
	free ( image );
}

static void headers_that_are_written_anew_are_no_damage ( void **state ) {
	uint8_t *image = loaded_image ();

	memset ( image + SUM_OFFSET, 0, sizeof ( struct sum ) );
	assert_true ( sum_is_right ( image ) );
	free ( image );
}

int main ( void ) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test ( loaded_anywhere_it_is_right ),
		cmocka_unit_test ( each_bit_counts ),
		cmocka_unit_test ( words_that_change_places_count ),
		cmocka_unit_test ( slot_and_relocations_do_not_count ),
		cmocka_unit_test ( headers_that_are_written_anew_are_no_damage ),
	};

	return cmocka_run_group_tests ( tests, NULL, NULL );
}
