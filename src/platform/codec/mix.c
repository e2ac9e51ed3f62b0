/** @file
 * The predictor of mix.h. Probabilities are mixed as logarithms of odds, "stretched": ln ( p / ( 1 - p ) )
 * with 8 bits behind the point, from -2047 to 2047.
 */
#include <stdbool.h>
#include "core/compiler.h"
#include "platform/codec/mix.h"

#define STRETCH_MAX  2047
#define SLOT_UNKNOWN 0x8000 /* a 1 as probable as a 0, never seen */
#define SLOT_COUNT   0x000f
#define WEIGHT_ONE   16384
#define LEARN_SHIFT  18
#define HIT_SHIFT    5
#define MATCH_MAX    32
#define MATCH_HASHED 4 /* bytes */

/** 65536 / ( 1 + e^-x ) for x = -8, -7.5, ... 8. */
static const uint16_t logistic[33] = {
	22,    36,    60,    98,    162,   267,   439,   723,   1179,  1921,  3108,
	4971,  7812,  11955, 17626, 24743, 32768, 40793, 47910, 53581, 57724, 60565,
	62428, 63615, 64357, 64813, 65097, 65269, 65374, 65438, 65476, 65500, 65514,
};

/** Inverse of stretch. @return 16 bits */
static unsigned int squash ( int value ) {
	unsigned int at = value + STRETCH_MAX + 1, part = at % 128;

	at /= 128;
	return ( logistic[at] * ( 128 - part ) + logistic[at + 1] * part ) / 128;
}

static int limit ( int value ) {
	return ( value > STRETCH_MAX )    ? STRETCH_MAX
	       : ( value < -STRETCH_MAX ) ? -STRETCH_MAX
					  : value;
}

static uint32_t hash ( uint32_t a, uint32_t b ) {
	uint32_t value = ( a ^ ( b * 0x9e3779b1 ) ) * 0x85ebca6b;

	return value ^ ( value >> 15 );
}

/* ---- Instructions ---- */

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
	       in ( opcode, 0xd8, 0xdf ) || ( ( opcode & 0xfa ) == 0xc0 && opcode != 0xc2 ) ||
	       ( opcode == 0xc7 ) || ( ( opcode & 0xf6 ) == 0xf6 ) || ( opcode == 0x63 ) ||
	       ( opcode == 0x69 ) || ( opcode == 0x6b );
}

/** Bytes of an instruction's immediate operand; rare ones and 16-bit operands are not seen. */
static unsigned int immediate_len ( unsigned int opcode, unsigned int modrm ) {
	if ( opcode >= 0x100 )
		return in ( opcode, 0x180, 0x18f ) ? 4 : 0;
	if ( opcode < 0x40 )
		return ( ( opcode & 7 ) == 4 ) ? 1 : ( ( opcode & 7 ) == 5 ) ? 4 : 0;
	if ( ( opcode & 0xfe ) == 0xf6 ) /* of this group, TEST has one */
		return ( modrm & 0x38 ) ? 0 : ( opcode & 1 ) ? 4 : 1;
	if ( in ( opcode, 0xb8, 0xbf ) || ( opcode == 0x68 ) || ( opcode == 0x69 ) ||
	     ( opcode == 0x81 ) || ( opcode == 0xa9 ) || ( opcode == 0xc7 ) || ( opcode == 0xe8 ) ||
	     ( opcode == 0xe9 ) )
		return 4;
	return in ( opcode, 0x70, 0x7f ) || in ( opcode, 0xb0, 0xb7 ) || ( opcode == 0x6a ) ||
	       ( opcode == 0x6b ) || ( opcode == 0x80 ) || ( opcode == 0x83 ) ||
	       ( opcode == 0xa8 ) || ( opcode == 0xc0 ) || ( opcode == 0xc1 ) ||
	       ( opcode == 0xc6 ) || ( opcode == 0xeb );
}

/** What comes behind the field that has ended. */
static void next_field ( struct mix_code *code ) {
	code->index = 0;
	if ( ( code->field < MIX_DISPLACEMENT ) && code->displacement ) {
		code->field = MIX_DISPLACEMENT;
	} else if ( ( code->field < MIX_IMMEDIATE ) && code->immediate ) {
		code->field = MIX_IMMEDIATE;
	} else {
		code->field = MIX_OPCODE;
		code->rex = 0;
	}
}

