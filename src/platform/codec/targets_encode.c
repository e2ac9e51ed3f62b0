/** @file
 * The filter of targets.h, for the packer and the tests.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "platform/codec/targets.h"
#include "platform/codec/unpack.h"

/** What filtering works with. The tables have an entry for each place in the image. */
struct targets_filter {
	struct targets targets;
	uint8_t *image;
	uint32_t start, end;
	uint32_t *number;   /**< of the instruction that begins there, from 1 on */
	uint32_t *function; /**< the same of functions */
	bool *left_alone;
};

/** The number for a target. There may be none: who asks looks whether the target comes out of it again. */
static uint32_t number_of ( const struct targets_filter *filter, enum target_kind kind,
			    uint32_t target, uint32_t number ) {
	if ( kind == TARGET_DATA )
		return target;
	if ( ( target < filter->start ) || ( target >= filter->end ) )
		return 0;
	if ( kind >= TARGET_NEAR )
		return filter->number[target] - 1 - ( number + 1 );
	return filter->function[target] ? filter->function[target] - 1
					: filter->number[target] - 1 + TARGETS_OTHER;
}

/** Filter the field at a place. @return whether it can be */
static bool filter_field ( const struct targets_filter *filter, const struct insn *insn,
			   enum target_kind kind, uint32_t pos, uint32_t number ) {
	unsigned int len = ( kind == TARGET_SHORT ) ? 1 : 4, i;
	uint32_t next = pos + len + ( ( kind == TARGET_DATA ) ? insn->immediate : 0 ), value, code;
	uint8_t *field = &filter->image[pos], filtered[4] = { 0 };

	value = ( kind == TARGET_SHORT ) ? (uint32_t) (int8_t) field[0]
					 : ( (uint32_t) field[3] << 24 ) | ( field[2] << 16 ) |
						   ( field[1] << 8 ) | field[0];
	code = number_of ( filter, kind, value + next, number );
	for ( i = 0; i < len; i++ )
		filtered[i] = code >> ( 8 * ( len - 1 - i ) );
	if ( target_value ( &filter->targets, kind, filtered, number, next ) != value )
		return false;
	memcpy ( field, filtered, len );
	return true;
}

/** Filter fields of some kinds, or leave them alone. */
static void filter_kinds ( struct targets_filter *filter, enum target_kind first,
			   enum target_kind last ) {
	struct insn insn = { 0 };
	uint32_t number = 0, pos;
	enum target_kind kind;

	for ( pos = filter->start; pos < filter->end; ) {
		if ( insn_take ( &insn, filter->image[pos++] ) ) {
			number++;
			insn_end ( &insn );
		}
		kind = target_kind ( &insn );
		if ( ( kind >= first ) && ( kind <= last ) && ( filter->end - pos >= 4 ) )
			filter->left_alone[pos] =
				!filter_field ( filter, &insn, kind, pos, number );
	}
}

/** @return instructions */
static uint32_t filter_all ( struct targets_filter *filter ) {
	struct targets *targets = &filter->targets;
	uint32_t count, i;

	count = targets_find ( targets, filter->image, filter->start, filter->end );
	for ( i = 0; i < count; i++ )
		filter->number[targets->insn[i]] = i + 1;
	filter_kinds ( filter, TARGET_NEAR, TARGET_SHORT );
	/* Functions as they will be found: from filtered jumps. */
	memset ( targets, 0, sizeof ( *targets ) );
	targets_find ( targets, filter->image, filter->start, filter->end );
	for ( i = 0; i < targets->functions; i++ )
		filter->function[targets->function[i]] = i + 1;
	filter_kinds ( filter, TARGET_DATA, TARGET_CALL );
	return count;
}

/** List what was left alone. @return bytes, 0 if there are more than @c max */
static size_t list_exceptions ( const struct targets_filter *filter, uint8_t *exceptions,
				size_t max ) {
	size_t len = 0;

	for ( uint32_t i = 0; i <= filter->end; i++ ) {
		if ( !filter->left_alone[i] && ( i < filter->end ) )
			continue;
		if ( len + 4 > max )
			return 0;
		stream_put_word ( exceptions + len, ( i == filter->end ) ? UINT32_MAX : i );
		len += 4;
	}
	return len;
}

/**
 * Filter an image in place.
 *
 * @param start,end   of its code
 * @param exceptions  big endian places of the fields left alone, in their order, and UINT32_MAX
 * @param max         bytes there
 * @return bytes of exceptions, 0 if there are too many, too much code, or no memory
 */
static size_t targets_filter ( uint8_t *image, uint32_t start, uint32_t end, uint8_t *exceptions,
			       size_t max ) {
	static struct targets_filter filter;
	size_t len = 0;

	filter = ( struct targets_filter ){
		.image = image,
		.start = start,
		.end = end,
		.number = calloc ( end + 1, sizeof ( *filter.number ) ),
		.function = calloc ( end + 1, sizeof ( *filter.function ) ),
		.left_alone = calloc ( end + 1, sizeof ( *filter.left_alone ) ),
	};
	if ( filter.number && filter.function && filter.left_alone &&
	     ( filter_all ( &filter ) < TARGETS_INSNS - 1 ) )
		len = list_exceptions ( &filter, exceptions, max );
	free ( filter.number );
	free ( filter.function );
	free ( filter.left_alone );
	return len;
}
