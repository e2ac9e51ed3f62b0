/** @file
 * Network interfaces: registration, opening and closing, counters, link state, and the polling of
 * all open interfaces from the root loop with a bounded number of frames a turn.
 */
#include <stdio.h>
#include <string.h>
#include "core/error.h"
#include "core/init.h"
#include "core/log.h"
#include "core/memory.h"
#include "net/ether.h"
#include "net/netif.h"
#include "net/netif_settings.h"

/** Frames taken from one interface before the others (and timers, tasks) have their turn. */
#define POLL_BUDGET 64
/** Transmit pool, packets, unless the driver wants another size. */
#define TX_COUNT_DEFAULT 64

TABLE ( netif_hook, netif_hook );

static struct list netifs = LIST_INIT ( netifs );

/** Number of openings so far. */
static unsigned int open_count;

/** The time of the batch that is being received, or 0 outside of netif_poll_all(). */
static utime_t batch_now;

int netif_register ( struct netif *netif ) {
	static const uint8_t no_mac[ETH_ALEN];
	const struct netif_hook *const *hook;
	struct netif *last = list_last ( &netifs, struct netif, list );
	char mac[MAC_TEXT_LEN];
	int rc;

	netif->index = last ? last->index + 1 : 0;
	snprintf ( netif->name, sizeof ( netif->name ), "net%u", netif->index );
	if ( !netif->mtu )
		netif->mtu = 1500;
	if ( !netif->max_mtu )
		netif->max_mtu = netif->mtu;
	if ( memcmp ( netif->mac, no_mac, ETH_ALEN ) == 0 )
		memcpy ( netif->mac, netif->hw_addr, ETH_ALEN );
	netif->open = netif->link_up = false;
	netif->open_order = 0;
	netif->link_rc = -EINPROGRESS_UNKNOWN;
	event_init ( &netif->changed );
	list_add_tail ( &netif->list, &netifs );
	if ( ( rc = netif_settings_register ( netif ) ) != 0 ) {
		list_del ( &netif->list );
		return rc;
	}
	LOG ( LOG_EVENT, "%s: %s at %s, %s", netif->name, netif->chip, netif->location,
	      mac_text ( netif->mac, mac ) );
	table_for_each ( hook, netif_hook ) {
		if ( ( *hook )->registered )
			( *hook )->registered ( netif );
	}
	return 0;
}

void netif_unregister ( struct netif *netif ) {
	const struct netif_hook *const *hook;

	netif_close ( netif );
	list_del ( &netif->list );
	table_for_each ( hook, netif_hook ) {
		if ( ( *hook )->removed )
			( *hook )->removed ( netif );
	}
	netif_settings_unregister ( netif );
	event_signal ( &netif->changed );
}

/** An interface to open, and how that went. */
struct open_job {
	struct netif *netif;
	int rc;
};

/** The part of opening that touches hardware and firmware, on the root stack. */
static void open_on_root ( void *arg ) {
	struct open_job *job = arg;
	struct netif *netif = job->netif;

	netif->tx_pool = pkt_pool_new (
		netif->dma, netif->tx_count ? netif->tx_count : TX_COUNT_DEFAULT, PKT_BUF_LEN );
	if ( !netif->tx_pool ) {
		job->rc = -ENOMEM;
		return;
	}
	netif->open = true;
	netif->opened_at = clock_now ();
	netif->open_order = ++open_count;
	if ( ( job->rc = netif->ops->open ( netif ) ) != 0 ) {
		netif->open = false;
		netif->open_order = 0;
		pkt_pool_free ( netif->tx_pool );
		netif->tx_pool = NULL;
	}
}

int netif_open ( struct netif *netif ) {
	struct open_job job = { .netif = netif };

	if ( netif->open )
		return 0;
	on_root ( open_on_root, &job );
	LOG ( LOG_EVENT, "%s: %s", netif->name, job.rc ? error_text ( job.rc ) : "open" );
	event_signal ( &netif->changed );
	return job.rc;
}

static void close_on_root ( void *arg ) {
	struct netif *netif = arg;
	const struct netif_hook *const *hook;

	netif->ops->close ( netif );
	table_for_each ( hook, netif_hook ) {
		if ( ( *hook )->closed )
			( *hook )->closed ( netif );
	}
	pkt_pool_free ( netif->tx_pool );
	netif->tx_pool = NULL;
}

void netif_close ( struct netif *netif ) {
	if ( !netif->open )
		return;
	/* First, so that nobody sends while the driver takes its rings down. */
	netif->open = false;
	netif->open_order = 0;
	on_root ( close_on_root, netif );
	LOG ( LOG_EVENT, "%s: closed; frames so far: %u received, %u sent, %u and %u with errors",
	      netif->name, netif->rx.good, netif->tx.good, netif->rx.bad, netif->tx.bad );
	event_signal ( &netif->changed );
}

