/** @file
 * Initial sequence numbers (RFC 6528): a clock of 4 microseconds plus a keyed hash of the
 * connection's name. The hash is SipHash-2-4 (Aumasson, Bernstein 2012) over two words.
 */
#include "core/random.h"
#include "net/tcp_conn.h"

static inline uint64_t rotate ( uint64_t value, unsigned int bits ) {
	return ( value << bits ) | ( value >> ( 64 - bits ) );
}

static void sip_rounds ( uint64_t v[4], unsigned int rounds ) {
	while ( rounds-- ) {
		v[0] += v[1];
		v[2] += v[3];
		v[1] = rotate ( v[1], 13 ) ^ v[0];
		v[3] = rotate ( v[3], 16 ) ^ v[2];
		v[0] = rotate ( v[0], 32 ) + v[3];
		v[2] += v[1];
		v[1] = rotate ( v[1], 17 ) ^ v[2];
		v[3] = rotate ( v[3], 21 ) ^ v[0];
		v[2] = rotate ( v[2], 32 );
	}
}

uint64_t tcp_siphash ( const uint64_t key[2], uint64_t first, uint64_t second ) {
	/* The last word is the input's length in its top byte. */
	const uint64_t words[3] = { first, second, 16ULL << 56 };
	uint64_t v[4] = { key[0] ^ 0x736f6d6570736575ULL, key[1] ^ 0x646f72616e646f6dULL,
			  key[0] ^ 0x6c7967656e657261ULL, key[1] ^ 0x7465646279746573ULL };
	unsigned int i;

	for ( i = 0; i < 3; i++ ) {
		v[3] ^= words[i];
		sip_rounds ( v, 2 );
		v[0] ^= words[i];
	}
	v[2] ^= 0xff;
	sip_rounds ( v, 4 );
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

uint32_t tcp_isn ( ipv4_addr_t local, uint16_t local_port, const struct endpoint *peer,
		   utime_t now ) {
	static uint64_t key[2];

	if ( !key[0] )
		random_bytes ( key, sizeof ( key ) );
	return (uint32_t) ( now / 4 +
			    tcp_siphash ( key, ( (uint64_t) local << 32 ) | peer->ipv4,
					  ( (uint32_t) local_port << 16 ) | peer->port ) );
}
