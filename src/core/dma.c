/** @file
 * DMA memory: the device's own allocator, or plain pages for what has no device.
 */
#include <string.h>
#include "core/dma.h"
#include "core/error.h"
#include "core/memory.h"

int dma_alloc ( struct dma_device *dma, size_t len, struct dma_buffer *ret_buffer ) {
	struct dma_buffer buffer = { .len = ROUND_UP ( len, (size_t) 4096 ) };

	if ( dma ) {
		buffer.mem = dma->ops->alloc ( dma, buffer.len, &buffer.bus, &buffer.cookie );
	} else {
		buffer.mem = pages_alloc ( buffer.len, 0 );
		buffer.bus = (uintptr_t) buffer.mem;
		if ( buffer.mem )
			memset ( buffer.mem, 0, buffer.len );
	}
	if ( !buffer.mem )
		return FAIL ( ENOMEM, "no %zu bytes of DMA memory", buffer.len );
	*ret_buffer = buffer;
	return 0;
}

void dma_free ( struct dma_device *dma, struct dma_buffer *buffer ) {
	if ( !buffer->mem )
		return;
	if ( dma )
		dma->ops->free ( dma, buffer->mem, buffer->len, buffer->cookie );
	else
		pages_free ( buffer->mem, buffer->len );
	memset ( buffer, 0, sizeof ( *buffer ) );
}
