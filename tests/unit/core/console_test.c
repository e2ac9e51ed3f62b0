/** @file
 * Keys from bytes, foreground jobs: progress, time-outs, Ctrl-C.
 */
#include "lib/test.h"
#include "core/console.h"
#include "core/job.h"
#include "platform/host/host.h"

static int setup ( void **state ) {
	host_clock_virtual ( 1000 );
	return 0;
}

static int keys[16];
static unsigned int key_count;

static TASK_FN int body_reads_keys ( void *arg ) {
	int key;

	for ( key_count = 0; key_count < ARRAY_SIZE ( keys ); key_count++ ) {
		key = console_getkey ( deadline_in ( 2 * US_PER_S ) );
		if ( key < 0 )
			return 0;
		keys[key_count] = key;
	}
	return 0;
}

static void assert_keys ( const char *typed, const int *wanted, unsigned int count ) {
	host_console_type ( typed, strlen ( typed ) );
	test_capture_start ();
	test_run_task ( body_reads_keys, NULL );
	test_capture_stop ();
	assert_int_equal ( key_count, count );
	for ( unsigned int i = 0; i < count; i++ )
		assert_int_equal ( keys[i], wanted[i] );
}

static void bytes_become_keys ( void **state ) {
	assert_keys ( "a\r\x7f\x03", ( int[] ){ 'a', '\n', 8, 3 }, 4 );
	assert_keys ( "\33[A\33[B\33[C\33[D", ( int[] ){ KEY_UP, KEY_DOWN, KEY_RIGHT, KEY_LEFT },
		      4 );
	assert_keys ( "\33[H\33[F\33[3~\33[24~",
		      ( int[] ){ KEY_HOME, KEY_END, KEY_DELETE, 0x11197e }, 4 );
	assert_keys ( "\33b", ( int[] ){ CTRL ( 'B' ) }, 1 );
	assert_keys ( "\33", ( int[] ){ KEY_ESC }, 1 );
}

struct plan {
	unsigned int steps;
	utime_t step_us;
	uint64_t total;
	int rc;
};

static TASK_FN int job_by_plan ( struct job *job, void *arg ) {
	const struct plan *plan = arg;
	int rc;

	job->total = plan->total;
	for ( unsigned int i = 0; i < plan->steps; i++ ) {
		rc = sleep_until ( deadline_in ( plan->step_us ) );
		if ( rc != 0 )
			return rc;
		job->done += 10;
	}
	return plan->rc ? FAIL ( -plan->rc, "because of the plan" ) : 0;
}

struct call {
	struct job_options options;
	struct plan plan;
};

static TASK_FN int body_runs_job ( void *arg ) {
	struct call *call = arg;

	return job_run ( &call->options, job_by_plan, &call->plan );
}

/* What is left on the line after backspaces. */
static const char *visible ( const char *text ) {
	static char line[256];
	size_t len = 0;

	for ( ; *text; text++ ) {
		if ( *text == '\b' )
			len--;
		else
			line[len++] = *text;
		if ( *text == '\b' )
			continue;
	}
	line[len] = '\0';
	return line;
}

static const char *run ( struct call *call, int wanted ) {
	test_capture_start ();
	assert_int_equal ( test_run_task ( body_runs_job, call ), wanted );
	return test_capture_stop ();
}

static void job_without_total_draws_dots ( void **state ) {
	struct call call = { { .text = "Working" }, { 5, 700000, 0, 0 } };

	assert_string_equal ( run ( &call, 0 ), "Working...... ok\n" );
}

static void job_with_total_shows_percent_in_place ( void **state ) {
	struct call call = { { .text = "x" }, { 10, 300000, 100, 0 } };
	const char *out = run ( &call, 0 );

	assert_non_null ( strstr ( out, " 30%" ) );
	assert_non_null ( strstr ( out, " 60%" ) );
	assert_string_equal ( visible ( out ), "x... ok\n" );
}

static void failed_job_says_why_on_a_second_line ( void **state ) {
	struct call call = { { .text = "x" }, { 1, 10, 0, -ENOENT_HTTP } };

	assert_string_equal (
		run ( &call, -ENOENT_HTTP ),
		"x... Not found (https://ipxe.org/2d0c613b)\n  because of the plan\n" );
}

static void quiet_job_prints_nothing ( void **state ) {
	struct call call = { { .text = NULL }, { 3, US_PER_S, 0, -EIO } };

	assert_string_equal ( run ( &call, -EIO ), "" );
}

static void time_out_counts_from_the_last_progress ( void **state ) {
	struct call call = { { .text = NULL, .timeout_us = 2 * US_PER_S }, { 5, US_PER_S, 0, 0 } };
	utime_t start;

	run ( &call, 0 );
	call.plan = ( struct plan ){ 1, 60 * US_PER_S, 0, 0 };
	start = clock_now ();
	run ( &call, -ETIMEDOUT_JOB );
	assert_int_equal ( clock_now () - start, 2 * US_PER_S );
}

static TASK_FN int body_types_ctrl_c ( void *arg ) {
	sleep_until ( deadline_in ( 1500000 ) );
	host_console_type ( "\x03", 1 );
	return 0;
}

static TASK_FN int body_runs_and_types ( void *arg ) {
	struct task_group group;
	int rc;

	task_group_init ( &group );
	task_spawn ( &group, "typist", body_types_ctrl_c, NULL, TASK_STACK_NORMAL );
	rc = body_runs_job ( arg );
	task_group_join ( &group );
	return rc;
}

static void ctrl_c_cancels_the_job_not_its_caller ( void **state ) {
	struct call call = { { .text = "x" }, { 1, 60 * US_PER_S, 0, 0 } };

	test_capture_start ();
	assert_int_equal ( test_run_task ( body_runs_and_types, &call ), -ECANCELED_JOB );
	assert_string_equal ( test_capture_stop (),
			      "x.... Operation canceled (https://ipxe.org/0b0720a0)\n" );
	assert_true ( clock_now () < 3 * US_PER_S );
}

static void long_text_is_printed_whole ( void **state ) {
	char text[1000];

	memset ( text, 'x', sizeof ( text ) - 1 );
	text[sizeof ( text ) - 1] = '\0';
	test_capture_start ();
	assert_int_equal ( con_printf ( "<%s>", text ), 1001 );
	assert_int_equal ( strlen ( test_capture_stop () ), 1001 );
}

int main ( void ) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup ( bytes_become_keys, setup ),
		cmocka_unit_test_setup ( job_without_total_draws_dots, setup ),
		cmocka_unit_test_setup ( job_with_total_shows_percent_in_place, setup ),
		cmocka_unit_test_setup ( failed_job_says_why_on_a_second_line, setup ),
		cmocka_unit_test_setup ( quiet_job_prints_nothing, setup ),
		cmocka_unit_test_setup ( time_out_counts_from_the_last_progress, setup ),
		cmocka_unit_test_setup ( ctrl_c_cancels_the_job_not_its_caller, setup ),
		cmocka_unit_test_setup ( long_text_is_printed_whole, setup ),
	};

	return cmocka_run_group_tests ( tests, NULL, NULL );
}
