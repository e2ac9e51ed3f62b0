/** @file
 * What unit tests share: cmocka, and running a test body as a task.
 */
#ifndef LIB_TEST_H
#define LIB_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "core/task.h"

/**
 * Run @c fn ( @c arg ) as a task under the root loop, and every task it starts, until all ended.
 * @return what @c fn returned
 */
int test_run_task ( TASK_FN int ( *fn ) ( void *arg ), void *arg );

/** Group set-up: a virtual clock, and what is ready before any device. */
int test_early_setup ( void **state );

/** Run a line as the shell does; the test fails unless it succeeds. */
void test_line ( const char *line );

/** The test fails unless the setting has this value; NULL: is not set. */
void assert_setting ( const char *name, const char *value );

/** A setting as text, "" if it is not set; valid until the next call. */
const char *test_setting ( const char *name );

/** The working URI, "" if there is none; valid until the next call. */
const char *test_cwuri ( void );

/** Collect console output from now on, into a buffer of 64 KiB that this call empties. */
void test_capture_start ( void );
/** Stop collecting. @return what was printed, NUL-terminated, valid until the next start */
const char *test_capture_stop ( void );

/** The SHA-256 digest in hex digits; valid until the next call. */
const char *test_sha256 ( const void *data, size_t len );

/** POSIX part of a negative return code, to compare with ENOENT and its like. */
static inline int err_of ( int rc ) {
	return ( rc < 0 ) ? ( -rc & 0x7f000000 ) : 0;
}

#endif /* LIB_TEST_H */
