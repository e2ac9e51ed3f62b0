/** @file
 * Setting types: how raw bytes are read from text and shown. Numbers are big-endian, of any length.
 * Specs: RFC 4291 §2.2 and RFC 5952 (IPv6 text), RFC 4648 §4 (base64), RFC 4122 §3 (UUID),
 * RFC 3397 and RFC 1035 §4.1.4 (dnssl).
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include "core/error.h"
#include "core/memory.h"
#include "core/reader.h"
#include "core/settings.h"
#include "core/uri.h"

#define ERANGE_SETTING ERROR_AT ( ERANGE, FILE_SETTINGS, 0 )

/** A text buffer that counts what does not fit, as snprintf does. */
struct text {
	char *buf;
	size_t len, used;
};

static void text_add ( struct text *text, const char *part ) {
	size_t part_len = strlen ( part );

	if ( text->used < text->len )
		snprintf ( text->buf + text->used, text->len - text->used, "%s", part );
	text->used += part_len;
}

static struct text text_start ( char *buf, size_t len ) {
	if ( len > 0 )
		buf[0] = '\0';
	return ( struct text ){ .buf = buf, .len = len };
}

/** Store byte number @c pos if there is room. */
static void put ( void *raw, size_t len, size_t pos, uint8_t byte ) {
	if ( pos < len )
		( (uint8_t *) raw )[pos] = byte;
}

static int digit_value ( char c ) {
	if ( ( c >= '0' ) && ( c <= '9' ) )
		return c - '0';
	c |= 0x20;
	return ( ( c >= 'a' ) && ( c <= 'f' ) ) ? c - 'a' + 10 : -1;
}

/* ---- string, uristring ---- */

static ssize_t string_parse ( const char *text, void *raw, size_t len ) {
	size_t text_len = strlen ( text );

	if ( len > 0 )
		memcpy ( raw, text, MIN ( len, text_len ) );
	return text_len;
}

static ssize_t string_format ( const void *raw, size_t raw_len, char *buf, size_t len ) {
	return snprintf ( buf, len, "%.*s", (int) raw_len, (const char *) raw );
}

static ssize_t uristring_parse ( const char *text, void *raw, size_t len ) {
	char *decoded = uri_decode ( text );
	ssize_t ret;

	if ( !decoded )
		return -ENOMEM;
	ret = string_parse ( decoded, raw, len );
	free ( decoded );
	return ret;
}

static ssize_t uristring_format ( const void *raw, size_t raw_len, char *buf, size_t len ) {
	return uri_encode ( raw, raw_len, buf, len );
}

/* ---- Integers ---- */

static ssize_t int_parse ( const char *text, void *raw, size_t len, unsigned int size ) {
	char *end;
	uint64_t value = strtoul ( text, &end, 0 );

	if ( *end || ( end == text ) )
		return -EINVAL_SETTING;
	for ( unsigned int i = 0; i < size; i++ )
		put ( raw, len, i, value >> ( 8 * ( size - 1 - i ) ) );
	return size;
}

static ssize_t int8_parse ( const char *text, void *raw, size_t len ) {
	return int_parse ( text, raw, len, 1 );
}

static ssize_t int16_parse ( const char *text, void *raw, size_t len ) {
	return int_parse ( text, raw, len, 2 );
}

static ssize_t int32_parse ( const char *text, void *raw, size_t len ) {
	return int_parse ( text, raw, len, 4 );
}

/** Value of big-endian bytes; those before the last eight must be sign or zero. */
static int int_value ( const uint8_t *raw, size_t len, bool is_signed, int64_t *ret_value ) {
	bool negative = is_signed && ( len > 0 ) && ( raw[0] & 0x80 );
	uint64_t value = negative ? UINT64_MAX : 0;

	for ( size_t i = 0; i < len; i++ ) {
		if ( ( i + 8 < len ) && ( raw[i] != ( negative ? 0xff : 0 ) ) )
			return -ERANGE_SETTING;
		value = ( value << 8 ) | raw[i];
	}
	*ret_value = (int64_t) value;
	return 0;
}

static ssize_t int_format ( const void *raw, size_t raw_len, char *buf, size_t len ) {
	int64_t value;
	int rc = int_value ( raw, raw_len, true, &value );

	return rc ? rc : snprintf ( buf, len, "%lld", (long long) value );
}

