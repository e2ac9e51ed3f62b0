/** @file
 * The heap of the host platform, which can be told to fail. The core's calls of malloc() and its
 * like are linked to these (scripts/host.mk, --wrap); those of tests and the C library are not.
 */
#include <stdlib.h>
#include <string.h>
#include "platform/host/host.h"

void *__real_malloc ( size_t len );
void *__real_calloc ( size_t count, size_t len );
void *__real_realloc ( void *old, size_t len );
char *__real_strdup ( const char *text );
void *__wrap_malloc ( size_t len );
void *__wrap_calloc ( size_t count, size_t len );
void *__wrap_realloc ( void *old, size_t len );
char *__wrap_strdup ( const char *text );

/** Allocations until one fails; 0: none will. */
static unsigned int fail_countdown;

void host_fail_heap ( unsigned int nth ) {
	fail_countdown = nth;
}

bool host_heap_failed ( void ) {
	return fail_countdown == 0;
}

static bool fails ( void ) {
	return fail_countdown && ( --fail_countdown == 0 );
}

void *__wrap_malloc ( size_t len ) {
	return fails () ? NULL : __real_malloc ( len );
}

void *__wrap_calloc ( size_t count, size_t len ) {
	return fails () ? NULL : __real_calloc ( count, len );
}

void *__wrap_realloc ( void *old, size_t len ) {
	return fails () ? NULL : __real_realloc ( old, len );
}

char *__wrap_strdup ( const char *text ) {
	return fails () ? NULL : __real_strdup ( text );
}
