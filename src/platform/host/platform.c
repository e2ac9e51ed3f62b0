/** @file
 * Clock, memory, stacks, power and the rest of core/platform.h on Linux.
 */
#include <poll.h>
#include <sanitizer/asan_interface.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include "bus/pci.h"
#include "core/memory.h"
#include "core/platform.h"
#include "platform/host/host.h"

size_t __sanitizer_get_current_allocated_bytes ( void );

/** Longest real nap: the network is polled, not waited for. */
#define NAP_MAX_US US_PER_MS

#define GUARD_LEN ( (size_t) 4096 )

const struct platform_info platform_info = {
	.name = "linux",
	.dhcp_arch = 0,
	.ndi = { 1, 2, 1 },
	/* Frames are several times larger with the sanitizers. */
	.stack_normal = 256 * 1024,
	.stack_large = 512 * 1024,
};

static bool clock_is_virtual;
static utime_t virtual_now;
static size_t pages_used;
static unsigned int fail_countdown;

/** Stacks of tasks that have ended; len 0: none. */
static struct {
	void *stack;
	size_t len;
} kept[8];

/* ---- Time ---- */

void host_clock_virtual ( utime_t start ) {
	clock_is_virtual = true;
	virtual_now = start;
}

void host_clock_advance ( utime_t us ) {
	virtual_now += us;
}

void host_clock_real ( void ) {
	clock_is_virtual = false;
}

utime_t platform_now ( void ) {
	struct timespec now;

	if ( clock_is_virtual )
		return virtual_now;
	clock_gettime ( CLOCK_MONOTONIC, &now );
	return (utime_t) now.tv_sec * US_PER_S + (utime_t) now.tv_nsec / 1000;
}

int64_t platform_wall_us ( void ) {
	struct timespec now;

	clock_gettime ( CLOCK_REALTIME, &now );
	return now.tv_sec * (int64_t) US_PER_S + now.tv_nsec / 1000;
}

void platform_nap ( utime_t until, utime_t quiet_us __unused ) {
	utime_t now = platform_now ();

	if ( until <= now )
		return;
	if ( clock_is_virtual ) {
		if ( until == TIME_NEVER )
			platform_panic ( "virtual clock: everything waits forever" );
		virtual_now = until;
		return;
	}
	usleep ( (useconds_t) MIN ( until - now, NAP_MAX_US ) );
}

/* ---- Memory ---- */

void host_fail_pages ( unsigned int nth ) {
	fail_countdown = nth;
}

size_t host_pages_used ( void ) {
	return pages_used;
}

/* Is this the allocation that a test wants to fail? */
static bool fail_now ( void ) {
	return fail_countdown && ( --fail_countdown == 0 );
}

static void *map ( size_t len ) {
	void *pages =
		mmap ( NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0 );

	if ( pages == MAP_FAILED )
		return NULL;
	pages_used += len;
	return pages;
}

static void unmap ( void *pages, size_t len ) {
	pages_used -= len;
	munmap ( pages, len );
}

void *platform_pages_alloc ( size_t len, unsigned int flags __unused ) {
	return fail_now () ? NULL : map ( len );
}

void platform_pages_free ( void *pages, size_t len ) {
	unmap ( pages, len );
}

void platform_pages_shrink ( void *pages, size_t old_len, size_t new_len ) {
	unmap ( (char *) pages + new_len, old_len - new_len );
}

size_t pages_available ( void ) {
	return (size_t) 1 << 30;
}

size_t heap_used ( void ) {
	return __sanitizer_get_current_allocated_bytes ();
}

/* Stacks are kept for the next task, for mapping one and touching it all (it is filled) takes longer
 * than most tasks: half the time of fuzzing scripts. Whoever uses one that is free is told by ASan. */
void *platform_stack_alloc ( size_t len ) {
	char *stack;

	if ( fail_now () )
		return NULL;
	for ( unsigned int i = 0; i < ARRAY_SIZE ( kept ); i++ ) {
		if ( kept[i].len != len )
			continue;
		stack = kept[i].stack;
		kept[i].len = 0;
		__asan_unpoison_memory_region ( stack, len );
		pages_used += len + GUARD_LEN;
		return stack;
	}
	if ( ( stack = map ( len + GUARD_LEN ) ) == NULL )
		return NULL;
	mprotect ( stack, GUARD_LEN, PROT_NONE );
	return stack + GUARD_LEN;
}

void platform_stack_free ( void *stack, size_t len ) {
	for ( unsigned int i = 0; i < ARRAY_SIZE ( kept ); i++ ) {
		if ( kept[i].len )
			continue;
		kept[i].stack = stack;
		kept[i].len = len;
		__asan_poison_memory_region ( stack, len );
		pages_used -= len + GUARD_LEN;
		return;
	}
	__asan_unpoison_memory_region ( stack, len );
	unmap ( (char *) stack - GUARD_LEN, len + GUARD_LEN );
}

/* ---- Power ---- */

void platform_panic ( const char *message ) {
	fprintf ( stderr, "panic: %s\n", message );
	abort ();
}

void platform_reboot ( bool warm __unused, bool setup __unused ) {
	exit ( 0 );
}

int platform_poweroff ( void ) {
	exit ( 0 );
}

/* ---- What a Linux program does not have ---- */

/* Tests bring tables of their own. */
const void *__attribute__ ( ( weak ) )
platform_smbios ( size_t *ret_len __unused, unsigned int *ret_version __unused ) {
	return NULL;
}

/* A program has a command line. */
const void *platform_data_slot ( size_t *ret_len ) {
	*ret_len = 0;
	return NULL;
}

void platform_data_slot_done ( void ) {
}

/* Tests put PCI devices of their own here. */
void __attribute__ ( ( weak ) ) platform_pci_scan ( void ) {
}

int __attribute__ ( ( weak ) ) platform_pci_claim ( struct pci_device *pci __unused ) {
	return 0;
}

void __attribute__ ( ( weak ) ) platform_pci_release ( struct pci_device *pci __unused ) {
}

uint32_t __attribute__ ( ( weak ) )
platform_pci_read ( struct pci_device *pci __unused, unsigned int offset __unused,
		    unsigned int width __unused ) {
	return UINT32_MAX;
}

void __attribute__ ( ( weak ) )
platform_pci_write ( struct pci_device *pci __unused, unsigned int offset __unused,
		     unsigned int width __unused, uint32_t value __unused ) {
}

static void *host_dma_alloc ( struct dma_device *dma __unused, size_t len, bus_addr_t *ret_bus,
			      void **ret_cookie ) {
	void *mem = map ( len );

	*ret_bus = (uintptr_t) mem;
	*ret_cookie = NULL;
	return mem;
}

static void host_dma_free ( struct dma_device *dma __unused, void *mem, size_t len,
			    void *cookie __unused ) {
	unmap ( mem, len );
}

const struct dma_ops platform_dma_ops = { .alloc = host_dma_alloc, .free = host_dma_free };
