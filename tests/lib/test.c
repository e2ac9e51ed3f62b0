/** @file
 * What unit tests share.
 */
#include "lib/test.h"
#include "core/console.h"
#include "platform/host/host.h"

static char captured[65536];
static size_t captured_len;

int test_run_task ( TASK_FN int ( *fn ) ( void *arg ), void *arg ) {
	struct task_group group;
	int rc;

	task_group_init ( &group );
	rc = task_spawn ( &group, "test", fn, arg, TASK_STACK_NORMAL );
	if ( rc != 0 )
		return rc;
	root_run ( &group );
	return group.rc;
}

static void capture ( const char *text, size_t len ) {
	len = MIN ( len, sizeof ( captured ) - 1 - captured_len );
	memcpy ( captured + captured_len, text, len );
	captured_len += len;
}

void test_capture_start ( void ) {
	captured_len = 0;
	host_console_hook ( capture );
}

const char *test_capture_stop ( void ) {
	host_console_hook ( NULL );
	captured[captured_len] = '\0';
	return captured;
}
