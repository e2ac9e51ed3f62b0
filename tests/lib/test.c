/** @file
 * What unit tests share.
 */
#include <stdlib.h>
#include "lib/test.h"
#include "core/console.h"
#include "core/init.h"
#include "core/settings.h"
#include "crypto/digest.h"
#include "core/uri.h"
#include "platform/host/host.h"
#include "shell/command.h"

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

int test_early_setup ( void **state ) {
	host_clock_virtual ( 1000 );
	init_phase ( INIT_EARLY );
	return 0;
}

static TASK_FN int execute ( void *arg ) {
	return shell_execute ( arg );
}

void test_line ( const char *line ) {
	if ( test_run_task ( execute, (void *) line ) != 0 )
		fail_msg ( "%s", line );
}

void assert_setting ( const char *name, const char *value ) {
	char *text = settings_get_text ( NULL, name );

	if ( !value )
		assert_null ( text );
	else if ( !text || strcmp ( text, value ) )
		fail_msg ( "%s is \"%s\", not \"%s\"", name, text ? text : "(unset)", value );
	free ( text );
}

const char *test_setting ( const char *name ) {
	static char text[256];
	struct setting_ref ref;

	if ( ( setting_ref_parse ( name, false, &ref ) != 0 ) ||
	     ( setting_fetch_text ( &ref, text, sizeof ( text ) ) < 0 ) )
		return "";
	return text;
}

const char *test_cwuri ( void ) {
	static char text[256];

	text[0] = '\0';
	if ( uri_cwd () )
		uri_format ( uri_cwd (), text, sizeof ( text ) );
	return text;
}

const char *test_sha256 ( const void *data, size_t len ) {
	static char text[2 * DIGEST_LEN_MAX + 1];
	struct digest_state state;
	uint8_t value[DIGEST_LEN_MAX];

	digest_begin ( &state, DIGEST_SHA256 );
	digest_add ( &state, data, len );
	setting_type_hexraw.format ( value, digest_end ( &state, value ), text, sizeof ( text ) );
	return text;
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
