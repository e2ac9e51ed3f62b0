/** @file
 * A TCP connection against a peer that does what the input says: segments with numbers near those
 * that matter, in every state, between reads, writes, closing and time going by.
 *
 * Both sides' data follow a pattern by position, so whatever order, overlap and repetition the
 * input thinks of, what is read must be the pattern, and so must be what we send. After each step the
 * connection's numbers must be in order; in the end all memory and packet buffers must be back.
 */
#include <stdlib.h>
#include <string.h>
#include "core/memory.h"
#include "core/reader.h"
#include "lib/netsim.h"
#include "lib/tcp_peer.h"
#include "net/tcp_conn.h"
#include "platform/host/host.h"

int LLVMFuzzerTestOneInput ( const uint8_t *data, size_t len );

#define OUR_IP   IPV4 ( 10, 0, 0, 2 )
#define PEER_IP  IPV4 ( 10, 0, 0, 1 )
#define ISN      0xffff0000U
#define DATA_MAX 4096

/* First byte: the peer's SYN. */
#define PEER_TS      0x01
#define PEER_SACK    0x02
#define PEER_SCALE   0x04
#define PEER_MSS_LOW 0x08
#define HANDSHAKE    0x10 /**< begin in ESTABLISHED */
#define SIMULTANEOUS 0x20

static struct netsim *net;
static struct tcp_peer *peer;
static struct stream *stream;
static bool busy; /**< our task waits in the stream */
static uint16_t port;
static uint32_t our_isn; /**< first byte */
static bool have_syn;
static uint32_t peer_ts, our_ts;
static uint8_t config;
static bool foreign; /**< bytes that are not of the pattern were sent */
static uint32_t read_pos, write_pos;
static uint8_t buf[65536], out[65536];
static size_t io_len;

static void check ( bool condition ) {
	if ( !condition )
		abort ();
}

static uint8_t pattern ( uint32_t at ) {
	return (uint8_t) ( at * 31 + ( at >> 7 ) );
}

/** What we send, as the peer sees it. */
static void peer_rx ( struct tcp_peer *from, const struct tcp_segment *seg, void *arg ) {
	if ( seg->flags & TCP_SYN ) {
		port = seg->src_port;
		our_isn = seg->seq + 1;
		have_syn = true;
	}
	if ( seg->has_ts )
		our_ts = seg->ts_val;
	for ( size_t i = 0; i < seg->len; i++ )
		check ( seg->data[i] == pattern ( seg->seq - our_isn + (uint32_t) i ) );
	for ( unsigned int i = 0; i < seg->sack_count; i++ )
		check ( seg->sack[i].start != seg->sack[i].end );
}

static void ranges_check ( const struct tcp_ranges *ranges, uint32_t from, uint32_t to ) {
	check ( ranges->count <= TCP_RANGES_MAX );
	for ( unsigned int i = 0; i < ranges->count; i++ ) {
		check ( seq_gt ( ranges->range[i].start, from ) );
		check ( seq_lt ( ranges->range[i].start, ranges->range[i].end ) );
		from = ranges->range[i].end;
	}
	check ( !ranges->count || seq_le ( from, to ) );
}

static void invariants ( void ) {
	struct tcp *tcp;

	list_for_each ( tcp, &tcp_connections, list ) {
		const struct tcp_window *rx = &tcp->rx;

		check ( rx->limit <= rx->size );
		check ( !rx->target || stream );
		if ( tcp->state < TCP_ESTABLISHED )
			continue;
		check ( seq_le ( rx->read, rx->next ) );
		check ( !rx->ring || seq_le ( rx->next, rx->edge ) );
		check ( !rx->ring || ( rx->edge - rx->read <= rx->size ) );
		ranges_check ( &rx->ooo, rx->next, rx->edge );
		check ( seq_le ( tcp->una, tcp->nxt ) );
		check ( seq_le ( tcp->nxt, tcp->tx_end + tcp->fin_queued ) );
		check ( tcp->tx_end - tcp->una <= TCP_TX_SIZE || ( tcp->una == tcp->tx_end + 1 ) );
		check ( seq_le ( tcp->una, tcp->rexmit ) && seq_le ( tcp->una, tcp->lost ) );
		/* A peer may acknowledge a part of what it has SACKed. */
		ranges_check ( &tcp->sacked, tcp->una - 1, tcp->nxt );
		check ( tcp->cwnd );
	}
}