static ssize_t uint_format ( const void *raw, size_t raw_len, char *buf, size_t len ) {
	int64_t value;
	int rc = int_value ( raw, raw_len, false, &value );

	return rc ? rc : snprintf ( buf, len, "0x%llx", (unsigned long long) value );
}

/** Longest number read: leading sign or zero bytes beyond eight are allowed up to here. */
#define INT_RAW_MAX 64

int setting_fetch_int ( const struct setting_ref *ref, int64_t *ret_value,
			const struct setting_type **ret_type ) {
	const struct setting_type *type;
	uint8_t raw[INT_RAW_MAX];
	ssize_t len = setting_fetch ( ref, raw, sizeof ( raw ), NULL, &type );

	if ( ret_type )
		*ret_type = type;
	if ( len < 0 )
		return len;
	if ( len > (ssize_t) sizeof ( raw ) )
		return -ERANGE_SETTING;
	return int_value ( raw, len, type->is_signed, ret_value );
}

/* ---- hex and its like ---- */

static ssize_t hex_parse ( const char *text, void *raw, size_t len, char separator ) {
	size_t count = 0;

	while ( *text ) {
		if ( ( count > 0 ) && separator && ( *text++ != separator ) )
			return -EINVAL_SETTING;
		if ( ( digit_value ( text[0] ) < 0 ) || ( digit_value ( text[1] ) < 0 ) )
			return -EINVAL_SETTING;
		put ( raw, len, count++, digit_value ( text[0] ) << 4 | digit_value ( text[1] ) );
		text += 2;
	}
	return count;
}

static ssize_t hex_format ( const void *raw, size_t raw_len, char *buf, size_t len,
			    const char *separator ) {
	struct text text = text_start ( buf, len );
	char part[4];

	for ( size_t i = 0; i < raw_len; i++ ) {
		snprintf ( part, sizeof ( part ), "%s%02x", i ? separator : "",
			   ( (const uint8_t *) raw )[i] );
		text_add ( &text, part );
	}
	return text.used;
}

static ssize_t hexcolon_parse ( const char *text, void *raw, size_t len ) {
	return hex_parse ( text, raw, len, ':' );
}

static ssize_t hexcolon_format ( const void *raw, size_t raw_len, char *buf, size_t len ) {
	return hex_format ( raw, raw_len, buf, len, ":" );
}

static ssize_t hexhyp_parse ( const char *text, void *raw, size_t len ) {
	return hex_parse ( text, raw, len, '-' );
}

static ssize_t hexhyp_format ( const void *raw, size_t raw_len, char *buf, size_t len ) {
	return hex_format ( raw, raw_len, buf, len, "-" );
}

static ssize_t hexraw_parse ( const char *text, void *raw, size_t len ) {
	return hex_parse ( text, raw, len, 0 );
}

static ssize_t hexraw_format ( const void *raw, size_t raw_len, char *buf, size_t len ) {
	return hex_format ( raw, raw_len, buf, len, "" );
}

/* ---- base64 ---- */

static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static ssize_t base64_parse ( const char *text, void *raw, size_t len ) {
	unsigned int bits = 0, padding = 0;
	size_t digits = 0, count = 0;
	const char *digit;

	for ( ; *text; text++, digits++ ) {
		if ( *text == '=' ) {
			padding++;
			continue;
		}
		if ( padding || ( ( digit = strchr ( base64, *text ) ) == NULL ) )
			return -EINVAL_SETTING;
		bits = ( bits << 6 ) | (unsigned int) ( digit - base64 );
		if ( digits % 4 )
			put ( raw, len, count++, bits >> ( 6 - 2 * ( digits % 4 ) ) );
	}
	if ( ( digits % 4 ) || ( padding > 2 ) )
		return -EINVAL_SETTING;
	return count;
}

static ssize_t base64_format ( const void *raw, size_t raw_len, char *buf, size_t len ) {
	struct text text = text_start ( buf, len );
	const uint8_t *bytes = raw;
	char part[5] = "";

	for ( size_t i = 0; i < raw_len; i += 3 ) {
		uint32_t bits = bytes[i] << 16;

		if ( i + 1 < raw_len )
			bits |= bytes[i + 1] << 8;
		if ( i + 2 < raw_len )
			bits |= bytes[i + 2];
		part[0] = base64[bits >> 18];
		part[1] = base64[( bits >> 12 ) & 63];
		part[2] = ( i + 1 < raw_len ) ? base64[( bits >> 6 ) & 63] : '=';
		part[3] = ( i + 2 < raw_len ) ? base64[bits & 63] : '=';
		text_add ( &text, part );
	}
	return text.used;
}

