/** @file
 * Where the core goes, and moving it there.
 */
#ifndef BIOS_STUB_PLACE_H
#define BIOS_STUB_PLACE_H

#include "platform/bios/bios.h"

/**
 * Find the highest place for the core in RAM below 4 GiB, at or above the stub's address.
 *
 * @param info           memory map and initrd
 * @param len            bytes needed, whole pages
 * @param stub,stub_end  where the stub and the packed core lie
 * @return its address, or 0
 */
uint64_t place_find ( const struct boot_info *info, uint64_t len, uint64_t stub,
		      uint64_t stub_end );

/**
 * Apply packed relative relocations (System V gABI, DT_RELR): add @c base to 64-bit words. An even
 * entry is the offset of a word; an odd one a bit map of the 63 words that follow.
 */
void place_relocate ( uint64_t base, const uint64_t *relr, size_t len );

#endif /* BIOS_STUB_PLACE_H */
