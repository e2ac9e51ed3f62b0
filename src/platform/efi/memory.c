/** @file
 * Pages and task stacks from the firmware (UEFI specification 2.10 §7.2).
 */
#include "core/list.h"
#include "core/memory.h"
#include "core/platform.h"
#include "core/task.h"
#include "platform/efi/efi.h"

/** One allocation. The firmware does not know what is ours, so that we must. */
struct pages {
	struct list list;
	EFI_PHYSICAL_ADDRESS addr;
	size_t count;
};

static struct list allocated = LIST_INIT ( allocated );

struct pages_request {
	size_t len;
	unsigned int flags;
	void *addr;
};

static void allocate_pages ( void *arg ) {
	struct pages_request *request = arg;
	struct pages *pages;

	if ( efi_bs->AllocatePool ( EfiLoaderData, sizeof ( *pages ), (void **) &pages ) != 0 )
		return;
	pages->addr = 0xffffffff;
	pages->count = EFI_SIZE_TO_PAGES ( request->len );
	if ( efi_bs->AllocatePages ( ( request->flags & PAGES_HIGH ) ? AllocateAnyPages
								     : AllocateMaxAddress,
				     EfiLoaderData, pages->count, &pages->addr ) != 0 ) {
		efi_bs->FreePool ( pages );
		return;
	}
	list_add ( &pages->list, &allocated );
	request->addr = (void *) (uintptr_t) pages->addr;
}

static void release ( struct pages *pages ) {
	list_del ( &pages->list );
	efi_bs->FreePages ( pages->addr, pages->count );
	efi_bs->FreePool ( pages );
}

static void release_pages ( void *arg ) {
	struct pages *pages;

	list_for_each ( pages, &allocated, list ) {
		if ( pages->addr == (uintptr_t) arg ) {
			release ( pages );
			return;
		}
	}
}

void *platform_pages_alloc ( size_t len, unsigned int flags ) {
	struct pages_request request = { .len = len, .flags = flags };

	on_root ( allocate_pages, &request );
	return request.addr;
}

void platform_pages_free ( void *addr, size_t len __unused ) {
	on_root ( release_pages, addr );
}

static void shrink_pages ( void *arg ) {
	struct pages_request *request = arg;
	size_t count = EFI_SIZE_TO_PAGES ( request->len );
	struct pages *pages;

	list_for_each ( pages, &allocated, list ) {
		if ( ( pages->addr == (uintptr_t) request->addr ) && ( pages->count > count ) ) {
			efi_bs->FreePages ( pages->addr + count * EFI_PAGE_SIZE,
					    pages->count - count );
			pages->count = count;
			return;
		}
	}
}

void platform_pages_shrink ( void *addr, size_t old_len __unused, size_t new_len ) {
	struct pages_request request = { .len = new_len, .addr = addr };

	on_root ( shrink_pages, &request );
}

void efi_memory_release_all ( void ) {
	struct pages *pages;

	while ( ( pages = list_first ( &allocated, struct pages, list ) ) != NULL )
		release ( pages );
}

/** Size of the largest free piece in the firmware's memory map. */
static void measure_free ( void *arg ) {
	size_t *largest = arg;
	EFI_MEMORY_DESCRIPTOR *map = NULL, *entry;
	UINTN len = 0, key, entry_len = 0, pos;
	UINT32 version;

	efi_bs->GetMemoryMap ( &len, NULL, &key, &entry_len, &version );
	len += 8 * entry_len; /* the allocation itself may split an entry */
	if ( !entry_len || ( efi_bs->AllocatePool ( EfiLoaderData, len, (void **) &map ) != 0 ) )
		return;
	if ( efi_bs->GetMemoryMap ( &len, map, &key, &entry_len, &version ) == 0 ) {
		for ( pos = 0; pos + entry_len <= len; pos += entry_len ) {
			entry = (EFI_MEMORY_DESCRIPTOR *) ( (uint8_t *) map + pos );
			if ( ( entry->Type == EfiConventionalMemory ) &&
			     ( entry->NumberOfPages * EFI_PAGE_SIZE > *largest ) )
				*largest = entry->NumberOfPages * EFI_PAGE_SIZE;
		}
	}
	efi_bs->FreePool ( map );
}

size_t pages_available ( void ) {
	size_t largest = 0;

	on_root ( measure_free, &largest );
	return largest;
}

void *platform_stack_alloc ( size_t len ) {
	return platform_pages_alloc ( len, 0 );
}

void platform_stack_free ( void *stack, size_t len ) {
	platform_pages_free ( stack, len );
}
