/** @file
 * The memory map that a real-mode program is shown while we wait for its return.
 */
#ifndef BIOS_MEMORY_MAP_H
#define BIOS_MEMORY_MAP_H

#include "platform/bios/bios.h"

/**
 * Make a map in which RAM that is in use, by us or by images, is reserved (INT 15h AX=E820h). If free memory is in
 * more pieces than there is room for, the smallest are called reserved, too.
 *
 * @param map       where to
 * @param max       room there, ranges; at least 16 more than the firmware's own map has
 * @param base_end  end of base memory that the program may use
 * @return number of ranges
 */
unsigned int memory_map_make ( struct e820_range *map, unsigned int max, uint32_t base_end );

/** Free memory in one piece from 1 MiB, as INT 15h AX=E801h has it: up to 16 MiB, in KiB, and from there, in
 * 64 KiB. */
void memory_map_extended ( const struct e820_range *map, unsigned int count, uint16_t *ret_kb,
			   uint16_t *ret_64kb );

#endif /* BIOS_MEMORY_MAP_H */
