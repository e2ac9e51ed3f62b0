/** @file
 * Commands on images and request parameters, as typed; what they print; each with each allocation
 * failing.
 */
#include <stdio.h>
#include <stdlib.h>
#include "lib/memstream.h"
#include "lib/test.h"
#include "core/error.h"
#include "core/image.h"
#include "core/init.h"
#include "core/memory.h"
#include "core/settings.h"
#include "platform/host/host.h"
#include "proto/http_pool.h"
#include "shell/command.h"

#define OK( len ) "HTTP/1.1 200 OK\r\nContent-Length: " #len "\r\n\r\n"

static int setup ( void **state ) {
	host_clock_virtual ( 1000 );
	http_transport = &memstream_transport;
	return 0;
}

static int teardown ( void **state ) {
	struct image *image;

	while ( ( image = image_next ( NULL ) ) )
		image_unregister ( image );
	params_free ( params_take ( "" ) );
	settings_set_text ( NULL, "d", "" );
	http_pool_flush ();
	assert_int_equal ( host_pages_used (), 0 );
	return 0;
}

#define START( ... )                                                            \
	do {                                                                    \
		static const struct mem_exchange exchanges[] = { __VA_ARGS__ }; \
		memstream_start ( exchanges, ARRAY_SIZE ( exchanges ) );        \
	} while ( 0 )

static TASK_FN int line_task ( void *arg ) {
	return shell_execute ( arg );
}

/* Run a line. @return its status; what it printed is compared */
static int run ( const char *line, const char *expected ) {
	char copy[256];
	int rc;

	snprintf ( copy, sizeof ( copy ), "%s", line );
	test_capture_start ();
	rc = test_run_task ( line_task, copy );
	assert_string_equal ( test_capture_stop (), expected );
	return rc;
}

static void imgfetch_always_downloads_and_sets_the_command_line ( void **state ) {
	START ( { .reply = OK ( 3 ) "abc" }, { .reply = OK ( 4 ) "abcd" } );
	assert_int_equal ( run ( "imgfetch http://h/x a  b", "http://h/x... ok\n" ), 0 );
	assert_int_equal ( run ( "initrd --name x --autofree http://h/y", "http://h/y... ok\n" ),
			   0 );
	run ( "imgstat", "x : 3 bytes \"a b\"\nx : 4 bytes [AUTOFREE]\n" );
}

static void quiet_download_prints_nothing_even_if_it_fails ( void **state ) {
	START ( { .reply = "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n" },
		{ .reply = OK ( 1 ) "x" } );
	assert_int_equal ( run ( "module -q http://h/x", "" ), -ENOENT_HTTP );
	assert_int_equal ( run ( "module --quiet http://h/x", "" ), 0 );
	assert_int_equal ( err_of ( run ( "module --quiet http://h:x/", "" ) ), EINVAL );
}

static void existing_image_is_not_downloaded_again ( void **state ) {
	START ( { .reply = OK ( 14 ) "#!ipxe\necho hi" } );
	run ( "imgfetch http://h/x", "http://h/x... ok\n" );
	assert_int_equal ( run ( "imgexec x", "hi\n" ), 0 );
	assert_int_equal ( run ( "imgargs x a b", "" ), 0 );
	run ( "imgstat x", "x : 14 bytes [script] \"a b\"\n" );
	assert_int_equal ( run ( "chain x", "hi\n" ), 0 ); /* keeps the command line */
	run ( "imgstat x", "x : 14 bytes [script] \"a b\"\n" );
	assert_int_equal ( run ( "imgargs x", "" ), 0 );
	run ( "imgstat x", "x : 14 bytes [script]\n" );
	assert_int_equal ( memstream_exchanges (), 1 );
}

static void selected_image_is_booted_without_a_name ( void **state ) {
	START ( { .reply = OK ( 14 ) "#!ipxe\necho hi" } );
	assert_int_not_equal ( run ( "boot", "No image selected\n" ), 0 );
	assert_int_equal ( run ( "kernel http://h/x a", "http://h/x... ok\n" ), 0 );
	run ( "imgstat", "x : 14 bytes [script] [SELECTED] \"a\"\n" );
	assert_int_equal ( run ( "boot --autofree", "hi\n" ), 0 );
	run ( "imgstat", "" );
}

