/** @file
 * The firmware's vsnprintf against the host's, format by format.
 */
#include <stdio.h>
#include "lib/test.h"

#define vsnprintf lanyard_vsnprintf
#define snprintf  lanyard_snprintf
int lanyard_vsnprintf ( char *buf, size_t len, const char *fmt, va_list args );
int lanyard_snprintf ( char *buf, size_t len, const char *fmt, ... );
#include "libc/vsnprintf.c"
#undef vsnprintf
#undef snprintf

#pragma GCC diagnostic ignored "-Wformat"
#pragma GCC diagnostic ignored "-Wformat-truncation"
#pragma GCC diagnostic ignored "-Wformat-zero-length"

/* Same text, same return value, for the whole buffer and for every shorter one. */
#define SAME( ... )                                                                             \
	do {                                                                                    \
		char ours[128], theirs[128];                                                    \
		int len = snprintf ( theirs, sizeof ( theirs ), __VA_ARGS__ );                  \
		for ( size_t size = 0; size <= sizeof ( ours ); size++ ) {                      \
			memset ( ours, '~', sizeof ( ours ) );                                  \
			assert_int_equal ( lanyard_snprintf ( ours, size, __VA_ARGS__ ), len ); \
			snprintf ( theirs, size ? size : 1, __VA_ARGS__ );                      \
			if ( size )                                                             \
				assert_string_equal ( ours, theirs );                           \
			else                                                                    \
				assert_int_equal ( ours[0], '~' );                              \
		}                                                                               \
	} while ( 0 )

static void integers_are_formatted_as_by_the_c_library ( void **state ) {
	static const long long values[] = { 0,     1,         -1,        42,        -42,      255,
					    65536, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN };

	for ( size_t i = 0; i < sizeof ( values ) / sizeof ( values[0] ); i++ ) {
		int value = (int) values[i];

		SAME ( "%d|%5d|%-5d|%05d|%+d|% d|%.3d|%8.3d|%-8.3d|", value, value, value, value,
		       value, value, value, value, value );
		SAME ( "%u|%x|%X|%#x|%#X|%o|%08x|%#010x|", value, value, value, value, value, value,
		       value, value );
		SAME ( "%lld|%llu|%llx|%20lld|%020llx|", values[i], values[i], values[i], values[i],
		       values[i] );
		SAME ( "%hhd|%hhu|%hd|%hu|%hx|", value, value, value, value, value );
		SAME ( "%zu|%zd|%jd|%td|%ld|%lx|", (size_t) value, (ssize_t) value,
		       (intmax_t) value, (ptrdiff_t) value, (long) value, (long) value );
		SAME ( "%*d|%-*d|%.*d|%*.*x|", 7, value, 7, value, 4, value, 9, 3, value );
		SAME ( "%*d|", -9, value );
	}
	SAME ( "%.0d|%.0x|%5.0d|", 0, 0, 0 );
}

static void text_is_formatted_as_by_the_c_library ( void **state ) {
	SAME ( "" );
	SAME ( "plain" );
	SAME ( "%s|%10s|%-10s|%.2s|%5.1s|%.0s|", "abc", "abc", "abc", "abc", "abc", "abc" );
	SAME ( "%c|%5c|%-5c|%%|", 'x', 'y', 'z' );
	SAME ( "%.*s|", 3, "not terminated" );
	SAME ( "%s and %d and %s", "first", 2, "third" );
}

static void precision_bounds_what_is_read ( void **state ) {
	char unterminated[3] = { 'a', 'b', 'c' };
	char buf[8];

	assert_int_equal ( lanyard_snprintf ( buf, sizeof ( buf ), "%.3s", unterminated ), 3 );
	assert_string_equal ( buf, "abc" );
}

static void null_string_is_shown_not_followed ( void **state ) {
	char buf[16];

	lanyard_snprintf ( buf, sizeof ( buf ), "%s", (char *) NULL );
	assert_string_equal ( buf, "(null)" );
}

int main ( void ) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test ( integers_are_formatted_as_by_the_c_library ),
		cmocka_unit_test ( text_is_formatted_as_by_the_c_library ),
		cmocka_unit_test ( precision_bounds_what_is_read ),
		cmocka_unit_test ( null_string_is_shown_not_followed ),
	};

	return cmocka_run_group_tests ( tests, NULL, NULL );
}
