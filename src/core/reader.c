/** @file
 * The bounded reader and writer: out of line, for half of the sources use them.
 */
#include "core/reader.h"

const uint8_t *read_bytes ( struct reader *r, size_t len ) {
	const uint8_t *bytes = r->pos;

	if ( len > reader_left ( r ) || r->failed ) {
		r->failed = true;
		return NULL;
	}
	r->pos += len;
	return bytes;
}

struct reader read_sub ( struct reader *r, size_t len ) {
	const uint8_t *bytes = read_bytes ( r, len );

	return ( struct reader ){ .pos = bytes,
				  .end = bytes ? bytes + len : NULL,
				  .failed = !bytes };
}

void read_copy ( struct reader *r, void *dest, size_t len ) {
	const uint8_t *bytes = read_bytes ( r, len );

	if ( bytes )
		__builtin_memcpy ( dest, bytes, len );
}

uint8_t read_u8 ( struct reader *r ) {
	const uint8_t *b = read_bytes ( r, 1 );

	return b ? b[0] : 0;
}

/* One value of @c len bytes in either byte order; 0 if it is not all there. */
static uint64_t read_big_endian ( struct reader *r, size_t len ) {
	const uint8_t *b = read_bytes ( r, len );
	uint64_t value = 0;

	for ( size_t i = 0; b && ( i < len ); i++ )
		value = ( value << 8 ) | b[i];
	return value;
}

static uint64_t read_little_endian ( struct reader *r, size_t len ) {
	const uint8_t *b = read_bytes ( r, len );
	uint64_t value = 0;

	for ( size_t i = len; b && i; i-- )
		value = ( value << 8 ) | b[i - 1];
	return value;
}

uint16_t read_be16 ( struct reader *r ) {
	return (uint16_t) read_big_endian ( r, 2 );
}

uint32_t read_be32 ( struct reader *r ) {
	return (uint32_t) read_big_endian ( r, 4 );
}

uint64_t read_be64 ( struct reader *r ) {
	return read_big_endian ( r, 8 );
}

uint16_t read_le16 ( struct reader *r ) {
	return (uint16_t) read_little_endian ( r, 2 );
}

uint32_t read_le32 ( struct reader *r ) {
	return (uint32_t) read_little_endian ( r, 4 );
}

uint64_t read_le64 ( struct reader *r ) {
	return read_little_endian ( r, 8 );
}

uint8_t *write_reserve ( struct writer *w, size_t len ) {
	uint8_t *bytes = w->pos;

	if ( w->failed || ( len > (size_t) ( w->end - w->pos ) ) ) {
		w->failed = true;
		return NULL;
	}
	w->pos += len;
	return bytes;
}

void write_bytes ( struct writer *w, const void *data, size_t len ) {
	uint8_t *bytes = write_reserve ( w, len );

	if ( bytes && len )
		__builtin_memcpy ( bytes, data, len );
}

void write_u8 ( struct writer *w, uint8_t value ) {
	write_bytes ( w, &value, 1 );
}

void write_be16 ( struct writer *w, uint16_t value ) {
	uint8_t *b = write_reserve ( w, 2 );

	if ( b ) {
		b[0] = value >> 8;
		b[1] = value;
	}
}

void write_be32 ( struct writer *w, uint32_t value ) {
	write_be16 ( w, value >> 16 );
	write_be16 ( w, value );
}

void write_be64 ( struct writer *w, uint64_t value ) {
	write_be32 ( w, value >> 32 );
	write_be32 ( w, value );
}
