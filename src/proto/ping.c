/** @file
 * ICMP echo as users know it. See proto/ping.h.
 */
#include <stdlib.h>
#include <string.h>
#include "core/console.h"
#include "core/error.h"
#include "net/icmp.h"
#include "proto/ping.h"

/** A run. */
struct ping {
	const struct endpoint *dest;
	const struct ping_options *options;
	struct icmp_echo *echo;
	uint8_t *sent; /**< data that each reply must bring back */
	uint8_t *received;
	unsigned int good; /**< replies */
};

/* One line: "64 bytes from 10.0.2.2: seq=1", and what was wrong with it. */
static void print_reply ( const struct ping *ping, size_t len, ipv4_addr_t from, uint16_t seq,
			  int rc ) {
	char addr[IPV4_TEXT_LEN];

	if ( ping->options->quiet )
		return;
	con_printf ( "%zu bytes from %s: seq=%u%s%s\n", len,
		     from ? ipv4_text ( from, addr ) : "<none>", seq, rc ? ": " : "",
		     rc ? error_text ( rc ) : "" );
}

static int check_reply ( const struct ping *ping, const struct icmp_reply *reply, size_t len ) {
	if ( reply->rc != 0 )
		return reply->rc;
	if ( ( reply->len != ping->options->len ) ||
	     ( len && ( memcmp ( ping->received, ping->sent, len ) != 0 ) ) )
		return -EIO;
	return 0;
}

/* Print what comes until the deadline. @return 0 something came for @c seq, or a negative error */
static TASK_FN int ping_receive ( struct ping *ping, uint16_t seq, utime_t deadline ) {
	struct icmp_reply reply;
	bool answered = false;
	ssize_t len;
	int rc;

	while ( ( len = icmp_echo_recv ( ping->echo, &reply, ping->received, ping->options->len,
					 deadline ) ) >= 0 ) {
		rc = check_reply ( ping, &reply, len );
		print_reply ( ping, reply.len, reply.src.ipv4, reply.seq, rc );
		if ( rc == 0 )
			ping->good++;
		if ( reply.seq != seq )
			continue;
		answered = true;
		/* After the last request there is nothing to wait for. */
		if ( seq == ping->options->count )
			break;
	}
	if ( err_is ( len, ECANCELED ) )
		return len;
	return answered ? 0 : -ETIMEDOUT;
}

static TASK_FN int ping_run ( struct ping *ping ) {
	const struct ping_options *options = ping->options;
	int rc;

	for ( unsigned int seq = 1; !options->count || ( seq <= options->count ); seq++ ) {
		utime_t deadline = deadline_in ( options->period_us );

		rc = icmp_echo_send ( ping->echo, ping->dest, seq, ping->sent, options->len );
		if ( rc != 0 ) {
			print_reply ( ping, 0, IPV4_NONE, seq, rc );
			if ( ( rc = sleep_until ( deadline ) ) != 0 )
				return rc;
			continue;
		}
		rc = ping_receive ( ping, seq, deadline );
		if ( err_is ( rc, ECANCELED ) )
			return rc;
		if ( rc != 0 )
			print_reply ( ping, 0, IPV4_NONE, seq, rc );
	}
	return ping->good ? 0 : -ETIMEDOUT;
}

TASK_FN int ping ( const struct endpoint *dest, const struct ping_options *options ) {
	struct ping ping = { .dest = dest, .options = options };
	int rc;

	ping.sent = malloc ( 2 * options->len + 1 );
	if ( !ping.sent )
		return FAIL ( ENOMEM, "no memory for %zu bytes of data", options->len );
	ping.received = ping.sent + options->len;
	for ( size_t i = 0; i < options->len; i++ )
		ping.sent[i] = i;
	if ( ( rc = icmp_echo_open ( &ping.echo ) ) == 0 ) {
		rc = ping_run ( &ping );
		icmp_echo_close ( ping.echo );
	}
	free ( ping.sent );
	return rc;
}
