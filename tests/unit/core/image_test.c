/** @file
 * Images: names, contents, the list, selection, running, replacing.
 */
#include <stdlib.h>
#include "lib/test.h"
#include "core/error.h"
#include "core/image.h"
#include "core/memory.h"
#include "platform/host/host.h"

/* ---- A type of its own: "test!<what to do>" ---- */

static struct image *seen_current;
static bool seen_on_list;
static char *seen_cwd;
static struct image *replace_with;
static int exec_rc;
static unsigned int exec_count;

static int fake_probe ( struct image *image ) {
	return ( image->len >= 5 ) && ( memcmp ( image->data, "test!", 5 ) == 0 ) ? 0
										  : -ENOEXEC_IMAGE;
}

static TASK_FN int fake_exec ( struct image *image ) {
	seen_current = image_current ();
	seen_on_list = image->registered || ( image_find ( image->name ) == image );
	free ( seen_cwd );
	seen_cwd = uri_cwd () ? uri_text ( uri_cwd (), false ) : NULL;
	exec_count++;
	if ( replace_with ) {
		struct image *replacement = replace_with;

		replace_with = NULL;
		assert_int_equal ( image_replace ( replacement ), 0 );
	}
	return exec_rc;
}

static const struct image_type fake_type = {
	.name = "fake",
	.order = 50,
	.probe = fake_probe,
	.exec = fake_exec,
};
IMAGE_TYPE ( fake_type );

static int late_probe ( struct image *image ) {
	return image->len ? 0 : -ENOEXEC_IMAGE;
}
static const struct image_type late_type = { .name = "late", .order = 90, .probe = late_probe };

static int setup ( void **state ) {
	replace_with = NULL;
	exec_rc = 0;
	exec_count = 0;
	return 0;
}

static int teardown ( void **state ) {
	struct image *image;

	while ( ( image = image_next ( NULL ) ) )
		image_unregister ( image );
	assert_null ( image_current () );
	free ( seen_cwd );
	seen_cwd = NULL;
	return 0;
}

static struct image *make ( const char *name, const char *contents ) {
	struct image *image = image_new ( name, NULL );

	assert_non_null ( image );
	assert_int_equal ( image_write ( image, 0, contents, strlen ( contents ) ), 0 );
	assert_int_equal ( image_register ( image ), 0 );
	image_put ( image );
	return image;
}

static struct uri *parse ( const char *text ) {
	struct uri *uri;

	assert_int_equal ( uri_parse ( text, &uri ), 0 );
	return uri;
}

/* ---- Names and contents ---- */

static void name_comes_from_the_uri_or_is_made_up ( void **state ) {
	static const char *const names[][2] = {
		{ "http://h/a/b%20c.ipxe?x", "b c.ipxe" },
		{ "http://h/", "img0" },
		{ "data:x", "x" },
	};

	for ( size_t i = 0; i < ARRAY_SIZE ( names ); i++ ) {
		struct uri *uri = parse ( names[i][0] );
		struct image *image = image_new ( NULL, uri );

		assert_string_equal ( image->name, names[i][1] );
		image_put ( image );
		image = image_new ( "given", uri );
		assert_string_equal ( image->name, "given" );
		image_put ( image );
		uri_free ( uri );
	}
	make ( NULL, "a" );
	make ( NULL, "b" );
	assert_non_null ( image_find ( "img0" ) );
	assert_non_null ( image_find ( "img1" ) );
}

static void contents_are_kept_while_growing ( void **state ) {
	struct image *image = image_new ( "x", NULL );

	for ( size_t i = 0; i < 300000; i += 1000 ) {
		uint8_t block[1000];

		memset ( block, (int) ( i / 1000 ), sizeof ( block ) );
		assert_int_equal ( image_write ( image, i, block, sizeof ( block ) ), 0 );
		assert_int_equal ( image->len, i + 1000 );
		assert_int_equal ( image->data[image->len], 0 );
	}
	for ( size_t i = 0; i < 300000; i++ )
		assert_int_equal ( image->data[i], ( i / 1000 ) & 0xff );
	image_put ( image );
}

