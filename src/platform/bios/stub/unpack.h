/** @file
 * Unpacking the core: LZMA and the branch filter. The packer is util/lkrnpack.c.
 */
#ifndef BIOS_STUB_UNPACK_H
#define BIOS_STUB_UNPACK_H

#include <stddef.h>
#include <stdint.h>

/**
 * Decode a raw LZMA stream (no header) with the parameters PAYLOAD_LC, _LP and _PB.
 *
 * The stream must be sound: the caller has checked its CRC.
 *
 * @param src  packed bytes
 * @param dst  where @c len bytes go
 */
void lzma_decode ( const uint8_t *src, uint8_t *dst, size_t len );

/** Undo the branch filter: call and jump targets from absolute to relative. */
void branch_unfilter ( uint8_t *code, size_t len );

/** CRC-32 (ISO 3309, as zip and Ethernet). */
uint32_t crc32 ( const uint8_t *data, size_t len );

#endif /* BIOS_STUB_UNPACK_H */
