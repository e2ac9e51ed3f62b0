/** @file
 * Hashing an image while it comes: what is hashed when, restarts, no memory.
 */
#include "lib/test.h"
#include "core/error.h"
#include "core/image.h"
#include "platform/host/host.h"
#include "proto/verify.h"

#define SIZE 100000

static struct image *image;
static struct verify verify;
static struct job job;

static int setup ( void **state ) {
	host_clock_virtual ( 1000 );
	image = image_new ( "x", NULL );
	assert_int_equal ( image_reserve ( image, SIZE ), 0 );
	for ( size_t i = 0; i < SIZE; i++ )
		image->data[i] = (uint8_t) ( i * 7 + ( i >> 8 ) );
	memset ( &job, 0, sizeof ( job ) );
	assert_int_equal ( verify_init ( &verify, image, test_sha256 ( image->data, SIZE ) ), 0 );
	return 0;
}

static int teardown ( void **state ) {
	host_fail_pages ( 0 );
	image_put ( image );
	assert_int_equal ( host_pages_used (), 0 );
	return 0;
}

/* So much is there; time passes. */
static TASK_FN void progress ( size_t there ) {
	image->len = there;
	verify_progress ( &verify, there );
	sleep_until ( clock_now () + US_PER_S );
}

static TASK_FN int finish ( void ) {
	verify_stop ( &verify );
	return verify_finish ( &verify, &job );
}

static TASK_FN int run_follow ( void *arg ) {
	progress ( 70000 );
	assert_int_equal ( verify.hashed, 70000 );
	progress ( 70000 );
	progress ( 70001 );
	assert_int_equal ( verify.hashed, 70001 );
	/* Nobody waits for it if more comes faster than it is hashed. */
	image->len = SIZE;
	verify_progress ( &verify, SIZE );
	assert_int_equal ( verify.hashed, 70001 );
	assert_int_equal ( finish (), 0 );
	assert_int_equal ( job.done, SIZE );
	assert_int_equal ( job.total, SIZE );
	return 0;
}

static void what_is_there_is_hashed_while_more_is_waited_for ( void **state ) {
	test_run_task ( run_follow, NULL );
}

/* A piece at a time, so that the network is served in between. */
static TASK_FN int run_pieces ( void *arg ) {
	size_t before = 0;

	image->len = SIZE;
	verify_progress ( &verify, SIZE );
	do {
		assert_int_equal ( task_yield (), 0 );
		assert_in_range ( verify.hashed - before, 0, 16384 );
		before = verify.hashed;
	} while ( before < SIZE );
	return finish ();
}

static void hashing_leaves_turns_to_others ( void **state ) {
	assert_int_equal ( test_run_task ( run_pieces, NULL ), 0 );
}

static TASK_FN int run_restart ( void *arg ) {
	image->data[5] ^= 1;
	progress ( 60000 );
	progress ( 0 );
	assert_int_equal ( verify.hashed, 0 );
	image->data[5] ^= 1;
	progress ( 10 );
	progress ( SIZE );
	return finish ();
}

static void download_that_begins_anew_is_hashed_anew ( void **state ) {
	assert_int_equal ( test_run_task ( run_restart, NULL ), 0 );
}

static TASK_FN int run_wrong ( void *arg ) {
	progress ( 60000 );
	image->data[60000] ^= 1;
	progress ( SIZE );
	return finish ();
}

static void wrong_byte_is_noticed ( void **state ) {
	assert_int_equal ( test_run_task ( run_wrong, NULL ), -EACCES_DIGEST );
}

static TASK_FN int run_no_stack ( void *arg ) {
	host_fail_pages ( 1 );
	verify_progress ( &verify, 50000 );
	host_fail_pages ( 0 );
	assert_true ( task_group_idle ( &verify.group ) );
	image->len = SIZE;
	return finish ();
}

static void without_memory_for_a_stack_it_is_hashed_at_the_end ( void **state ) {
	assert_int_equal ( test_run_task ( run_no_stack, NULL ), 0 );
}

#define TEST( fn ) cmocka_unit_test_setup_teardown ( fn, setup, teardown )

int main ( void ) {
	const struct CMUnitTest tests[] = {
		TEST ( what_is_there_is_hashed_while_more_is_waited_for ),
		TEST ( hashing_leaves_turns_to_others ),
		TEST ( download_that_begins_anew_is_hashed_anew ),
		TEST ( wrong_byte_is_noticed ),
		TEST ( without_memory_for_a_stack_it_is_hashed_at_the_end ),
	};

	return cmocka_run_group_tests ( tests, NULL, NULL );
}
