/** @file
 * Unpacking the core: codecs and the branch filter. The packer is util/lkrnpack.c.
 */
#ifndef BIOS_STUB_UNPACK_H
#define BIOS_STUB_UNPACK_H

#include <stddef.h>
#include <stdint.h>

/** A way to pack. An image has one of them, payload_codec. */
struct codec {
	size_t work_len; /**< memory that it works in, bytes */
	/**
	 * Unpack. The stream must be sound: the caller has checked its CRC.
	 *
	 * @param src   packed bytes
	 * @param dst   where @c len bytes go
	 * @param work  @c work_len bytes of zeros
	 */
	void ( *decode ) ( const uint8_t *src, uint8_t *dst, size_t len, void *work );
};

extern const struct codec lzma_codec; /**< fast */
extern const struct codec mix_codec;  /**< small */

/** Undo the branch filter: call and jump targets from absolute to relative. */
void branch_unfilter ( uint8_t *code, size_t len );

/** CRC-32 (ISO 3309, as zip and Ethernet). */
uint32_t crc32 ( const uint8_t *data, size_t len );

#endif /* BIOS_STUB_UNPACK_H */
