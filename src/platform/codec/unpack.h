/** @file
 * Unpacking the core (BIOS) or the application (UEFI option ROM): a codec, and behind it the filter of
 * targets.h, undone. The packer is util/pack.c.
 */
#ifndef CODEC_UNPACK_H
#define CODEC_UNPACK_H

#include <stddef.h>
#include <stdint.h>

/* Parameters of the LZMA stream, measured as the smallest for this firmware. */
#define PAYLOAD_LC 3
#define PAYLOAD_LP 0
#define PAYLOAD_PB 0

/** What is where in the unpacked bytes. All zeros if there is no code. */
struct payload_layout {
	uint32_t code,
		code_end; /**< instructions; before them, tables; behind them, strings and the like */
	uint32_t tables; /**< tables of 8-byte words, from here on */
};

/** What the packer puts in front. Little endian. Then come what the filter has left alone (targets.h), places in big
 * endian up to UINT32_MAX, and the codec's bytes. */
struct payload_header {
	uint32_t crc;     /**< CRC-32 (ISO 3309) of all that follows */
	uint32_t len;     /**< unpacked */
	uint32_t mem_len; /**< memory that a core needs; otherwise the same */
	struct payload_layout layout;
};

/** A way to pack. An image has one of them, payload_codec. */
struct codec {
	size_t work_len; /**< memory that it works in, bytes; a multiple of 4 */
	/**
	 * Unpack to what the filter has made.
	 *
	 * @param src   packed bytes
	 * @param dst   where @c len bytes go
	 * @param work  @c work_len bytes of zeros
	 */
	void ( *decode ) ( const uint8_t *src, uint8_t *dst, size_t len,
			   const struct payload_layout *layout, void *work );
};

extern const struct codec lzma_codec; /**< fast */
extern const struct codec mix_codec;  /**< small */
extern const struct codec
	payload_codec; /**< the image's own: one of those; scripts/bios.mk, efi.mk */

/** @return how much memory unpack() works in, bytes */
size_t unpack_work_len ( const struct codec *codec );

/**
 * Unpack a payload.
 *
 * @param payload  its CRC, or one over more, has been found right
 * @param dst      where its @c len bytes go
 * @param work     unpack_work_len() bytes of zeros
 */
void unpack ( const struct codec *codec, const struct payload_header *payload, uint8_t *dst,
	      void *work );

/** @return four bytes of a stream, big endian */
static inline uint32_t stream_word ( const uint8_t *p ) {
	return ( (uint32_t) p[0] << 24 ) | ( p[1] << 16 ) | ( p[2] << 8 ) | p[3];
}

/** The inverse, for encoders. */
static inline void stream_put_word ( uint8_t *p, uint32_t value ) {
	for ( int i = 0; i < 4; i++ )
		p[i] = value >> ( 24 - 8 * i );
}

#endif /* CODEC_UNPACK_H */