/* ---- Our side: one task that does what it is told ---- */

static TASK_FN int ( *order ) ( void *arg );
static struct event ordered;
static bool working; /**< the task is there */

static TASK_FN int worker ( void *arg ) {
	int rc;

	while ( ( rc = WAIT_UNTIL ( order, &ordered, TIME_NEVER ) ) == 0 ) {
		order ( NULL );
		order = NULL;
		busy = false;
	}
	return 0;
}

static void command ( TASK_FN int ( *fn ) ( void *arg ) ) {
	if ( !working ) {
		event_init ( &ordered );
		netsim_spawn ( net, worker, NULL );
		netsim_settle ( net );
	}
	working = busy = true;
	order = fn;
	event_signal ( &ordered );
	netsim_settle ( net );
}

static TASK_FN int connect_task ( void *arg ) {
	struct endpoint server = endpoint_ipv4 ( PEER_IP, 80 );

	if ( tcp_connect ( &server, deadline_in ( 30 * US_PER_S ), &stream ) != 0 )
		stream = NULL;
	return 0;
}

static TASK_FN int read_task ( void *arg ) {
	ssize_t n = stream_read ( stream, buf, io_len, deadline_in ( 20 * US_PER_S ) );

	for ( ssize_t i = 0; i < n; i++ )
		check ( foreign || ( buf[i] == pattern ( read_pos + (uint32_t) i ) ) );
	read_pos += (uint32_t) MAX ( n, (ssize_t) 0 );
	return 0;
}

static TASK_FN int write_task ( void *arg ) {
	for ( size_t i = 0; i < io_len; i++ )
		out[i] = pattern ( write_pos + (uint32_t) i );
	if ( stream_write ( stream, out, io_len, deadline_in ( 20 * US_PER_S ) ) == 0 )
		write_pos += (uint32_t) io_len;
	return 0;
}

static TASK_FN int close_task ( void *arg ) {
	stream_close ( stream ); /* NULL is harmless */
	stream = NULL;
	return 0;
}

static TASK_FN int abort_task ( void *arg ) {
	tcp_abort ( stream );
	stream = NULL;
	return 0;
}

static void start ( TASK_FN int ( *fn ) ( void *arg ), size_t n ) {
	if ( !stream || busy )
		return;
	io_len = n;
	command ( fn );
}

/** If the task waits it is cancelled; then the stream goes. */
static void finish ( TASK_FN int ( *fn ) ( void *arg ) ) {
	if ( busy ) {
		netsim_cancel ( net );
		netsim_join ( net, US_PER_S );
		order = NULL;
		busy = working = false;
	}
	if ( stream )
		command ( fn );
	check ( !stream && !busy );
}

/* ---- The peer's side ---- */

static void send_seg ( struct tcp_segment *seg, unsigned int flags ) {
	seg->src_port = 80;
	seg->dest_port = port;
	tcp_peer_send ( peer, OUR_IP, seg, flags );
	netsim_settle ( net );
}

static void send_syn ( uint8_t flags ) {
	struct tcp_segment seg = { .flags = flags,
				   .seq = ISN - 1,
				   .ack = our_isn,
				   .window = 0xffff,
				   .ts_val = peer_ts,
				   .ts_ecr = our_ts };

	seg.has_ts = ( config & PEER_TS );
	seg.sack_permitted = ( config & PEER_SACK );
	seg.has_wscale = ( config & PEER_SCALE );
	seg.wscale = 3;
	seg.mss = ( config & PEER_MSS_LOW ) ? 1 : 1460;
	send_seg ( &seg, 0 );
}

