/** @file
 * What the TCP unit tests share: one connection of ours to one scripted peer on a wire without
 * delay, on the virtual clock. Sequence numbers in tests count from the first byte of data of
 * each side (so a SYN is -1).
 */
#ifndef TESTS_UNIT_NET_TCP_FIXTURE_H
#define TESTS_UNIT_NET_TCP_FIXTURE_H

#include <stdio.h>
#include "lib/test.h"
#include "lib/tcp_peer.h"
#include "core/memory.h"
#include "net/ipv4.h"
#include "net/tcp_conn.h"
#include "platform/host/host.h"

#define OUR_IP  IPV4 ( 10, 0, 0, 2 )
#define PEER_IP IPV4 ( 10, 0, 0, 1 )
#define MSS     1448

static struct netsim *net;
static struct tcp_peer *peer;
static struct stream *stream;
static size_t pages_before, heap_before;

/* The peer's side. */
static uint16_t port;         /* ours, as the peer sees it */
static uint32_t our_isn, isn; /* first byte of data of each side */
static uint32_t peer_ts, our_ts;
static bool peer_uses_ts;
static uint16_t peer_window;

/* Options of the peer's SYN. */
static struct tcp_segment peer_syn;

/* What the task does. */
static int result;
static bool ended;
static utime_t connect_deadline;
static char error_words[160];
static uint8_t *read_buf;
static size_t read_len, read_done, write_len;
static const uint8_t *write_data;

static int fixture_setup ( void **state ) {
	heap_before = heap_used ();
	pages_before = host_pages_used ();
	net = netsim_new ();
	peer = tcp_peer_new ( net, PEER_IP, NULL, NULL );
	netsim_configure ( net, OUR_IP, IPV4 ( 255, 255, 255, 0 ), 0 );
	stream = NULL;
	isn = 0xfffff000; /* so that every test wraps */
	peer_ts = 7000;
	peer_uses_ts = true;
	peer_window = 0xffff;
	peer_syn = ( struct tcp_segment ){
		.mss = 1460, .has_ts = true, .sack_permitted = true, .has_wscale = true, .wscale = 7
	};
	connect_deadline = TIME_NEVER;
	return 0;
}

static int fixture_teardown ( void **state ) {
	struct tcp *tcp, *tmp;

	netsim_cancel ( net );
	netsim_join ( net, US_PER_S );
	if ( stream )
		tcp_abort ( stream );
	list_for_each_safe ( tcp, tmp, &tcp_connections, list )
		tcp_die ( tcp, 0 );
	netsim_settle ( net );
	assert_true ( list_empty ( &tcp_connections ) );
	tcp_peer_free ( peer );
	netsim_free ( net );
	assert_int_equal ( host_pages_used (), pages_before );
	return 0;
}

static struct tcp *conn ( void ) {
	return container_of ( stream, struct tcp, stream );
}

/** The only connection there is, or NULL. */
static struct tcp *any_conn ( void ) {
	return list_first ( &tcp_connections, struct tcp, list );
}

/* ---- The peer ---- */

/** Send a segment; @c seq and @c ack count data bytes. */
static void peer_send_seg ( struct tcp_segment seg, uint32_t seq, uint32_t ack ) {
	seg.src_port = 80;
	seg.dest_port = port;
	seg.seq = isn + seq;
	seg.ack = ( seg.flags & TCP_ACK ) ? our_isn + ack : 0;
	seg.window = seg.window ? seg.window : peer_window;
	if ( peer_uses_ts && !( seg.flags & TCP_RST ) && !seg.has_ts ) {
		seg.has_ts = true;
		seg.ts_val = peer_ts;
		seg.ts_ecr = our_ts;
	}
	tcp_peer_send ( peer, OUR_IP, &seg, 0 );
	netsim_settle ( net );
}

static void peer_send ( uint8_t flags, uint32_t seq, uint32_t ack, const void *data, size_t len ) {
	peer_send_seg ( ( struct tcp_segment ){ .flags = flags, .data = data, .len = len }, seq,
			ack );
}

/** The next segment of ours; fails if there is none. */
static const struct tcp_segment *take_any ( void ) {
	const struct tcp_peer_segment *next;

	netsim_settle ( net );
	next = tcp_peer_next ( peer );
	assert_non_null ( next );
	if ( next->seg.has_ts )
		our_ts = next->seg.ts_val;
	return &next->seg;
}

