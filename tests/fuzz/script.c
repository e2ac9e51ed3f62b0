/** @file
 * The interpreter: the input is run as a script, on a virtual clock and without interfaces. It may
 * fail in any way but must end, within bounds of turns and virtual time, and leak nothing.
 */
#include <stdlib.h>
#include <string.h>
#include "core/clock.h"
#include "core/console.h"
#include "core/error.h"
#include "core/image.h"
#include "core/init.h"
#include "core/settings.h"
#include "core/uri.h"
#include "image/script.h"
#include "platform/host/host.h"
#include "shell/command.h"

/** Turns of the root loop, and virtual time, that a script gets; then it is cancelled. */
#define TURNS_MAX 300
#define TIME_MAX  ( 3600 * US_PER_S )

static struct task_group group;
static unsigned int turns;

static bool count_turns ( utime_t now ) {
	if ( ++turns == TURNS_MAX )
		task_group_cancel ( &group );
	return false;
}
static const struct root_poll turn_counter = { .poll = count_turns };
ROOT_POLL ( turn_counter );

/* This file is linked first, so these are found instead of the real ones. */
static TASK_FN int refuse ( struct cmd_args *args ) {
	return -ENOTSUP;
}
static const struct command reboot_cmd = { .name = "reboot", .max_args = -1, .exec = refuse };
COMMAND ( reboot_cmd );
static const struct command poweroff_cmd = { .name = "poweroff", .max_args = -1, .exec = refuse };
COMMAND ( poweroff_cmd );

static void discard ( const char *text, size_t len ) {
}

static TASK_FN int run ( void *arg ) {
	image_exec ( arg );
	task_group_cancel ( &group );
	return 0;
}

static TASK_FN int watch ( void *arg ) {
	sleep_until ( deadline_in ( TIME_MAX ) );
	task_group_cancel ( &group );
	return 0;
}

static void forget_everything ( void ) {
	const struct setting *setting;
	struct settings *child, *next;
	struct image *image;

	while ( ( setting = settings_generic_next ( &settings_root, NULL ) ) != NULL )
		settings_generic_store ( &settings_root, setting, NULL, 0 );
	list_for_each_safe ( child, next, &settings_root.children, siblings ) {
		if ( child->autocreated )
			settings_unregister ( child );
	}
	while ( ( image = image_next ( NULL ) ) != NULL )
		image_unregister ( image );
	uri_free ( uri_set_cwd ( NULL ) );
	shell_stopped ( SHELL_STOP );
}

int LLVMFuzzerTestOneInput ( const uint8_t *data, size_t len );
int LLVMFuzzerTestOneInput ( const uint8_t *data, size_t len ) {
	static bool started;
	struct image *image;

	if ( !started ) {
		started = true;
		host_console_hook ( discard );
		init_phase ( INIT_EARLY );
	}
	host_clock_virtual ( 1000 );
	image = image_new ( "fuzz", NULL );
	image_write ( image, 0, data, len );
	image_register ( image );
	image->type = &script_image_type;
	turns = 0;
	task_group_init ( &group );
	if ( ( task_spawn ( &group, "script", run, image, TASK_STACK_NORMAL ) != 0 ) ||
	     ( task_spawn ( &group, "watch", watch, NULL, TASK_STACK_NORMAL ) != 0 ) )
		abort ();
	root_run ( &group );
	image_put ( image );
	forget_everything ();
	return 0;
}