/* ---- uuid, guid ---- */

#define UUID_LEN 16

/** Bytes of a GUID in the order of its text: the first three fields are little-endian. */
static const uint8_t guid_order[UUID_LEN] = {
	3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15
};

static ssize_t uuid_parse ( const char *text, void *raw, size_t len ) {
	for ( unsigned int i = 0; i < UUID_LEN; i++ ) {
		if ( ( digit_value ( text[0] ) < 0 ) || ( digit_value ( text[1] ) < 0 ) )
			return -EINVAL_SETTING;
		put ( raw, len, i, digit_value ( text[0] ) << 4 | digit_value ( text[1] ) );
		text += 2;
		if ( *text == '-' )
			text++;
	}
	return *text ? -EINVAL_SETTING : UUID_LEN;
}

static ssize_t uuid_format ( const void *raw, size_t raw_len, char *buf, size_t len ) {
	const uint8_t *b = raw;

	if ( raw_len != UUID_LEN )
		return -ERANGE_SETTING;
	return snprintf ( buf, len,
			  "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
			  b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11],
			  b[12], b[13], b[14], b[15] );
}

static ssize_t guid_parse ( const char *text, void *raw, size_t len ) {
	uint8_t uuid[UUID_LEN];
	ssize_t ret = uuid_parse ( text, uuid, sizeof ( uuid ) );

	for ( unsigned int i = 0; ( ret >= 0 ) && ( i < UUID_LEN ); i++ )
		put ( raw, len, i, uuid[guid_order[i]] );
	return ret;
}

static ssize_t guid_format ( const void *raw, size_t raw_len, char *buf, size_t len ) {
	uint8_t uuid[UUID_LEN];

	if ( raw_len != UUID_LEN )
		return -ERANGE_SETTING;
	for ( unsigned int i = 0; i < UUID_LEN; i++ )
		uuid[i] = ( (const uint8_t *) raw )[guid_order[i]];
	return uuid_format ( uuid, sizeof ( uuid ), buf, len );
}

/* ---- Addresses ---- */

/** Read "10.0.2.2". @return what follows it, or NULL */
static const char *ipv4_text_parse ( const char *text, uint8_t bytes[4] ) {
	for ( unsigned int i = 0; i < 4; i++ ) {
		unsigned int value = 0, digits = 0;

		if ( i && ( *text++ != '.' ) )
			return NULL;
		for ( ; ( *text >= '0' ) && ( *text <= '9' ) && ( digits < 4 ); text++, digits++ )
			value = value * 10 + ( *text - '0' );
		if ( !digits || ( value > 255 ) )
			return NULL;
		bytes[i] = value;
	}
	return text;
}

/** The code that users of wrong addresses know. */
#define EINVAL_IPV4 ERROR_AT ( EINVAL, 0x056000, 0 )

static ssize_t ipv4_parse_setting ( const char *text, void *raw, size_t len ) {
	uint8_t bytes[4];

	text = ipv4_text_parse ( text, bytes );
	if ( !text || *text )
		return -EINVAL_IPV4;
	for ( unsigned int i = 0; i < sizeof ( bytes ); i++ )
		put ( raw, len, i, bytes[i] );
	return sizeof ( bytes );
}

static ssize_t ipv4_format ( const void *raw, size_t raw_len, char *buf, size_t len ) {
	const uint8_t *b = raw;

	if ( raw_len < 4 )
		return -EINVAL_SETTING;
	return snprintf ( buf, len, "%d.%d.%d.%d", b[0], b[1], b[2], b[3] );
}

#define IPV6_LEN 16

/** One group of up to four hex digits. @return what follows it, or NULL */
static const char *ipv6_group_parse ( const char *text, uint8_t *ret_bytes ) {
	unsigned int value = 0, digits = 0;

	for ( ; ( digit_value ( *text ) >= 0 ) && ( digits < 5 ); text++, digits++ )
		value = ( value << 4 ) | (unsigned int) digit_value ( *text );
	if ( !digits || ( digits > 4 ) )
		return NULL;
	ret_bytes[0] = value >> 8;
	ret_bytes[1] = value;
	return text;
}

