/** @file
 * Command shim, with a firmware that trusts what begins with "good".
 */
#include <stdlib.h>
#include "lib/test.h"
#include "core/error.h"
#include "core/image.h"
#include "shell/command.h"

static int probe ( struct image *image ) {
	return strstr ( (char *) image->data, "program" ) ? 0 : -ENOEXEC_IMAGE;
}

static TASK_FN int exec ( struct image *image ) {
	return 0;
}

static bool trusted ( struct image *image ) {
	return memcmp ( image->data, "good", 4 ) == 0;
}

static const struct image_type test_type = {
	.name = "test", .order = 1, .probe = probe, .exec = exec, .trusted = trusted
};
IMAGE_TYPE ( test_type );

static struct image *add ( const char *name, const char *contents ) {
	struct image *image = image_new ( name, NULL );

	assert_int_equal ( image_write ( image, 0, contents, strlen ( contents ) ), 0 );
	image_register ( image );
	image_put ( image ); /* the list holds it */
	return image;
}

static int teardown ( void **state ) {
	struct image *image;

	while ( ( image = image_next ( NULL ) ) )
		image_unregister ( image );
	return 0;
}

static TASK_FN int line_task ( void *arg ) {
	return shell_execute ( arg );
}

static int run ( const char *line, const char *expected ) {
	static char copy[128];
	int rc;

	strcpy ( copy, line );
	test_capture_start ();
	rc = test_run_task ( line_task, copy );
	assert_string_equal ( test_capture_stop (), expected );
	return rc;
}

static void shim_is_marked_and_hidden ( void **state ) {
	struct image *shim = add ( "s", "good program" );

	add ( "k", "a program" );
	assert_int_equal ( run ( "imgselect k && shim -l --allow-sbat s", "" ), 0 );
	assert_ptr_equal ( image_flagged ( IMAGE_SHIM ), shim );
	assert_int_equal ( shim->flags, IMAGE_SHIM | IMAGE_HIDDEN | IMAGE_SHIM_REQUIRE_LOADER |
						IMAGE_SHIM_ALLOW_SBAT );
	run ( "imgstat s", "s : 12 bytes [test] [SHIM] [HIDDEN]\n" );
}

static void kernel_that_is_trusted_needs_none ( void **state ) {
	add ( "k", "good program" );
	assert_int_equal ( run ( "imgselect k && shim -p http://nowhere/shim.efi", "" ), 0 );
	assert_null ( image_flagged ( IMAGE_SHIM ) );
}

static void another_shim_takes_its_place_and_none_clears ( void **state ) {
	struct image *first = add ( "s", "good program" ), *second = add ( "t", "good program" );

	run ( "shim -s s", "" );
	run ( "shim t", "" );
	assert_int_equal ( first->flags, IMAGE_HIDDEN );
	assert_ptr_equal ( image_flagged ( IMAGE_SHIM ), second );
	assert_int_equal ( run ( "shim", "" ), 0 );
	assert_null ( image_flagged ( IMAGE_SHIM ) );
}

static void what_cannot_run_is_no_shim ( void **state ) {
	int rc;

	add ( "s", "text" );
	rc = run ( "shim s || echo no",
		   "Could not use as shim: Exec format error "
		   "(https://ipxe.org/2e008001)\n  s begins with \"text\": no script "
		   "(#!ipxe) nor another known type\nno\n" );
	assert_int_equal ( rc, 0 );
	assert_null ( image_flagged ( IMAGE_SHIM ) );
}

static void shim_of_another_digest_is_none ( void **state ) {
	add ( "s", "good program" );
	run ( "shim --sha256 0000000000000000000000000000000000000000000000000000000000000000 s || "
	      "echo no",
	      "s... Wrong digest (https://ipxe.org/0200823c)\n"
	      "  SHA-256  1ff2a2dc8a8a5dea404450d1cc4be792c1721b22033a8d55dcfb90db333653f2\n"
	      "  expected 0000000000000000000000000000000000000000000000000000000000000000\nno\n" );
	assert_null ( image_flagged ( IMAGE_SHIM ) );
	assert_null ( image_find ( "s" ) );
	add ( "s", "good program" );
	run ( "shim --sha256 1ff2a2dc8a8a5dea404450d1cc4be792c1721b22033a8d55dcfb90db333653f2 s",
	      "s... ok\n" );
	assert_non_null ( image_flagged ( IMAGE_SHIM ) );
}

#define TEST( fn ) cmocka_unit_test_teardown ( fn, teardown )

int main ( void ) {
	const struct CMUnitTest tests[] = {
		TEST ( shim_is_marked_and_hidden ),
		TEST ( kernel_that_is_trusted_needs_none ),
		TEST ( another_shim_takes_its_place_and_none_clears ),
		TEST ( what_cannot_run_is_no_shim ),
		TEST ( shim_of_another_digest_is_none ),
	};

	return cmocka_run_group_tests ( tests, NULL, NULL );
}
