/** @file
 * Random numbers: xoshiro256** (Blackman, Vigna 2018) over a state into which entropy is stirred.
 */
#include <string.h>
#include "arch/x86_64/io.h"
#include "core/random.h"

static uint64_t state[4] = { 0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9, 0x94d049bb133111eb, 1 };
static bool seeded;

static uint64_t rotate ( uint64_t value, unsigned int by ) {
	return ( value << by ) | ( value >> ( 64 - by ) );
}

/* SplitMix64 finaliser: every input bit reaches every output bit. */
static uint64_t mix ( uint64_t value ) {
	value = ( value ^ ( value >> 30 ) ) * 0xbf58476d1ce4e5b9;
	value = ( value ^ ( value >> 27 ) ) * 0x94d049bb133111eb;
	return value ^ ( value >> 31 );
}

static uint64_t next ( void ) {
	uint64_t result = rotate ( state[1] * 5, 7 ) * 9;
	uint64_t shifted = state[1] << 17;

	state[2] ^= state[0];
	state[3] ^= state[1];
	state[1] ^= state[2];
	state[0] ^= state[3];
	state[2] ^= shifted;
	state[3] = rotate ( state[3], 45 );
	return result;
}

void random_stir ( const void *data, size_t len ) {
	const uint8_t *bytes = data;

	for ( size_t i = 0; i < len; i++ ) {
		state[i & 3] = mix ( state[i & 3] + bytes[i] + 0x9e3779b97f4a7c15 );
		next ();
	}
	seeded = true;
}

static void seed ( void ) {
	uint64_t sample[4] = { rdtsc () };
	uint32_t regs[4];

	cpuid ( 1, 0, regs );
	if ( regs[2] & ( 1U << 30 ) ) { /* RDRAND */
		for ( size_t i = 1; i < 4; i++ )
			__asm__ __volatile__( "rdrand %0" : "=r"( sample[i] ) : : "cc" );
	}
	random_stir ( sample, sizeof ( sample ) );
}

uint64_t random_u64 ( void ) {
	uint64_t now = rdtsc ();

	if ( !seeded )
		seed ();
	/* When a number is asked for is itself hard to guess. */
	state[0] ^= mix ( now );
	return next ();
}

uint32_t random_u32 ( void ) {
	return (uint32_t) ( random_u64 () >> 32 );
}

void random_bytes ( void *buf, size_t len ) {
	uint8_t *bytes = buf;

	while ( len ) {
		uint64_t value = random_u64 ();
		size_t part = ( len < sizeof ( value ) ) ? len : sizeof ( value );

		memcpy ( bytes, &value, part );
		bytes += part;
		len -= part;
	}
}
