/** @file
 * Expansion of ${[<block>/]<setting>[:<type>]}, innermost first, results expanded again
 * (docs/scripting.md). What is not set, unknown or malformed becomes nothing. Time and space are
 * bounded by EXPAND_MAX_STEPS and EXPAND_MAX_LEN.
 */
#include <stdlib.h>
#include <string.h>
#include "core/error.h"
#include "core/settings.h"

/** An expansion under way. */
struct expansion {
	char *text; /**< owned */
	size_t len;
	size_t scan;   /**< no "${" starts before this */
	size_t closed; /**< no '}' from the first "${" up to this */
	unsigned int steps;
};

/** Find the innermost "${...}" of the first expression. @return false if there is none */
static bool find_expression ( struct expansion *e, size_t *ret_open, size_t *ret_close ) {
	char *open = strstr ( e->text + e->scan, "${" ), *close, *pos;

	if ( !open )
		return false;
	e->scan = open - e->text;
	close = strchr ( e->text + MAX ( e->scan, e->closed ), '}' );
	if ( !close )
		return false;
	for ( pos = close - 1; ( pos[0] != '$' ) || ( pos[1] != '{' ); pos-- )
		;
	*ret_open = pos - e->text;
	*ret_close = close - e->text;
	return true;
}

/** Put @c value (NULL: nothing) in the place of an expression. @return 0, -ENOMEM, -ERANGE */
static int replace ( struct expansion *e, size_t open, size_t close, const char *value ) {
	size_t value_len = value ? strlen ( value ) : 0, tail_len = e->len - ( close + 1 );
	size_t new_len = open + value_len + tail_len;
	char *text = e->text;

	if ( new_len > EXPAND_MAX_LEN )
		return FAIL ( ERANGE, "it becomes longer than %d bytes", EXPAND_MAX_LEN );
	if ( ++e->steps > EXPAND_MAX_STEPS )
		return FAIL ( ERANGE, "it has more than %d settings; do they name each other?",
			      EXPAND_MAX_STEPS );
	if ( ( new_len > e->len ) && ( ( text = realloc ( e->text, new_len + 1 ) ) == NULL ) )
		return -ENOMEM;
	memmove ( text + open + value_len, text + close + 1, tail_len + 1 );
	if ( value_len > 0 )
		memcpy ( text + open, value, value_len );
	e->text = text;
	e->len = new_len;
	e->closed = open;
	/* A '$' right before may have become the start of a new expression. */
	if ( ( e->scan > 0 ) && ( e->scan == open ) )
		e->scan--;
	return 0;
}

/** Fetch the value of the expression. @return heap memory, or NULL; @c ret_ref is then what was
 * not set, unless its `settings` is NULL: no such thing */
static char *fetch ( struct expansion *e, size_t open, size_t close, struct setting_ref *ref ) {
	int rc;

	e->text[close] = '\0';
	rc = setting_ref_parse ( e->text + open + 2, false, ref );
	e->text[close] = '}';
	if ( rc != 0 ) {
		ref->settings = NULL;
		return NULL;
	}
	return setting_fetch_text_alloc ( ref );
}

static int expansion_start ( struct expansion *e, const char *text ) {
	*e = ( struct expansion ){ .text = strdup ( text ), .len = strlen ( text ) };
	return e->text ? 0 : -ENOMEM;
}

/** What the caller gets. */
static int expansion_finish ( struct expansion *e, int rc, char **ret_text ) {
	if ( rc != 0 ) {
		free ( e->text );
		e->text = NULL;
	}
	*ret_text = e->text;
	return rc;
}

char *settings_expand ( const char *text ) {
	struct setting_ref ref;
	struct expansion e;
	size_t open, close;
	char *value, *expanded;
	int rc = expansion_start ( &e, text );

	while ( ( rc == 0 ) && find_expression ( &e, &open, &close ) ) {
		value = fetch ( &e, open, close, &ref );
		rc = replace ( &e, open, close, value );
		free ( value );
	}
	expansion_finish ( &e, rc, &expanded );
	return expanded;
}

TASK_FN int settings_expand_wait ( const char *text, char **ret_text ) {
	struct setting_ref ref;
	struct expansion e;
	size_t open, close;
	char *value;
	int rc = expansion_start ( &e, text );

	while ( ( rc == 0 ) && find_expression ( &e, &open, &close ) ) {
		value = fetch ( &e, open, close, &ref );
		if ( !value && ref.settings ) {
			if ( ( rc = settings_wait ( &ref.setting ) ) != 0 )
				break;
			value = fetch ( &e, open, close, &ref );
		}
		rc = replace ( &e, open, close, value );
		free ( value );
	}
	return expansion_finish ( &e, rc, ret_text );
}
