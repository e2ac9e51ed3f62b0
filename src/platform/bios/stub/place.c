/** @file
 * Where the core goes, and moving it there.
 */
#include "platform/bios/stub/place.h"

#define LIMIT_4G 0x100000000ULL

/** Lower @c end below [from, to) if a block of @c len that ends there would touch it. */
static uint64_t below ( uint64_t end, uint64_t len, uint64_t from, uint64_t to ) {
	return ( ( end > from ) && ( end - len < to ) ) ? ROUND_DOWN ( from, 4096 ) : end;
}

uint64_t place_find ( const struct boot_info *info, uint64_t len, uint64_t stub,
		      uint64_t stub_end ) {
	uint64_t best = 0, start, end, was;
	unsigned int i, k;

	for ( i = 0; i < info->range_count; i++ ) {
		if ( ( info->ranges[i].type != E820_RAM ) || ( info->ranges[i].base >= LIMIT_4G ) )
			continue;
		start = MAX ( info->ranges[i].base, stub );
		end = MIN ( info->ranges[i].base + info->ranges[i].len, LIMIT_4G );
		end = ROUND_DOWN ( end, 4096 );
		do {
			was = end;
			if ( end < start + len )
				break;
			end = below ( end, len, stub, stub_end );
			if ( info->initrd_len )
				end = below ( end, len, info->initrd,
					      info->initrd + info->initrd_len );
			/* Overlapping reports exist: what anything but RAM claims is not RAM. */
			for ( k = 0; k < info->range_count; k++ )
				if ( ( info->ranges[k].type != E820_RAM ) && ( end >= len ) )
					end = below ( end, len, info->ranges[k].base,
						      info->ranges[k].base + info->ranges[k].len );
		} while ( end != was );
		if ( ( end >= start + len ) && ( end - len > best ) )
			best = end - len;
	}
	return best;
}

void place_relocate ( uint64_t base, const uint64_t *relr, size_t len ) {
	uint64_t *where = NULL, map;
	unsigned int i;

	for ( ; len; len -= sizeof ( *relr ), relr++ ) {
		if ( ( *relr & 1 ) == 0 ) {
			where = (uint64_t *) ( base + *relr );
			*where++ += base;
			continue;
		}
		for ( i = 0, map = *relr >> 1; map; i++, map >>= 1 )
			if ( map & 1 )
				where[i] += base;
		where += 63;
	}
}
