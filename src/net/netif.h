/** @file
 * Network interfaces: what a NIC driver provides and what the packet layer and users see of it.
 */
#ifndef NET_NETIF_H
#define NET_NETIF_H

#include "core/settings.h"
#include "core/timer.h"
#include "net/addr.h"
#include "net/pkt.h"

struct netif;

struct netif_ops {
	/** Start sending and receiving. Idempotent parts (receiver enable) may have been done at
	 * probe. @return 0 or a negative error */
	int ( *open ) ( struct netif *netif );
	/** Stop all DMA and forget queued packets (free them). */
	void ( *close ) ( struct netif *netif );
	/** Queue a complete Ethernet frame, at least 60 bytes; takes it. The driver frees it through
	 * netif_tx_done(), on failure too.
	 * @return 0, -ENOBUFS ring full, -EIO */
	int ( *transmit ) ( struct netif *netif, struct pkt *pkt );
	/** Collect received frames (netif_rx() each, at most @c budget) and finished transmissions,
	 * refill the ring, update the link state now and then. No register reads when idle if the
	 * hardware allows. @return frames received */
	unsigned int ( *poll ) ( struct netif *netif, unsigned int budget );
};

/** Counters; an error is counted with its return code, the last few distinct ones are kept. */
#define NETIF_ERRORS_KEPT 4
struct netif_stats {
	unsigned int good, bad;
	struct {
		int rc;
		unsigned int count;
	} errors[NETIF_ERRORS_KEPT];
};

struct netif {
	struct list list;
	char name[16];      /**< "net0" */
	unsigned int index; /**< 0 for net0 */
	const struct netif_ops *ops;
	void *priv;             /**< the driver's */
	struct dma_device *dma; /**< for packet pools; NULL: plain memory */

	/* Identity, filled by the driver before netif_register(). */
	const char *chip;          /**< "82540em", "virtio-net": setting `chip`, ifstat "using" */
	char location[24];         /**< "0000:00:03.0" (ifstat "on"), busid text */
	const char *bus_type;      /**< "PCI", "TAP", "EFI" */
	uint32_t bus_loc;          /**< PCI: bus << 8 | dev << 3 | fn */
	uint8_t bus_id[5];         /**< type (1 = PCI), vendor BE16, device BE16 */
	uint8_t hw_addr[ETH_ALEN]; /**< permanent address */
	uint8_t mac[ETH_ALEN];     /**< address in use, at first hw_addr unless the driver says
				     * otherwise; it programs it at open */
	size_t mtu;                /**< IP bytes a frame; 1500 unless the driver says less */
	size_t max_mtu;            /**< what the hardware can do */
	unsigned int tx_count;     /**< transmit pool size, packets; 0: default (64) */
	bool rx_csum;              /**< informational: device checks receive checksums */

	/* State, kept by the packet layer. */
	bool open;
	bool link_up;          /**< drivers call netif_link() */
	int link_rc;           /**< why it is not up: -ENOTCONN_LINK_DOWN, -EINPROGRESS_... */
	utime_t blocked_until; /**< link blocked (spanning tree and its like) */
	utime_t opened_at;
	unsigned int open_order; /**< rises with each opening of any interface; 0: never open */
	unsigned int suspended;  /**< the same, of one that netif_suspend_all() has closed */
	struct event changed;    /**< link, open or configuration changed */
	struct netif_stats tx, rx;
	utime_t last_rx; /**< for the nap decision */
	struct pkt_pool *tx_pool;
	struct settings settings; /**< block "netN" */
	unsigned int rx_overruns; /**< frames the NIC dropped for want of buffers, if it tells */
};

/**
 * Announce an interface: names it, creates its settings block. The structure stays the driver's,
 * which must keep it until netif_unregister(). The interface starts closed, link_rc "unknown".
 * @return 0 or -ENOMEM
 */
int netif_register ( struct netif *netif );

/** Close if open, remove all its routes, neighbours and settings. */
void netif_unregister ( struct netif *netif );

/** @return 0 (also if it was open), or the driver's error */
int netif_open ( struct netif *netif );
void netif_close ( struct netif *netif );

/** Close all interfaces for a while, and open those that were open again, in the order in which they
 * were opened; addresses and routes stay. Root stack. */
void netif_suspend_all ( void );
void netif_resume_all ( void );

/** By name ("net0", "netX" = most recently opened). @return NULL if there is none */
struct netif *netif_find ( const char *name );

/** Most recently opened interface, or NULL. */
struct netif *netif_last_opened ( void );

/** All interfaces in registration order: NULL starts, NULL ends. */
struct netif *netif_next ( struct netif *netif );

/** Wait for the link. @return 0, -ETIMEDOUT, -ECANCELED. Context: task; blocks. */
TASK_FN int netif_wait_link ( struct netif *netif, utime_t deadline );

/* ---- For drivers ---- */

/** Hand a received frame (data at the Ethernet header) to the packet layer; takes it. */
void netif_rx ( struct netif *netif, struct pkt *pkt );

/** Count a receive error; @c pkt (may be NULL) is taken. */
void netif_rx_error ( struct netif *netif, struct pkt *pkt, int rc );

/** A transmission ended; takes the packet, counts @c rc (0 = sent). */
void netif_tx_done ( struct netif *netif, struct pkt *pkt, int rc );

/** Report the link state: 0 = up, else -ENOTCONN_LINK_DOWN or -EINPROGRESS_UNKNOWN. */
void netif_link ( struct netif *netif, int link_rc );

/* ---- For the packet layer ---- */

/** Send a complete frame; takes it. @return 0, -ENETDOWN closed, or the driver's error */
int netif_transmit ( struct netif *netif, struct pkt *pkt );

/** What other parts of the packet layer do at certain moments; a table entry. */
struct netif_hook {
	/** An interface was registered, and can be opened. May be NULL. */
	void ( *registered ) ( struct netif *netif );
	/** An interface was closed: free its packets, forget what is tied to it. May be NULL. */
	void ( *closed ) ( struct netif *netif );
	/** An interface goes away for good, closed already: forget its address. May be NULL. */
	void ( *removed ) ( struct netif *netif );
};
#define NETIF_HOOK( object ) TABLE_ENTRY ( netif_hook, netif_hook, object )

#endif /* NET_NETIF_H */
