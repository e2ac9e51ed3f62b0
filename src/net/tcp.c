/** @file
 * TCP connections as streams: opening, reading, writing, closing; the end of a batch, where
 * acknowledgements are sent and readers woken; keep-alive and the waits of closing.
 *
 * An acknowledgement and a wake-up cost more than a segment. So nothing is acknowledged and nobody
 * woken while segments keep coming in, up to TCP_ACK_STRETCH segments and TCP_WAKE_BYTES; the first
 * turn of the root loop without a new segment settles what is left.
 */
#include <stdlib.h>
#include <string.h>
#include "core/init.h"
#include "core/error.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/random.h"
#include "net/ipv4.h"
#include "net/tcp_conn.h"

struct list tcp_connections = LIST_INIT ( tcp_connections );
struct tcp_stats tcp_stats;

static struct list tcp_pending = LIST_INIT ( tcp_pending );

static const struct stream_ops tcp_stream_ops;

/* ---- Life and death ---- */

static void tcp_release_buffers ( struct tcp *tcp ) {
	tcp_window_fini ( &tcp->rx );
	pages_free ( tcp->tx_ring, TCP_TX_SIZE );
	tcp->tx_ring = NULL;
}

static void tcp_stop_timers ( struct tcp *tcp ) {
	timer_stop ( &tcp->rexmit_timer );
	timer_stop ( &tcp->ack_timer );
	timer_stop ( &tcp->idle_timer );
}

static void tcp_free ( struct tcp *tcp ) {
	tcp_stop_timers ( tcp );
	tcp_release_buffers ( tcp );
	list_del ( &tcp->list );
	list_del ( &tcp->pending );
	free ( tcp );
}

void tcp_pend ( struct tcp *tcp ) {
	if ( list_empty ( &tcp->pending ) )
		list_add_tail ( &tcp->pending, &tcp_pending );
}

void tcp_die ( struct tcp *tcp, int rc ) {
	LOG ( LOG_EVENT, "port %u: ends: %s", tcp->local_port, rc ? error_text ( rc ) : "closed" );
	tcp->state = TCP_CLOSED;
	tcp->error = rc;
	tcp_stop_timers ( tcp );
	tcp_pend ( tcp ); /* to be freed there if nobody holds it */
	event_signal ( &tcp->changed );
}

void tcp_established ( struct tcp *tcp, utime_t now ) {
	tcp->state = TCP_ESTABLISHED;
	tcp->rexmit = tcp->lost = tcp->una;
	tcp->last_rx = tcp->progress_at = now;
	tcp->rto = US_PER_S;
	if ( tcp->timing ) {
		tcp_rtt_sample ( tcp, now - tcp->timed_at );
		tcp_window_rtt ( &tcp->rx, now - tcp->timed_at );
	}
	tcp->timing = false;
	LOG ( LOG_EVENT, "port %u: established, round trip %u us", tcp->local_port,
	      (unsigned int) ( now - tcp->timed_at ) );
	timer_stop ( &tcp->rexmit_timer );
	timer_start ( &tcp->idle_timer, now + TCP_KEEPALIVE_US );
	event_signal ( &tcp->changed );
}

void tcp_enter_fin_wait_2 ( struct tcp *tcp, utime_t now ) {
	tcp->state = TCP_FIN_WAIT_2;
	timer_start ( &tcp->idle_timer, now + TCP_FIN_WAIT_US );
}

void tcp_enter_time_wait ( struct tcp *tcp, utime_t now ) {
	struct tcp *other, *oldest = NULL;
	unsigned int count = 0;

	tcp->state = TCP_TIME_WAIT;
	tcp_release_buffers ( tcp );
	timer_stop ( &tcp->rexmit_timer );
	timer_start ( &tcp->idle_timer, now + TCP_TIME_WAIT_US );
	list_for_each ( other, &tcp_connections, list ) {
		if ( other->state != TCP_TIME_WAIT )
			continue;
		count++;
		if ( !oldest || ( other->idle_timer.expires < oldest->idle_timer.expires ) )
			oldest = other;
	}
	if ( count > TCP_TIME_WAIT_MAX )
		tcp_die ( oldest, 0 );
}

/* ---- Timers ---- */

static void ack_expired ( struct timer *timer, utime_t now ) {
	struct tcp *tcp = container_of ( timer, struct tcp, ack_timer );

	if ( tcp->ack_now || ( tcp_rcv_nxt ( tcp ) != tcp->last_ack_sent ) )
		tcp_send_ack ( tcp, now );
}

