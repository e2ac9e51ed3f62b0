/** @file
 * A simulated network for tests: the real packet layer and the real tasks over a wire inside the
 * test program, on the virtual clock, so that seconds of protocol time pass in microseconds.
 *
 * One netsim is one wire with one interface of ours ("net0") on it. The other end is the test:
 * either it looks at each frame by itself (netsim_take, netsim_inject), or it puts hosts on the wire
 * (netsim_host_add) which answer ARP and hand IPv4 payloads to a callback of the test. The wire may
 * lose, delay, reorder, duplicate and corrupt frames, each direction by its own, from a seed.
 *
 *	struct netsim *net = netsim_new ();
 *	struct netsim_host *server = netsim_host_add ( net, IPV4 ( 10, 0, 0, 1 ), server_rx, &state );
 *	netsim_configure ( net, IPV4 ( 10, 0, 0, 2 ), IPV4 ( 255, 255, 255, 0 ), IPV4 ( 10, 0, 0, 1 ) );
 *	netsim_spawn ( net, client_task, &arg );       // what is tested, a task
 *	assert_int_equal ( netsim_join ( net, 30 * US_PER_S ), 0 );
 *	netsim_free ( net );                           // fails the test if a packet was lost
 *
 * NETSIM_PCAP=file in the environment writes all frames for Wireshark.
 */
#ifndef TESTS_LIB_NETSIM_H
#define TESTS_LIB_NETSIM_H

#include "core/task.h"
#include "core/timer.h"
#include "net/addr.h"
#include "net/netif.h"

/** Longest frame on the wire: a coalesced one. */
#define NETSIM_FRAME_MAX 65600

struct netsim;
struct netsim_host;

/** What the wire does to frames of one direction; all zero: at once and unharmed. */
struct netsim_wire {
	utime_t delay_us;     /**< one way */
	utime_t jitter_us;    /**< plus 0..this; frames keep their order */
	uint64_t bytes_per_s; /**< speed; 0: unlimited */
	size_t queue_bytes;   /**< with a speed: frames that would wait longer are lost; 0: never */
	uint32_t loss_ppm;    /**< chance of a frame being lost, in a million */
	uint32_t duplicate_ppm;
	uint32_t corrupt_ppm; /**< one byte behind the Ethernet header gets a bit flipped */
	uint32_t reorder_ppm; /**< chance of a frame being late by `reorder_us` */
	utime_t reorder_us;
	unsigned int lose_first; /**< counts down: these frames are lost for certain */
};

/** Flags of injected packets, see net/pkt.h: PKT_CSUM_OK, PKT_COALESCED. */

/** Switch to the virtual clock and make a wire with our interface on it: registered, open, link
 * up, MAC 52:54:00:12:34:56, 256 receive buffers. Fails the test on error. */
struct netsim *netsim_new ( void );

/** Close and unregister the interface, free all. Fails the test if a packet buffer is missing or
 * a spawned task is left. */
void netsim_free ( struct netsim *net );

/** Seed of all chance (default 1). */
void netsim_seed ( struct netsim *net, uint64_t seed );

/** Our interface. */
struct netif *netsim_netif ( struct netsim *net );

/** Its receive pool, to count packets that are out. */
struct pkt_pool *netsim_rx_pool ( struct netsim *net );

/** The two directions, to be changed at any time. */
struct netsim_wire *netsim_to_us ( struct netsim *net );
struct netsim_wire *netsim_to_peer ( struct netsim *net );

/** Give our interface an address by the settings ip, netmask, gateway (0: none of it). */
void netsim_configure ( struct netsim *net, ipv4_addr_t ip, ipv4_addr_t mask, ipv4_addr_t gateway );

/** Link up or down. */
void netsim_link ( struct netsim *net, bool up );

/** Let the driver refuse transmissions with this error (0: accept again). */
void netsim_fail_transmit ( struct netsim *net, int rc );

/** Transmissions end at once by default; false: only when netsim_tx_complete() is called. */
void netsim_tx_auto ( struct netsim *net, bool automatic );
void netsim_tx_complete ( struct netsim *net, int rc );

/* ---- Raw frames ---- */

/** Send a frame to us over the wire (impairments apply). @c flags: of the received packet. */
void netsim_inject ( struct netsim *net, const void *frame, size_t len, unsigned int flags );

/**
 * Take the oldest frame that we have sent, as it arrived at the far end, and that no host took.
 * Frames are kept only while no host is on the wire, or after netsim_keep().
 * @param ret_time  when it arrived; may be NULL
 * @return its length, 0 if there is none
 */
