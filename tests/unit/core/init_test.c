/** @file
 * Stepping aside for a program that may return: who, in which order.
 */
#include "lib/test.h"
#include "core/init.h"

static char calls[64];

static void note ( const char *what ) {
	strcat ( calls, what );
}

#define PART( letter, in_phase )                                                      \
	static void letter##_suspend ( void ) {                                       \
		note ( #letter "<" );                                                 \
	}                                                                             \
	static void letter##_resume ( void ) {                                        \
		note ( #letter ">" );                                                 \
	}                                                                             \
	static const struct init_fn letter##_init_fn = { .phase = in_phase,           \
							 .name = #letter,             \
							 .suspend = letter##_suspend, \
							 .resume = letter##_resume }; \
	INIT_FN ( letter##_init_fn )

/* Not in the order of the phases. */
PART ( s, INIT_SERVICES );
PART ( e, INIT_EARLY );
PART ( d, INIT_DEVICES );
PART ( f, INIT_DEVICES );

/* A part that has nothing to do. */
static const struct init_fn silent_init_fn = { .phase = INIT_DEVICES, .name = "silent" };
INIT_FN ( silent_init_fn );

/* Which of two in one phase is first is the linker's business. */
static void last_to_start_is_first_to_step_aside ( void **state ) {
	bool f_first;

	init_suspend ();
	f_first = ( calls[2] == 'f' );
	assert_string_equal ( calls, f_first ? "s<f<d<e<" : "s<d<f<e<" );
	calls[0] = '\0';
	init_resume ();
	assert_string_equal ( calls, f_first ? "e>d>f>s>" : "e>f>d>s>" );
}

int main ( void ) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test ( last_to_start_is_first_to_step_aside ),
	};

	return cmocka_run_group_tests ( tests, NULL, NULL );
}