/** Keep-alive; at the end of the connection the limit of FIN-WAIT-2 and TIME-WAIT. */
static void idle_expired ( struct timer *timer, utime_t now ) {
	struct tcp *tcp = container_of ( timer, struct tcp, idle_timer );

	if ( ( tcp->state == TCP_FIN_WAIT_2 ) || ( tcp->state == TCP_TIME_WAIT ) ) {
		tcp_die ( tcp, 0 );
		return;
	}
	if ( now - tcp->last_rx < TCP_KEEPALIVE_US ) {
		timer_start ( timer, tcp->last_rx + TCP_KEEPALIVE_US );
		return;
	}
	if ( !tcp_has_path ( tcp ) ) {
		tcp_die ( tcp, -ENETUNREACH_TCP );
		return;
	}
	if ( tcp->probes++ >= TCP_KEEPALIVE_MAX ) {
		tcp_send_reset ( tcp, now );
		tcp_die ( tcp, -ETIMEDOUT_TCP );
		return;
	}
	/* An old number makes the peer answer (RFC 9293 §3.8.4). Our own data asks by itself. */
	if ( tcp->una == tcp->nxt )
		tcp_send ( tcp, 0, tcp->nxt - 1, 0, now );
	timer_start ( timer, now + TCP_KEEPALIVE_US );
}

/* ---- The end of a batch ---- */

/** Acknowledge if it is time. @c settled: nothing new came in since the last turn. */
static void batch_ack ( struct tcp *tcp, bool settled, utime_t now ) {
	uint32_t unacked = tcp_rcv_nxt ( tcp ) - tcp->last_ack_sent;
	uint32_t stretch = MIN ( TCP_ACK_STRETCH * tcp->rx_mss, tcp->rx.limit / 4 );
	bool due = ( unacked >= ( settled ? 2 * tcp->rx_mss : stretch ) );

	if ( tcp->ack_now || ( unacked && ( due || ( settled && tcp->quick_acks ) ) ) ) {
		if ( tcp->quick_acks )
			tcp->quick_acks--;
		tcp_send_ack ( tcp, now );
	} else if ( unacked && settled && !timer_running ( &tcp->ack_timer ) ) {
		timer_start ( &tcp->ack_timer, now + TCP_DELAYED_ACK_US );
	}
}

/** Wake a waiting reader if it is worth it. @return true if it should be looked at again */
static bool batch_wake ( struct tcp *tcp, bool settled ) {
	struct tcp_window *rx = &tcp->rx;
	size_t got = rx->target_fill + tcp_window_ready ( rx );

	if ( !rx->target || !( got || tcp->fin_received ) )
		return false;
	if ( !settled && !tcp->fin_received && ( got < TCP_WAKE_BYTES ) &&
	     ( got < rx->target_len ) )
		return true;
	event_signal ( &tcp->changed );
	return false;
}

static bool tcp_poll ( utime_t now ) {
	struct tcp *tcp, *tmp;
	bool busy = false;

	list_for_each_safe ( tcp, tmp, &tcp_pending, pending ) {
		bool settled = !tcp->batch_rx;

		busy = true;
		if ( tcp->state == TCP_CLOSED ) {
			list_del ( &tcp->pending );
			if ( tcp->detached )
				tcp_free ( tcp );
			continue;
		}
		tcp->batch_rx = false;
		if ( !settled )
			tcp_window_tune ( &tcp->rx, now );
		batch_ack ( tcp, settled, now );
		if ( !batch_wake ( tcp, settled ) && settled )
			list_del ( &tcp->pending );
	}
	return busy;
}

static const struct root_poll tcp_root_poll = { .poll = tcp_poll };
ROOT_POLL ( tcp_root_poll );

/* ---- The stream ---- */

/** Say in words why the connection failed. @return rc */
static int tcp_failed ( const struct tcp *tcp, int rc ) {
	char peer[ENDPOINT_TEXT_LEN];

	endpoint_text ( &tcp->peer, peer );
	if ( err_is ( rc, ECONNREFUSED ) )
		return FAIL ( -rc, "%s refused the connection", peer );
	if ( err_is ( rc, ECONNRESET ) )
		return FAIL ( -rc, "%s reset the connection", peer );
	if ( err_is ( rc, ENETUNREACH ) )
		return FAIL ( -rc, "%s is unreachable", peer );
	if ( err_is ( rc, ETIMEDOUT ) )
		return FAIL ( -rc, "no answer from %s", peer );
	return rc;
}

static void tcp_update_window ( struct tcp *tcp ) {
	if ( tcp_synchronised ( tcp ) && !tcp->fin_received &&
	     tcp_window_worth_update ( &tcp->rx, tcp->rx_mss ) )
		tcp_send_ack ( tcp, clock_now () );
}

