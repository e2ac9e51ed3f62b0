/** @file
 * NTP client packets (RFC 5905 §7.3). See wire/ntp.h.
 */
#include <string.h>
#include "core/error.h"
#include "wire/ntp.h"

#define NTP_LEAP_UNKNOWN 3 /* not synchronised */
#define NTP_VERSION      4
#define NTP_MODE_CLIENT  3
#define NTP_MODE_SERVER  4

/* Seconds from 1900 (NTP) to 1970 (Unix). */
#define NTP_UNIX_EPOCH 2208988800LL

static int64_t ntp_to_unix_us ( uint64_t stamp ) {
	int64_t seconds = stamp >> 32;
	uint64_t fraction = stamp & 0xffffffff;

	/* The top bit is clear in dates after 2036: era 1. */
	if ( !( stamp >> 63 ) )
		seconds += 1LL << 32;
	return ( seconds - NTP_UNIX_EPOCH ) * 1000000 + (int64_t) ( ( fraction * 1000000 ) >> 32 );
}

size_t ntp_build_request ( uint64_t cookie, uint8_t *buf ) {
	struct writer w = WRITER ( buf, NTP_PACKET_LEN );

	write_u8 ( &w, ( NTP_LEAP_UNKNOWN << 6 ) | ( NTP_VERSION << 3 ) | NTP_MODE_CLIENT );
	memset ( write_reserve ( &w, NTP_PACKET_LEN - 9 ), 0, NTP_PACKET_LEN - 9 );
	write_be64 ( &w, cookie );
	return NTP_PACKET_LEN;
}

int ntp_parse_reply ( const void *packet, size_t len, struct ntp_reply *ret_reply ) {
	struct reader r = READER ( packet, len );
	struct ntp_reply reply;
	uint8_t first = read_u8 ( &r );
	uint64_t transmitted;

	reply.stratum = read_u8 ( &r );
	read_skip ( &r, 2 + 12 + 8 ); /* poll, precision, delays, reference */
	reply.origin = read_be64 ( &r );
	reply.received_us = ntp_to_unix_us ( read_be64 ( &r ) );
	transmitted = read_be64 ( &r );
	reply.transmitted_us = ntp_to_unix_us ( transmitted );
	if ( reader_failed ( &r ) || ( ( first & 0x07 ) != NTP_MODE_SERVER ) )
		return FAIL ( EBADMSG, "not an NTP server reply" );
	if ( reply.stratum == 0 ) {
		ret_reply->origin = reply.origin;
		return FAIL ( EPROTO, "time server asks clients to stop" );
	}
	if ( ( ( first >> 6 ) == NTP_LEAP_UNKNOWN ) || ( reply.stratum > 15 ) ||
	     ( transmitted == 0 ) )
		return FAIL ( EBADMSG, "time server does not know the time itself" );
	*ret_reply = reply;
	return 0;
}

int64_t ntp_delta ( const struct ntp_reply *reply, int64_t sent_us, int64_t arrived_us ) {
	return ( ( reply->received_us - sent_us ) + ( reply->transmitted_us - arrived_us ) ) / 2;
}
