/** @file
 * UTF-8 (RFC 3629), for consoles that want code points: UEFI's UTF-16 text.
 */
#ifndef CORE_UTF8_H
#define CORE_UTF8_H

#include "core/compiler.h"

#define UTF8_REPLACEMENT 0xfffd

/** A decoder that is fed one byte at a time; zeroed = start. */
struct utf8_decoder {
	uint32_t value;
	uint32_t minimum;      /**< smallest code point of this length: rejects overlong forms */
	unsigned int expected; /**< continuation bytes still to come */
};

/**
 * Feed one byte.
 * @return a code point, UTF8_REPLACEMENT for a malformed sequence, or 0 if more bytes are needed
 */
uint32_t utf8_feed ( struct utf8_decoder *decoder, uint8_t byte );

/** Encode a code point. @return bytes written to @c buf (1 to 4) */
size_t utf8_encode ( uint32_t value, uint8_t buf[4] );

#endif /* CORE_UTF8_H */