static void image_of_no_type_cannot_be_selected_or_run ( void **state ) {
	const char *text;
	char line[] = "imgselect http://h/x || imgexec x";

	START ( { .reply = OK ( 4 ) "\x7f"
				    "ELF" } );
	test_capture_start ();
	assert_int_equal ( test_run_task ( line_task, line ), -ENOEXEC_IMAGE );
	text = test_capture_stop ();
	assert_non_null ( strstr ( text, "\nCould not select: Exec format error (https://" ) );
	assert_non_null ( strstr ( text, "\nCould not boot: Exec format error (https://" ) );
	assert_non_null ( strstr ( text, "\n  x begins with \".ELF\"" ) );
}

static void failed_download_prints_only_its_own_line ( void **state ) {
	const char *text;
	char line[] = "chain http://h/x";

	START ( { .end = MEM_REFUSE } );
	test_capture_start ();
	assert_int_equal ( test_run_task ( line_task, line ), -ECONNREFUSED_TCP );
	text = test_capture_stop ();
	assert_null ( strstr ( text, "Could not boot" ) );
}

static void script_is_replaced ( void **state ) {
	START ( { .reply = OK ( 37 ) "#!ipxe\nchain --replace b\necho not here" },
		{ .reply = OK ( 13 ) "#!ipxe\nexit 7" } );
	assert_int_equal ( run ( "chain http://h/a || echo ${cwuri} ${errno}",
				 "http://h/a... ok\nhttp://h/b... ok\n"
				 "Could not boot: Error 0x00000007 (https://ipxe.org/00000007)\n"
				 " 0x7\n" ),
			   0 );
	run ( "imgstat", "b : 13 bytes [script]\n" );
}

static void replacing_needs_a_running_image ( void **state ) {
	START ( { .reply = OK ( 14 ) "#!ipxe\necho hi" } );
	run ( "imgfetch http://h/x", "http://h/x... ok\n" );
	assert_int_equal (
		err_of ( run ( "imgexec -q -r x",
			       "Could not boot: Nothing is running (https://ipxe.org/3d028001)\n"
			       "  there is nothing that this could run in place of\n" ) ),
		ENOTTY );
}

static void unknown_images_are_named ( void **state ) {
	assert_int_equal ( run ( "imgstat x", "\"x\": no such image\n" ), -ENOENT );
	assert_int_equal ( run ( "imgfree x", "\"x\": no such image\n" ), -ENOENT );
}

static void imgfree_frees_all_or_the_named ( void **state ) {
	START ( { .reply = OK ( 1 ) "x" }, { .reply = OK ( 1 ) "y" }, { .reply = OK ( 1 ) "z" } );
	run ( "imgfetch -q http://h/x && imgfetch -q http://h/y && imgfetch -q http://h/z", "" );
	assert_int_equal ( run ( "imgfree y", "" ), 0 );
	run ( "imgstat", "x : 1 bytes\nz : 1 bytes\n" );
	assert_int_equal ( run ( "imgfree && imgstat", "" ), 0 );
}

static void imgextract_says_that_it_is_no_archive ( void **state ) {
	START ( { .reply = OK ( 1 ) "x" } );
	assert_int_equal (
		err_of ( run ( "imgextract http://h/x",
			       "http://h/x... ok\nCould not extract image: Operation not "
			       "supported (https://ipxe.org/3c000003)\n"
			       "  x is no archive of a known type\n" ) ),
		ENOTSUP );
}

/* ---- Digests ---- */

