/** @file
 * The simulated network: the wire, its interface at our end, and time. Hosts at the other end are
 * in netsim_host.c. See netsim.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lib/netsim_int.h"
#include "platform/host/host.h"

#define RX_BUFFERS     256
#define RX_BIG_BUFFERS 16
#define START_TIME     ( 1000 * US_PER_S )

static struct list nets = LIST_INIT ( nets );

void netsim_die ( const char *message ) {
	fprintf ( stderr, "netsim: %s\n", message );
	abort ();
}

static void *must ( void *memory ) {
	if ( !memory )
		netsim_die ( "out of memory" );
	return memory;
}

/* ---- Chance ---- */

void netsim_seed ( struct netsim *net, uint64_t seed ) {
	net->random = seed * 0x9e3779b97f4a7c15ULL + 0x1234567;
}

uint32_t netsim_random ( struct netsim *net ) {
	/* xorshift64* */
	net->random ^= net->random >> 12;
	net->random ^= net->random << 25;
	net->random ^= net->random >> 27;
	return (uint32_t) ( ( net->random * 0x2545f4914f6cdd1dULL ) >> 32 );
}

static bool chance ( struct netsim *net, uint32_t ppm ) {
	return ppm && ( netsim_random ( net ) % 1000000 < ppm );
}

/* ---- pcap ---- */

/** All frames of all nets of the program, or NULL. */
static FILE *pcap;

static void pcap_open ( void ) {
	static const uint32_t header[6] = { 0xa1b2c3d4, 0x00040002, 0, 0, NETSIM_FRAME_MAX, 1 };
	const char *name = getenv ( "NETSIM_PCAP" );

	if ( !pcap && name && ( pcap = fopen ( name, "wb" ) ) )
		fwrite ( header, sizeof ( header ), 1, pcap );
}

static void pcap_write ( const struct sim_frame *frame ) {
	uint32_t header[4] = { (uint32_t) ( frame->time / US_PER_S ),
			       (uint32_t) ( frame->time % US_PER_S ), (uint32_t) frame->len,
			       (uint32_t) frame->len };

	if ( !pcap )
		return;
	fwrite ( header, sizeof ( header ), 1, pcap );
	fwrite ( frame->data, frame->len, 1, pcap );
	fflush ( pcap );
}

/* ---- The wire ---- */

static struct sim_frame *frame_new ( const void *data, size_t len, unsigned int flags ) {
	struct sim_frame *frame = must ( malloc ( sizeof ( *frame ) + len ) );

	frame->len = len;
	frame->flags = flags;
	memcpy ( frame->data, data, len );
	return frame;
}

static void frame_free ( struct sim_frame *frame ) {
	list_del ( &frame->list );
	free ( frame );
}

static void frames_free ( struct list *frames ) {
	struct sim_frame *frame;

	while ( ( frame = list_first ( frames, struct sim_frame, list ) ) != NULL )
		frame_free ( frame );
}

/** When does a frame that is sent now come out at the other end? TIME_NEVER: the queue is full. */
static utime_t arrival ( struct netsim *net, struct sim_direction *direction, size_t len ) {
	struct netsim_wire *wire = &direction->wire;
	utime_t now = clock_now (), start = MAX ( now, direction->busy_until ), time;

	if ( wire->bytes_per_s ) {
		if ( wire->queue_bytes &&
		     ( ( start - now ) * wire->bytes_per_s / US_PER_S + len > wire->queue_bytes ) )
			return TIME_NEVER;
		start += len * US_PER_S / wire->bytes_per_s;
		direction->busy_until = start;
	}
	time = start + wire->delay_us;
	if ( wire->jitter_us )
		time += netsim_random ( net ) % ( wire->jitter_us + 1 );
	if ( chance ( net, wire->reorder_ppm ) )
		return time + wire->reorder_us;
	time = MAX ( time, direction->last_arrival );
	direction->last_arrival = time;
	return time;
}

