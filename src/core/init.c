/** @file
 * Start-up, the main task, shutdown.
 */
#include "config/branding.h"
#include "core/console.h"
#include "core/error.h"
#include "core/init.h"

TABLE ( init_fn, init_fn );

static bool phases_started[INIT_SERVICES + 1];

static void call ( void ( *fn ) ( void ) ) {
	if ( fn )
		fn ();
}

void init_phase ( enum init_phase phase ) {
	const struct init_fn *const *fn;

	phases_started[phase] = true;
	table_for_each ( fn, init_fn ) {
		if ( ( *fn )->phase != phase )
			continue;
		error_note_clear (); /* of another */
		call ( ( *fn )->startup );
	}
}

static void phase_end ( enum init_phase phase, bool suspend ) {
	const struct init_fn *const *fn = __stop_tbl_init_fn;

	while ( fn-- > __start_tbl_init_fn ) {
		if ( ( *fn )->phase == phase )
			call ( suspend ? ( *fn )->suspend : ( *fn )->shutdown );
	}
}

void init_shutdown ( void ) {
	for ( int phase = INIT_SERVICES; phase >= INIT_EARLY; phase-- ) {
		if ( phases_started[phase] )
			phase_end ( (enum init_phase) phase, false );
		phases_started[phase] = false;
	}
}

void init_suspend ( void ) {
	for ( int phase = INIT_SERVICES; phase >= INIT_EARLY; phase-- )
		phase_end ( (enum init_phase) phase, true );
}

void init_resume ( void ) {
	const struct init_fn *const *fn;

	for ( int phase = INIT_EARLY; phase <= INIT_SERVICES; phase++ ) {
		table_for_each ( fn, init_fn ) {
			if ( ( *fn )->phase == (enum init_phase) phase )
				call ( ( *fn )->resume );
		}
	}
}

int core_main ( TASK_FN int ( *main_fn ) ( void *arg ) ) {
	struct task_group group;
	int rc;

	init_phase ( INIT_EARLY );
	con_printf ( PRODUCT_SHORT_NAME " initialising devices...\n" );
	init_phase ( INIT_DEVICES );
	init_phase ( INIT_SERVICES );
	task_group_init ( &group );
	/* Large: scripts that chain scripts nest on this stack (COMMAND_NESTING_MAX). */
	rc = task_spawn ( &group, "main", main_fn, NULL, TASK_STACK_LARGE );
	if ( rc == 0 ) {
		root_run ( &group );
		rc = group.rc;
	}
	init_shutdown ();
	return rc;
}
