/** @file
 * Pages and task stacks from the firmware (UEFI specification 2.10 §7.2).
 */
#include "core/memory.h"
#include "core/platform.h"
#include "core/task.h"
#include "platform/efi/efi.h"

struct pages {
	EFI_PHYSICAL_ADDRESS addr;
	size_t len;
	unsigned int flags;
	bool ok;
};

static void allocate_pages ( void *arg ) {
	struct pages *pages = arg;

	pages->addr = 0xffffffff;
	pages->ok = ( efi_bs->AllocatePages (
			      ( pages->flags & PAGES_HIGH ) ? AllocateAnyPages : AllocateMaxAddress,
			      EfiLoaderData, ( pages->len + EFI_PAGE_SIZE - 1 ) / EFI_PAGE_SIZE,
			      &pages->addr ) == 0 );
}

static void release_pages ( void *arg ) {
	struct pages *pages = arg;

	efi_bs->FreePages ( pages->addr, ( pages->len + EFI_PAGE_SIZE - 1 ) / EFI_PAGE_SIZE );
}

void *platform_pages_alloc ( size_t len, unsigned int flags ) {
	struct pages pages = { .len = len, .flags = flags };

	if ( len > SIZE_MAX - EFI_PAGE_SIZE )
		return NULL;
	on_root ( allocate_pages, &pages );
	return pages.ok ? (void *) (uintptr_t) pages.addr : NULL;
}

void platform_pages_free ( void *addr, size_t len ) {
	struct pages pages = { .addr = (uintptr_t) addr, .len = len };

	on_root ( release_pages, &pages );
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