/** Flags, modes, three numbers, a length: a segment near where the connection is. */
static void op_segment ( struct reader *r ) {
	static uint8_t payload[DATA_MAX];
	struct tcp *tcp = list_first ( &tcp_connections, struct tcp, list );
	uint8_t flags = read_u8 ( r ), mode = read_u8 ( r );
	uint32_t seq = (uint32_t) (int16_t) read_be16 ( r ),
		 ack = (uint32_t) (int16_t) read_be16 ( r );
	struct tcp_segment seg = { .flags = flags & 0x3f,
				   .window = read_be16 ( r ),
				   .data = payload };

	seg.len = read_be16 ( r ) % DATA_MAX;
	seg.seq = seq + ISN;
	seg.ack = ack + our_isn;
	if ( tcp && ( tcp->state == TCP_SYN_SENT ) && ( flags & TCP_SYN ) )
		seg.seq = ISN - 1; /* the pattern counts from there */
	else if ( tcp ) {
		seg.seq = seq + ( ( mode & 1 ) ? tcp->rx.edge : tcp_rcv_nxt ( tcp ) );
	}
	if ( tcp ) {
		seg.ack = ack + ( ( mode & 2 ) ? tcp->nxt : tcp->una );
	}
	if ( flags & 0x40 )
		seg.flags |= TCP_ACK;
	if ( ( config & PEER_TS ) ? !( mode & 4 ) : ( mode & 4 ) ) {
		seg.has_ts = true;
		seg.ts_val = ( mode & 8 ) ? peer_ts - 1000 : peer_ts++;
		seg.ts_ecr = our_ts;
	}
	for ( unsigned int i = 0; i < ( mode >> 4 & 3U ) && !seg.has_wscale; i++ ) {
		seg.sack[i].start = our_isn + read_be16 ( r );
		seg.sack[i].end = seg.sack[i].start + (uint32_t) (int16_t) read_be16 ( r );
		seg.sack_count++;
	}
	for ( size_t i = 0; i < seg.len; i++ )
		payload[i] = pattern ( seg.seq - ISN + (uint32_t) i );
	send_seg ( &seg, ( mode & 0x40 ) ? PKT_COALESCED | PKT_CSUM_OK : 0 );
}

/** Bytes as they are, checksum made; ports are ours. */
static void op_raw ( struct reader *r ) {
	uint8_t packet[512];
	size_t len = MIN ( (size_t) read_u8 ( r ), reader_left ( r ) );
	uint16_t csum;

	if ( !len )
		return;
	memcpy ( packet, read_bytes ( r, len ), len );
	foreign = true;
	if ( len >= TCP_HEADER_LEN ) {
		packet[0] = 0;
		packet[1] = 80;
		packet[2] = (uint8_t) ( port >> 8 );
		packet[3] = (uint8_t) port;
		packet[16] = packet[17] = 0;
		csum = netsim_csum ( netsim_pseudo ( PEER_IP, OUR_IP, 6, len ), packet, len );
		packet[16] = (uint8_t) ( csum >> 8 );
		packet[17] = (uint8_t) csum;
	}
	tcp_peer_send_raw ( peer, OUR_IP, packet, len );
	netsim_settle ( net );
}