/** Let a frame travel; takes it. */
static void fly ( struct netsim *net, struct sim_direction *direction, struct sim_frame *frame ) {
	struct list *before = &direction->flying;

	frame->time = arrival ( net, direction, frame->len );
	if ( frame->time == TIME_NEVER ) {
		free ( frame );
		return;
	}
	/* From the end: nearly all frames keep their order, and thousands may be flying. */
	while ( ( before->prev != &direction->flying ) &&
		( list_entry ( before->prev, struct sim_frame, list )->time > frame->time ) )
		before = before->prev;
	list_insert ( &frame->list, before );
	timer_start ( &direction->timer,
		      list_first ( &direction->flying, struct sim_frame, list )->time );
}

/** Send a copy of a frame, as well as the wire is. */
void netsim_send ( struct netsim *net, struct sim_direction *direction, const void *data,
		   size_t len, unsigned int flags ) {
	struct netsim_wire *wire = &direction->wire;
	struct sim_frame *frame;

	if ( len > NETSIM_FRAME_MAX )
		netsim_die ( "frame too long" );
	if ( wire->lose_first ) {
		wire->lose_first--;
		return;
	}
	if ( chance ( net, wire->loss_ppm ) )
		return;
	frame = frame_new ( data, len, flags );
	if ( chance ( net, wire->corrupt_ppm ) && ( len > 14 ) ) {
		frame->data[14 + netsim_random ( net ) % ( len - 14 )] ^=
			(uint8_t) ( 1U << ( netsim_random ( net ) % 8 ) );
		/* A device does not vouch for a broken frame. */
		frame->flags &= ~(unsigned int) PKT_CSUM_OK;
	}
	if ( chance ( net, wire->duplicate_ppm ) )
		fly ( net, direction, frame_new ( frame->data, len, frame->flags ) );
	fly ( net, direction, frame );
}

/** Frames have arrived at our interface: they wait in its ring for being polled. */
static void arrived_here ( struct timer *timer, utime_t now ) {
	struct sim_direction *direction = container_of ( timer, struct sim_direction, timer );
	struct netsim *net = container_of ( direction, struct netsim, to_us );
	struct sim_frame *frame;

	while ( ( frame = list_first ( &direction->flying, struct sim_frame, list ) ) &&
		( frame->time <= now ) ) {
		pcap_write ( frame );
		list_del ( &frame->list );
		list_add_tail ( &frame->list, &net->ring );
	}
	if ( frame )
		timer_start ( timer, frame->time );
}

/** Frames of ours have arrived at the far end. */
static void arrived_there ( struct timer *timer, utime_t now ) {
	struct sim_direction *direction = container_of ( timer, struct sim_direction, timer );
	struct netsim *net = container_of ( direction, struct netsim, to_peer );
	struct sim_frame *frame;

	while ( ( frame = list_first ( &direction->flying, struct sim_frame, list ) ) &&
		( frame->time <= now ) ) {
		pcap_write ( frame );
		list_del ( &frame->list );
		netsim_hosts_rx ( net, frame->data, frame->len );
		if ( net->keep || list_empty ( &net->hosts ) ) {
			list_add_tail ( &frame->list, &net->sent );
		} else {
			free ( frame );
		}
	}
	if ( ( frame = list_first ( &direction->flying, struct sim_frame, list ) ) != NULL )
		timer_start ( timer, frame->time );
}

static void direction_init ( struct sim_direction *direction,
			     void ( *arrived ) ( struct timer *timer, utime_t now ) ) {
	list_init ( &direction->flying );
	timer_init ( &direction->timer, arrived );
}

static void direction_fini ( struct sim_direction *direction ) {
	timer_stop ( &direction->timer );
	frames_free ( &direction->flying );
}

/* ---- Our interface ---- */

static int sim_open ( struct netif *netif ) {
	netif_link ( netif, 0 );
	return 0;
}

static void sim_close ( struct netif *netif ) {
	struct netsim *net = netif->priv;

	netsim_tx_complete ( net, -ECANCELED );
	frames_free ( &net->ring );
}

static int sim_transmit ( struct netif *netif, struct pkt *pkt ) {
	struct netsim *net = netif->priv;
	int rc = net->tx_fail_rc;

	if ( pkt->netif != netif )
		netsim_die ( "packet of another interface's pool was sent" );
	if ( pkt_len ( pkt ) < 60 )
		netsim_die ( "frame shorter than 60 bytes was sent" );
	if ( rc ) {
		netif_tx_done ( netif, pkt, rc );
		return rc;
	}
	netsim_send ( net, &net->to_peer, pkt->data, pkt_len ( pkt ), 0 );
	if ( net->tx_manual )
		list_add_tail ( &pkt->list, &net->tx_pending );
	else
		netif_tx_done ( netif, pkt, 0 );
	return 0;
}

