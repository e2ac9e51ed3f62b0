/** @file
 * Integers from text (C11 §7.22.1.4).
 */
#include <ctype.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>

static unsigned int digit_value ( char c ) {
	if ( isdigit ( c ) )
		return (unsigned int) ( c - '0' );
	if ( isalpha ( c ) )
		return (unsigned int) ( tolower ( c ) - 'a' + 10 );
	return UINT_MAX;
}

unsigned long long strtoull ( const char *text, char **ret_end, int base ) {
	const char *pos = text;
	const char *end = text;
	unsigned long long value = 0;
	bool negative = false;
	bool overflow = false;

	while ( isspace ( *pos ) )
		pos++;
	if ( ( *pos == '-' ) || ( *pos == '+' ) )
		negative = ( *pos++ == '-' );
	if ( ( ( base == 0 ) || ( base == 16 ) ) && ( pos[0] == '0' ) &&
	     ( tolower ( pos[1] ) == 'x' ) && isxdigit ( pos[2] ) ) {
		pos += 2;
		base = 16;
	} else if ( base == 0 ) {
		base = ( *pos == '0' ) ? 8 : 10;
	}
	for ( ; digit_value ( *pos ) < (unsigned int) base; pos++ ) {
		if ( __builtin_mul_overflow ( value, (unsigned long long) base, &value ) ||
		     __builtin_add_overflow ( value, digit_value ( *pos ), &value ) )
			overflow = true;
		end = pos + 1;
	}
	if ( ret_end )
		*ret_end = (char *) end;
	if ( overflow )
		return ULLONG_MAX;
	return negative ? -value : value;
}

unsigned long strtoul ( const char *text, char **ret_end, int base ) {
	return strtoull ( text, ret_end, base );
}

long strtol ( const char *text, char **ret_end, int base ) {
	return (long) strtoull ( text, ret_end, base );
}