static void expect_nothing ( void ) {
	netsim_settle ( net );
	assert_null ( tcp_peer_next ( peer ) );
}

/** Forget what has been sent so far. */
static void expect_whatever ( void ) {
	netsim_settle ( net );
	while ( tcp_peer_next ( peer ) )
		;
}

/** The next segment has exactly these flags (PSH aside), numbers and length. */
static const struct tcp_segment *expect ( uint8_t flags, uint32_t seq, uint32_t ack, size_t len ) {
	const struct tcp_segment *seg = take_any ();

	assert_int_equal ( seg->flags & ~TCP_PSH, flags );
	assert_int_equal ( seg->seq - our_isn, seq );
	if ( flags & TCP_ACK )
		assert_int_equal ( seg->ack - isn, ack );
	assert_int_equal ( seg->len, len );
	return seg;
}

static void expect_ack ( uint32_t ack ) {
	expect ( TCP_ACK, conn ()->nxt - our_isn, ack, 0 );
}

/* ---- Our side ---- */

static TASK_FN int connect_task ( void *arg ) {
	struct endpoint server = endpoint_ipv4 ( PEER_IP, 80 );

	result = tcp_connect ( &server, connect_deadline, &stream );
	snprintf ( error_words, sizeof ( error_words ), "%s",
		   result ? error_detail ( result ) : "" );
	ended = true;
	return 0;
}

static TASK_FN int read_task ( void *arg ) {
	ssize_t rc = stream_read ( stream, read_buf, read_len, deadline_in ( 100 * US_PER_S ) );

	result = (int) MIN ( rc, (ssize_t) 0 );
	read_done = (size_t) MAX ( rc, (ssize_t) 0 );
	snprintf ( error_words, sizeof ( error_words ), "%s",
		   result ? error_detail ( result ) : "" );
	ended = true;
	return 0;
}

static TASK_FN int write_task ( void *arg ) {
	result = stream_write ( stream, write_data, write_len, deadline_in ( 1000 * US_PER_S ) );
	ended = true;
	return 0;
}

static TASK_FN int close_task ( void *arg ) {
	stream_close ( stream );
	stream = NULL;
	ended = true;
	return 0;
}

static TASK_FN int abort_task ( void *arg ) {
	tcp_abort ( stream );
	stream = NULL;
	ended = true;
	return 0;
}

static void start ( TASK_FN int ( *fn ) ( void *arg ) ) {
	ended = false;
	result = 1;
	netsim_spawn ( net, fn, NULL );
	netsim_settle ( net );
}

/** The task has ended by now. */
static void join ( void ) {
	netsim_settle ( net );
	assert_true ( ended );
	assert_int_equal ( netsim_join ( net, US_PER_S ), 0 );
}

/** Begin connecting; takes the SYN. */
static struct tcp_segment start_connect ( void ) {
	struct tcp_segment seg;

	start ( connect_task );
	seg = *take_any ();
	assert_int_equal ( seg.flags, TCP_SYN );
	port = seg.src_port;
	our_isn = seg.seq + 1;
	return seg;
}

static void peer_send_synack ( void ) {
	struct tcp_segment seg = peer_syn;

	seg.flags = TCP_SYN | TCP_ACK;
	seg.ts_val = peer_ts;
	seg.ts_ecr = our_ts;
	peer_uses_ts = false;
	peer_send_seg ( seg, -1U, 0 );
	peer_uses_ts = seg.has_ts;
}

/** A whole handshake. */
static void establish ( void ) {
	start_connect ();
	peer_send_synack ();
	join ();
	assert_int_equal ( result, 0 );
	expect_ack ( 0 );
	assert_int_equal ( conn ()->state, TCP_ESTABLISHED );
}

/** Write without waiting for anything. */
static void queue_write ( const void *data, size_t len ) {
	write_data = data;
	write_len = len;
	start ( write_task );
}

/** Read what is ready, or time out. @return bytes */
static size_t read_now ( void *buf, size_t len ) {
	read_buf = buf;
	read_len = len;
	start ( read_task );
	join ();
	return read_done;
}

static void start_read ( void *buf, size_t len ) {
	read_buf = buf;
	read_len = len;
	start ( read_task );
}

static void close_it ( void ) {
	start ( close_task );
	join ();
}

static void wait_us ( utime_t us ) {
	netsim_run ( net, us );
}

#endif /* TESTS_UNIT_NET_TCP_FIXTURE_H */