static void writing_beyond_the_end_fills_with_zeros ( void **state ) {
	struct image *image = image_new ( "x", NULL );

	assert_int_equal ( image_write ( image, 100000, "x", 1 ), 0 );
	for ( size_t i = 0; i < 100000; i++ )
		assert_int_equal ( image->data[i], 0 );
	assert_int_equal ( image_write ( image, 0, "y", 1 ), 0 );
	assert_int_equal ( image->len, 100001 );
	assert_int_equal ( image_write ( image, SIZE_MAX, "y", 2 ), -ENOMEM );
	image_put ( image );
}

static void room_is_made_once_when_the_length_is_known ( void **state ) {
	struct image *image = image_new ( "x", NULL );
	void *data;

	assert_int_equal ( image_reserve ( image, 100000 ), 0 );
	data = image->data;
	assert_int_equal ( image_reserve ( image, 100000 ), 0 );
	assert_ptr_equal ( image->data, data );
	assert_in_range ( image->capacity, 100001, 104096 );
	image_put ( image );
}

static void image_that_does_not_fit_says_how_much_would ( void **state ) {
	struct image *image = image_new ( "x", NULL );
	int rc;

	host_fail_pages ( 1 );
	rc = image_reserve ( image, 1073741824 );
	host_fail_pages ( 0 );
	assert_int_equal ( rc, -ENOMEM );
	assert_int_equal ( image_reserve ( image, SIZE_MAX ), -ENOMEM );
	assert_int_equal ( image_reserve ( image, 5 ), 0 );
	image_put ( image );
}

static TASK_FN int grow_task ( void *arg ) {
	return image_grow ( arg );
}

static void grow ( struct image *image ) {
	assert_int_equal ( test_run_task ( grow_task, image ), 0 );
}

static void unknown_length_grows_fast_and_takes_most_of_the_memory_last ( void **state ) {
	struct image *image = image_new ( "x", NULL );
	size_t most = pages_available () / 4 * 3, last = 65536;

	grow ( image );
	assert_int_equal ( image->capacity, last );
	while ( 4 * last < most / 2 ) {
		grow ( image );
		assert_int_equal ( image->capacity, 4 * last );
		last = image->capacity;
	}
	grow ( image );
	assert_int_equal ( image->capacity, most );
	image_put ( image );
}

static void growing_keeps_the_contents ( void **state ) {
	struct image *image = image_new ( "x", NULL );

	assert_int_equal ( image_reserve ( image, 3000000 ), 0 );
	for ( size_t i = 0; i < 3000000; i++ )
		image->data[i] = (uint8_t) ( i * 7 >> 5 );
	image_set_len ( image, 3000000 );
	grow ( image );
	for ( size_t i = 0; i < 3000000; i++ )
		assert_true ( image->data[i] == (uint8_t) ( i * 7 >> 5 ) );
	image_put ( image );
}

static void growing_makes_do_with_less_when_memory_is_short ( void **state ) {
	struct image *image = image_new ( "x", NULL );

	assert_int_equal ( image_reserve ( image, 50000 ), 0 );
	image_set_len ( image, 50000 );
	host_fail_pages ( 2 ); /* the first one is the task's stack */
	grow ( image );
	assert_int_equal ( image->capacity, ROUND_UP ( 53248 + 53248 * 3 / 2, 4096 ) );
	host_fail_pages ( 0 );
	image_put ( image );
}

static void registration_gives_back_what_is_too_much ( void **state ) {
	struct image *image = image_new ( "x", NULL );
	size_t used = host_pages_used ();
	uint8_t *data;

	for ( int i = 0; i < 3; i++ )
		grow ( image );
	memset ( image->data, 'x', 9000 );
	image_set_len ( image, 9000 );
	data = image->data;
	image_register ( image );
	image_put ( image );
	assert_int_equal ( host_pages_used () - used, 12288 );
	assert_int_equal ( image->capacity, 12288 );
	assert_ptr_equal ( image->data, data );
	assert_int_equal ( image->data[8999], 'x' );
	assert_int_equal ( image->data[9000], 0 );
	image_unregister ( image );
	assert_int_equal ( host_pages_used (), used );
}

/* ---- The list ---- */

