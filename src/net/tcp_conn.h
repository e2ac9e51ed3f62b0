/** @file
 * One TCP connection, as the files net/tcp*.c share it. Nobody else includes this, but tests.
 *
 *   tcp.c           streams, life and death, the end of a batch, timers but the retransmission's
 *   tcp_input.c     segments in: checks and the state machine (RFC 9293 §3.10.7)
 *   tcp_output.c    segments out
 *   tcp_recovery.c  acknowledgements of what we sent, retransmission, congestion window
 *   tcp_window.c    the receive window
 *
 * Everything but the functions marked TASK_FN may run on the root stack and on a task's.
 */
#ifndef NET_TCP_CONN_H
#define NET_TCP_CONN_H

#include "core/list.h"
#include "core/timer.h"
#include "net/netif.h"
#include "net/tcp.h"
#include "net/tcp_window.h"

/** Bytes queued for sending: a request, or enough of a POST body for a local server. */
#define TCP_TX_SIZE ( 64U * 1024 )
/** First retransmission time-out, and the shortest; doubling up to the longest (RFC 6298 §2, §5;
 * shorter than its second, for a boot waits on a lost SYN). */
#define TCP_RTO_MIN ( 250 * US_PER_MS )
#define TCP_RTO_MAX ( 10 * US_PER_S )
/** Data that stays unacknowledged for so long ends the connection; after stream_close() sooner. */
#define TCP_GIVE_UP_US        ( 60 * US_PER_S )
#define TCP_GIVE_UP_CLOSED_US ( 15 * US_PER_S )
/** An idle connection is probed so often; so many probes without an answer end it. */
#define TCP_KEEPALIVE_US  ( 15 * US_PER_S )
#define TCP_KEEPALIVE_MAX 8
/** How long a closed connection waits for the peer's FIN, and then in TIME-WAIT. */
#define TCP_FIN_WAIT_US  ( 10 * US_PER_S )
#define TCP_TIME_WAIT_US ( 60 * US_PER_S )
/** Connections in TIME-WAIT; the oldest makes room (each takes about 2 KB). */
#define TCP_TIME_WAIT_MAX 16
/** An acknowledgement waits at most so long for company. */
#define TCP_DELAYED_ACK_US ( 20 * US_PER_MS )
/** Within a stream of data at most so many segments' worth are acknowledged at once. */
#define TCP_ACK_STRETCH 16
/** Within a batch too, an acknowledgement is sent after so many bytes: coalesced packets are large. */
#define TCP_ACK_BYTES ( 256U * 1024 )
/** The first segments are acknowledged without delay: the sender is in slow start. */
#define TCP_QUICK_ACKS 32
/** A waiting reader is woken when so much is in its buffer, or when nothing more comes in. */
#define TCP_WAKE_BYTES ( 64U * 1024 )
/** Challenge ACKs and other answers to strange segments, a connection and second (RFC 5961 §7). */
#define TCP_CHALLENGES_PER_S 10
/** MSS of a peer that names none (RFC 9293 §3.7.1), and the smallest that we believe. */
#define TCP_MSS_DEFAULT 536
#define TCP_MSS_MIN     64
/** Smallest path MTU that we believe: the smallest of RFC 1191 §7.1 that is in use. */
#define TCP_PMTU_MIN 296
/** Largest MTU that we use: what every packet buffer holds. */
#define TCP_MTU_MAX 1500
/** Path MTU when a router does not say which (RFC 1191 §5): one that every path carries. */
#define TCP_PMTU_UNKNOWN 576
/** Initial congestion window, segments (RFC 6928). */
#define TCP_INITIAL_WINDOW 10
/** A timestamp older than this is not compared (RFC 7323 §5.5). */
#define TCP_PAWS_IDLE_US ( 24ULL * 24 * 3600 * US_PER_S )

enum tcp_state {
	TCP_CLOSED,
	TCP_SYN_SENT,
	TCP_SYN_RECEIVED,
	TCP_ESTABLISHED,
	TCP_CLOSE_WAIT,
	TCP_FIN_WAIT_1,
	TCP_FIN_WAIT_2,
	TCP_CLOSING,
	TCP_LAST_ACK,
	TCP_TIME_WAIT,
};

struct tcp {
	struct stream stream;
	struct list list;     /**< all connections */
	struct list pending;  /**< what has something to do at the end of the batch */
	struct event changed; /**< something to read, room to write, another state */
	enum tcp_state state;
	struct endpoint peer;
	ipv4_addr_t local;
	uint16_t local_port;
	bool detached;    /**< stream_close() was called: the packet layer owns it */
	bool unreachable; /**< a router said so while connecting */
	int error;        /**< why it is closed; negative, or 0 */

	/* Agreed in the handshake. */
	bool use_ts, use_sack;
	uint8_t rx_scale, tx_scale;
	uint16_t peer_mss;

	/* Receiving. */
	struct tcp_window rx;
	bool fin_seen;     /**< the peer's FIN is at @c fin_seq */
	bool fin_received; /**< and everything before it has arrived */
	uint32_t fin_seq;
	uint32_t rx_mss;         /**< size of the peer's full segments */
	uint32_t last_ack_sent;  /**< RCV.NXT as last announced */
	bool ack_now;            /**< acknowledge at the end of the batch */
	bool batch_rx;           /**< data came in since the end of the last batch */
	unsigned int quick_acks; /**< segments still to be acknowledged without delay */
	uint32_t ts_recent;      /**< RFC 7323 §4.3 */
	utime_t ts_recent_at;
	uint32_t ts_offset;           /**< our clock's offset */
	struct tcp_range dsack;       /**< duplicate to report (RFC 2883); empty: none */
	unsigned int overruns;        /**< of the interface, as last seen */
	const struct netif *rx_netif; /**< only compared, never followed */