static void take_opcode ( struct mix_code *code, unsigned int opcode ) {
	code->opcode = opcode;
	code->modrm = code->displacement = 0;
	code->immediate = immediate_len ( opcode, 0 );
	code->field = MIX_MODRM;
	if ( !has_modrm ( opcode ) )
		next_field ( code );
}

static void take_modrm ( struct mix_code *code, unsigned int modrm ) {
	unsigned int mod = modrm >> 6, rm = modrm & 7;

	code->modrm = modrm;
	code->immediate = immediate_len ( code->opcode, modrm );
	code->displacement = ( mod == 1 )                                          ? 1
			     : ( ( mod == 2 ) || ( ( mod == 0 ) && ( rm == 5 ) ) ) ? 4
										   : 0;
	if ( ( mod != 3 ) && ( rm == 4 ) )
		code->field = MIX_SIB;
	else
		next_field ( code );
}

static void take_byte ( struct mix_code *code, unsigned int byte ) {
	switch ( code->field ) {
	case MIX_OPCODE:
		if ( ( byte & 0xf0 ) == 0x40 )
			code->rex = byte;
		else if ( byte == 0x0f )
			code->field = MIX_OPCODE_0F;
		else if ( byte != 0x66 ) /* a prefix */
			take_opcode ( code, byte );
		break;
	case MIX_OPCODE_0F:
		take_opcode ( code, 0x100 + byte );
		break;
	case MIX_MODRM:
		take_modrm ( code, byte );
		break;
	case MIX_SIB:
		if ( ( ( code->modrm >> 6 ) == 0 ) && ( ( byte & 7 ) == 5 ) )
			code->displacement = 4;
		next_field ( code );
		break;
	default:
		code->index++;
		if ( code->index == ( ( code->field == MIX_DISPLACEMENT ) ? code->displacement
									  : code->immediate ) )
			next_field ( code );
	}
}

/* ---- Contexts ---- */

/** Chosen by trial from many: these four together pack this firmware well; a fifth brings nearly nothing. */
static void set_contexts ( struct mix *mix ) {
	const struct mix_code *code = &mix->code;
	unsigned int last = ( mix->pos > 0 ) ? mix->data[mix->pos - 1] : 0,
		     last2 = ( mix->pos > 1 ) ? mix->data[mix->pos - 2] : 0, i;
	uint32_t place = ( code->field << 4 ) | code->index;

	mix->hash[0] = ( place << 16 ) | code->opcode;
	mix->hash[1] = ( place << 16 ) | ( code->rex << 8 ) | last;
	mix->hash[2] = mix->pos % 8; /* tables */
	mix->hash[3] = ( last2 << 8 ) | last;
	for ( i = 0; i < MIX_CONTEXTS; i++ )
		mix->hash[i] = hash ( mix->hash[i], i + 1 );
}

/** Follow the match that has just been right, or look for another. */
static void find_match ( struct mix *mix ) {
	const uint8_t *data = mix->data;
	size_t pos = mix->pos;
	uint32_t *last;

	if ( mix->match_len && ( data[mix->match] == data[pos - 1] ) ) {
		mix->match++;
		mix->match_len += ( mix->match_len < MATCH_MAX - 1 );
	} else {
		mix->match_len = 0;
	}
	if ( pos < MATCH_HASHED )
		return;
	last = &mix->last[hash ( data[pos - 1] | ( data[pos - 2] << 8 ) | ( data[pos - 3] << 16 ) |
					 ( (uint32_t) data[pos - 4] << 24 ),
				 0 ) >>
			  ( 32 - MIX_MATCH_BITS )];
	if ( mix->match_len == 0 ) {
		mix->match = *last;
		while ( ( mix->match_len < mix->match ) && ( mix->match_len < MATCH_MAX - 1 ) &&
			( data[mix->match - 1 - mix->match_len] ==
			  data[pos - 1 - mix->match_len] ) )
			mix->match_len++;
	}
	*last = pos;
}

/** Where the predictions for half a byte are. */
static void start_half ( struct mix *mix ) {
	unsigned int i;

	mix->in_half = 1;
	for ( i = 0; i < MIX_CONTEXTS; i++ )
		mix->group[i] =
			mix->slots[hash ( mix->hash[i], mix->partial ) >> ( 32 - MIX_GROUP_BITS )];
}