static ssize_t ipv6_parse ( const char *text, void *raw, size_t len ) {
	uint8_t bytes[IPV6_LEN] = { 0 };
	unsigned int used = 0, gap = IPV6_LEN + 1;

	if ( strncmp ( text, "::", 2 ) == 0 )
		text++;
	else if ( *text == ':' )
		return -EINVAL_SETTING;
	while ( *text ) {
		uint8_t ipv4[4];
		const char *end;

		if ( ( *text == ':' ) && ( gap <= IPV6_LEN ) )
			return -EINVAL_SETTING;
		if ( *text == ':' ) {
			gap = used;
			text++;
			continue;
		}
		end = ipv4_text_parse ( text, ipv4 );
		if ( end && !*end && ( used + 4 <= IPV6_LEN ) ) {
			memcpy ( &bytes[used], ipv4, 4 );
			used += 4;
			break;
		}
		if ( ( used + 2 > IPV6_LEN ) ||
		     ( ( text = ipv6_group_parse ( text, &bytes[used] ) ) == NULL ) )
			return -EINVAL_SETTING;
		used += 2;
		if ( *text && ( ( *text++ != ':' ) || !*text ) )
			return -EINVAL_SETTING;
	}
	if ( ( gap > IPV6_LEN ) ? ( used != IPV6_LEN ) : ( used >= IPV6_LEN ) )
		return -EINVAL_SETTING;
	if ( gap <= IPV6_LEN ) {
		memmove ( &bytes[IPV6_LEN - ( used - gap )], &bytes[gap], used - gap );
		memset ( &bytes[gap], 0, IPV6_LEN - used );
	}
	for ( unsigned int i = 0; i < IPV6_LEN; i++ )
		put ( raw, len, i, bytes[i] );
	return IPV6_LEN;
}

static ssize_t ipv6_format ( const void *raw, size_t raw_len, char *buf, size_t len ) {
	struct text text = text_start ( buf, len );
	unsigned int best = 0, best_len = 1, groups[8], run, i;
	const uint8_t *b = raw;
	char part[6];

	if ( raw_len < IPV6_LEN )
		return -EINVAL_SETTING;
	for ( i = 0; i < 8; i++ )
		groups[i] = b[2 * i] << 8 | b[2 * i + 1];
	/* The first of the longest runs of at least two zero groups becomes "::". */
	for ( i = 0; i < 8; i += run + 1 ) {
		for ( run = 0; ( i + run < 8 ) && ( groups[i + run] == 0 ); run++ )
			;
		if ( run > best_len ) {
			best = i;
			best_len = run;
		}
	}
	for ( i = 0; i < 8; i++ ) {
		if ( ( best_len > 1 ) && ( i == best ) ) {
			text_add ( &text, "::" );
			i += best_len - 1;
			continue;
		}
		if ( i && ( ( best_len < 2 ) || ( i != best + best_len ) ) )
			text_add ( &text, ":" );
		snprintf ( part, sizeof ( part ), "%x", groups[i] );
		text_add ( &text, part );
	}
	return text.used;
}

/* ---- busdevfn ---- */

static ssize_t busdevfn_format ( const void *raw, size_t raw_len, char *buf, size_t len ) {
	int64_t value;
	int rc = int_value ( raw, raw_len, false, &value );

	if ( rc != 0 )
		return rc;
	return snprintf ( buf, len, "%04x:%02x:%02x.%x", (unsigned int) ( value >> 16 ) & 0xffff,
			  (unsigned int) ( value >> 8 ) & 0xff,
			  (unsigned int) ( value >> 3 ) & 0x1f, (unsigned int) value & 0x07 );
}

/* ---- dnssl ---- */

/** Compression pointers followed in one name; a list that needs more is refused. */
#define DNSSL_POINTERS_MAX 16

/** One name at the reader's position, appended as text. */
static int dnssl_name ( struct reader *r, const uint8_t *start, struct text *text ) {
	struct reader at = *r;
	unsigned int pointers = 0, label_len;
	bool first = true;

	for ( ;; ) {
		label_len = read_u8 ( &at );
		if ( ( label_len & 0xc0 ) == 0xc0 ) {
			size_t offset = ( ( label_len & 0x3f ) << 8 ) | read_u8 ( &at );

			if ( reader_failed ( &at ) || ( ++pointers > DNSSL_POINTERS_MAX ) ||
			     ( offset >= (size_t) ( at.end - start ) ) )
				return -EINVAL_SETTING;
			if ( pointers == 1 )
				r->pos = at.pos;
			at.pos = start + offset;
			continue;
		}
		const uint8_t *label = read_bytes ( &at, label_len );

		if ( !label || ( label_len & 0xc0 ) )
			return -EINVAL_SETTING;
		if ( label_len == 0 )
			break;
		if ( !first )
			text_add ( text, "." );
		first = false;
		for ( unsigned int i = 0; i < label_len; i++ )
			text_add ( text, ( char[] ){ label[i], '\0' } );
	}
	if ( pointers == 0 )
		r->pos = at.pos;
	return 0;
}

