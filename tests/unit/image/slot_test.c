/** @file
 * The data slot: what is taken from it, in which order, and that a damaged one is ignored.
 */
#include <stdio.h>
#include <stdlib.h>
#include "lib/test.h"
#include "core/crc32.h"
#include "core/image.h"
#include "core/settings.h"
#include "image/slot.h"
#include "platform/host/host.h"

#define CAPACITY 512

static uint8_t slot[CAPACITY];
static size_t used;

static void put32 ( size_t offset, uint32_t value ) {
	for ( int i = 0; i < 4; i++ )
		slot[offset + i] = (uint8_t) ( value >> ( 8 * i ) );
}

static void add ( unsigned int kind, const char *name, const void *data, size_t len ) {
	size_t at = SLOT_HEADER + used;

	slot[at] = (uint8_t) kind;
	slot[at + 1] = (uint8_t) strlen ( name );
	put32 ( at + 2, (uint32_t) len );
	memcpy ( slot + at + 6, name, strlen ( name ) );
	memcpy ( slot + at + 6 + strlen ( name ), data, len );
	used += 6 + strlen ( name ) + len;
}

static void seal ( size_t len ) {
	put32 ( SLOT_CAPACITY, CAPACITY );
	put32 ( SLOT_USED, (uint32_t) len );
	put32 ( SLOT_CRC, crc32 ( slot + SLOT_CAPACITY, CAPACITY - SLOT_CAPACITY ) );
}

/** Load the slot, from memory of just its size (ASan). @return what was printed */
static const char *load ( size_t len ) {
	uint8_t *copy = malloc ( len ? len : 1 );

	memcpy ( copy, slot, len );
	test_capture_start ();
	slot_load ( copy, len );
	free ( copy );
	return test_capture_stop ();
}

static int set_up ( void **state ) {
	memset ( slot, 0, sizeof ( slot ) );
	used = 0;
	return 0;
}

static int tear_down ( void **state ) {
	struct image *image;

	while ( ( image = image_next ( NULL ) ) != NULL )
		image_unregister ( image );
	settings_set_text ( NULL, "colour", "" );
	settings_set_text ( NULL, "size", "" );
	return 0;
}

static void fill ( void ) {
	add ( SLOT_SETTING, "colour", "blue", 4 );
	add ( SLOT_SETTING, "size:uint16", "300", 3 );
	add ( SLOT_SCRIPT, "boot.ipxe", "#!ipxe\n", 7 );
	add ( SLOT_CERTIFICATE, "ca.pem", "pem", 3 );
	add ( SLOT_FILE, "a.txt", "text", 4 );
	seal ( used );
}

static void check_setting ( const char *name, const char *expected ) {
	char *text = settings_get_text ( NULL, name );

	assert_non_null ( text );
	assert_string_equal ( text, expected );
	free ( text );
}

static void check_image ( struct image *image, const char *name, const char *text,
			  unsigned int flags ) {
	assert_non_null ( image );
	assert_string_equal ( image->name, name );
	assert_int_equal ( image->len, strlen ( text ) );
	assert_memory_equal ( image->data, text, strlen ( text ) );
	assert_int_equal ( image->flags, flags );
}

static void everything_is_taken_in_order ( void **state ) {
	struct image *image;

	fill ();
	assert_string_equal ( load ( CAPACITY ), "" );
	check_setting ( "colour", "blue" );
	check_setting ( "size", "0x12c" );
	image = image_next ( NULL );
	check_image ( image, "boot.ipxe", "#!ipxe\n", 0 );
	image = image_next ( image );
	check_image ( image, "ca.pem", "pem", IMAGE_ATTACHED | IMAGE_HIDDEN );
	image = image_next ( image );
	check_image ( image, "a.txt", "text", IMAGE_ATTACHED );
	assert_null ( image_next ( image ) );
}

static void empty_slot_is_nothing ( void **state ) {
	seal ( 0 );
	assert_string_equal ( load ( CAPACITY ), "" );
	assert_null ( image_next ( NULL ) );
}

static void each_flipped_bit_is_noticed ( void **state ) {
	fill ();
	for ( size_t bit = 8 * SLOT_CRC; bit < 8 * CAPACITY; bit++ ) {
		slot[bit / 8] ^= (uint8_t) ( 1 << ( bit % 8 ) );
		assert_non_null ( strstr ( load ( CAPACITY ), "The data slot is damaged" ) );
		assert_null ( image_next ( NULL ) );
		slot[bit / 8] ^= (uint8_t) ( 1 << ( bit % 8 ) );
	}
	assert_string_equal ( load ( CAPACITY ), "" );
}