static void op_icmp ( struct reader *r ) {
	uint8_t icmp[8 + 20 + 8] = { 3 }, *ip = icmp + 8, *tcp = ip + 20;
	uint32_t seq;
	uint16_t csum;

	icmp[1] = read_u8 ( r ) % 16;
	icmp[6] = read_u8 ( r );
	icmp[7] = read_u8 ( r );
	seq = our_isn + (uint32_t) (int16_t) read_be16 ( r );
	memcpy ( ip, "\x45\0\0\x28\0\0\0\0\x40\x06\0\0\x0a\0\0\x02\x0a\0\0\x01", 20 );
	csum = netsim_csum ( 0, ip, 20 );
	ip[10] = (uint8_t) ( csum >> 8 );
	ip[11] = (uint8_t) csum;
	tcp[0] = (uint8_t) ( port >> 8 );
	tcp[1] = (uint8_t) port;
	tcp[3] = 80;
	for ( unsigned int i = 0; i < 4; i++ )
		tcp[4 + i] = (uint8_t) ( seq >> ( 24 - 8 * i ) );
	csum = netsim_csum ( 0, icmp, sizeof ( icmp ) );
	icmp[2] = (uint8_t) ( csum >> 8 );
	icmp[3] = (uint8_t) csum;
	netsim_host_send ( tcp_peer_host ( peer ), 1, 0, OUR_IP, icmp, sizeof ( icmp ), 0 );
	netsim_settle ( net );
}

static void step ( struct reader *r ) {
	uint8_t op = read_u8 ( r );

	switch ( op & 15 ) {
	case 0:
		netsim_run ( net,
			     (utime_t) ( op >> 4 ) * ( op >> 4 ) * 100 * US_PER_MS + US_PER_MS );
		break;
	case 1:
	case 2:
		start ( read_task, 1 + read_be16 ( r ) % ( sizeof ( buf ) - 1 ) );
		break;
	case 3:
	case 4:
		start ( write_task, 1 + read_be16 ( r ) % ( sizeof ( out ) - 1 ) );
		break;
	case 5:
		if ( ( op >> 4 ) == 0 )
			finish ( close_task );
		break;
	case 6:
		if ( ( op >> 4 ) == 0 )
			finish ( abort_task );
		break;
	case 7:
		op_raw ( r );
		break;
	case 8:
		op_icmp ( r );
		break;
	case 9:
		send_syn ( ( op & 0x10 ) ? TCP_SYN : TCP_SYN | TCP_ACK );
		break;
	case 10:
		netsim_netif ( net )->rx_overruns++;
		break;
	case 11:
		netsim_fail_transmit ( net, ( op & 0x10 ) ? -ENOBUFS : 0 );
		break;
	default:
		op_segment ( r );
	}
}

int LLVMFuzzerTestOneInput ( const uint8_t *data, size_t len ) {
	struct reader r = READER ( data, len );
	struct tcp *tcp, *tmp;
	size_t pages;

	config = read_u8 ( &r );
	stream = NULL;
	foreign = have_syn = false;
	read_pos = write_pos = 0;
	peer_ts = 100000;
	if ( !net ) {
		net = netsim_new ();
		peer = tcp_peer_new ( net, PEER_IP, peer_rx, NULL );
		netsim_configure ( net, OUR_IP, IPV4 ( 255, 255, 255, 0 ), 0 );
	}
	if ( !working ) /* its stack is pages, too */
		command ( close_task );
	pages = host_pages_used ();
	command ( connect_task );
	check ( have_syn );
	if ( config & SIMULTANEOUS )
		send_syn ( TCP_SYN );
	else if ( config & HANDSHAKE )
		send_syn ( TCP_SYN | TCP_ACK );
	for ( unsigned int steps = 0; reader_left ( &r ) && ( steps < 64 ); steps++ ) {
		step ( &r );
		invariants ();
	}
	netsim_fail_transmit ( net, 0 );
	finish ( close_task );
	invariants ();
	netsim_run ( net, 40 * US_PER_S );
	/* Whatever was said, it is over after a while. */
	check ( !tcp_closing () );
	list_for_each_safe ( tcp, tmp, &tcp_connections, list )
		tcp_die ( tcp, 0 );
	netsim_settle ( net );
	check ( list_empty ( &tcp_connections ) );
	check ( pkt_pool_out ( netsim_rx_pool ( net ) ) == 0 );
	check ( !working || ( host_pages_used () == pages ) );
	return 0;
}
