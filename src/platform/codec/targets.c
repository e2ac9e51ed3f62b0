/** @file
 * The filter of targets.h, undone.
 */
#include "platform/codec/targets.h"
#include "platform/codec/unpack.h"

#define MAY_BEGIN 1 /* a function may begin here */
#define JUMPED    2 /* a jump's target */

enum target_kind target_kind ( const struct insn *insn ) {
	if ( insn->index )
		return TARGET_NONE;
	if ( insn->field == INSN_DISPLACEMENT )
		return ( ( insn->modrm & 0xc7 ) == 5 ) ? TARGET_DATA : TARGET_NONE;
	if ( insn->field != INSN_IMMEDIATE )
		return TARGET_NONE;
	if ( insn_jumps_short ( insn ) )
		return TARGET_SHORT;
	if ( insn_jumps_near ( insn ) )
		return TARGET_NEAR;
	return ( ( ( insn->opcode & 0x1fe ) == INSN_CALL ) && !insn->operand16 ) ? TARGET_CALL
										 : TARGET_NONE;
}

/** Number of the instruction that a jump goes to. */
static uint32_t jump_number ( enum target_kind kind, const uint8_t *field, uint32_t number ) {
	return ( number + 1 +
		 ( ( kind == TARGET_SHORT ) ? (uint32_t) (int8_t) *field
					    : stream_word ( field ) ) ) %
	       TARGETS_INSNS;
}

uint32_t targets_find ( struct targets *targets, const uint8_t *image, uint32_t start,
			uint32_t end ) {
	struct insn insn = { 0 };
	uint32_t number = 0, pos, i;
	enum target_kind kind;

	targets->insn[0] = start;
	targets->flags[0] = MAY_BEGIN;
	for ( pos = start; ( pos < end ) && ( number < TARGETS_INSNS - 1 ); pos++ ) {
		if ( insn_take ( &insn, image[pos] ) ) {
			number++;
			targets->insn[number] = pos + 1;
			if ( ( insn.opcode == INSN_RET ) || ( insn.opcode == INSN_JUMP ) ||
			     ( insn.opcode == INSN_JUMP_SHORT ) )
				targets->flags[number] |= MAY_BEGIN;
			insn_end ( &insn );
		}
		kind = target_kind ( &insn );
		if ( ( kind >= TARGET_NEAR ) && ( end - pos > 4 ) )
			targets->flags[jump_number ( kind, &image[pos + 1], number )] |= JUMPED;
	}
	for ( i = 0; i < number; i++ )
		if ( targets->flags[i] == MAY_BEGIN )
			targets->function[targets->functions++] = targets->insn[i];
	return number;
}

uint32_t target_value ( const struct targets *targets, enum target_kind kind, const uint8_t *field,
			uint32_t number, uint32_t next ) {
	uint32_t value = stream_word ( field );

	if ( kind >= TARGET_NEAR )
		value = targets->insn[jump_number ( kind, field, number )];
	else if ( kind == TARGET_CALL )
		value = ( value < targets->functions )
				? targets->function[value]
				: targets->insn[( value - TARGETS_OTHER ) % TARGETS_INSNS];
	return value - next;
}

void targets_restore ( struct targets *targets, uint8_t *image, uint32_t start, uint32_t end,
		       const uint8_t *exceptions ) {
	struct insn insn = { 0 };
	uint32_t number = 0, pos, value, i, len;
	enum target_kind kind;

	targets_find ( targets, image, start, end );
	for ( pos = start; pos < end; ) {
		if ( insn_take ( &insn, image[pos++] ) ) {
			number++;
			insn_end ( &insn );
		}
		kind = target_kind ( &insn );
		if ( ( kind == TARGET_NONE ) || ( end - pos < 4 ) )
			continue;
		if ( pos == stream_word ( exceptions ) ) {
			exceptions += 4;
			continue;
		}
		len = ( kind == TARGET_SHORT ) ? 1 : 4;
		value = target_value ( targets, kind, &image[pos], number,
				       pos + len +
					       ( ( kind == TARGET_DATA ) ? insn.immediate : 0 ) );
		for ( i = 0; i < len; i++, value >>= 8 )
			image[pos + i] = value;
	}
}
