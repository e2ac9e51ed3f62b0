/** @file
 * A predictor of the bits of x86-64 code and its data, by context mixing: what has followed in several
 * contexts, weighted by how well each has done so far (logistic mixing, as published for the PAQ family).
 * With an arithmetic coder it packs a seventh smaller than LZMA, and takes some twenty times as long. The
 * decoder (mix_decode.c) and the packer (util/pack.c) run the same predictor.
 */
#ifndef CODEC_MIX_H
#define CODEC_MIX_H

#include <stddef.h>
#include <stdint.h>

#define MIX_GROUP_BITS 18
#define MIX_MATCH_BITS 16
#define MIX_CONTEXTS   4
#define MIX_INPUTS     ( MIX_CONTEXTS + 1 )
#define MIX_WEIGHTS    128 /* for each byte of each field */

/** Where in an instruction the next byte is (Intel SDM volume 2, chapter 2). */
enum mix_field { MIX_OPCODE, MIX_OPCODE_0F, MIX_MODRM, MIX_SIB, MIX_DISPLACEMENT, MIX_IMMEDIATE };

/** Reads the bytes as instructions. What is none is read as some, too, alike in packer and decoder. */
struct mix_code {
	uint8_t field;
	uint8_t index; /**< of the byte in the field */
	uint8_t rex, modrm, displacement, immediate;
	uint16_t opcode, opcode2,
		opcode3; /**< this instruction's or the last one's, those before; 0Fxx: 1xx */
};

/** The predictor. Large: in memory of its own, zeros at first. */
struct mix {
	const uint8_t *data; /**< the bytes before @c pos are known */
	size_t pos;
	unsigned int known;   /**< bits of the next byte */
	unsigned int partial; /**< those, behind a 1 */

	struct mix_code code;
	uint32_t hash[MIX_CONTEXTS]; /**< of the contexts of this byte */
	size_t match;                /**< where the last bytes have been before; 0: nowhere */
	unsigned int match_len;

	uint16_t *group[MIX_CONTEXTS]; /**< what predicts the bits of this half of a byte */
	unsigned int in_half;          /**< known bits of it behind a 1 */
	uint16_t *match_hit;           /**< NULL: the match says nothing */
	unsigned int match_bit;
	int32_t *weights; /**< those of this bit */
	int input[MIX_INPUTS];
	unsigned int output; /**< the probability that came out, 16 bits */

	/** 12 bits probability of a 1, 4 bits how often seen. */
	uint16_t slots[1 << MIX_GROUP_BITS][16];
	uint32_t last[1 << MIX_MATCH_BITS]; /**< where four bytes have been last, by their hash */
	uint16_t match_hits[32];            /**< probability that a match goes on, by its length */
	int32_t weight[MIX_WEIGHTS][MIX_INPUTS];
	int16_t stretch[4096];
	uint16_t rate
		[16]; /**< how much of an error a slot learns, of 65536, by how often it was seen */
};

/**
 * Start to predict bytes.
 *
 * @param mix   all zeros
 * @param data  where they are, or will be as they become known; borrowed
 */
void mix_init ( struct mix *mix, const uint8_t *data );

/**
 * Predict the next bit.
 *
 * @param low,high  range of the arithmetic coder, low < high
 * @return the last number of the range that stands for a 1, below @c high
 */
uint32_t mix_middle ( struct mix *mix, uint32_t low, uint32_t high );

/**
 * Learn what the next bit was. With the last bit of a byte the byte must stand in @c data.
 *
 * @param bit  0 or 1
 */
void mix_update ( struct mix *mix, unsigned int bit );

#endif /* CODEC_MIX_H */
