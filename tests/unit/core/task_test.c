/** @file
 * Tasks, events, groups, cancellation, the root loop.
 */
#include <sanitizer/asan_interface.h>
#include "lib/test.h"
#include "core/memory.h"
#include "platform/host/host.h"

static struct event event;
static int order[16];
static unsigned int order_len;

static int setup ( void **state ) {
	host_clock_virtual ( 1000 );
	event_init ( &event );
	order_len = 0;
	return 0;
}

static void note ( int value ) {
	order[order_len++] = value;
}

static TASK_FN int body_returns ( void *arg ) {
	return *(int *) arg;
}

static void task_result_becomes_the_groups ( void **state ) {
	int rc = -EIO;

	assert_int_equal ( test_run_task ( body_returns, &rc ), -EIO );
	rc = 7;
	assert_int_equal ( test_run_task ( body_returns, &rc ), 7 );
}

static TASK_FN int body_sleeps ( void *arg ) {
	utime_t start = clock_now ();

	assert_int_equal ( sleep_until ( start + 5 * US_PER_S ), 0 );
	assert_int_equal ( clock_now () - start, 5 * US_PER_S );
	return 0;
}

static void sleep_ends_at_its_deadline ( void **state ) {
	assert_int_equal ( test_run_task ( body_sleeps, NULL ), 0 );
}

static TASK_FN int body_waits ( void *arg ) {
	int rc = event_wait ( &event, deadline_in ( US_PER_S ) );

	note ( err_is ( rc, ETIMEDOUT ) ? 2 : ( rc == 0 ) ? 1 : 3 );
	return 0;
}

static TASK_FN int body_signals ( void *arg ) {
	assert_int_equal ( sleep_until ( deadline_in ( US_PER_MS ) ), 0 );
	event_signal ( &event );
	return 0;
}

static TASK_FN int body_two_waiters ( void *arg ) {
	struct task_group group;

	task_group_init ( &group );
	assert_int_equal ( task_spawn ( &group, "a", body_waits, NULL, TASK_STACK_NORMAL ), 0 );
	assert_int_equal ( task_spawn ( &group, "b", body_waits, NULL, TASK_STACK_NORMAL ), 0 );
	assert_int_equal ( task_spawn ( &group, "c", body_signals, NULL, TASK_STACK_NORMAL ), 0 );
	return task_group_join ( &group );
}

static void event_signal_wakes_every_waiter ( void **state ) {
	assert_int_equal ( test_run_task ( body_two_waiters, NULL ), 0 );
	assert_int_equal ( order_len, 2 );
	assert_int_equal ( order[0], 1 );
	assert_int_equal ( order[1], 1 );
}

static void event_wait_times_out ( void **state ) {
	assert_int_equal ( test_run_task ( body_waits, NULL ), 0 );
	assert_int_equal ( order[0], 2 );
}

static TASK_FN int body_cancelled ( void *arg ) {
	assert_int_equal ( err_of ( event_wait ( &event, TIME_NEVER ) ), ECANCELED );
	assert_int_equal ( err_of ( sleep_until ( 0 ) ), ECANCELED );
	assert_int_equal ( err_of ( task_yield () ), ECANCELED );
	note ( 4 );
	return -ECANCELED;
}

static TASK_FN int body_cancels ( void *arg ) {
	struct task_group group;

	task_group_init ( &group );
	assert_int_equal ( task_spawn ( &group, "x", body_cancelled, NULL, TASK_STACK_NORMAL ), 0 );
	assert_int_equal ( task_yield (), 0 );
	task_group_cancel ( &group );
	assert_int_equal ( err_of ( task_spawn ( &group, "y", body_returns, NULL, 0 ) ),
			   ECANCELED );
	assert_int_equal ( err_of ( task_group_join ( &group ) ), ECANCELED );
	return 0;
}

static void cancellation_is_sticky_and_joined ( void **state ) {
	assert_int_equal ( test_run_task ( body_cancels, NULL ), 0 );
	assert_int_equal ( order[0], 4 );
}

static TASK_FN int body_joins_for_ever ( void *arg ) {
	struct task_group group;

	task_group_init ( &group );
	assert_int_equal ( task_spawn ( &group, "x", body_cancelled, NULL, TASK_STACK_NORMAL ), 0 );
	return task_group_join ( &group );
}

static TASK_FN int body_cancels_a_joiner ( void *arg ) {
	struct task_group group;

	task_group_init ( &group );
	task_spawn ( &group, "j", body_joins_for_ever, NULL, TASK_STACK_NORMAL );
	sleep_until ( deadline_in ( US_PER_MS ) );
	task_group_cancel ( &group );
	assert_int_equal ( err_of ( task_group_join ( &group ) ), ECANCELED );
	return 0;
}

