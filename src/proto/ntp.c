/** @file
 * Time of day from a time server (RFC 5905 §8, client mode). See proto/ntp.h.
 */
#include "core/error.h"
#include "core/random.h"
#include "net/udp.h"
#include "proto/ntp.h"
#include "wire/ntp.h"

/* Room for a reply with extension fields, of which only the front is read. */
#define NTP_REPLY_MAX 512

/* Wait for the reply to this request. One to an older request is dropped: its round trip cannot be
 * told. @return 0, -ETIMEDOUT, -EPROTO, -ECANCELED, -ECONNREFUSED */
static TASK_FN int ntp_await ( struct udp *udp, uint64_t cookie, int64_t sent_us, utime_t deadline,
			       int64_t *ret_delta ) {
	uint8_t buf[NTP_REPLY_MAX];
	struct ntp_reply reply;
	ssize_t len;
	int rc;

	/* A flood of wrong ones does not outlast the deadline. */
	while ( clock_now () < deadline ) {
		len = udp_recv ( udp, buf, sizeof ( buf ), NULL, deadline );
		if ( len < 0 )
			return len;
		rc = ntp_parse_reply ( buf, len, &reply );
		if ( ( ( rc != 0 ) && !err_is ( rc, EPROTO ) ) || ( reply.origin != cookie ) )
			continue;
		if ( rc == 0 )
			*ret_delta = ntp_delta ( &reply, sent_us, clock_wall_us () );
		return rc;
	}
	return -ETIMEDOUT;
}

TASK_FN int ntp_query ( const struct endpoint *server, int64_t *ret_delta ) {
	_cleanup_ ( udp_closep ) struct udp *udp = NULL;
	char addr[ENDPOINT_TEXT_LEN];
	unsigned int count = 0;
	utime_t delay;
	int rc;

	if ( ( rc = udp_open ( NULL, server, 0, &udp ) ) != 0 )
		return rc;
	for ( delay = NTP_RETRY_MIN_US; delay <= NTP_RETRY_MAX_US; delay *= 2 ) {
		uint64_t cookie = random_u64 ();
		uint8_t request[NTP_PACKET_LEN];
		int64_t sent_us = clock_wall_us ();

		count++;
		rc = udp_send ( udp, NULL, request, ntp_build_request ( cookie, request ) );
		if ( rc != 0 )
			return FAIL ( -rc, "could not send to time server %s",
				      endpoint_text ( server, addr ) );
		rc = ntp_await ( udp, cookie, sent_us, deadline_in ( delay ), ret_delta );
		if ( !err_is ( rc, ETIMEDOUT ) )
			return rc;
	}
	return FAIL ( ETIMEDOUT, "time server %s did not answer %u requests",
		      endpoint_text ( server, addr ), count );
}
