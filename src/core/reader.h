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
const uint8_t *read_bytes ( struct reader *r, size_t len );

static inline void read_skip ( struct reader *r, size_t len ) {
	read_bytes ( r, len );
}

/** Take the next @c len bytes as a reader of their own; a failed one if there are fewer. */
struct reader read_sub ( struct reader *r, size_t len );

/** Copy the next @c len bytes to @c dest, which is left as it was on failure. */
void read_copy ( struct reader *r, void *dest, size_t len );

uint8_t read_u8 ( struct reader *r );

uint16_t read_be16 ( struct reader *r );

uint32_t read_be32 ( struct reader *r );

uint64_t read_be64 ( struct reader *r );

uint16_t read_le16 ( struct reader *r );

uint32_t read_le32 ( struct reader *r );

uint64_t read_le64 ( struct reader *r );

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
uint8_t *write_reserve ( struct writer *w, size_t len );

void write_bytes ( struct writer *w, const void *data, size_t len );

void write_u8 ( struct writer *w, uint8_t value );

void write_be16 ( struct writer *w, uint16_t value );

void write_be32 ( struct writer *w, uint32_t value );

void write_be64 ( struct writer *w, uint64_t value );

#endif /* CORE_READER_H */