	/* Sending; queued are [una, tx_end), and a FIN after them once fin_queued. */
	uint8_t *tx_ring; /**< TCP_TX_SIZE bytes, see tcp_tx_pos() */
	uint32_t iss, una, nxt, tx_end;
	bool fin_queued;
	uint32_t wnd, wnd_max; /**< the peer's window, bytes; the largest so far */
	uint32_t wl1, wl2;     /**< SND.WL1, SND.WL2 */
	uint16_t pmtu;

	/* Retransmission and congestion. */
	uint32_t cwnd, ssthresh;
	uint32_t rexmit, lost; /**< [rexmit, lost) is to be sent again */
	uint32_t recover;      /**< end of the recovery, if recovering */
	bool recovering;
	bool force; /**< send one segment whatever the congestion window says */
	unsigned int dup_acks;
	struct tcp_ranges sacked;
	utime_t srtt, rttvar; /**< 0: not measured yet */
	utime_t rto;
	bool timing; /**< a segment is being timed (no timestamps) */
	uint32_t timed_seq;
	utime_t timed_at;
	utime_t progress_at; /**< when something was last acknowledged, or sending began */

	/* Timers and limits. */
	struct timer rexmit_timer, ack_timer, idle_timer;
	utime_t last_rx;
	unsigned int probes; /**< keep-alives without an answer */
	utime_t challenge_since;
	unsigned int challenges;
};

/** RCV.NXT. */
static inline uint32_t tcp_rcv_nxt ( const struct tcp *tcp ) {
	return tcp->rx.next + tcp->fin_received;
}

/** Where a queued byte is in the transmit ring. */
static inline uint32_t tcp_tx_pos ( const struct tcp *tcp, uint32_t seq ) {
	return ( seq - tcp->iss - 1 ) & ( TCP_TX_SIZE - 1 );
}

/** Past the handshake, so that the sequence numbers of both sides mean something. */
static inline bool tcp_synchronised ( const struct tcp *tcp ) {
	return tcp->state >= TCP_ESTABLISHED;
}

/** Our timestamp clock (RFC 7323 §4.2.2): milliseconds. */
static inline uint32_t tcp_ts_now ( const struct tcp *tcp, utime_t now ) {
	return tcp->ts_offset + (uint32_t) ( now / US_PER_MS );
}

/* tcp.c */

/** All connections, for input. */
extern struct list tcp_connections;

/** Look again at the end of the batch. */
void tcp_pend ( struct tcp *tcp );

/** The connection is over: wake whoever waits, stop the timers; a detached one is freed soon, but
 * never inside this call. @c rc: negative error for the reader, or 0 after a clean end */
void tcp_die ( struct tcp *tcp, int rc );

/** The handshake is complete. */
void tcp_established ( struct tcp *tcp, utime_t now );

/** Both FINs are through, or ours only: start waiting. */
void tcp_enter_time_wait ( struct tcp *tcp, utime_t now );
void tcp_enter_fin_wait_2 ( struct tcp *tcp, utime_t now );

/* tcp_output.c */

/** Send one segment: @c len queued bytes from @c seq on. ACK and its number are added unless @c
 * flags has a bare SYN. @return 0, or a negative error (a timer repeats what matters) */
int tcp_send ( struct tcp *tcp, uint8_t flags, uint32_t seq, size_t len, utime_t now );

/** Acknowledge right now. */
void tcp_send_ack ( struct tcp *tcp, utime_t now );

/** Answer a segment that is not quite right with an ACK, within the limit (RFC 5961 §7). */
void tcp_challenge ( struct tcp *tcp, utime_t now );

/** Is there still a way to the peer from the connection's address? */
bool tcp_has_path ( const struct tcp *tcp );

/** Tell the peer that the connection is over. */
void tcp_send_reset ( struct tcp *tcp, utime_t now );

/** Answer a segment that belongs to no connection (RFC 9293 §3.10.7.1). */
void tcp_refuse ( const struct tcp_segment *seg, ipv4_addr_t local, ipv4_addr_t peer );

/** Most payload that a segment carries now, without SACK blocks. */
uint32_t tcp_mss ( const struct tcp *tcp );

/** Send whatever the windows allow. */
void tcp_output ( struct tcp *tcp, utime_t now );

/* tcp_recovery.c */

/** Take the acknowledgement, window and SACK blocks of an acceptable segment. */
void tcp_acknowledged ( struct tcp *tcp, const struct tcp_segment *seg, utime_t now );

/** First round trip measured: the handshake's. */
void tcp_rtt_sample ( struct tcp *tcp, utime_t rtt );

/** Bytes in the network, estimated (RFC 6675 §4 "pipe"). */
uint32_t tcp_pipe ( const struct tcp *tcp );

/** Start the retransmission timer if something waits for an acknowledgement, else stop it. */
void tcp_rexmit_arm ( struct tcp *tcp, utime_t now );

/** A path with a smaller MTU (RFC 1191): use it, repeat what was too long. */
void tcp_path_mtu ( struct tcp *tcp, uint16_t mtu, utime_t now );

/** The retransmission timer. */
void tcp_rexmit_expired ( struct timer *timer, utime_t now );

/* tcp_isn.c */

/** SipHash-2-4 of sixteen bytes, as two little-endian words. */
uint64_t tcp_siphash ( const uint64_t key[2], uint64_t first, uint64_t second );

/** Initial sequence number (RFC 6528). */
uint32_t tcp_isn ( ipv4_addr_t local, uint16_t local_port, const struct endpoint *peer,
		   utime_t now );

#endif /* NET_TCP_CONN_H */
