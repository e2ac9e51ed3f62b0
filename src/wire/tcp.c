/** @file
 * TCP segments (RFC 9293 §3.1, §3.2; RFC 7323 §2.2, §3.2; RFC 2018 §2, §3).
 */
#include "core/error.h"
#include "core/reader.h"
#include "wire/tcp.h"

enum {
	OPT_END = 0,
	OPT_NOP = 1,
	OPT_MSS = 2,
	OPT_WSCALE = 3,
	OPT_SACK_PERMITTED = 4,
	OPT_SACK = 5,
	OPT_TIMESTAMPS = 8,
};

/** NOP, NOP, timestamps, length 10: how nearly every segment's options begin (RFC 7323 app. A). */
#define TS_PREFIX 0x0101080a

static inline uint16_t get_be16 ( const uint8_t *bytes ) {
	return (uint16_t) ( ( bytes[0] << 8 ) | bytes[1] );
}

static inline uint32_t get_be32 ( const uint8_t *bytes ) {
	uint32_t value;

	__builtin_memcpy ( &value, bytes, sizeof ( value ) );
	return __builtin_bswap32 ( value );
}

/** One option's contents; a length that is not the option's own makes it unknown, as RFC 9293
 * §3.1 lets us ignore what we do not understand. */
static void parse_option ( uint8_t kind, struct reader *value, struct tcp_segment *seg ) {
	size_t len = reader_left ( value );

	if ( ( kind == OPT_MSS ) && ( len == 2 ) ) {
		seg->mss = read_be16 ( value );
	} else if ( ( kind == OPT_WSCALE ) && ( len == 1 ) ) {
		seg->has_wscale = true;
		seg->wscale = MIN ( read_u8 ( value ), TCP_WSCALE_MAX );
	} else if ( ( kind == OPT_SACK_PERMITTED ) && ( len == 0 ) ) {
		seg->sack_permitted = true;
	} else if ( ( kind == OPT_TIMESTAMPS ) && ( len == 8 ) ) {
		seg->has_ts = true;
		seg->ts_val = read_be32 ( value );
		seg->ts_ecr = read_be32 ( value );
	} else if ( ( kind == OPT_SACK ) && ( ( len % 8 ) == 0 ) && ( len <= 8 * TCP_SACK_MAX ) ) {
		for ( seg->sack_count = 0; len; len -= 8, seg->sack_count++ ) {
			seg->sack[seg->sack_count].start = read_be32 ( value );
			seg->sack[seg->sack_count].end = read_be32 ( value );
		}
	}
}

static int parse_options ( struct reader *r, struct tcp_segment *seg ) {
	while ( reader_left ( r ) ) {
		uint8_t kind = read_u8 ( r );
		uint8_t len;
		struct reader value;

		if ( kind == OPT_END )
			break;
		if ( kind == OPT_NOP )
			continue;
		len = read_u8 ( r );
		if ( reader_failed ( r ) || ( len < 2 ) )
			return -EBADMSG;
		value = read_sub ( r, len - 2 );
		if ( reader_failed ( r ) )
			return -EBADMSG;
		parse_option ( kind, &value, seg );
	}
	return 0;
}

int tcp_parse ( const void *packet, size_t len, struct tcp_segment *ret_seg ) {
	struct reader r = READER ( packet, len );
	const uint8_t *header = read_bytes ( &r, TCP_HEADER_LEN );
	struct tcp_segment *seg = ret_seg;
	struct reader options;
	size_t header_len;

	if ( !header )
		return -EBADMSG;
	header_len = ( header[12] >> 4 ) * 4U;
	if ( header_len < TCP_HEADER_LEN )
		return -EBADMSG;
	seg->src_port = get_be16 ( header );
	seg->dest_port = get_be16 ( header + 2 );
	seg->seq = get_be32 ( header + 4 );
	seg->ack = get_be32 ( header + 8 );
	seg->flags = header[13];
	seg->window = get_be16 ( header + 14 );
	seg->has_ts = seg->has_wscale = seg->sack_permitted = false;
	seg->wscale = seg->sack_count = 0;
	seg->mss = 0;
	options = read_sub ( &r, header_len - TCP_HEADER_LEN );
	if ( reader_failed ( &options ) )
		return -EBADMSG;
	seg->data = r.pos;
	seg->len = reader_left ( &r );
	if ( ( header_len == TCP_HEADER_LEN + 12 ) && ( get_be32 ( options.pos ) == TS_PREFIX ) ) {
		seg->has_ts = true;
		seg->ts_val = get_be32 ( options.pos + 4 );
		seg->ts_ecr = get_be32 ( options.pos + 8 );
		return 0;
	}
	return parse_options ( &options, seg );
}

size_t tcp_build_len ( const struct tcp_segment *seg ) {
	return TCP_HEADER_LEN + ( seg->mss ? 4 : 0 ) + ( seg->sack_permitted ? 4 : 0 ) +
	       ( seg->has_ts ? 12 : 0 ) + ( seg->has_wscale ? 4 : 0 ) +
	       ( seg->sack_count ? 4 + 8 * seg->sack_count : 0 );
}

void tcp_build ( const struct tcp_segment *seg, uint8_t *buf ) {
	size_t len = tcp_build_len ( seg );
	struct writer w = WRITER ( buf, len );
	unsigned int i;

	write_be16 ( &w, seg->src_port );
	write_be16 ( &w, seg->dest_port );
	write_be32 ( &w, seg->seq );
	write_be32 ( &w, seg->ack );
	write_u8 ( &w, (uint8_t) ( ( len / 4 ) << 4 ) );
	write_u8 ( &w, seg->flags );
	write_be16 ( &w, seg->window );
	write_be32 ( &w, 0 ); /* checksum, urgent pointer */
	if ( seg->mss )
		write_be32 ( &w, ( OPT_MSS << 24 ) | ( 4 << 16 ) | seg->mss );
	if ( seg->sack_permitted )
		write_be32 ( &w, ( OPT_NOP << 24 ) | ( OPT_NOP << 16 ) |
					 ( OPT_SACK_PERMITTED << 8 ) | 2 );
	if ( seg->has_ts ) {
		write_be32 ( &w, TS_PREFIX );
		write_be32 ( &w, seg->ts_val );
		write_be32 ( &w, seg->ts_ecr );
	}
	if ( seg->has_wscale )
		write_be32 ( &w,
			     ( OPT_NOP << 24 ) | ( OPT_WSCALE << 16 ) | ( 3 << 8 ) | seg->wscale );
	if ( seg->sack_count ) {
		write_be32 ( &w, ( OPT_NOP << 24 ) | ( OPT_NOP << 16 ) | ( OPT_SACK << 8 ) |
					 ( 2U + 8U * seg->sack_count ) );
		for ( i = 0; i < seg->sack_count; i++ ) {
			write_be32 ( &w, seg->sack[i].start );
			write_be32 ( &w, seg->sack[i].end );
		}
	}
}