size_t netsim_take ( struct netsim *net, void *buf, size_t len, utime_t *ret_time );
/** Keep all our frames for netsim_take(), hosts or not. */
void netsim_keep ( struct netsim *net, bool keep );
/** Frames waiting for netsim_take(). */
size_t netsim_sent ( struct netsim *net );

/* ---- Hosts ---- */

/** An IPv4 packet that reached a host: payload of protocol @c proto. Runs on the root stack. */
typedef void netsim_rx_fn ( struct netsim_host *host, uint8_t proto, ipv4_addr_t src,
			    ipv4_addr_t dest, const uint8_t *payload, size_t len, void *arg );

/** Put a host on the wire, MAC 02:00:<ip>; freed with the net. It answers ARP requests for its
 * address, gets packets to its MAC and broadcasts. */
struct netsim_host *netsim_host_add ( struct netsim *net, ipv4_addr_t ip, netsim_rx_fn *rx,
				      void *arg );
/** Stop or start answering (a dead host; it also ignores ARP). */
void netsim_host_mute ( struct netsim_host *host, bool mute );
/** Let the host own further addresses: it answers ARP for any address (a router). */
void netsim_host_router ( struct netsim_host *host, bool router );
ipv4_addr_t netsim_host_ip ( const struct netsim_host *host );
struct netsim *netsim_host_net ( const struct netsim_host *host );

/**
 * Send an IPv4 packet from a host to us: header made, Ethernet destination our MAC (broadcast for
 * IPV4_BROADCAST). Split into fragments if longer than @c mtu of the host (default 65535).
 * @param src    0: the host's address
 * @param flags  of the received packet: PKT_...
 */
void netsim_host_send ( struct netsim_host *host, uint8_t proto, ipv4_addr_t src, ipv4_addr_t dest,
			const void *payload, size_t len, unsigned int flags );
void netsim_host_mtu ( struct netsim_host *host, size_t mtu );

/** As above with a UDP header, checksum made. */
void netsim_host_send_udp ( struct netsim_host *host, uint16_t src_port, ipv4_addr_t dest,
			    uint16_t dest_port, const void *data, size_t len );

/** Take a UDP header apart. @return the data's length, or -1 if it is bad (checksum too) */
ssize_t netsim_parse_udp ( ipv4_addr_t src, ipv4_addr_t dest, const uint8_t *payload, size_t len,
			   uint16_t *ret_src_port, uint16_t *ret_dest_port,
			   const uint8_t **ret_data );

/* ---- Time ---- */

/** Let the root loop and the clock run until @c condition ( arg ) holds or so many microseconds of
 * virtual time are over. NULL: until the time is over. @return true if the condition holds */
bool netsim_run_until ( struct netsim *net, bool ( *condition ) ( void *arg ), void *arg,
			utime_t us );
void netsim_run ( struct netsim *net, utime_t us );

/** Run until there is nothing to do at this moment; the clock stands still. */
void netsim_settle ( struct netsim *net );

/** Start what is tested as a task of the net's group. */
void netsim_spawn ( struct netsim *net, TASK_FN int ( *fn ) ( void *arg ), void *arg );
/** Run until all spawned tasks have ended. @return the first failure, 0, or -ETIMEDOUT after so much
 * virtual time (tasks are then cancelled and waited for) */
int netsim_join ( struct netsim *net, utime_t us );

/** The group of the spawned tasks. */
struct task_group *netsim_group ( struct netsim *net );

/** Cancel the spawned tasks. */
void netsim_cancel ( struct netsim *net );

/** Random number from the net's seed. */
uint32_t netsim_random ( struct netsim *net );

/* ---- Frames made by hand ---- */

/** Header of Ethernet + IPv4 (20 bytes, checksum made) before @c len bytes at @c payload.
 * @return length of the frame in @c buf (NETSIM_FRAME_MAX) */
size_t netsim_frame_ipv4 ( uint8_t *buf, const uint8_t *dest_mac, const uint8_t *src_mac,
			   uint8_t proto, ipv4_addr_t src, ipv4_addr_t dest, const void *payload,
			   size_t len );

/** RFC 1071 over any pieces, slow and obvious: a check on the stack's own. Big-endian value. */
uint16_t netsim_csum ( uint32_t start, const void *data, size_t len );
/** Start value for netsim_csum(): the pseudo header of TCP and UDP. */
uint32_t netsim_pseudo ( ipv4_addr_t src, ipv4_addr_t dest, uint8_t proto, size_t len );

#endif /* TESTS_LIB_NETSIM_H */
