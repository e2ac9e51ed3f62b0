/** @file
 * Page tables (Intel SDM volume 3, chapter 4: 4-level paging), one to one. 2 MiB pages below 4 GiB,
 * 1 GiB pages above where the processor has them. Memory types come from the MTRRs.
 */
#include <string.h>
#include "core/error.h"
#include "core/memory.h"
#include "platform/bios/bios.h"
#include "arch/x86_64/io.h"

#define PRESENT  0x001ULL
#define WRITABLE 0x002ULL
#define LARGE    0x080ULL
#define ADDRESS  0x000ffffffffff000ULL

#define PAGE_4K  0x1000ULL
#define PAGE_2M  0x200000ULL
#define PAGE_1G  0x40000000ULL
#define LIMIT_4G 0x100000000ULL

static uint64_t pml4[512] __aligned ( 4096 );
static uint64_t pdpt[512] __aligned ( 4096 );
static uint64_t pds[4][512] __aligned ( 4096 );
static uint64_t first_pt[512] __aligned ( 4096 ); /* of the first 2 MiB: page 0 is not there */
static uint64_t alias_pdpt[512] __aligned ( 4096 );
static uint64_t alias_pd[512] __aligned ( 4096 );
static bool gib_pages;
static uint64_t address_limit; /* of the physical address space */

static uint64_t table_entry ( const void *table ) {
	return (uintptr_t) table | PRESENT | WRITABLE;
}

void paging_init ( void ) {
	uint32_t regs[4];
	unsigned int i;

	cpuid ( 0x80000001, 0, regs );
	gib_pages = ( regs[3] >> 26 ) & 1;
	cpuid ( 0x80000000, 0, regs );
	address_limit = 1ULL << 36;
	if ( regs[0] >= 0x80000008 ) {
		cpuid ( 0x80000008, 0, regs );
		address_limit = 1ULL << MIN ( regs[0] & 0xff, 47U ); /* the lower half */
	}
	for ( i = 0; i < 2048; i++ )
		pds[i / 512][i % 512] = i * PAGE_2M | PRESENT | WRITABLE | LARGE;
	for ( i = 1; i < 512; i++ )
		first_pt[i] = i * PAGE_4K | PRESENT | WRITABLE;
	pds[0][0] = table_entry ( first_pt );
	for ( i = 0; i < 4; i++ )
		pdpt[i] = table_entry ( pds[i] );
	pml4[0] = table_entry ( pdpt );
	alias_pd[0] = PRESENT | WRITABLE | LARGE;
	alias_pdpt[0] = table_entry ( alias_pd );
	pml4[( LOW_ALIAS >> 39 ) & 511] = table_entry ( alias_pdpt );
	__asm__ __volatile__( "mov %0, %%cr3" : : "r"( pml4 ) : "memory" );
}

/** The table that @c entry points to, made if it is not there. @return NULL if out of memory */
static uint64_t *next_table ( uint64_t *entry ) {
	uint64_t *table;

	if ( *entry & PRESENT )
		return (uint64_t *) ( *entry & ADDRESS );
	if ( ( table = platform_pages_alloc ( PAGE_4K, 0 ) ) == NULL )
		return NULL;
	memset ( table, 0, PAGE_4K );
	*entry = table_entry ( table );
	return table;
}

/** Map the large page around @c addr, which is at or above 4 GiB. */
static int map_large ( uint64_t addr ) {
	uint64_t *table, *entry;

	if ( ( table = next_table ( &pml4[( addr >> 39 ) & 511] ) ) == NULL )
		return -ENOMEM;
	entry = &table[( addr >> 30 ) & 511];
	if ( gib_pages ) {
		*entry = ROUND_DOWN ( addr, PAGE_1G ) | PRESENT | WRITABLE | LARGE;
		return 0;
	}
	if ( ( table = next_table ( entry ) ) == NULL )
		return -ENOMEM;
	table[( addr >> 21 ) & 511] = ROUND_DOWN ( addr, PAGE_2M ) | PRESENT | WRITABLE | LARGE;
	return 0;
}

int paging_map ( uint64_t addr, uint64_t len ) {
	uint64_t step = gib_pages ? PAGE_1G : PAGE_2M, end = addr + len;
	int rc;

	for ( addr = MAX ( ROUND_DOWN ( addr, step ), LIMIT_4G ); addr < end; addr += step )
		if ( ( rc = map_large ( addr ) ) != 0 )
			return rc;
	return 0;
}

int paging_set_present ( uint64_t addr, bool present ) {
	uint64_t *pd_entry = &pds[addr >> 30][( addr >> 21 ) & 511], *table;
	unsigned int i;

	if ( *pd_entry & LARGE ) {
		/* Split; stays split, so there is at most one table for each 2 MiB. */
		if ( ( table = platform_pages_alloc ( PAGE_4K, 0 ) ) == NULL )
			return -ENOMEM;
		for ( i = 0; i < 512; i++ )
			table[i] =
				( ROUND_DOWN ( addr, PAGE_2M ) + i * PAGE_4K ) | PRESENT | WRITABLE;
		*pd_entry = table_entry ( table );
	}
	table = (uint64_t *) ( *pd_entry & ADDRESS );
	table[( addr >> 12 ) & 511] =
		ROUND_DOWN ( addr, PAGE_4K ) | WRITABLE | ( present ? PRESENT : 0 );
	__asm__ __volatile__( "invlpg (%0)" : : "r"( addr ) : "memory" );
	return 0;
}

bool paging_is_present ( uint64_t addr ) {
	uint64_t entry;

	if ( addr >= LIMIT_4G )
		return false;
	entry = pds[addr >> 30][( addr >> 21 ) & 511];
	if ( !( entry & LARGE ) )
		entry = ( (uint64_t *) ( entry & ADDRESS ) )[( addr >> 12 ) & 511];
	return ( entry & PRESENT ) != 0;
}

bool paging_fault ( uint64_t addr, uint64_t error ) {
	if ( ( error & PRESENT ) || ( addr < LIMIT_4G ) || ( addr >= address_limit ) )
		return false;
	return map_large ( addr ) == 0;
}