static unsigned int sim_poll ( struct netif *netif, unsigned int budget ) {
	struct netsim *net = netif->priv;
	struct sim_frame *frame;
	unsigned int count = 0;
	struct pkt *pkt;

	while ( ( count < budget ) &&
		( frame = list_first ( &net->ring, struct sim_frame, list ) ) ) {
		pkt = pkt_take ( ( frame->len > PKT_BUF_LEN ) ? net->big_pool : net->pool );
		count++;
		if ( !pkt ) {
			netif->rx_overruns++;
			netif_rx_error ( netif, NULL, -ENOBUFS );
			frame_free ( frame );
			continue;
		}
		memcpy ( pkt_put ( pkt, frame->len ), frame->data, frame->len );
		pkt->flags = (uint8_t) frame->flags;
		frame_free ( frame );
		netif_rx ( netif, pkt );
	}
	return count;
}

static const struct netif_ops sim_ops = {
	.open = sim_open,
	.close = sim_close,
	.transmit = sim_transmit,
	.poll = sim_poll,
};

/* ---- Life ---- */

struct netsim *netsim_new ( void ) {
	static const uint8_t mac[ETH_ALEN] = { 0x52, 0x54, 0x00, 0x12, 0x34, 0x56 };
	static bool virtual_time;
	struct netsim *net = must ( calloc ( 1, sizeof ( *net ) ) ), *other;
	uint8_t number = 0;

	if ( !virtual_time )
		host_clock_virtual ( START_TIME );
	virtual_time = true;
	list_for_each ( other, &nets, list )
		number++;
	pcap_open ();
	list_add_tail ( &net->list, &nets );
	netsim_seed ( net, 1 );
	direction_init ( &net->to_us, arrived_here );
	direction_init ( &net->to_peer, arrived_there );
	list_init ( &net->ring );
	list_init ( &net->sent );
	list_init ( &net->tx_pending );
	list_init ( &net->hosts );
	task_group_init ( &net->group );
	net->pool = must ( pkt_pool_new ( NULL, RX_BUFFERS, PKT_BUF_LEN ) );
	net->big_pool = must ( pkt_pool_new ( NULL, RX_BIG_BUFFERS, NETSIM_FRAME_MAX ) );
	net->netif = ( struct netif ){
		.ops = &sim_ops,
		.priv = net,
		.chip = "netsim",
		.location = "wire",
		.bus_type = "TAP",
		.max_mtu = 9000,
		.mtu = 1500,
	};
	memcpy ( net->netif.hw_addr, mac, ETH_ALEN );
	net->netif.hw_addr[ETH_ALEN - 1] = (uint8_t) ( mac[ETH_ALEN - 1] + number );
	if ( netif_register ( &net->netif ) || netif_open ( &net->netif ) )
		netsim_die ( "cannot open the interface" );
	return net;
}

void netsim_free ( struct netsim *net ) {
	if ( !task_group_idle ( &net->group ) )
		netsim_die ( "a task is left" );
	netif_unregister ( &net->netif );
	if ( pkt_pool_out ( net->pool ) || pkt_pool_out ( net->big_pool ) )
		netsim_die ( "a received packet was not freed" );
	pkt_pool_free ( net->pool );
	pkt_pool_free ( net->big_pool );
	direction_fini ( &net->to_us );
	direction_fini ( &net->to_peer );
	frames_free ( &net->sent );
	netsim_hosts_free ( net );
	list_del ( &net->list );
	free ( net );
}

struct netif *netsim_netif ( struct netsim *net ) {
	return &net->netif;
}

struct pkt_pool *netsim_rx_pool ( struct netsim *net ) {
	return net->pool;
}

struct netsim_wire *netsim_to_us ( struct netsim *net ) {
	return &net->to_us.wire;
}

struct netsim_wire *netsim_to_peer ( struct netsim *net ) {
	return &net->to_peer.wire;
}

