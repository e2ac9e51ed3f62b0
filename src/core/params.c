/** @file
 * Request parameters: the lists that commands params and param build and that "##params" at the
 * end of a URI takes. A list belongs to the registry until a URI takes it.
 */
#include <stdlib.h>
#include <string.h>
#include "core/error.h"
#include "core/memory.h"
#include "core/uri.h"

static struct params *registry;

/* The link that points to the list of that name, or to the end of the registry. */
static struct params **params_link ( const char *name ) {
	struct params **link = &registry;

	while ( *link && ( strcmp ( ( *link )->name, name ) != 0 ) )
		link = &( *link )->next;
	return link;
}

struct params *params_find ( const char *name ) {
	return *params_link ( name );
}

struct params *params_take ( const char *name ) {
	struct params **link = params_link ( name );
	struct params *params = *link;

	if ( params ) {
		*link = params->next;
		params->next = NULL;
	}
	return params;
}

struct params *params_new ( const char *name, const char *method ) {
	struct params *params = zalloc ( sizeof ( *params ) );

	if ( !params )
		return NULL;
	params->name = memdup ( name, strlen ( name ) + 1 );
	if ( method )
		params->method = memdup ( method, strlen ( method ) + 1 );
	if ( !params->name || ( method && !params->method ) ) {
		params_free ( params );
		return NULL;
	}
	params_free ( params_take ( name ) );
	params->next = registry;
	registry = params;
	return params;
}

void params_free ( struct params *params ) {
	struct param *param, *next;

	if ( !params )
		return;
	for ( param = params->first; param; param = next ) {
		next = param->next;
		free ( param );
	}
	free ( params->name );
	free ( params->method );
	free ( params );
}

int params_add ( struct params *params, bool header, const char *key, const char *value ) {
	size_t key_len = strlen ( key ) + 1;
	size_t value_len = strlen ( value ) + 1;
	struct param *param = zalloc ( sizeof ( *param ) + key_len + value_len );
	struct param **link;

	if ( !param )
		return -ENOMEM;
	param->header = header;
	param->key = memcpy ( param + 1, key, key_len );
	param->value = memcpy ( param->key + key_len, value, value_len );
	for ( link = &params->first; *link; )
		link = &( *link )->next;
	*link = param;
	return 0;
}
