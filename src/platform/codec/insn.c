/** @file
 * Instructions: which bytes they have.
 */
#include "platform/codec/insn.h"

#define PREFIX_OPERAND16 0x66
#define REX_W            8

static bool in ( unsigned int value, unsigned int first, unsigned int last ) {
	return ( value >= first ) && ( value <= last );
}

static bool has_modrm ( unsigned int opcode ) {
	if ( opcode >= 0x100 ) /* two bytes: not jumps, SYSCALL, CPUID, BSWAP and the like */
		return !( in ( opcode, 0x180, 0x18f ) || in ( opcode, 0x1c8, 0x1cf ) ||
			  in ( opcode, 0x105, 0x10b ) || in ( opcode, 0x130, 0x137 ) ||
			  ( opcode == 0x1a2 ) );
	if ( opcode < 0x40 )
		return ( opcode & 7 ) < 4;
	return in ( opcode, 0x80, 0x8f ) || in ( opcode, 0xd0, 0xd3 ) ||
	       in ( opcode, 0xd8, 0xdf ) || in ( opcode, 0xc0, 0xc1 ) ||
	       in ( opcode, 0xc6, 0xc7 ) || ( ( opcode & 0xf6 ) == 0xf6 ) || ( opcode == 0x63 ) ||
	       ( opcode == 0x69 ) || ( opcode == 0x6b );
}

/** Bytes of an instruction's immediate operand; those of rare instructions are not seen. */
static unsigned int immediate_len ( const struct insn *insn ) {
	unsigned int opcode = insn->opcode, full = insn->operand16 ? 2 : 4;

	if ( opcode >= 0x100 )
		return in ( opcode, 0x180, 0x18f ) ? 4 : ( opcode == 0x1ba );
	if ( opcode < 0x40 )
		return ( ( opcode & 7 ) == 4 ) ? 1 : ( ( opcode & 7 ) == 5 ) ? full : 0;
	if ( ( opcode & 0xfe ) == 0xf6 ) /* of this group, TEST has one */
		return ( insn->modrm & 0x30 ) ? 0 : ( opcode & 1 ) ? full : 1;
	if ( in ( opcode, 0xb8, 0xbf ) )
		return ( insn->rex & REX_W ) ? 8 : full;
	if ( ( opcode == 0x68 ) || ( opcode == 0x69 ) || ( opcode == 0x81 ) || ( opcode == 0xa9 ) ||
	     ( opcode == 0xc7 ) || ( opcode == INSN_CALL ) || ( opcode == INSN_JUMP ) )
		return full;
	return in ( opcode, 0x70, 0x7f ) || in ( opcode, 0xb0, 0xb7 ) || ( opcode == 0x6a ) ||
	       ( opcode == 0x6b ) || ( opcode == 0x80 ) || ( opcode == 0x83 ) ||
	       ( opcode == 0xa8 ) || in ( opcode, 0xc0, 0xc1 ) || ( opcode == 0xc6 ) ||
	       ( opcode == INSN_JUMP_SHORT ) || in ( opcode, 0xe0, 0xe7 );
}

/** What comes behind the field that has ended. @return whether nothing does */
static bool next_field ( struct insn *insn ) {
	insn->index = 0;
	if ( ( insn->field < INSN_DISPLACEMENT ) && insn->displacement ) {
		insn->field = INSN_DISPLACEMENT;
	} else if ( ( insn->field < INSN_IMMEDIATE ) && insn->immediate ) {
		insn->field = INSN_IMMEDIATE;
	} else {
		insn->field = INSN_OPCODE;
		return true;
	}
	return false;
}

static bool take_opcode ( struct insn *insn, unsigned int opcode ) {
	insn->opcode = opcode;
	insn->modrm = insn->sib = insn->displacement = 0;
	insn->immediate = immediate_len ( insn );
	insn->field = INSN_MODRM;
	return !has_modrm ( opcode ) && next_field ( insn );
}

static bool take_modrm ( struct insn *insn, unsigned int modrm ) {
	unsigned int mod = modrm >> 6, rm = modrm & 7;

	insn->modrm = modrm;
	insn->immediate = immediate_len ( insn );
	insn->displacement = ( mod == 1 )                                          ? 1
			     : ( ( mod == 2 ) || ( ( mod == 0 ) && ( rm == 5 ) ) ) ? 4
										   : 0;
	if ( ( mod == 3 ) || ( rm != 4 ) )
		return next_field ( insn );
	insn->field = INSN_SIB;
	return false;
}

bool insn_take ( struct insn *insn, unsigned int byte ) {
	switch ( insn->field ) {
	case INSN_OPCODE:
		if ( byte == 0x0f ) {
			insn->field = INSN_OPCODE_0F;
			return false;
		}
		if ( ( byte & 0xf0 ) == 0x40 )
			insn->rex = byte;
		else if ( byte == PREFIX_OPERAND16 )
			insn->operand16 = true;
		else if ( ( byte & 0xfe ) != 0xf2 ) /* REPNE, REP */
			return take_opcode ( insn, byte );
		insn->index = 1;
		return false;
	case INSN_OPCODE_0F:
		return take_opcode ( insn, 0x100 + byte );
	case INSN_MODRM:
		return take_modrm ( insn, byte );
	case INSN_SIB:
		insn->sib = byte;
		if ( ( ( insn->modrm >> 6 ) == 0 ) && ( ( byte & 7 ) == 5 ) )
			insn->displacement = 4;
		return next_field ( insn );
	default:
		insn->index++;
		return ( insn->index == ( ( insn->field == INSN_DISPLACEMENT )
						  ? insn->displacement
						  : insn->immediate ) ) &&
		       next_field ( insn );
	}
}

void insn_end ( struct insn *insn ) {
	insn->opcode = 0;
	insn->rex = 0;
	insn->operand16 = false;
}

bool insn_jumps_short ( const struct insn *insn ) {
	return ( insn->opcode == INSN_JUMP_SHORT ) || in ( insn->opcode, 0x70, 0x7f );
}

bool insn_jumps_near ( const struct insn *insn ) {
	return in ( insn->opcode, 0x180, 0x18f );
}