void netif_suspend_all ( void ) {
	struct netif *netif;

	list_for_each ( netif, &netifs, list ) {
		netif->suspended = netif->open ? netif->open_order : 0;
		netif_close ( netif );
	}
}

void netif_resume_all ( void ) {
	struct netif *netif, *next;

	do {
		next = NULL;
		list_for_each ( netif, &netifs, list ) {
			if ( netif->suspended &&
			     ( !next || ( netif->suspended < next->suspended ) ) )
				next = netif;
		}
		if ( next ) {
			next->suspended = 0;
			netif_open ( next );
		}
	} while ( next );
}

struct netif *netif_find ( const char *name ) {
	struct netif *netif;

	if ( strcmp ( name, "netX" ) == 0 )
		return netif_last_opened ();
	list_for_each ( netif, &netifs, list ) {
		if ( strcmp ( netif->name, name ) == 0 )
			return netif;
	}
	return NULL;
}

struct netif *netif_last_opened ( void ) {
	struct netif *netif, *last = NULL;

	list_for_each ( netif, &netifs, list ) {
		if ( netif->open && ( !last || ( netif->open_order > last->open_order ) ) )
			last = netif;
	}
	return last;
}

struct netif *netif_next ( struct netif *netif ) {
	struct list *next = netif ? netif->list.next : netifs.next;

	return ( next == &netifs ) ? NULL : list_entry ( next, struct netif, list );
}

TASK_FN int netif_wait_link ( struct netif *netif, utime_t deadline ) {
	return WAIT_UNTIL ( netif->link_up, &netif->changed, deadline );
}

/** Count a packet; an error with its code, the rarest of the kept codes making room. */
static void stats_count ( struct netif_stats *stats, int rc ) {
	unsigned int slot = 0;

	if ( rc == 0 ) {
		stats->good++;
		return;
	}
	stats->bad++;
	for ( unsigned int i = 0; i < NETIF_ERRORS_KEPT; i++ ) {
		if ( stats->errors[i].rc == rc ) {
			stats->errors[i].count++;
			return;
		}
		if ( stats->errors[i].count < stats->errors[slot].count )
			slot = i;
	}
	stats->errors[slot].rc = rc;
	stats->errors[slot].count = 1;
}

void netif_rx ( struct netif *netif, struct pkt *pkt ) {
	stats_count ( &netif->rx, 0 );
	pkt->netif = netif;
	ether_rx ( pkt, batch_now ? batch_now : clock_now () );
}

void netif_rx_error ( struct netif *netif, struct pkt *pkt, int rc ) {
	stats_count ( &netif->rx, rc );
	pkt_free ( pkt );
}

void netif_tx_done ( struct netif *netif, struct pkt *pkt, int rc ) {
	stats_count ( &netif->tx, rc );
	pkt_free ( pkt );
}

void netif_link ( struct netif *netif, int link_rc ) {
	if ( ( netif->link_rc == link_rc ) && ( netif->link_up == ( link_rc == 0 ) ) )
		return;
	netif->link_rc = link_rc;
	netif->link_up = ( link_rc == 0 );
	LOG ( LOG_EVENT, "%s: link %s", netif->name, link_rc ? error_text ( link_rc ) : "up" );
	event_signal ( &netif->changed );
}

int netif_transmit ( struct netif *netif, struct pkt *pkt ) {
	if ( !netif->open ) {
		netif_tx_done ( netif, pkt, -ENETDOWN );
		return -ENETDOWN;
	}
	return netif->ops->transmit ( netif, pkt );
}

/** Poll one interface. @return frames received */
static unsigned int netif_poll ( struct netif *netif, utime_t now ) {
	unsigned int received = netif->ops->poll ( netif, POLL_BUDGET );

	if ( received )
		netif->last_rx = now;
	return received;
}

/** Root loop: poll all open interfaces. */
static bool netif_poll_all ( utime_t now ) {
	struct netif *netif, *tmp;
	unsigned int received = 0;

	batch_now = now;
	list_for_each_safe ( netif, tmp, &netifs, list ) {
		if ( netif->open )
			received += netif_poll ( netif, now );
	}
	batch_now = 0;
	return received != 0;
}

static const struct root_poll netif_root_poll = { .poll = netif_poll_all };
ROOT_POLL ( netif_root_poll );

/* Last to start up: interfaces are closed before their devices step aside, and opened when these are back. */
static const struct init_fn netif_init_fn = {
	.phase = INIT_SERVICES,
	.name = "interfaces",
	.suspend = netif_suspend_all,
	.resume = netif_resume_all,
};
INIT_FN ( netif_init_fn );