static ssize_t dnssl_format ( const void *raw, size_t raw_len, char *buf, size_t len ) {
	struct text text = text_start ( buf, len );
	struct reader r = READER ( raw, raw_len );
	int rc;

	while ( reader_left ( &r ) > 0 ) {
		if ( text.used )
			text_add ( &text, " " );
		if ( ( rc = dnssl_name ( &r, raw, &text ) ) != 0 )
			return rc;
	}
	return text.used;
}

/* ---- The types ---- */

const struct setting_type setting_type_string = { .name = "string",
						  .parse = string_parse,
						  .format = string_format };
SETTING_TYPE ( setting_type_string );

const struct setting_type setting_type_uristring = { .name = "uristring",
						     .parse = uristring_parse,
						     .format = uristring_format };
SETTING_TYPE ( setting_type_uristring );

const struct setting_type setting_type_ipv4 = { .name = "ipv4",
						.parse = ipv4_parse_setting,
						.format = ipv4_format };
SETTING_TYPE ( setting_type_ipv4 );

const struct setting_type setting_type_ipv6 = { .name = "ipv6",
						.parse = ipv6_parse,
						.format = ipv6_format };
SETTING_TYPE ( setting_type_ipv6 );

const struct setting_type setting_type_int8 = {
	.name = "int8", .parse = int8_parse, .format = int_format, .int_size = 1, .is_signed = true
};
SETTING_TYPE ( setting_type_int8 );

const struct setting_type setting_type_int16 = { .name = "int16",
						 .parse = int16_parse,
						 .format = int_format,
						 .int_size = 2,
						 .is_signed = true };
SETTING_TYPE ( setting_type_int16 );

const struct setting_type setting_type_int32 = { .name = "int32",
						 .parse = int32_parse,
						 .format = int_format,
						 .int_size = 4,
						 .is_signed = true };
SETTING_TYPE ( setting_type_int32 );

const struct setting_type setting_type_uint8 = {
	.name = "uint8", .parse = int8_parse, .format = uint_format, .int_size = 1
};
SETTING_TYPE ( setting_type_uint8 );

const struct setting_type setting_type_uint16 = {
	.name = "uint16", .parse = int16_parse, .format = uint_format, .int_size = 2
};
SETTING_TYPE ( setting_type_uint16 );

const struct setting_type setting_type_uint32 = {
	.name = "uint32", .parse = int32_parse, .format = uint_format, .int_size = 4
};
SETTING_TYPE ( setting_type_uint32 );

const struct setting_type setting_type_hex = { .name = "hex",
					       .parse = hexcolon_parse,
					       .format = hexcolon_format };
SETTING_TYPE ( setting_type_hex );

const struct setting_type setting_type_hexhyp = { .name = "hexhyp",
						  .parse = hexhyp_parse,
						  .format = hexhyp_format };
SETTING_TYPE ( setting_type_hexhyp );

const struct setting_type setting_type_hexraw = { .name = "hexraw",
						  .parse = hexraw_parse,
						  .format = hexraw_format };
SETTING_TYPE ( setting_type_hexraw );

const struct setting_type setting_type_base64 = { .name = "base64",
						  .parse = base64_parse,
						  .format = base64_format };
SETTING_TYPE ( setting_type_base64 );

const struct setting_type setting_type_uuid = { .name = "uuid",
						.parse = uuid_parse,
						.format = uuid_format };
SETTING_TYPE ( setting_type_uuid );

const struct setting_type setting_type_guid = { .name = "guid",
						.parse = guid_parse,
						.format = guid_format };
SETTING_TYPE ( setting_type_guid );

const struct setting_type setting_type_busdevfn = { .name = "busdevfn", .format = busdevfn_format };
SETTING_TYPE ( setting_type_busdevfn );

const struct setting_type setting_type_dnssl = { .name = "dnssl", .format = dnssl_format };
SETTING_TYPE ( setting_type_dnssl );