static TASK_FN ssize_t tcp_read ( struct stream *stream, void *buf, size_t len, utime_t deadline ) {
	struct tcp *tcp = container_of ( stream, struct tcp, stream );
	struct tcp_window *rx = &tcp->rx;
	size_t done = 0;
	int rc = 0;

	for ( ;; ) {
		done += tcp_window_read ( rx, (uint8_t *) buf + done, len - done );
		if ( done ) {
			tcp_update_window ( tcp );
			return (ssize_t) done;
		}
		if ( tcp->fin_received || ( len == 0 ) )
			return 0;
		if ( tcp->error )
			return tcp_failed ( tcp, tcp->error );
		if ( rc )
			return err_is ( rc, ETIMEDOUT ) ? tcp_failed ( tcp, -ETIMEDOUT_TCP ) : rc;
		/* Until event_wait() returns, input may write into the buffer. */
		rx->target = buf;
		rx->target_len = len;
		rx->target_fill = 0;
		rc = event_wait ( &tcp->changed, deadline );
		done = rx->target_fill;
		rx->target = NULL;
		rx->target_fill = 0;
	}
}

/** Queue what fits. @return how many bytes */
static size_t tcp_queue ( struct tcp *tcp, const uint8_t *data, size_t len ) {
	uint32_t pos = tcp_tx_pos ( tcp, tcp->tx_end );
	uint32_t room = TCP_TX_SIZE - ( tcp->tx_end - tcp->una );
	size_t n = MIN ( len, MIN ( room, TCP_TX_SIZE - pos ) );

	memcpy ( tcp->tx_ring + pos, data, n );
	tcp->tx_end += (uint32_t) n;
	return n;
}

static TASK_FN int tcp_write ( struct stream *stream, const void *data, size_t len,
			       utime_t deadline ) {
	struct tcp *tcp = container_of ( stream, struct tcp, stream );
	const uint8_t *bytes = data;
	int rc;

	while ( len ) {
		utime_t now = clock_now ();
		size_t n;

		if ( tcp->error )
			return tcp_failed ( tcp, tcp->error );
		if ( tcp->una == tcp->tx_end )
			tcp->progress_at = now;
		n = tcp_queue ( tcp, bytes, len );
		/* The queue is a ring: its end may lie in the middle of what is queued here. */
		n += tcp_queue ( tcp, bytes + n, len - n );
		bytes += n;
		len -= n;
		if ( n )
			tcp_output ( tcp, now );
		if ( !len )
			break;
		rc = event_wait ( &tcp->changed, deadline );
		if ( rc )
			return err_is ( rc, ETIMEDOUT ) ? tcp_failed ( tcp, -ETIMEDOUT_TCP ) : rc;
	}
	return 0;
}

static void tcp_close ( struct stream *stream ) {
	struct tcp *tcp = container_of ( stream, struct tcp, stream );
	utime_t now = clock_now ();

	if ( !tcp_synchronised ( tcp ) ) {
		tcp_free ( tcp );
		return;
	}
	if ( tcp_window_ready ( &tcp->rx ) ) {
		/* The peer should know that not all was taken (RFC 9293 §3.6.1). */
		tcp_abort ( stream );
		return;
	}
	tcp->detached = tcp->fin_queued = true;
	tcp->state = ( tcp->state == TCP_ESTABLISHED ) ? TCP_FIN_WAIT_1 : TCP_LAST_ACK;
	if ( tcp->una == tcp->tx_end )
		tcp->progress_at = now;
	tcp_window_fini ( &tcp->rx );
	timer_stop ( &tcp->idle_timer );
	tcp_output ( tcp, now );
}

static const struct stream_ops tcp_stream_ops = {
	.read = tcp_read,
	.write = tcp_write,
	.close = tcp_close,
};

void tcp_abort ( struct stream *stream ) {
	struct tcp *tcp;

	if ( !stream )
		return;
	tcp = container_of ( stream, struct tcp, stream );
	if ( tcp->state >= TCP_SYN_RECEIVED )
		tcp_send_reset ( tcp, clock_now () );
	tcp_free ( tcp );
}

bool tcp_is_stale ( struct stream *stream ) {
	struct tcp *tcp = container_of ( stream, struct tcp, stream );

	/* Bytes that nobody asked for: the next answer could not be told from them. */
	return ( tcp->state != TCP_ESTABLISHED ) || tcp->fin_seen ||
	       tcp_window_ready ( &tcp->rx ) || !tcp_has_path ( tcp );
}

