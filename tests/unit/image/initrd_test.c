/** @file
 * The initrd: concatenation, cpio headers, reading in pieces.
 */
#include <stdio.h>
#include <stdlib.h>
#include "lib/test.h"
#include "core/error.h"
#include "core/image.h"
#include "image/initrd.h"

static uint8_t *whole;
static size_t whole_len;

static struct image *add ( const char *name, const char *cmdline, const void *data, size_t len ) {
	struct image *image = image_new ( name, NULL );

	assert_non_null ( image );
	assert_int_equal ( image_write ( image, 0, data, len ), 0 );
	assert_int_equal ( image_set_cmdline ( image, cmdline ), 0 );
	assert_int_equal ( image_register ( image ), 0 );
	image_put ( image );
	return image_find ( name );
}

/* Read all of it in one go. */
static void build ( void ) {
	free ( whole );
	assert_int_equal ( initrd_measure ( &whole_len ), 0 );
	whole = malloc ( whole_len + 1 );
	assert_int_equal ( initrd_read ( 0, whole, whole_len + 1 ), whole_len );
}

static int tear_down ( void **state ) {
	while ( image_next ( NULL ) )
		image_unregister ( image_next ( NULL ) );
	free ( whole );
	whole = NULL;
	return 0;
}

/* A field of the header at @c offset: 0 is ino, 1 mode, 6 size, 11 length of the name. */
static unsigned long field ( size_t offset, unsigned int number ) {
	char text[9] = "";

	assert_true ( offset + 110 <= whole_len );
	assert_memory_equal ( whole + offset, "070701", 6 );
	memcpy ( text, whole + offset + 6 + 8 * number, 8 );
	return strtoul ( text, NULL, 16 );
}

/* Check one record. @return offset of what follows its header */
static size_t check_record ( size_t offset, const char *name, unsigned int mode, size_t size ) {
	static const unsigned int zero[] = { 0, 2, 3, 5, 7, 8, 9, 10, 12 };

	assert_int_equal ( field ( offset, 1 ), mode );
	assert_int_equal ( field ( offset, 4 ), 1 );
	assert_int_equal ( field ( offset, 6 ), size );
	assert_int_equal ( field ( offset, 11 ), strlen ( name ) + 1 );
	for ( unsigned int i = 0; i < ARRAY_SIZE ( zero ); i++ )
		assert_int_equal ( field ( offset, zero[i] ), 0 );
	assert_string_equal ( (char *) whole + offset + 110, name );
	return ROUND_UP ( offset + 110 + strlen ( name ) + 1, (size_t) 4 );
}

static void without_images_it_is_empty ( void **state ) {
	uint8_t byte;

	assert_int_equal ( initrd_measure ( &whole_len ), 0 );
	assert_int_equal ( whole_len, 0 );
	assert_int_equal ( initrd_read ( 0, &byte, 1 ), 0 );
}

static void images_without_arguments_are_as_they_are_from_a_page_on ( void **state ) {
	add ( "a", NULL, "first", 5 );
	add ( "b", NULL, "second", 6 );
	build ();
	assert_int_equal ( whole_len, 4096 + 6 );
	assert_memory_equal ( whole, "first", 5 );
	for ( size_t i = 5; i < 4096; i++ )
		assert_int_equal ( whole[i], 0 );
	assert_memory_equal ( whole + 4096, "second", 6 );
}

static void an_image_of_whole_pages_gets_no_padding ( void **state ) {
	static uint8_t page[4096] = { 1 };

	add ( "a", NULL, page, sizeof ( page ) );
	add ( "b", NULL, "x", 1 );
	build ();
	assert_int_equal ( whole_len, 4097 );
}

static void hidden_images_are_left_out ( void **state ) {
	add ( "a", NULL, "first", 5 )->flags |= IMAGE_HIDDEN;
	add ( "b", NULL, "second", 6 );
	build ();
	assert_int_equal ( whole_len, 6 );
	assert_memory_equal ( whole, "second", 6 );
}

static void arguments_make_a_file_of_mode_0644 ( void **state ) {
	add ( "a", "etc/motd", "hello", 5 );
	build ();
	assert_memory_equal ( whole + check_record ( 0, "etc/motd", 0100644, 5 ), "hello", 5 );
	assert_int_equal ( whole_len, 110 + 9 + 1 + 5 );
}

static void mode_is_octal_and_may_come_anywhere ( void **state ) {
	add ( "a", "x  mkdir=0 mode=755", "", 0 );
	build ();
	check_record ( 0, "x", 0100755, 0 );
	image_set_cmdline ( image_find ( "a" ), "x mode=0120777" );
	build ();
	check_record ( 0, "x", 0120777, 0 );
}

static void mkdir_makes_the_last_parents_outermost_first ( void **state ) {
	size_t pos;

	add ( "a", "/a/b/c/f mkdir=2", "f", 1 );
	build ();
	pos = check_record ( 0, "/a/b", 040755, 0 );
	pos = check_record ( pos, "/a/b/c", 040755, 0 );
	pos = check_record ( pos, "/a/b/c/f", 0100644, 1 );
	assert_int_equal ( whole_len, pos + 1 );
}

