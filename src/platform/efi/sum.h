/** @file
 * The sum of a UEFI program's code and data, by which it knows at its start that it is as it was built: a
 * loader looks at headers only. util/elf2efi computes it, the program does again, wherever it has been loaded.
 * (The driver of an option ROM has one, too, but leaves it at the CRC of the program that it carries.)
 *
 * It is the polynomial of the contents' 64-bit words at a fixed place, modulo the prime 2^61 - 1. Loading
 * adds the image's address to the words in .reloc; so the polynomial that has 1 for those words and 0 for all
 * others, times the address, is what it adds to the sum: that polynomial is stored, too, and the list of
 * relocations, which a loader need not leave in memory, is not read.
 */
#ifndef EFI_SUM_H
#define EFI_SUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define SUM_PRIME ( ( 1ULL << 61 ) - 1 )
#define SUM_PLACE 0x123456789abcdefULL

/** In reserved words of the DOS header. */
#define SUM_OFFSET 0x28

/** All zeros: a tool that writes headers anew was here. */
struct sum {
	uint64_t contents; /**< of the image as linked, at address 0 */
	uint64_t moved;    /**< what a move by one byte adds */
};

static inline uint64_t sum_multiply_add ( uint64_t a, uint64_t b, uint64_t c ) {
	unsigned __int128 value = (unsigned __int128) a * b + c;
	uint64_t sum = (uint64_t) ( value & SUM_PRIME ) + (uint64_t) ( value >> 61 );

	return ( sum >= SUM_PRIME ) ? sum - SUM_PRIME : sum;
}

static inline uint32_t sum_read ( const uint8_t *at, size_t len ) {
	uint32_t value = 0;

	memcpy ( &value, at, len );
	return value;
}

/**
 * The sum of a program in memory, over all its sections but .slot, which has one of its own, and .reloc. What
 * of them is in the file, in whole words. (Microsoft PE/COFF specification.)
 *
 * @param base  its headers; the loader has checked them
 */
static inline uint64_t sum_of ( const uint8_t *base ) {
	const uint8_t *coff = base + sum_read ( base + 0x3c, 4 ) + 4;
	const uint8_t *section = coff + 20 + sum_read ( coff + 16, 2 );
	unsigned int count = sum_read ( coff + 2, 2 );
	uint64_t sum = 0, word;

	for ( ; count--; section += 40 ) {
		uint32_t len = sum_read ( section + 8, 4 ), file_len = sum_read ( section + 16, 4 );
		const uint8_t *at = base + sum_read ( section + 12, 4 );

		if ( ( memcmp ( section, ".slot", 6 ) == 0 ) ||
		     ( memcmp ( section, ".reloc", 7 ) == 0 ) )
			continue;
		len = ( len < file_len ) ? len : file_len;
		for ( ; len >= sizeof ( word ); len -= sizeof ( word ), at += sizeof ( word ) ) {
			memcpy ( &word, at, sizeof ( word ) );
			sum = sum_multiply_add ( sum, SUM_PLACE, word % SUM_PRIME );
		}
	}
	return sum;
}

/** Is a program that has been loaded, and has not written to its data yet, as it was built? */
static inline bool sum_is_right ( const uint8_t *base ) {
	uint64_t place = (uint64_t) (uintptr_t) base % SUM_PRIME;
	struct sum sum;

	memcpy ( &sum, base + SUM_OFFSET, sizeof ( sum ) );
	return ( ( sum.contents | sum.moved ) == 0 ) ||
	       ( sum_of ( base ) == sum_multiply_add ( sum.moved, place, sum.contents ) );
}

#endif /* EFI_SUM_H */