static void start_byte ( struct mix *mix ) {
	mix->partial = 1;
	mix->known = 0;
	set_contexts ( mix );
	find_match ( mix );
	start_half ( mix );
}

void mix_init ( struct mix *mix, const uint8_t *data ) {
	unsigned int i, k;
	int value;

	for ( i = 0; i < ( 1 << MIX_GROUP_BITS ); i++ )
		for ( k = 0; k < 16; k++ )
			mix->slots[i][k] = SLOT_UNKNOWN;
	for ( i = 0; i < MIX_WEIGHTS; i++ )
		for ( k = 0; k < MIX_INPUTS; k++ )
			mix->weight[i][k] = WEIGHT_ONE / 3;
	for ( i = 0; i < MATCH_MAX; i++ )
		mix->match_hits[i] = SLOT_UNKNOWN;
	for ( i = 0, value = -STRETCH_MAX; value <= STRETCH_MAX; value++ )
		for ( ; i <= squash ( value ) / 16; i++ )
			mix->stretch[i] = value;
	for ( ; i < 4096; i++ )
		mix->stretch[i] = STRETCH_MAX;
	for ( i = 0; i <= SLOT_COUNT; i++ )
		mix->rate[i] = 2 * 65536 / ( 2 * i + 3 );
	mix->data = data;
	start_byte ( mix );
}

/* ---- Bits ---- */

/** What a match says of the next bit: stretched, and nothing once the byte is another. */
static int match_input ( struct mix *mix ) {
	unsigned int byte = mix->data[mix->match] | 0x100;
	int value;

	mix->match_hit = NULL;
	if ( ( mix->match_len == 0 ) || ( ( byte >> ( 8 - mix->known ) ) != mix->partial ) )
		return 0;
	mix->match_hit = &mix->match_hits[mix->match_len];
	mix->match_bit = ( byte >> ( 7 - mix->known ) ) & 1;
	value = mix->stretch[*mix->match_hit / 16];
	return mix->match_bit ? value : -value;
}

uint32_t mix_middle ( struct mix *mix, uint32_t low, uint32_t high ) {
	const struct mix_code *code = &mix->code;
	unsigned int i;
	int sum = 0;

	mix->weights = mix->weight[( code->field << 4 ) | code->index];
	for ( i = 0; i < MIX_CONTEXTS; i++ )
		mix->input[i] = mix->stretch[mix->group[i][mix->in_half] >> 4];
	mix->input[i] = match_input ( mix );
	for ( i = 0; i < MIX_INPUTS; i++ )
		sum += mix->input[i] * mix->weights[i];
	mix->output = squash ( limit ( sum / WEIGHT_ONE ) );
	return low + ( ( (uint64_t) ( high - low ) * mix->output ) >> 16 );
}

void mix_update ( struct mix *mix, unsigned int bit ) {
	int target = bit ? 65535 : 0, error = target - (int) mix->output, p;
	uint16_t *slot;
	unsigned int i;

	for ( i = 0; i < MIX_INPUTS; i++ )
		mix->weights[i] +=
			( mix->input[i] * error + ( 1 << ( LEARN_SHIFT - 1 ) ) ) >> LEARN_SHIFT;
	for ( i = 0; i < MIX_CONTEXTS; i++ ) {
		slot = &mix->group[i][mix->in_half];
		p = *slot;
		p += ( ( target - p ) * mix->rate[p & SLOT_COUNT] ) >> 16;
		*slot = ( p & ~SLOT_COUNT ) | MIN ( ( *slot & SLOT_COUNT ) + 1, SLOT_COUNT );
	}
	if ( mix->match_hit ) {
		target = ( mix->match_bit == bit ) ? 65535 : 0;
		*mix->match_hit += ( target - *mix->match_hit ) >> HIT_SHIFT;
		if ( target == 0 )
			mix->match_len = 0;
	}
	mix->partial = ( mix->partial << 1 ) | bit;
	mix->in_half = ( mix->in_half << 1 ) | bit;
	mix->known++;
	if ( mix->known == 4 )
		start_half ( mix );
	if ( mix->known == 8 ) {
		mix->pos++;
		take_byte ( &mix->code, mix->partial & 0xff );
		start_byte ( mix );
	}
}