static void shorter_memory_is_noticed ( void **state ) {
	fill ();
	for ( size_t len = 0; len < CAPACITY; len++ )
		assert_non_null ( strstr ( load ( len ), "The data slot is damaged" ) );
	assert_null ( image_next ( NULL ) );
}

/** The checksum is right, but whoever made this counted wrong. */
static void entries_cut_off_at_each_length_are_named ( void **state ) {
	size_t whole = 0;

	add ( SLOT_FILE, "a.txt", "text", 4 );
	for ( size_t len = 1; len < used; len++ ) {
		seal ( len );
		assert_non_null ( strstr ( load ( CAPACITY ), "The data slot is damaged" ) );
		whole += ( image_next ( NULL ) != NULL );
	}
	assert_int_equal ( whole, 0 );
}

static void lengths_beyond_the_slot_are_refused ( void **state ) {
	add ( SLOT_FILE, "a", "b", 1 );
	put32 ( SLOT_HEADER + 2, 0xffffffff );
	seal ( used );
	assert_non_null ( strstr ( load ( CAPACITY ), "The data slot is damaged" ) );
	seal ( 0xfffffff0 );
	assert_non_null ( strstr ( load ( CAPACITY ), "The data slot is damaged" ) );
}

static void unknown_kinds_are_named_and_passed ( void **state ) {
	add ( 9, "new", "stuff", 5 );
	add ( SLOT_FILE, "a.txt", "text", 4 );
	seal ( used );
	assert_string_equal (
		load ( CAPACITY ),
		"Data slot: new: Operation not supported (https://ipxe.org/3c000003)\n"
		"  entries of kind 9 are not known\n" );
	check_image ( image_next ( NULL ), "a.txt", "text", IMAGE_ATTACHED );
}

static void settings_that_cannot_be_are_named_and_passed ( void **state ) {
	add ( SLOT_SETTING, "colour:nonsense", "blue", 4 );
	add ( SLOT_SETTING, "size:uint16", "many", 4 );
	add ( SLOT_SETTING, "colour", "red", 3 );
	seal ( used );
	assert_non_null ( strstr ( load ( CAPACITY ), "Data slot: colour:nonsense: " ) );
	assert_non_null ( strstr ( load ( CAPACITY ), "Data slot: size:uint16: " ) );
	check_setting ( "colour", "red" );
}

static void settings_need_no_nul_and_may_be_empty ( void **state ) {
	add ( SLOT_SETTING, "colour", "", 0 );
	seal ( used );
	assert_string_equal ( load ( CAPACITY ), "" );
	assert_null ( settings_get_text ( NULL, "colour" ) );
}

static void want_of_memory_is_said_and_survived ( void **state ) {
	unsigned int nth;

	fill ();
	for ( nth = 1; nth < 100; nth++ ) {
		host_fail_heap ( nth );
		if ( !*load ( CAPACITY ) )
			break;
		tear_down ( NULL );
	}
	host_fail_heap ( 0 );
	assert_in_range ( nth, 5, 99 ); /* each entry wants some */
	check_image ( image_next ( NULL ), "boot.ipxe", "#!ipxe\n", 0 );
}

int main ( void ) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown ( everything_is_taken_in_order, set_up, tear_down ),
		cmocka_unit_test_setup_teardown ( empty_slot_is_nothing, set_up, tear_down ),
		cmocka_unit_test_setup_teardown ( each_flipped_bit_is_noticed, set_up, tear_down ),
		cmocka_unit_test_setup_teardown ( shorter_memory_is_noticed, set_up, tear_down ),
		cmocka_unit_test_setup_teardown ( entries_cut_off_at_each_length_are_named, set_up,
						  tear_down ),
		cmocka_unit_test_setup_teardown ( lengths_beyond_the_slot_are_refused, set_up,
						  tear_down ),
		cmocka_unit_test_setup_teardown ( unknown_kinds_are_named_and_passed, set_up,
						  tear_down ),
		cmocka_unit_test_setup_teardown ( settings_that_cannot_be_are_named_and_passed,
						  set_up, tear_down ),
		cmocka_unit_test_setup_teardown ( want_of_memory_is_said_and_survived, set_up,
						  tear_down ),
		cmocka_unit_test_setup_teardown ( settings_need_no_nul_and_may_be_empty, set_up,
						  tear_down ),
	};

	return cmocka_run_group_tests ( tests, NULL, NULL );
}
