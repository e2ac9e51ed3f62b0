/** @file
 * Packet buffers and their pools. A pool is made of a few DMA chunks cut into equal buffers; taking
 * and giving back is a list operation, so the receive path never touches the heap.
 */
#include <string.h>
#include "core/memory.h"
#include "net/netif.h"
#include "net/pkt.h"

/** One DMA allocation holds about so many bytes: large contiguous ones may be hard to get. */
#define CHUNK_LEN_MAX 262144

struct pkt_pool {
	struct list idle; /**< packets that nobody has */
	unsigned int out; /**< packets that somebody has */
	bool dying;       /**< pkt_pool_free() was called */
	struct dma_device *dma;
	struct pkt *pkts;
	struct dma_buffer *chunks;
	unsigned int chunk_count;
};

static void pool_destroy ( struct pkt_pool *pool ) {
	for ( unsigned int i = 0; i < pool->chunk_count; i++ )
		dma_free ( pool->dma, &pool->chunks[i] );
	free ( pool->chunks );
	free ( pool->pkts );
	free ( pool );
}

/** Cut a chunk into packets. */
static void pool_fill ( struct pkt_pool *pool, const struct dma_buffer *chunk, struct pkt *pkts,
			unsigned int count, size_t each ) {
	for ( unsigned int i = 0; i < count; i++ ) {
		struct pkt *pkt = &pkts[i];

		pkt->start = (uint8_t *) chunk->mem + i * each;
		pkt->end = pkt->start + each;
		pkt->bus_start = chunk->bus + i * each;
		pkt->pool = pool;
		list_add_tail ( &pkt->list, &pool->idle );
	}
}

struct pkt_pool *pkt_pool_new ( struct dma_device *dma, unsigned int count, size_t buf_len ) {
	size_t each = ROUND_UP ( PKT_HEADROOM + buf_len, (size_t) 64 );
	unsigned int per_chunk = MAX ( CHUNK_LEN_MAX / each, (size_t) 1 );
	unsigned int chunks = ( count + per_chunk - 1 ) / per_chunk;
	struct pkt_pool *pool = zalloc ( sizeof ( *pool ) );

	if ( !pool )
		return NULL;
	list_init ( &pool->idle );
	pool->dma = dma;
	pool->pkts = zalloc ( count * sizeof ( *pool->pkts ) );
	pool->chunks = zalloc ( chunks * sizeof ( *pool->chunks ) );
	if ( !pool->pkts || !pool->chunks )
		goto fail;
	for ( unsigned int i = 0, done = 0; i < chunks; i++, done += per_chunk ) {
		unsigned int part = MIN ( per_chunk, count - done );

		if ( dma_alloc ( dma, part * each, &pool->chunks[i] ) != 0 )
			goto fail;
		pool->chunk_count++;
		pool_fill ( pool, &pool->chunks[i], &pool->pkts[done], part, each );
	}
	return pool;

fail:
	pool_destroy ( pool );
	return NULL;
}

void pkt_pool_free ( struct pkt_pool *pool ) {
	if ( !pool )
		return;
	pool->dying = true;
	if ( !pool->out )
		pool_destroy ( pool );
}

unsigned int pkt_pool_out ( const struct pkt_pool *pool ) {
	return pool->out;
}

/** Make a packet empty, with the usual headroom. */
static void pkt_reset ( struct pkt *pkt ) {
	pkt->data = pkt->tail = pkt->start + PKT_HEADROOM;
	pkt->netif = NULL;
	pkt->flags = 0;
	pkt->segments = 1;
	pkt->driver_data = NULL;
}

struct pkt *pkt_take ( struct pkt_pool *pool ) {
	struct pkt *pkt = list_first ( &pool->idle, struct pkt, list );

	if ( !pkt )
		return NULL;
	list_del ( &pkt->list );
	pool->out++;
	pkt_reset ( pkt );
	return pkt;
}

struct pkt *pkt_new ( struct netif *netif ) {
	struct pkt *pkt = netif->tx_pool ? pkt_take ( netif->tx_pool ) : NULL;

	if ( pkt )
		pkt->netif = netif;
	return pkt;
}

struct pkt *pkt_heap_new ( size_t buf_len ) {
	struct pkt *pkt = malloc ( sizeof ( *pkt ) + PKT_HEADROOM + buf_len );

	if ( !pkt )
		return NULL;
	*pkt = ( struct pkt ){ .start = (uint8_t *) ( pkt + 1 ) };
	pkt->end = pkt->start + PKT_HEADROOM + buf_len;
	list_init ( &pkt->list );
	pkt_reset ( pkt );
	return pkt;
}

void pkt_free ( struct pkt *pkt ) {
	struct pkt_pool *pool;

	if ( !pkt )
		return;
	if ( ( pool = pkt->pool ) == NULL ) {
		free ( pkt );
		return;
	}
	/* To the front: what was used last is still in the processor's cache. */
	list_add ( &pkt->list, &pool->idle );
	if ( !--pool->out && pool->dying )
		pool_destroy ( pool );
}

uint8_t *pkt_push ( struct pkt *pkt, size_t len ) {
	if ( len > pkt_headroom ( pkt ) )
		return NULL;
	return pkt->data -= len;
}

uint8_t *pkt_pull ( struct pkt *pkt, size_t len ) {
	if ( len > pkt_len ( pkt ) )
		return NULL;
	return pkt->data += len;
}

uint8_t *pkt_put ( struct pkt *pkt, size_t len ) {
	uint8_t *place = pkt->tail;

	if ( len > pkt_tailroom ( pkt ) )
		return NULL;
	pkt->tail += len;
	return place;
}

void pkt_trim ( struct pkt *pkt, size_t len ) {
	if ( len < pkt_len ( pkt ) )
		pkt->tail = pkt->data + len;
}