static void mkdir_minus_one_makes_all_parents ( void **state ) {
	size_t pos;

	add ( "a", "/a//b/f mkdir=-1", "f", 1 );
	build ();
	pos = check_record ( 0, "/a", 040755, 0 );
	pos = check_record ( pos, "/a//b", 040755, 0 );
	check_record ( pos, "/a//b/f", 0100644, 1 );
}

static void mkdir_beyond_the_depth_makes_all_parents ( void **state ) {
	add ( "a", "a/f mkdir=7", "f", 1 );
	build ();
	check_record ( check_record ( 0, "a", 040755, 0 ), "a/f", 0100644, 1 );
}

static void a_name_without_folders_needs_none ( void **state ) {
	add ( "a", "/f mkdir=-1", "f", 1 );
	build ();
	check_record ( 0, "/f", 0100644, 1 );
}

static void odd_arguments_do_no_harm ( void **state ) {
	static const char *const odd[] = { "/",
					   "//",
					   "a/",
					   "a//",
					   "x mode=zzz",
					   "x mkdir=zzz",
					   "x mode= mkdir=",
					   "x mode=777777777777777777777",
					   "x mkdir=99999999999999999999",
					   "mode=1",
					   " x  " };

	add ( "a", NULL, "f", 1 );
	for ( unsigned int i = 0; i < ARRAY_SIZE ( odd ); i++ ) {
		image_set_cmdline ( image_find ( "a" ), odd[i] );
		build ();
		assert_true ( whole_len > 110 );
		assert_int_equal ( whole[whole_len - 1], 'f' );
	}
}

/* Every piece of it is the same as in one go, headers and paddings cut anywhere. */
static void reading_in_pieces_gives_the_same ( void **state ) {
	static const size_t sizes[] = { 1, 7, 64, 4095, 4096, 9000 };
	uint8_t *piece = malloc ( 9000 );
	uint8_t big[5000];

	memset ( big, 'b', sizeof ( big ) );
	add ( "a", "/dir/a mkdir=1", "hello", 5 );
	add ( "b", NULL, big, sizeof ( big ) );
	add ( "empty", NULL, "", 0 );
	add ( "c", "c mode=600", big, 17 );
	build ();
	for ( unsigned int i = 0; i < ARRAY_SIZE ( sizes ); i++ ) {
		size_t len = sizes[i], step = MAX ( len / 3, (size_t) 1 );

		for ( size_t offset = 0; offset <= whole_len + 1; offset += step ) {
			size_t left = ( offset < whole_len ) ? whole_len - offset : 0;

			assert_int_equal ( initrd_read ( offset, piece, len ), MIN ( left, len ) );
			if ( left )
				assert_memory_equal ( piece, whole + offset, MIN ( left, len ) );
		}
	}
	free ( piece );
}

static void file_too_large_for_a_header_is_refused ( void **state ) {
	struct image *image = add ( "a", NULL, "f", 1 );

	image->len = 0x100000000;
	assert_int_equal ( initrd_measure ( &whole_len ), 0 );
	image_set_cmdline ( image, "name" );
	assert_int_equal ( err_of ( initrd_measure ( &whole_len ) ), EFBIG );
	image->len = 0xffffffff;
	assert_int_equal ( initrd_measure ( &whole_len ), 0 );
	image->len = 1;
}

int main ( void ) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown ( without_images_it_is_empty, tear_down ),
		cmocka_unit_test_teardown ( images_without_arguments_are_as_they_are_from_a_page_on,
					    tear_down ),
		cmocka_unit_test_teardown ( an_image_of_whole_pages_gets_no_padding, tear_down ),
		cmocka_unit_test_teardown ( hidden_images_are_left_out, tear_down ),
		cmocka_unit_test_teardown ( arguments_make_a_file_of_mode_0644, tear_down ),
		cmocka_unit_test_teardown ( mode_is_octal_and_may_come_anywhere, tear_down ),
		cmocka_unit_test_teardown ( mkdir_makes_the_last_parents_outermost_first,
					    tear_down ),
		cmocka_unit_test_teardown ( mkdir_minus_one_makes_all_parents, tear_down ),
		cmocka_unit_test_teardown ( mkdir_beyond_the_depth_makes_all_parents, tear_down ),
		cmocka_unit_test_teardown ( a_name_without_folders_needs_none, tear_down ),
		cmocka_unit_test_teardown ( odd_arguments_do_no_harm, tear_down ),
		cmocka_unit_test_teardown ( reading_in_pieces_gives_the_same, tear_down ),
		cmocka_unit_test_teardown ( file_too_large_for_a_header_is_refused, tear_down ),
	};

	return cmocka_run_group_tests ( tests, NULL, NULL );
}
