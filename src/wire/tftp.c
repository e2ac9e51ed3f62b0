/** @file
 * TFTP packets (RFC 1350, 2347, 2348, 2349, 7440). See wire/tftp.h.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "core/error.h"
#include "wire/tftp.h"

static void write_text ( struct writer *w, const char *text ) {
	write_bytes ( w, text, strlen ( text ) + 1 );
}

static void write_option ( struct writer *w, const char *name, uint64_t value ) {
	char text[24];

	snprintf ( text, sizeof ( text ), "%llu", (unsigned long long) value );
	write_text ( w, name );
	write_text ( w, text );
}

ssize_t tftp_build_request ( const char *name, const struct tftp_options *options, uint8_t *buf,
			     size_t max ) {
	struct writer w = WRITER ( buf, max );

	write_be16 ( &w, TFTP_RRQ );
	write_text ( &w, name );
	write_text ( &w, "octet" );
	if ( options && options->blksize )
		write_option ( &w, "blksize", options->blksize );
	if ( options && options->has_tsize )
		write_option ( &w, "tsize", options->tsize );
	if ( options && options->timeout )
		write_option ( &w, "timeout", options->timeout );
	if ( options && options->windowsize )
		write_option ( &w, "windowsize", options->windowsize );
	return writer_failed ( &w ) ? -ENAMETOOLONG : (ssize_t) writer_len ( &w );
}

size_t tftp_build_ack ( uint16_t block, uint8_t *buf ) {
	struct writer w = WRITER ( buf, TFTP_ACK_LEN );

	write_be16 ( &w, TFTP_ACK );
	write_be16 ( &w, block );
	return writer_len ( &w );
}

size_t tftp_build_error ( uint16_t code, const char *text, uint8_t *buf, size_t max ) {
	struct writer w = WRITER ( buf, max );
	size_t len = strlen ( text );

	write_be16 ( &w, TFTP_ERROR );
	write_be16 ( &w, code );
	if ( max > writer_len ( &w ) )
		write_bytes ( &w, text, MIN ( len, max - writer_len ( &w ) - 1 ) );
	write_u8 ( &w, 0 );
	return writer_len ( &w );
}

/* A string with its NUL. @return it, or NULL (and failed): there is no NUL */
static const char *read_text ( struct reader *r ) {
	const uint8_t *nul = reader_left ( r ) ? memchr ( r->pos, 0, reader_left ( r ) ) : NULL;

	if ( !nul ) {
		r->failed = true;
		return NULL;
	}
	return (const char *) read_bytes ( r, (size_t) ( nul - r->pos ) + 1 );
}

/* A decimal number in min..max, and nothing else. */
static bool parse_number ( const char *text, uint64_t min, uint64_t max, uint64_t *ret ) {
	uint64_t value = 0;

	if ( !*text )
		return false;
	for ( ; *text; text++ ) {
		unsigned int digit = (unsigned char) *text - '0';

		if ( ( digit > 9 ) || ( value > ( max - digit ) / 10 ) )
			return false;
		value = value * 10 + digit;
	}
	*ret = value;
	return value >= min;
}

static bool parse_option ( const char *name, const char *text, struct tftp_options *options ) {
	uint64_t value = 0;
	bool good = true;

	if ( strcasecmp ( name, "blksize" ) == 0 ) {
		good = parse_number ( text, TFTP_BLKSIZE_MIN, TFTP_BLKSIZE_MAX, &value );
		options->blksize = (uint16_t) value;
	} else if ( strcasecmp ( name, "windowsize" ) == 0 ) {
		good = parse_number ( text, 1, UINT16_MAX, &value );
		options->windowsize = (uint16_t) value;
	} else if ( strcasecmp ( name, "timeout" ) == 0 ) {
		good = parse_number ( text, 1, UINT8_MAX, &value );
		options->timeout = (uint8_t) value;
	} else if ( strcasecmp ( name, "tsize" ) == 0 ) {
		good = parse_number ( text, 0, INT64_MAX, &options->tsize );
		options->has_tsize = true;
	}
	return good;
}

static bool parse_options ( struct reader *r, struct tftp_options *options ) {
	while ( reader_left ( r ) ) {
		const char *name = read_text ( r );
		const char *value = read_text ( r );

		if ( reader_failed ( r ) || !parse_option ( name, value, options ) )
			return false;
	}
	return true;
}

int tftp_parse ( const void *data, size_t len, struct tftp_packet *ret_packet ) {
	struct reader r = READER ( data, len );
	struct tftp_packet packet = { .opcode = read_be16 ( &r ) };

	switch ( packet.opcode ) {
	case TFTP_DATA:
	case TFTP_ACK:
	case TFTP_ERROR:
		packet.number = read_be16 ( &r );
		packet.len = reader_left ( &r );
		packet.data = read_bytes ( &r, packet.len );
		if ( ( packet.opcode == TFTP_ERROR ) && packet.data )
			packet.len = strnlen ( (const char *) packet.data, packet.len );
		break;
	case TFTP_OACK:
		if ( !parse_options ( &r, &packet.options ) )
			return -EBADMSG;
		break;
	default:
		return -EBADMSG;
	}
	if ( reader_failed ( &r ) )
		return -EBADMSG;
	*ret_packet = packet;
	return 0;
}