static void list_keeps_order_and_finds_the_first_of_a_name ( void **state ) {
	struct image *a = make ( "a", "1" ), *b = make ( "b", "2" ), *a2 = make ( "a", "3" );

	assert_ptr_equal ( image_next ( NULL ), a );
	assert_ptr_equal ( image_next ( a ), b );
	assert_ptr_equal ( image_next ( b ), a2 );
	assert_null ( image_next ( a2 ) );
	assert_ptr_equal ( image_find ( "a" ), a );
	assert_null ( image_find ( "A" ) );
	assert_int_equal ( image_register ( a ), 0 ); /* again: nothing happens */
	image_unregister ( a );
	assert_ptr_equal ( image_find ( "a" ), a2 );
}

static void type_is_detected_unless_it_is_given ( void **state ) {
	struct image *image = make ( "x", "test!" );

	assert_ptr_equal ( image->type, &fake_type );
	assert_null ( make ( "y", "\x7f"
				  "neither" )
			      ->type );
	image = image_new ( "z", NULL );
	image_write ( image, 0, "neither", 7 );
	image->type = &late_type;
	image_register ( image );
	assert_ptr_equal ( image->type, &late_type );
	image_put ( image );
}

static void empty_image_has_a_final_nul ( void **state ) {
	struct image *image = image_new ( "x", NULL );

	image_register ( image );
	assert_int_equal ( image->data[0], 0 );
	image_put ( image );
}

static void at_most_one_image_is_selected ( void **state ) {
	struct image *a = make ( "a", "1" ), *b = make ( "b", "2" );

	assert_null ( image_selected () );
	image_select ( a );
	image_select ( b );
	assert_ptr_equal ( image_selected (), b );
	assert_false ( a->flags & IMAGE_SELECTED );
	image_select ( NULL );
	assert_null ( image_selected () );
}

static void line_of_imgstat_shows_what_applies ( void **state ) {
	struct image *image = make ( "boot.ipxe", "test! 118" );

	image_set_cmdline ( image, "a  b" );
	image->flags |= IMAGE_AUTOFREE;
	image_select ( image );
	test_capture_start ();
	image_print ( image );
	image_print ( make ( "raw", "x" ) );
	assert_string_equal ( test_capture_stop (),
			      "boot.ipxe : 9 bytes [fake] [SELECTED] [AUTOFREE] \"a  b\"\n"
			      "raw : 1 bytes\n" );
}

/* ---- Running ---- */

static TASK_FN int exec_task ( void *arg ) {
	return image_exec ( arg );
}

static void running_image_is_current_and_off_the_list ( void **state ) {
	struct image *first = make ( "first", "test!" ), *second = make ( "second", "x" );

	assert_int_equal ( test_run_task ( exec_task, first ), 0 );
	assert_ptr_equal ( seen_current, first );
	assert_false ( seen_on_list );
	/* Afterwards at the end. */
	assert_ptr_equal ( image_next ( NULL ), second );
	assert_ptr_equal ( image_next ( second ), first );
	assert_null ( image_current () );
}

static void status_of_the_image_is_the_result ( void **state ) {
	struct image *image = make ( "x", "test!" );

	exec_rc = -EPERM;
	assert_int_equal ( test_run_task ( exec_task, image ), -EPERM );
	exec_rc = 1;
	assert_int_equal ( test_run_task ( exec_task, image ), 1 );
}

static void working_uri_is_that_of_the_running_image ( void **state ) {
	struct image *image = make ( "x", "test!" );

	assert_null ( uri_set_cwd ( parse ( "http://outer/" ) ) );
	assert_int_equal ( test_run_task ( exec_task, image ), 0 );
	assert_string_equal ( seen_cwd, "http://outer/" ); /* it came from nowhere */
	image->uri = parse ( "http://h/dir/x?q" );
	assert_int_equal ( test_run_task ( exec_task, image ), 0 );
	assert_string_equal ( seen_cwd, "http://h/dir/x?q" );
	assert_string_equal ( uri_cwd ()->host, "outer" );
	uri_free ( uri_set_cwd ( NULL ) );
}

static void autofree_image_is_dropped_after_it_ran ( void **state ) {
	struct image *image = make ( "x", "test!" );

	image->flags |= IMAGE_AUTOFREE;
	assert_int_equal ( test_run_task ( exec_task, image ), 0 );
	assert_null ( image_next ( NULL ) );
}

