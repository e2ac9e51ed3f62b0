/** @file
 * Reads bytes as x86-64 instructions (Intel SDM volume 2, chapter 2), as far as packing wants it: where each
 * begins and what its bytes are. The filter (targets.h) and the predictor (mix.h) run it over the same code.
 */
#ifndef CODEC_INSN_H
#define CODEC_INSN_H

#include <stdbool.h>
#include <stdint.h>

enum insn_field {
	INSN_OPCODE, /**< and prefixes before it */
	INSN_OPCODE_0F,
	INSN_MODRM,
	INSN_SIB,
	INSN_DISPLACEMENT,
	INSN_IMMEDIATE
};

#define INSN_RET        0xc3
#define INSN_CALL       0xe8
#define INSN_JUMP       0xe9
#define INSN_JUMP_SHORT 0xeb

/** Zeros: before the first byte. */
struct insn {
	uint8_t field; /**< of the next byte */
	uint8_t index; /**< of it in the field; before a displacement or immediate: are there prefixes? */
	bool operand16;
	uint8_t rex, modrm, sib;
	uint8_t displacement, immediate; /**< bytes */
	uint16_t opcode;                 /**< 0Fxx: 1xx */
};

/**
 * Take the next byte. The bytes of displacements and immediate operands do not matter. What is no instruction is
 * read as some, too.
 *
 * @return whether the instruction ends; then call insn_end() when its fields are of no interest any more
 */
bool insn_take ( struct insn *insn, unsigned int byte );

/** Before the next instruction: forget this one. */
void insn_end ( struct insn *insn );

/** A jump with an immediate operand of one byte? */
bool insn_jumps_short ( const struct insn *insn );

/** A conditional jump with four bytes? */
bool insn_jumps_near ( const struct insn *insn );

#endif /* CODEC_INSN_H */
