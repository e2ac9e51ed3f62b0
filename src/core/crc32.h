/** @file
 * CRC-32 of ISO 3309, as zip and Ethernet have it. The BIOS image's stub and the packer use it, too.
 */
#ifndef CORE_CRC32_H
#define CORE_CRC32_H

#include <stddef.h>
#include <stdint.h>

/** @return the CRC of @c len bytes */
static inline uint32_t crc32 ( const uint8_t *data, size_t len ) {
	static uint32_t table[256];
	uint32_t crc = 0xffffffff, value;
	unsigned int i, k;

	for ( i = 0; i < 256; i++ ) {
		for ( value = i, k = 0; k < 8; k++ )
			value = ( value >> 1 ) ^ ( ( value & 1 ) ? 0xedb88320 : 0 );
		table[i] = value;
	}
	while ( len-- )
		crc = ( crc >> 8 ) ^ table[( crc ^ *data++ ) & 0xff];
	return ~crc;
}

#endif /* CORE_CRC32_H */