#define ABC_SHA1   "a9993e364706816aba3e25717850c26c9cd0d89d"
#define ABC_SHA256 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
/* Of "#!ipxe\necho hi". */
#define HI_SHA256 "5d18a91e4c396e00b2c9fa38ace019430b993426b2fed46f35fec737bd61b485"
/* Of "#!ipxe\necho ho". */
#define HO_SHA256 "4faa89fc25476782cd4c0640b39c71c6c4e90252e3cc8a2386262477da22bac7"

#define WRONG( name, found, expected )                                         \
	name "... Wrong digest (https://ipxe.org/0200823c)\n  SHA-256  " found \
	     "\n  expected " expected "\n"

static void digests_are_printed_with_the_names_of_the_images ( void **state ) {
	START ( { .reply = OK ( 3 ) "abc" }, { .reply = OK ( 0 ) } );
	assert_int_equal ( run ( "sha1sum http://h/x", "http://h/x... ok\n" ABC_SHA1 "  x\n" ), 0 );
	/* It is still there, so it is not downloaded again. */
	assert_int_equal (
		run ( "sha256sum x http://h/y", ABC_SHA256
		      "  x\nhttp://h/y... ok\n"
		      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  y\n" ),
		0 );
	run ( "imgstat", "x : 3 bytes\ny : 0 bytes\n" );
	assert_int_equal ( run ( "md5sum x && sha224sum x && sha384sum x",
				 "900150983cd24fb0d6963f7d28e17f72  x\n"
				 "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7  x\n"
				 "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
				 "8086072ba1e7cc2358baeca134c825a7  x\n" ),
			   0 );
	assert_int_equal ( memstream_exchanges (), 2 );
}

static void digests_are_stored ( void **state ) {
	START ( { .reply = OK ( 3 ) "abc" } );
	run ( "imgfetch -q http://h/x", "" );
	assert_int_equal ( run ( "sha1sum --set d x && show d", "d:hexraw = " ABC_SHA1 "\n" ), 0 );
	assert_int_equal (
		run ( "md5sum -s d:base64 x && show d", "d:base64 = kAFQmDzST7DWlj99KOF/cg==\n" ),
		0 );
	assert_int_equal ( run ( "iseq ${d:hexraw} 900150983cd24fb0d6963f7d28e17f72", "" ), 0 );
	assert_int_equal ( err_of ( run ( "sha1sum --set smbios/d x",
					  "Could not store \"smbios/d\": Error 0x3d0c2001 "
					  "(https://ipxe.org/3d0c2001)\n" ) ),
			   ENOTTY );
	assert_int_equal ( run ( "md5sum --set a:b x", "\"a:b\": invalid setting\n" ),
			   -EINVAL_SETTING );
}

static void digest_of_nothing_is_asked_for ( void **state ) {
	const char *text;
	char line[] = "sha256sum";

	test_capture_start ();
	assert_int_equal ( err_of ( test_run_task ( line_task, line ) ), ERANGE );
	text = test_capture_stop ();
	assert_non_null (
		strstr ( text, "sha256sum [-s|--set <set>] [-t|--timeout <timeout>] [-q|--quiet] "
			       "[-d|--sha256 <sha256>] <uri|image>...\n" ) );
	START ( { .reply = "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n" } );
	run ( "sha256sum http://h/x || imgstat",
	      "http://h/x... Not found (https://ipxe.org/2d0c613b)\n  the server says: 404 "
	      "No\n" );
}

static void download_with_the_right_digest_is_kept ( void **state ) {
	START ( { .reply = OK ( 3 ) "abc" }, { .reply = OK ( 3 ) "abc" } );
	assert_int_equal (
		run ( "imgfetch --sha256 " ABC_SHA256 " http://h/x a", "http://h/x... ok\n" ), 0 );
	assert_int_equal (
		run ( "initrd -q --sha256 "
		      "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD http://h/y",
		      "" ),
		0 );
	run ( "imgstat", "x : 3 bytes \"a\"\ny : 3 bytes\n" );
}

static void download_with_a_wrong_digest_is_dropped ( void **state ) {
	START ( { .reply = OK ( 14 ) "#!ipxe\necho hi" }, { .reply = OK ( 14 ) "#!ipxe\necho hi" },
		{ .reply = OK ( 14 ) "#!ipxe\necho ho" },
		{ .reply = OK ( 14 ) "#!ipxe\necho hi" } );
	assert_int_equal ( run ( "chain --sha256 " ABC_SHA256 " http://h/x",
				 WRONG ( "http://h/x", HI_SHA256, ABC_SHA256 ) ),
			   -EACCES_DIGEST );
	assert_int_equal ( run ( "kernel --sha256 " ABC_SHA256 " http://h/x",
				 WRONG ( "http://h/x", HI_SHA256, ABC_SHA256 ) ),
			   -EACCES_DIGEST );
	assert_int_equal ( run ( "kernel --sha256 " HI_SHA256 " http://h/x",
				 WRONG ( "http://h/x", HO_SHA256, HI_SHA256 ) ),
			   -EACCES_DIGEST );
	run ( "imgstat", "" );
	assert_int_equal ( host_pages_used (), 0 );
	assert_int_equal (
		run ( "chain --sha256 " HI_SHA256 " http://h/x", "http://h/x... ok\nhi\n" ), 0 );
}

static void quiet_download_tells_a_wrong_digest ( void **state ) {
	START ( { .reply = OK ( 14 ) "#!ipxe\necho hi" } );
	assert_int_equal ( run ( "module -q --sha256 " ABC_SHA256 " http://u:secret@h/x?y",
				 WRONG ( "http://h/x", HI_SHA256, ABC_SHA256 ) ),
			   -EACCES_DIGEST );
	assert_int_equal ( run ( "chain -q --sha256 12 http://h/x",
				 "http://h/x... Invalid argument (https://ipxe.org/1c008202)\n  "
				 "\"12\" is no SHA-256 digest (64 hex digits)\n" ),
			   -EINVAL_DIGEST );
	run ( "imgstat", "" );
}

static void text_that_is_no_digest_is_told_before_the_download ( void **state ) {
	char line[128], digest[80] = ABC_SHA256;

	START ( { .end = MEM_REFUSE } );
	for ( size_t len = 1; len < 66; len++ ) {
		const char *text;

		if ( len == 64 )
			continue;
		memcpy ( digest, ABC_SHA256 "00", len );
		digest[len] = '\0';
		snprintf ( line, sizeof ( line ), "chain --sha256=%s http://h/x", digest );
		test_capture_start ();
		assert_int_equal ( test_run_task ( line_task, line ), -EINVAL_DIGEST );
		text = test_capture_stop ();
		assert_non_null (
			strstr ( text, "x... Invalid argument (https://ipxe.org/1c008202)\n" ) );
		assert_non_null ( strstr ( text, "\" is no SHA-256 digest (64 hex digits)\n" ) );
	}
	assert_int_equal (
		run ( "chain --sha256 "
		      "ga7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad http://h/x "
		      "||",
		      "http://h/x... Invalid argument (https://ipxe.org/1c008202)\n  "
		      "\"ga7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\" is no "
		      "SHA-256 digest (64 hex digits)\n" ),
		0 );
	assert_int_equal ( memstream_exchanges (), 0 );
}

static void image_that_is_there_is_checked_and_freed_if_it_is_another ( void **state ) {
	START ( { .reply = OK ( 14 ) "#!ipxe\necho hi" },
		{ .reply = OK ( 14 ) "#!ipxe\necho hi" } );
	run ( "imgfetch -q http://h/x", "" );
	assert_int_equal ( run ( "kernel --sha256 " HI_SHA256 " x", "x... ok\n" ), 0 );
	run ( "imgstat", "x : 14 bytes [script] [SELECTED]\n" );
	assert_int_equal (
		run ( "boot --sha256 " ABC_SHA256, WRONG ( "x", HI_SHA256, ABC_SHA256 ) ),
		-EACCES_DIGEST );
	run ( "imgstat", "" );
	run ( "imgfetch -q http://h/x", "" );
	assert_int_equal ( run ( "kernel -q --sha256 " HI_SHA256 " x", "" ), 0 );
	assert_int_equal ( run ( "boot -q --sha256 " HI_SHA256, "hi\n" ), 0 );
	assert_int_equal ( run ( "chain -q --name y --sha256 " ABC_SHA256 " x",
				 WRONG ( "x", HI_SHA256, ABC_SHA256 ) ),
			   -EACCES_DIGEST );
	run ( "imgstat", "" );
	assert_int_equal ( memstream_exchanges (), 2 );
}

static void arguments_and_digests_of_a_wrong_file_are_refused ( void **state ) {
	START ( { .reply = OK ( 14 ) "#!ipxe\necho hi" }, { .reply = OK ( 14 ) "#!ipxe\necho hi" },
		{ .reply = OK ( 14 ) "#!ipxe\necho hi" } );
	assert_int_equal ( run ( "imgargs -q --sha256 " ABC_SHA256 " http://h/x a",
				 WRONG ( "http://h/x", HI_SHA256, ABC_SHA256 ) ),
			   -EACCES_DIGEST );
	assert_int_equal ( run ( "sha256sum -q --sha256 " ABC_SHA256 " http://h/x",
				 WRONG ( "http://h/x", HI_SHA256, ABC_SHA256 ) ),
			   -EACCES_DIGEST );
	run ( "imgstat", "" );
	assert_int_equal ( run ( "imgargs -q --sha256 " HI_SHA256 " http://h/x a --b", "" ), 0 );
	run ( "imgstat", "x : 14 bytes [script] \"a --b\"\n" );
	assert_int_equal (
		run ( "sha256sum --sha256 " HI_SHA256 " x", "x... ok\n" HI_SHA256 "  x\n" ), 0 );
}

static void shim_does_nothing_where_no_firmware_is_asked ( void **state ) {
	assert_int_equal ( run ( "shim --require-loader http://h/shim.efi", "" ), 0 );
}

static void parameter_lists_are_made_filled_and_deleted ( void **state ) {
	START ( { .reply = OK ( 0 ) } );
	assert_int_equal ( run ( "param a b", "No default parameter list\n" ), -ENOENT );
	assert_int_equal ( run ( "param --params p a b", "\"p\": no such parameter list\n" ),
			   -ENOENT );
	assert_int_equal ( run ( "params -d", "No default parameter list\n" ), -ENOENT );
	assert_int_equal ( run ( "params --name p && params -n p -d && params", "" ), 0 );
	assert_int_equal ( run ( "param a b  c && param e && param -H X-Y z", "" ), 0 );
	assert_int_equal ( run ( "imgfetch http://h/x##params", "http://h/x... ok\n" ), 0 );
	assert_non_null ( strstr ( memstream_request ( 0 ), "\r\nX-Y: z\r\n\r\na=b%20c&e=" ) );
	assert_memory_equal ( memstream_request ( 0 ), "POST ", 5 );
	assert_int_equal ( run ( "param a b", "No default parameter list\n" ), -ENOENT );
}

static void sync_without_anything_pending_returns_at_once ( void **state ) {
	assert_int_equal ( run ( "sync --timeout 1000", "" ), 0 );
}

/* Run a line with each heap allocation failing, until none fails. @return how many there were */
static unsigned int sweep ( void **state, const struct mem_exchange *exchanges, unsigned int count,
			    char *line ) {
	size_t heap = 0;
	unsigned int nth;

	/* 0: nothing fails; fills what is kept for good. */
	for ( nth = 0; nth < 1000; nth++ ) {
		bool failed;

		memstream_start ( exchanges, count );
		test_capture_start ();
		host_fail_heap ( nth );
		test_run_task ( line_task, line );
		failed = host_heap_failed ();
		host_fail_heap ( 0 );
		test_capture_stop ();
		assert_int_equal ( teardown ( state ), 0 );
		assert_int_equal ( memstream_alive (), 0 );
		if ( nth )
			assert_int_equal ( heap_used (), heap );
		else
			heap = heap_used ();
		if ( nth && !failed )
			break;
	}
	return nth;
}

static void each_failing_heap_allocation_is_survived ( void **state ) {
	static const struct mem_exchange exchanges[] = {
		{ .reply = "HTTP/1.1 302 F\r\nLocation: /x\r\nContent-Length: 2\r\n\r\nxx" },
		{ .reply = "HTTP/1.1 401 F\r\nWWW-Authenticate: Basic\r\nContent-Length: "
			   "0\r\n\r\n" },
		{ .reply = "HTTP/1.1 200 OK\r\nETag: \"v\"\r\nTransfer-Encoding: chunked\r\n\r\n"
			   "7\r\n#!ipxe\n\r\n5\r\nechox",
		  .end = MEM_CLOSE },
		{ .reply = "HTTP/1.1 206 P\r\nContent-Range: bytes 12-20/21\r\nContent-Length: "
			   "9\r\n\r\n"
			   " hello yo" },
		{ .reply = OK ( 0 ) },
	};
	char line[] = "params || ; param a b || ; param --header c d || ; "
		      "imgfetch --name n http://u:p@h/a?b##params x y z ; imgargs n q r ; "
		      "imgselect n ; imgstat ; imgexec ; imgfetch http://h/2 ; params -d";

	assert_in_range ( sweep ( state, exchanges, ARRAY_SIZE ( exchanges ), line ), 40, 999 );
}

static void digests_survive_each_failing_heap_allocation ( void **state ) {
	static const struct mem_exchange exchanges[] = {
		{ .reply = OK ( 3 ) "abc" },
		{ .reply = OK ( 3 ) "abd" },
	};
	char line[] = "imgfetch --sha256 " ABC_SHA256 " http://h/x ; imgfetch --sha256 " ABC_SHA256
		      " http://h/y ; kernel --sha256 " ABC_SHA256 " x ; kernel --sha256 " HI_SHA256
		      " x ; sha512sum x ; md5sum --set d x";

	assert_in_range ( sweep ( state, exchanges, ARRAY_SIZE ( exchanges ), line ), 20, 999 );
}

#define TEST( fn ) cmocka_unit_test_setup_teardown ( fn, setup, teardown )

int main ( void ) {
	const struct CMUnitTest tests[] = {
		TEST ( imgfetch_always_downloads_and_sets_the_command_line ),
		TEST ( quiet_download_prints_nothing_even_if_it_fails ),
		TEST ( existing_image_is_not_downloaded_again ),
		TEST ( selected_image_is_booted_without_a_name ),
		TEST ( image_of_no_type_cannot_be_selected_or_run ),
		TEST ( failed_download_prints_only_its_own_line ),
		TEST ( script_is_replaced ),
		TEST ( replacing_needs_a_running_image ),
		TEST ( unknown_images_are_named ),
		TEST ( imgfree_frees_all_or_the_named ),
		TEST ( imgextract_says_that_it_is_no_archive ),
		TEST ( digests_are_printed_with_the_names_of_the_images ),
		TEST ( digests_are_stored ),
		TEST ( digest_of_nothing_is_asked_for ),
		TEST ( download_with_the_right_digest_is_kept ),
		TEST ( download_with_a_wrong_digest_is_dropped ),
		TEST ( quiet_download_tells_a_wrong_digest ),
		TEST ( text_that_is_no_digest_is_told_before_the_download ),
		TEST ( image_that_is_there_is_checked_and_freed_if_it_is_another ),
		TEST ( arguments_and_digests_of_a_wrong_file_are_refused ),
		TEST ( shim_does_nothing_where_no_firmware_is_asked ),
		TEST ( parameter_lists_are_made_filled_and_deleted ),
		TEST ( sync_without_anything_pending_returns_at_once ),
		TEST ( each_failing_heap_allocation_is_survived ),
		TEST ( digests_survive_each_failing_heap_allocation ),
	};

	init_phase ( INIT_EARLY );
	return cmocka_run_group_tests ( tests, NULL, NULL );
}