static void image_without_executable_type_stays_and_says_why ( void **state ) {
	struct image *image = make ( "x.html", "<!DOCTYPE html>\n<p>" );
	struct error_note note;

	assert_int_equal ( test_run_task ( exec_task, image ), -ENOEXEC_IMAGE );
	assert_ptr_equal ( image_find ( "x.html" ), image );
	assert_int_equal ( image_can_exec ( image ), -ENOEXEC_IMAGE );
	error_note_get ( &note );
	assert_non_null ( strstr ( note.text, "x.html begins with \"<!DOCTYPE html>\"" ) );
	assert_int_equal ( image_can_exec ( make ( "empty", "" ) ), -ENOEXEC_IMAGE );
}

static void replacement_runs_in_place_and_the_replaced_is_dropped ( void **state ) {
	struct image *first = make ( "first", "test!" ), *second = make ( "second", "test!" );

	exec_rc = 0;
	replace_with = second;
	assert_int_equal ( test_run_task ( exec_task, first ), 0 );
	assert_int_equal ( exec_count, 2 );
	assert_ptr_equal ( seen_current, second );
	assert_null ( image_find ( "first" ) );
	assert_ptr_equal ( image_find ( "second" ), second );
}

static void replacement_needs_a_running_image_and_a_type ( void **state ) {
	struct image *image = make ( "x", "test!" );

	assert_int_equal ( err_of ( image_replace ( image ) ), ENOTTY );
}

static void selection_inside_a_selected_image_holds ( void **state ) {
	struct image *outer = make ( "outer", "test!" ), *inner = make ( "inner", "x" );

	image_select ( outer );
	assert_int_equal ( test_run_task ( exec_task, outer ), 0 );
	assert_ptr_equal ( image_selected (), outer );
	outer->flags |= IMAGE_SELECTED;
	image_unregister ( image_get ( outer ) );
	image_select ( inner );
	image_register ( outer );
	assert_ptr_equal ( image_selected (), inner );
	image_put ( outer );
}

static void images_free_all_that_they_held ( void **state ) {
	size_t heap = heap_used (), pages = host_pages_used ();
	struct uri *uri = parse ( "http://h/x" );
	struct image *image = image_new ( NULL, uri );

	image_set_cmdline ( image, "a b" );
	image_set_name ( image, "other" );
	image_write ( image, 0, "test!", 5 );
	image_register ( image );
	image_put ( image );
	assert_int_equal ( test_run_task ( exec_task, image ), 0 );
	image_unregister ( image );
	uri_free ( uri );
	free ( seen_cwd );
	seen_cwd = NULL;
	assert_int_equal ( heap_used (), heap );
	assert_int_equal ( host_pages_used (), pages );
}

#define TEST( fn ) cmocka_unit_test_setup_teardown ( fn, setup, teardown )

int main ( void ) {
	const struct CMUnitTest tests[] = {
		TEST ( name_comes_from_the_uri_or_is_made_up ),
		TEST ( contents_are_kept_while_growing ),
		TEST ( writing_beyond_the_end_fills_with_zeros ),
		TEST ( room_is_made_once_when_the_length_is_known ),
		TEST ( image_that_does_not_fit_says_how_much_would ),
		TEST ( unknown_length_grows_fast_and_takes_most_of_the_memory_last ),
		TEST ( growing_keeps_the_contents ),
		TEST ( growing_makes_do_with_less_when_memory_is_short ),
		TEST ( registration_gives_back_what_is_too_much ),
		TEST ( list_keeps_order_and_finds_the_first_of_a_name ),
		TEST ( type_is_detected_unless_it_is_given ),
		TEST ( empty_image_has_a_final_nul ),
		TEST ( at_most_one_image_is_selected ),
		TEST ( line_of_imgstat_shows_what_applies ),
		TEST ( running_image_is_current_and_off_the_list ),
		TEST ( status_of_the_image_is_the_result ),
		TEST ( working_uri_is_that_of_the_running_image ),
		TEST ( autofree_image_is_dropped_after_it_ran ),
		TEST ( image_without_executable_type_stays_and_says_why ),
		TEST ( replacement_runs_in_place_and_the_replaced_is_dropped ),
		TEST ( replacement_needs_a_running_image_and_a_type ),
		TEST ( selection_inside_a_selected_image_holds ),
		TEST ( images_free_all_that_they_held ),
	};

	return cmocka_run_group_tests ( tests, NULL, NULL );
}
