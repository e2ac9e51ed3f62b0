/** @file
 * Bounded reader and writer: the only way bytes from outside become values.
 *
 * Failure is sticky. After the first read past the end every read gives 0 (or NULL), so a parser
 * reads all its fields and checks reader_failed() once. Names give the byte order on the wire.
 */
#ifndef CORE_READER_H
#define CORE_READER_H

#include "core/compiler.h"

/** Bytes still to be read; borrowed, never written. */
struct reader {
	const uint8_t *pos;
	const uint8_t *end;
	bool failed;
};

static inline struct reader READER ( const void *data, size_t len ) {
	const uint8_t *bytes = data;

	/* NULL is fine for nothing, but even `NULL + 0` is undefined. */
	return ( struct reader ){ .pos = bytes, .end = len ? bytes + len : bytes };
}

static inline bool
reader_failed ( const struct reader *r ) {
	return r->failed;
}

/** Bytes left; 0 once failed. */
static inline size_t reader_left ( const struct reader *r ) {
	return r->failed ? 0 : (size_t) ( r->end - r->pos );
}

/** Take the next @c len bytes. @return a view of them, or NULL (and failed) if there are fewer */
static inline const uint8_t *read_bytes ( struct reader *r, size_t len ) {
	const uint8_t *bytes = r->pos;

	if ( len > reader_left ( r ) || r->failed ) {
		r->failed = true;
		return NULL;
	}
	r->pos += len;
	return bytes;
}

static inline void read_skip ( struct reader *r, size_t len ) {
	read_bytes ( r, len );
}

/** Take the next @c len bytes as a reader of their own; a failed one if there are fewer. */
static inline struct reader read_sub ( struct reader *r, size_t len ) {
	const uint8_t *bytes = read_bytes ( r, len );

	return ( struct reader ){ .pos = bytes,
				  .end = bytes ? bytes + len : NULL,
				  .failed = !bytes };
}

/** Copy the next @c len bytes to @c dest, which is left as it was on failure. */
static inline void read_copy ( struct reader *r, void *dest, size_t len ) {
	const uint8_t *bytes = read_bytes ( r, len );

	if ( bytes )
		__builtin_memcpy ( dest, bytes, len );
}

static inline uint8_t read_u8 ( struct reader *r ) {
	const uint8_t *b = read_bytes ( r, 1 );

	return b ? b[0] : 0;
}

/* One value of @c len bytes in either byte order; 0 if it is not all there. */
static inline uint64_t read_big_endian ( struct reader *r, size_t len ) {
	const uint8_t *b = read_bytes ( r, len );
	uint64_t value = 0;

	for ( size_t i = 0; b && ( i < len ); i++ )
		value = ( value << 8 ) | b[i];
	return value;
}

static inline uint64_t read_little_endian ( struct reader *r, size_t len ) {
	const uint8_t *b = read_bytes ( r, len );
	uint64_t value = 0;

	for ( size_t i = len; b && i; i-- )
		value = ( value << 8 ) | b[i - 1];
	return value;
}

static inline uint16_t read_be16 ( struct reader *r ) {
	return (uint16_t) read_big_endian ( r, 2 );
}

static inline uint32_t read_be32 ( struct reader *r ) {
	return (uint32_t) read_big_endian ( r, 4 );
}

static inline uint64_t read_be64 ( struct reader *r ) {
	return read_big_endian ( r, 8 );
}

static inline uint16_t read_le16 ( struct reader *r ) {
	return (uint16_t) read_little_endian ( r, 2 );
}

static inline uint32_t read_le32 ( struct reader *r ) {
	return (uint32_t) read_little_endian ( r, 4 );
}

static inline uint64_t read_le64 ( struct reader *r ) {
	return read_little_endian ( r, 8 );
}

/** Room still to be written; the buffer belongs to the caller. */
struct writer {
	uint8_t *start;
	uint8_t *pos;
	uint8_t *end;
	bool failed;
};

static inline struct writer WRITER ( void *buf, size_t len ) {
	uint8_t *bytes = buf;

	return ( struct writer ){ .start = bytes, .pos = bytes, .end = bytes + len };
}

static inline bool
writer_failed ( const struct writer *w ) {
	return w->failed;
}

/** Bytes written so far. */
static inline size_t writer_len ( const struct writer *w ) {
	return (size_t) ( w->pos - w->start );
}

/** Reserve @c len bytes. @return where they are, or NULL (and failed) if there is no room */
static inline uint8_t *write_reserve ( struct writer *w, size_t len ) {
	uint8_t *bytes = w->pos;

	if ( w->failed || ( len > (size_t) ( w->end - w->pos ) ) ) {
		w->failed = true;
		return NULL;
	}
	w->pos += len;
	return bytes;
}

static inline void write_bytes ( struct writer *w, const void *data, size_t len ) {
	uint8_t *bytes = write_reserve ( w, len );

	if ( bytes && len )
		__builtin_memcpy ( bytes, data, len );
}

static inline void write_u8 ( struct writer *w, uint8_t value ) {
	write_bytes ( w, &value, 1 );
}

static inline void write_be16 ( struct writer *w, uint16_t value ) {
	uint8_t *b = write_reserve ( w, 2 );

	if ( b ) {
		b[0] = value >> 8;
		b[1] = value;
	}
}

static inline void write_be32 ( struct writer *w, uint32_t value ) {
	write_be16 ( w, value >> 16 );
	write_be16 ( w, value );
}

static inline void write_be64 ( struct writer *w, uint64_t value ) {
	write_be32 ( w, value >> 32 );
	write_be32 ( w, value );
}

#endif /* CORE_READER_H */
