/** @file
 * Formatted output into memory (C11 §7.21.6, without floating point and %n).
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct output {
	char *buf;
	size_t len;  /* size of buf */
	size_t used; /* characters produced, also beyond buf */
};

struct spec {
	bool left, zero, plus, space, alternate;
	int width;
	int precision; /* -1: none */
	unsigned int size;
};

static void put ( struct output *out, char c ) {
	if ( out->used + 1 < out->len )
		out->buf[out->used] = c;
	out->used++;
}

static void pad ( struct output *out, char c, int count ) {
	for ( ; count > 0; count-- )
		put ( out, c );
}

static void put_field ( struct output *out, const struct spec *spec, const char *prefix,
			const char *body, int len, int zeros ) {
	int fill = spec->width - (int) strlen ( prefix ) - zeros - len;

	if ( !spec->left )
		pad ( out, ' ', fill );
	while ( *prefix )
		put ( out, *prefix++ );
	pad ( out, '0', zeros );
	for ( int i = 0; i < len; i++ )
		put ( out, body[i] );
	if ( spec->left )
		pad ( out, ' ', fill );
}

static void put_integer ( struct output *out, const struct spec *spec, uint64_t value,
			  unsigned int base, bool upper, const char *prefix ) {
	const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	char buf[24];
	int len = 0, zeros = 0;

	for ( ; value; value /= base )
		buf[sizeof ( buf ) - ++len] = digits[value % base];
	if ( !len && ( spec->precision != 0 ) )
		buf[sizeof ( buf ) - ++len] = '0';
	if ( spec->precision > len )
		zeros = spec->precision - len;
	else if ( spec->zero && !spec->left && ( spec->precision < 0 ) )
		zeros = spec->width - (int) strlen ( prefix ) - len;
	put_field ( out, spec, prefix, buf + sizeof ( buf ) - len, len, ( zeros > 0 ) ? zeros : 0 );
}

static const char *parse_flags ( const char *fmt, struct spec *spec ) {
	for ( ;; fmt++ ) {
		switch ( *fmt ) {
		case '-':
			spec->left = true;
			break;
		case '0':
			spec->zero = true;
			break;
		case '+':
			spec->plus = true;
			break;
		case ' ':
			spec->space = true;
			break;
		case '#':
			spec->alternate = true;
			break;
		default:
			return fmt;
		}
	}
}

static const char *parse_number ( const char *fmt, int *ret_number ) {
	int number = 0;

	for ( ; ( *fmt >= '0' ) && ( *fmt <= '9' ); fmt++ ) {
		if ( number < 100000 )
			number = number * 10 + ( *fmt - '0' );
	}
	*ret_number = number;
	return fmt;
}

static const char *parse_length ( const char *fmt, struct spec *spec ) {
	spec->size = sizeof ( int );
	for ( ;; fmt++ ) {
		switch ( *fmt ) {
		case 'h':
			spec->size /= 2;
			break;
		case 'l':
			spec->size = sizeof ( long );
			break;
		case 'z':
		case 'j':
		case 't':
			spec->size = sizeof ( size_t );
			break;
		default:
			return fmt;
		}
	}
}

static uint64_t fetch_unsigned ( va_list *args, unsigned int size ) {
	uint64_t value = ( size == sizeof ( long ) ) ? va_arg ( *args, unsigned long )
						     : va_arg ( *args, unsigned int );

	if ( size == 1 )
		value = (uint8_t) value;
	else if ( size == 2 )
		value = (uint16_t) value;
	return value;
}

static int64_t fetch_signed ( va_list *args, unsigned int size ) {
	int64_t value =
		( size == sizeof ( long ) ) ? va_arg ( *args, long ) : va_arg ( *args, int );

	if ( size == 1 )
		value = (int8_t) value;
	else if ( size == 2 )
		value = (int16_t) value;
	return value;
}

static void put_string ( struct output *out, struct spec *spec, const char *text ) {
	if ( !text )
		text = "(null)";
	put_field ( out, spec, "", text,
		    (int) strnlen ( text, ( spec->precision < 0 ) ? INT32_MAX
								  : (size_t) spec->precision ),
		    0 );
}

static void convert ( struct output *out, struct spec *spec, char conversion, va_list *args ) {
	int64_t number;
	uint64_t value;
	char c;

	switch ( conversion ) {
	case 'd':
	case 'i':
		number = fetch_signed ( args, spec->size );
		value = ( number < 0 ) ? -(uint64_t) number : (uint64_t) number;
		put_integer ( out, spec, value, 10, false,
			      ( number < 0 ) ? "-"
			      : spec->plus   ? "+"
			      : spec->space  ? " "
					     : "" );
		break;
	case 'u':
		put_integer ( out, spec, fetch_unsigned ( args, spec->size ), 10, false, "" );
		break;
	case 'o':
		put_integer ( out, spec, fetch_unsigned ( args, spec->size ), 8, false, "" );
		break;
	case 'x':
	case 'X':
		value = fetch_unsigned ( args, spec->size );
		put_integer ( out, spec, value, 16, conversion == 'X',
			      ( spec->alternate && value ) ? ( conversion == 'X' ) ? "0X" : "0x"
							   : "" );
		break;
	case 'p':
		put_integer ( out, spec, (uintptr_t) va_arg ( *args, void * ), 16, false, "0x" );
		break;
	case 'c':
		c = (char) va_arg ( *args, int );
		put_field ( out, spec, "", &c, 1, 0 );
		break;
	case 's':
		put_string ( out, spec, va_arg ( *args, const char * ) );
		break;
	default:
		put ( out, conversion );
	}
}

int vsnprintf ( char *buf, size_t len, const char *fmt, va_list args_in ) {
	struct output out = { .buf = buf, .len = len };
	va_list args;

	va_copy ( args, args_in );
	while ( *fmt ) {
		struct spec spec = { .precision = -1 };

		if ( *fmt != '%' ) {
			put ( &out, *fmt++ );
			continue;
		}
		fmt = parse_flags ( fmt + 1, &spec );
		if ( *fmt == '*' ) {
			spec.width = va_arg ( args, int );
			if ( spec.width < 0 ) {
				spec.left = true;
				spec.width = -spec.width;
			}
			fmt++;
		} else {
			fmt = parse_number ( fmt, &spec.width );
		}
		if ( *fmt == '.' ) {
			if ( fmt[1] == '*' ) {
				spec.precision = va_arg ( args, int );
				fmt += 2;
			} else {
				fmt = parse_number ( fmt + 1, &spec.precision );
			}
		}
		fmt = parse_length ( fmt, &spec );
		if ( !*fmt )
			break;
		convert ( &out, &spec, *fmt++, &args );
	}
	va_end ( args );
	if ( len )
		buf[( out.used < len ) ? out.used : len - 1] = '\0';
	return (int) out.used;
}

int snprintf ( char *buf, size_t len, const char *fmt, ... ) {
	va_list args;
	int used;

	va_start ( args, fmt );
	used = vsnprintf ( buf, len, fmt, args );
	va_end ( args );
	return used;
}