bool tcp_closing ( void ) {
	struct tcp *tcp;

	list_for_each ( tcp, &tcp_connections, list ) {
		if ( tcp->detached && ( tcp->state != TCP_TIME_WAIT ) &&
		     ( tcp->state != TCP_CLOSED ) )
			return true;
	}
	return false;
}

/* ---- Connecting ---- */

/** A random port that no connection of ours uses, not even one in TIME-WAIT. */
static uint16_t choose_port ( void ) {
	struct tcp *tcp;
	uint16_t port;
	bool used;

	do {
		port = (uint16_t) ( 1025 + random_u32 () % ( 65536 - 1025 ) );
		used = false;
		list_for_each ( tcp, &tcp_connections, list )
			used |= ( tcp->local_port == port );
	} while ( used );
	return port;
}

static struct tcp *tcp_new ( const struct endpoint *peer, const struct ipv4_route *route ) {
	struct tcp *tcp = zalloc ( sizeof ( *tcp ) );

	if ( !tcp )
		return NULL;
	list_init ( &tcp->list );
	list_init ( &tcp->pending );
	event_init ( &tcp->changed );
	timer_init ( &tcp->rexmit_timer, tcp_rexmit_expired );
	timer_init ( &tcp->ack_timer, ack_expired );
	timer_init ( &tcp->idle_timer, idle_expired );
	tcp->stream.ops = &tcp_stream_ops;
	tcp->peer = *peer;
	tcp->local = route->src;
	tcp->local_port = choose_port ();
	tcp->pmtu = (uint16_t) MIN ( route->netif->mtu, (size_t) TCP_MTU_MAX );
	tcp->use_ts = tcp->use_sack = true;
	tcp->rx_scale = TCP_WINDOW_SCALE;
	tcp->quick_acks = TCP_QUICK_ACKS;
	tcp->ts_offset = random_u32 ();
	tcp->rto = TCP_RTO_MIN;
	tcp->tx_ring = pages_alloc ( TCP_TX_SIZE, PAGES_HIGH );
	if ( !tcp->tx_ring || ( tcp_window_init ( &tcp->rx ) != 0 ) ) {
		tcp_free ( tcp );
		return NULL;
	}
	return tcp;
}

static void tcp_start ( struct tcp *tcp, utime_t now ) {
	tcp->iss = tcp->una = tcp_isn ( tcp->local, tcp->local_port, &tcp->peer, now );
	tcp->nxt = tcp->tx_end = tcp->rexmit = tcp->lost = tcp->iss + 1;
	tcp->state = TCP_SYN_SENT;
	tcp->timing = true;
	tcp->timed_at = now;
	list_add ( &tcp->list, &tcp_connections );
	tcp_send ( tcp, TCP_SYN, tcp->iss, 0, now );
	timer_start ( &tcp->rexmit_timer, now + tcp->rto );
}

TASK_FN int tcp_connect ( const struct endpoint *peer, utime_t deadline,
			  struct stream **ret_stream ) {
	const struct ipv4_route *route;
	char text[ENDPOINT_TEXT_LEN];
	ipv4_addr_t next;
	struct tcp *tcp;
	int rc;

	endpoint_text ( peer, text );
	route = ( peer->family == ADDR_IPV4 ) ? ipv4_route ( peer->ipv4, &next ) : NULL;
	if ( !route || !route->src )
		return FAIL ( ENETUNREACH_TCP, "no route to %s", text );
	tcp = tcp_new ( peer, route );
	if ( !tcp )
		return FAIL ( ENOMEM, "no memory for a connection to %s", text );
	LOG ( LOG_EVENT, "port %u: connects to %s", tcp->local_port, text );
	tcp_start ( tcp, clock_now () );
	rc = WAIT_UNTIL ( tcp_synchronised ( tcp ) || ( tcp->state == TCP_CLOSED ), &tcp->changed,
			  deadline );
	if ( rc == 0 )
		rc = tcp->error;
	else if ( err_is ( rc, ETIMEDOUT ) )
		rc = -ETIMEDOUT_TCP;
	if ( rc ) {
		tcp_failed ( tcp, rc );
		tcp_abort ( &tcp->stream );
		return rc;
	}
	*ret_stream = &tcp->stream;
	return 0;
}

/** What is still being closed is forgotten: nobody will run its timers. */
static void tcp_shutdown ( void ) {
	struct tcp *tcp, *tmp;

	list_for_each_safe ( tcp, tmp, &tcp_connections, list ) {
		if ( tcp->detached )
			tcp_free ( tcp );
	}
}

static const struct init_fn tcp_init_fn = {
	.phase = INIT_SERVICES,
	.name = "tcp",
	.shutdown = tcp_shutdown,
};
INIT_FN ( tcp_init_fn );
