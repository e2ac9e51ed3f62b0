/** @file
 * The Internet checksum (RFC 1071). The sum is independent of byte order but for a final swap, so
 * whole machine words are added with carry; TCP's bulk data goes through here on NICs that do not
 * check it, so the inner loop takes one instruction a word.
 */
#include "net/ipv4.h"

/** Bytes that one round of the inner loop adds. */
#define BLOCK_LEN 64

/** Add @c blocks (not 0) times 64 bytes to @c sum. No compiler at hand keeps the carry in its flag
 * from one addition to the next, hence assembly; lea and dec leave the flag alone. */
static uint64_t add_blocks ( uint64_t sum, const uint8_t *data, size_t blocks ) {
	__asm__( "xor %%eax, %%eax\n"
		 "1:\n\t"
		 "adc 0(%1), %0\n\t"
		 "adc 8(%1), %0\n\t"
		 "adc 16(%1), %0\n\t"
		 "adc 24(%1), %0\n\t"
		 "adc 32(%1), %0\n\t"
		 "adc 40(%1), %0\n\t"
		 "adc 48(%1), %0\n\t"
		 "adc 56(%1), %0\n\t"
		 "lea 64(%1), %1\n\t"
		 "dec %2\n\t"
		 "jnz 1b\n\t"
		 "adc $0, %0"
		 : "+r"( sum ), "+r"( data ), "+r"( blocks )
		 :
		 : "eax", "cc", "memory" );
	return sum;
}

/** Add one word of up to 8 bytes. */
static inline uint64_t add_word ( uint64_t sum, uint64_t word ) {
	sum += word;
	return sum + ( sum < word );
}

uint32_t csum_add ( uint32_t start, const void *data, size_t len ) {
	const uint8_t *bytes = data;
	uint64_t sum = 0, word = 0;
	uint32_t half;

	if ( len >= BLOCK_LEN ) {
		sum = add_blocks ( sum, bytes, len / BLOCK_LEN );
		bytes += ROUND_DOWN ( len, (size_t) BLOCK_LEN );
		len %= BLOCK_LEN;
	}
	for ( ; len >= sizeof ( word ); len -= sizeof ( word ), bytes += sizeof ( word ) ) {
		__builtin_memcpy ( &word, bytes, sizeof ( word ) );
		sum = add_word ( sum, word );
	}
	if ( len >= sizeof ( half ) ) {
		__builtin_memcpy ( &half, bytes, sizeof ( half ) );
		sum = add_word ( sum, half );
		bytes += sizeof ( half );
		len -= sizeof ( half );
	}
	word = 0;
	for ( size_t i = 0; i < len; i++ )
		word |= (uint64_t) bytes[i] << ( 8 * i );
	sum = add_word ( sum, word );
	/* 64 bits to 32, 32 to 16, then from the machine's byte order to the network's. */
	sum = ( sum & 0xffffffff ) + ( sum >> 32 );
	sum = ( sum & 0xffff ) + ( ( sum >> 16 ) & 0xffff ) + ( sum >> 32 );
	sum = ( sum & 0xffff ) + ( sum >> 16 );
	sum = ( sum & 0xffff ) + ( sum >> 16 );
	return start + ( ( ( sum & 0xff ) << 8 ) | ( sum >> 8 ) );
}

uint32_t csum_pseudo_ipv4 ( ipv4_addr_t src, ipv4_addr_t dest, uint8_t proto, size_t len ) {
	return ( src >> 16 ) + ( src & 0xffff ) + ( dest >> 16 ) + ( dest & 0xffff ) + proto +
	       (uint32_t) len;
}
