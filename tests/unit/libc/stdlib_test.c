/** @file
 * The firmware's integer parsing and string functions against the host's.
 */
#include <limits.h>
#include <stdlib.h>
#include <strings.h>
#include "lib/test.h"

#define strtoull lanyard_strtoull
#define strtoul  lanyard_strtoul
#define strtol   lanyard_strtol
unsigned long long lanyard_strtoull ( const char *text, char **ret_end, int base );
unsigned long lanyard_strtoul ( const char *text, char **ret_end, int base );
long lanyard_strtol ( const char *text, char **ret_end, int base );
#include "libc/stdlib.c"
#undef strtoull
#undef strtoul
#undef strtol

#define memcmp      lanyard_memcmp
#define memchr      lanyard_memchr
#define strlen      lanyard_strlen
#define strnlen     lanyard_strnlen
#define strcmp      lanyard_strcmp
#define strncmp     lanyard_strncmp
#define strcasecmp  lanyard_strcasecmp
#define strncasecmp lanyard_strncasecmp
#define strchr      lanyard_strchr
#define strrchr     lanyard_strrchr
#define strstr      lanyard_strstr
#define strspn      lanyard_strspn
#define strcspn     lanyard_strcspn
#define strdup      lanyard_strdup
#define strndup     lanyard_strndup
#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#include "libc/string.c"
#undef memcmp
#undef memchr
#undef strlen
#undef strnlen
#undef strcmp
#undef strncmp
#undef strcasecmp
#undef strncasecmp
#undef strchr
#undef strrchr
#undef strstr
#undef strspn
#undef strcspn
#undef strdup
#undef strndup

static void integers_are_parsed_as_by_the_c_library ( void **state ) {
	static const char *const texts[] = {
		"0",
		"1",
		"42",
		"0x2a",
		"0X2A",
		"052",
		"08",
		"0x",
		"0xg",
		"-1",
		"+7",
		"",
		" 9",
		"\t-3",
		"12z",
		"z",
		"-",
		"+",
		"0x-1",
		"18446744073709551615",
		"18446744073709551616",
		"99999999999999999999999",
		"0xffffffffffffffff",
		"- 1",
		"1 2",
	};
	static const int bases[] = { 0, 8, 10, 16 };

	for ( size_t i = 0; i < sizeof ( texts ) / sizeof ( texts[0] ); i++ ) {
		for ( size_t k = 0; k < sizeof ( bases ) / sizeof ( bases[0] ); k++ ) {
			char *our_end, *their_end;

			assert_int_equal ( lanyard_strtoull ( texts[i], &our_end, bases[k] ),
					   strtoull ( texts[i], &their_end, bases[k] ) );
			assert_ptr_equal ( our_end, their_end );
		}
	}
}

static int sign ( int value ) {
	return ( value > 0 ) - ( value < 0 );
}

static void strings_compare_as_by_the_c_library ( void **state ) {
	static const char *const texts[] = { "",  "a",    "A",   "ab",  "abc",
					     "b", "\xff", "Abc", "aBC", "a\x80" };
	size_t count = sizeof ( texts ) / sizeof ( texts[0] );

	for ( size_t i = 0; i < count; i++ ) {
		assert_int_equal ( lanyard_strlen ( texts[i] ), strlen ( texts[i] ) );
		for ( size_t k = 0; k < count; k++ ) {
			const char *a = texts[i], *b = texts[k];

			assert_int_equal ( sign ( lanyard_strcmp ( a, b ) ),
					   sign ( strcmp ( a, b ) ) );
			assert_int_equal ( sign ( lanyard_strncmp ( a, b, 1 ) ),
					   sign ( strncmp ( a, b, 1 ) ) );
			assert_int_equal ( sign ( lanyard_strcasecmp ( a, b ) ),
					   sign ( strcasecmp ( a, b ) ) );
			assert_ptr_equal ( lanyard_strstr ( a, b ), strstr ( a, b ) );
			assert_int_equal ( lanyard_strspn ( a, b ), strspn ( a, b ) );
			assert_int_equal ( lanyard_strcspn ( a, b ), strcspn ( a, b ) );
			assert_ptr_equal ( lanyard_strchr ( a, *b ), strchr ( a, *b ) );
			assert_ptr_equal ( lanyard_strrchr ( a, *b ), strrchr ( a, *b ) );
		}
	}
	assert_int_equal ( lanyard_strnlen ( "abc", 2 ), 2 );
	assert_int_equal ( sign ( lanyard_memcmp ( "a\0b", "a\0c", 3 ) ), -1 );
	assert_ptr_equal ( lanyard_memchr ( texts[4], 'c', 2 ), NULL );
}

static void duplicate_stops_at_its_limit ( void **state ) {
	char *copy = lanyard_strndup ( "abcdef", 3 );

	assert_string_equal ( copy, "abc" );
	free ( copy );
}

int main ( void ) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test ( integers_are_parsed_as_by_the_c_library ),
		cmocka_unit_test ( strings_compare_as_by_the_c_library ),
		cmocka_unit_test ( duplicate_stops_at_its_limit ),
	};

	return cmocka_run_group_tests ( tests, NULL, NULL );
}
