/** @file
 * A memory map from the firmware's and from what is free.
 */
#include "platform/bios/memory_map.h"

#define E820_RESERVED 2
#define LIMIT_1M      0x100000ULL
#define LIMIT_16M     0x1000000ULL
#define PIECE_MIN     65536 /* smaller ones are of no use to anybody */

struct builder {
	struct e820_range *map;
	unsigned int count, max;
	uint64_t piece_min;
	uint64_t pos, end; /* of the RAM range that is looked at */
};

static void put ( struct builder *builder, uint64_t start, uint64_t end, uint32_t type ) {
	if ( start >= end )
		return;
	if ( builder->count < builder->max )
		builder->map[builder->count] = ( struct e820_range ){
			.base = start, .len = end - start, .type = type, .attributes = 1
		};
	builder->count++;
}

/** Free memory within the range, and what is in use before it. */
static void put_piece ( void *arg, uint64_t start, uint64_t end ) {
	struct builder *builder = arg;

	start = MAX ( start, builder->pos );
	end = MIN ( end, builder->end );
	if ( ( start >= end ) || ( end - start < builder->piece_min ) )
		return;
	put ( builder, builder->pos, start, E820_RESERVED );
	put ( builder, start, end, E820_RAM );
	builder->pos = end;
}

static void put_ram ( struct builder *builder, uint64_t start, uint64_t end, uint32_t base_end ) {
	builder->pos = start;
	builder->end = end;
	if ( start < base_end ) {
		builder->pos = MIN ( end, (uint64_t) base_end );
		put ( builder, start, builder->pos, E820_RAM );
	}
	pages_for_each_free ( put_piece, builder );
	put ( builder, builder->pos, end, E820_RESERVED );
}

/** @return number of ranges, of which only the first @c max are there */
static unsigned int make ( struct e820_range *map, unsigned int max, uint32_t base_end,
			   uint64_t piece_min ) {
	struct builder builder = { .map = map, .max = max, .piece_min = piece_min };
	const struct e820_range *range;

	for ( unsigned int i = 0; i < boot_info.range_count; i++ ) {
		range = &boot_info.ranges[i];
		if ( range->type == E820_RAM )
			put_ram ( &builder, range->base, range->base + range->len, base_end );
		else
			put ( &builder, range->base, range->base + range->len, range->type );
	}
	return builder.count;
}

unsigned int memory_map_make ( struct e820_range *map, unsigned int max, uint32_t base_end ) {
	uint64_t piece_min = PIECE_MIN;
	unsigned int count;

	while ( ( ( count = make ( map, max, base_end, piece_min ) ) > max ) && ( piece_min << 1 ) )
		piece_min <<= 1;
	return MIN ( count, max );
}

void memory_map_extended ( const struct e820_range *map, unsigned int count, uint16_t *ret_kb,
			   uint16_t *ret_64kb ) {
	uint64_t end = LIMIT_1M;

	for ( unsigned int i = 0; i < count; i++ )
		if ( ( map[i].type == E820_RAM ) && ( map[i].base == LIMIT_1M ) )
			end = map[i].base + map[i].len;
	*ret_kb = (uint16_t) ( ( MIN ( end, LIMIT_16M ) - LIMIT_1M ) / 1024 );
	*ret_64kb = ( end > LIMIT_16M )
			    ? (uint16_t) MIN ( ( end - LIMIT_16M ) / 65536, (uint64_t) UINT16_MAX )
			    : 0;
}