void netsim_configure ( struct netsim *net, ipv4_addr_t ip, ipv4_addr_t mask,
			ipv4_addr_t gateway ) {
	struct settings *settings = &net->netif.settings;
	char text[IPV4_TEXT_LEN];

	settings_hold ();
	settings_set_text ( settings, "ip", ip ? ipv4_text ( ip, text ) : "" );
	settings_set_text ( settings, "netmask", mask ? ipv4_text ( mask, text ) : "" );
	settings_set_text ( settings, "gateway", gateway ? ipv4_text ( gateway, text ) : "" );
	settings_release ();
}

void netsim_link ( struct netsim *net, bool up ) {
	netif_link ( &net->netif, up ? 0 : -ENOTCONN_LINK_DOWN );
}

void netsim_fail_transmit ( struct netsim *net, int rc ) {
	net->tx_fail_rc = rc;
}

void netsim_tx_auto ( struct netsim *net, bool automatic ) {
	net->tx_manual = !automatic;
}

void netsim_tx_complete ( struct netsim *net, int rc ) {
	struct pkt *pkt;

	while ( ( pkt = list_first ( &net->tx_pending, struct pkt, list ) ) != NULL ) {
		list_del ( &pkt->list );
		netif_tx_done ( &net->netif, pkt, rc );
	}
}

/* ---- Raw frames ---- */

void netsim_inject ( struct netsim *net, const void *frame, size_t len, unsigned int flags ) {
	netsim_send ( net, &net->to_us, frame, len, flags );
}

size_t netsim_take ( struct netsim *net, void *buf, size_t len, utime_t *ret_time ) {
	struct sim_frame *frame = list_first ( &net->sent, struct sim_frame, list );
	size_t frame_len;

	if ( !frame )
		return 0;
	frame_len = frame->len;
	memcpy ( buf, frame->data, MIN ( len, frame_len ) );
	if ( ret_time )
		*ret_time = frame->time;
	frame_free ( frame );
	return frame_len;
}

void netsim_keep ( struct netsim *net, bool keep ) {
	net->keep = keep;
}

size_t netsim_sent ( struct netsim *net ) {
	struct sim_frame *frame;
	size_t count = 0;

	list_for_each ( frame, &net->sent, list )
		count++;
	return count;
}

/* ---- Time ---- */

/** Is there anything to do without the clock moving? */
static bool turn ( void ) {
	struct netsim *net;
	bool active = root_turn ();

	list_for_each ( net, &nets, list )
		active |= !list_empty ( &net->ring );
	return active || ( root_deadline () <= clock_now () );
}

void netsim_settle ( struct netsim *net ) {
	while ( turn () ) {
	}
}

bool netsim_run_until ( struct netsim *net, bool ( *condition ) ( void *arg ), void *arg,
			utime_t us ) {
	utime_t end = deadline_in ( us );

	for ( ;; ) {
		if ( condition && condition ( arg ) )
			return true;
		if ( turn () )
			continue;
		if ( clock_now () >= end )
			return condition && condition ( arg );
		host_clock_advance ( MIN ( root_deadline (), end ) - clock_now () );
	}
}

void netsim_run ( struct netsim *net, utime_t us ) {
	netsim_run_until ( net, NULL, NULL, us );
}

/* ---- Tasks ---- */

void netsim_spawn ( struct netsim *net, TASK_FN int ( *fn ) ( void *arg ), void *arg ) {
	if ( task_spawn ( &net->group, "test", fn, arg, TASK_STACK_LARGE ) != 0 )
		netsim_die ( "cannot start a task" );
}

static bool group_idle ( void *arg ) {
	struct task_group *group = arg;

	return task_group_idle ( group );
}

int netsim_join ( struct netsim *net, utime_t us ) {
	bool ended = netsim_run_until ( net, group_idle, &net->group, us );
	int rc;

	if ( !ended ) {
		task_group_cancel ( &net->group );
		if ( !netsim_run_until ( net, group_idle, &net->group, US_PER_S ) )
			netsim_die ( "a cancelled task does not end" );
	}
	rc = ended ? net->group.rc : -ETIMEDOUT;
	task_group_init ( &net->group );
	return rc;
}

struct task_group *netsim_group ( struct netsim *net ) {
	return &net->group;
}

void netsim_cancel ( struct netsim *net ) {
	task_group_cancel ( &net->group );
}
