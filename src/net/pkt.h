/** @file
 * Packets: one linear buffer each, from the DMA pool of the interface that will send or has
 * received it. A packet has one owner. A function whose name or contract says "takes" owns it on
 * every path, failure included; all others borrow. Push, pull and put are checked in every build.
 *
 *   start .. data (headroom) .. tail (contents) .. end (tailroom)
 */
#ifndef NET_PKT_H
#define NET_PKT_H

#include "core/dma.h"
#include "core/list.h"
#include "net/addr.h"

struct netif;

/** Room in front of a payload for all headers that the stack and a driver may add, bytes. */
#define PKT_HEADROOM 128
/** Contents that a standard packet buffer holds in addition: an Ethernet frame and some. */
#define PKT_BUF_LEN 1920

/* Flags of a received packet. */
#define PKT_CSUM_OK   0x01 /**< device checked (or need not check) the TCP/UDP checksum */
#define PKT_COALESCED 0x02 /**< device merged several TCP segments; up to 64 KiB */
#define PKT_BROADCAST 0x04 /**< link-layer broadcast */
#define PKT_MULTICAST 0x08

struct pkt {
	struct list list;
	uint8_t *start, *data, *tail, *end;
	bus_addr_t bus_start;  /**< what the device calls `start` */
	struct pkt_pool *pool; /**< where pkt_free() returns it; NULL: heap */
	struct netif *netif;   /**< received on, or to be sent on */
	uint8_t flags;
	uint16_t segments;         /**< PKT_COALESCED: how many segments (about), else 1 */
	void *driver_data;         /**< the driver's, while it owns the packet */
	struct endpoint src, dest; /**< of a datagram that waits in a socket */
};

/** A fixed number of equal DMA buffers; grows only when told to. */
struct pkt_pool;

/**
 * Make a pool.
 *
 * @param dma      device whose DMA the buffers serve; NULL: plain memory
 * @param count    buffers
 * @param buf_len  bytes of contents of each, PKT_HEADROOM comes on top
 * @return the pool, or NULL. Freed with pkt_pool_free() when every packet is back.
 */
struct pkt_pool *pkt_pool_new ( struct dma_device *dma, unsigned int count, size_t buf_len );

/** Free the pool; packets that are still out keep it alive until the last returns. NULL: no-op. */
void pkt_pool_free ( struct pkt_pool *pool );

/** Take a buffer: empty, `data` at PKT_HEADROOM. @return NULL if all are out */
struct pkt *pkt_take ( struct pkt_pool *pool );

/** An empty packet of the interface's transmit pool. @return NULL if the pool is empty */
struct pkt *pkt_new ( struct netif *netif );

/** A packet in heap memory, for what no device will ever see (reassembled datagrams).
 * @return NULL if out of memory */
struct pkt *pkt_heap_new ( size_t buf_len );

/** Packets of the pool that are in use, for tests. */
unsigned int pkt_pool_out ( const struct pkt_pool *pool );

/** Give a packet back; NULL is harmless. */
void pkt_free ( struct pkt *pkt );

static inline size_t pkt_len ( const struct pkt *pkt ) {
	return (size_t) ( pkt->tail - pkt->data );
}
static inline size_t pkt_headroom ( const struct pkt *pkt ) {
	return (size_t) ( pkt->data - pkt->start );
}
static inline size_t pkt_tailroom ( const struct pkt *pkt ) {
	return (size_t) ( pkt->end - pkt->tail );
}
/** Bus address of `data`. */
static inline bus_addr_t pkt_bus ( const struct pkt *pkt ) {
	return pkt->bus_start + pkt_headroom ( pkt );
}

/** Prepend @c len bytes. @return where they start, or NULL if there is no headroom */
uint8_t *pkt_push ( struct pkt *pkt, size_t len );
/** Remove @c len bytes from the front. @return the new front, or NULL if it is shorter */
uint8_t *pkt_pull ( struct pkt *pkt, size_t len );
/** Append @c len bytes of room. @return where they start, or NULL if there is no tailroom */
uint8_t *pkt_put ( struct pkt *pkt, size_t len );
/** Cut the contents to @c len bytes; longer than they are is a no-op. */
void pkt_trim ( struct pkt *pkt, size_t len );

#endif /* NET_PKT_H */