static void cancelled_owner_takes_its_group_along ( void **state ) {
	assert_int_equal ( test_run_task ( body_cancels_a_joiner, NULL ), 0 );
	assert_int_equal ( order[0], 4 );
}

static void *root_stack;

static void remember_stack ( void *arg ) {
	*(void **) arg = __builtin_frame_address ( 0 );
}

static TASK_FN int body_on_root ( void *arg ) {
	void *here = __builtin_frame_address ( 0 ), *there;

	on_root ( remember_stack, &there );
	assert_true ( labs ( (char *) here - (char *) there ) > 65536 );
	assert_true ( labs ( (char *) root_stack - (char *) there ) < 65536 );
	assert_non_null ( task_current () );
	return 0;
}

static void on_root_runs_on_the_root_stack ( void **state ) {
	remember_stack ( &root_stack );
	assert_int_equal ( test_run_task ( body_on_root, NULL ), 0 );
	assert_null ( task_current () );
}

static int nested_rc;

static void nested_loop ( void *arg ) {
	int rc = 5;

	nested_rc = test_run_task ( body_returns, &rc );
}

static TASK_FN int body_nests ( void *arg ) {
	on_root ( nested_loop, NULL );
	return nested_rc;
}

static void root_loop_nests_below_a_task ( void **state ) {
	assert_int_equal ( test_run_task ( body_nests, NULL ), 5 );
}

static TASK_FN int body_fails_with_words ( void *arg ) {
	return FAIL ( EIO, "disk %d on fire", 3 );
}

static TASK_FN int body_reads_words ( void *arg ) {
	struct task_group group;
	int rc;

	task_group_init ( &group );
	task_spawn ( &group, "w", body_fails_with_words, NULL, TASK_STACK_NORMAL );
	rc = task_group_join ( &group );
	assert_string_equal ( error_detail ( rc ), "" );
	error_note_set ( &group.note );
	assert_string_equal ( error_detail ( rc ), "disk 3 on fire" );
	assert_string_equal ( error_detail ( -ENOMEM ), "" );
	return 0;
}

static void words_of_a_failure_travel_with_the_group ( void **state ) {
	assert_int_equal ( test_run_task ( body_reads_words, NULL ), 0 );
}

static void spawn_without_memory_fails_and_leaves_nothing ( void **state ) {
	struct task_group group;
	size_t before = host_pages_used ();

	task_group_init ( &group );
	host_fail_pages ( 1 );
	assert_int_equal ( err_of ( task_spawn ( &group, "m", body_returns, NULL, 0 ) ), ENOMEM );
	assert_true ( task_group_idle ( &group ) );
	assert_int_equal ( host_pages_used (), before );
}

static TASK_FN int leave_pointer ( void *arg ) {
	volatile char *here = __builtin_frame_address ( 0 );

	*(uintptr_t *) arg = (uintptr_t) here;
	return 0;
}

/* The host keeps stacks for later tasks, so this is what tells a use after the end. */
static void stack_of_a_task_that_has_ended_is_poisoned ( void **state ) {
	uintptr_t where = 0;

	test_run_task ( leave_pointer, &where );
	assert_non_null ( where );
	assert_true ( __asan_address_is_poisoned ( (void *) where ) );
}

static void stacks_are_given_back ( void **state ) {
	size_t before = host_pages_used ();
	int rc = 0;

	test_run_task ( body_returns, &rc );
	assert_int_equal ( host_pages_used (), before );
}

int main ( void ) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup ( task_result_becomes_the_groups, setup ),
		cmocka_unit_test_setup ( sleep_ends_at_its_deadline, setup ),
		cmocka_unit_test_setup ( event_signal_wakes_every_waiter, setup ),
		cmocka_unit_test_setup ( event_wait_times_out, setup ),
		cmocka_unit_test_setup ( cancellation_is_sticky_and_joined, setup ),
		cmocka_unit_test_setup ( cancelled_owner_takes_its_group_along, setup ),
		cmocka_unit_test_setup ( on_root_runs_on_the_root_stack, setup ),
		cmocka_unit_test_setup ( root_loop_nests_below_a_task, setup ),
		cmocka_unit_test_setup ( words_of_a_failure_travel_with_the_group, setup ),
		cmocka_unit_test_setup ( spawn_without_memory_fails_and_leaves_nothing, setup ),
		cmocka_unit_test_setup ( stack_of_a_task_that_has_ended_is_poisoned, setup ),
		cmocka_unit_test_setup ( stacks_are_given_back, setup ),
	};

	return cmocka_run_group_tests ( tests, NULL, NULL );
}
