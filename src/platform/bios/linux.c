/** @file
 * Image type `bzImage`: Linux and all that looks like it (memtest86+, memdisk, another loader), by
 * The Linux/x86 Boot Protocol. Here it is decided where everything goes, with nothing moved yet, so
 * that what does not fit is an error like any other; linux_enter.c does it. docs/images.md tells
 * what a user should know.
 *
 * Kernel and initrd lie in page memory already, which may be most of the memory there is. So the room that they
 * take counts as free when a place for them is looked for, and pages are moved, not copied.
 */
#include <string.h>
#include "core/console.h"
#include "core/error.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/task.h"
#include "core/version.h"
#include "image/initrd.h"
#include "platform/bios/bios.h"
#include "platform/bios/linux.h"

#define LIMIT_4G 0x100000000ULL

/** A smaller part of the initrd is put together in new pages; large ones where they are. */
#define COPY_MAX 65536

/* ---- Parts ---- */

static size_t page_round ( size_t len ) {
	return ROUND_UP ( len, (size_t) PLACE_PAGE );
}

static void part_fini ( struct linux_part *part ) {
	if ( part->copied )
		pages_free ( part->pages, part->page_len );
	pages_free ( part->spill, part->spill_len );
}

/** Get the memory that a part needs beside its image's own. */
static int part_init ( struct linux_part *part, const struct image *image, size_t skip,
		       size_t header_len ) {
	size_t contents = image->len - skip;

	*part = ( struct linux_part ){
		.image = image, .skip = skip, .header_len = header_len, .len = header_len + contents
	};
	if ( !part->len )
		return 0;
	if ( ( image->flags & IMAGE_STATIC ) || ( contents <= COPY_MAX ) ||
	     ( header_len > contents ) ) {
		part->page_len = page_round ( part->len );
		if ( !( part->pages = pages_alloc ( part->page_len, PAGES_HIGH ) ) )
			return -ENOMEM;
		part->copied = true;
		if ( header_len )
			initrd_header ( image, part->pages );
		memcpy ( part->pages + header_len, image->data + skip, contents );
		memset ( part->pages + part->len, 0, part->page_len - part->len );
		return 0;
	}
	part->pages = image->data;
	part->page_len = page_round ( image->capacity );
	if ( part->len > part->page_len ) {
		part->spill_len = page_round ( part->len - part->page_len );
		if ( !( part->spill = pages_alloc ( part->spill_len, PAGES_HIGH ) ) )
			return -ENOMEM;
	}
	return 0;
}

/** The moves that bring a part to @c to. @return how many */
static unsigned int part_moves ( const struct linux_part *part, uint64_t to,
				 struct page_move *moves ) {
	size_t len = page_round ( part->len ), first = MIN ( len, part->page_len );
	unsigned int count = 0;

	if ( first )
		moves[count++] =
			( struct page_move ){ (uintptr_t) part->pages, to, first / PLACE_PAGE };
	if ( len > first )
		moves[count++] = ( struct page_move ){ (uintptr_t) part->spill, to + first,
						       ( len - first ) / PLACE_PAGE };
	return count;
}

static void boot_fini ( struct linux_boot *boot ) {
	part_fini ( &boot->kernel );
	for ( unsigned int i = 0; i < boot->part_count; i++ )
		part_fini ( &boot->parts[i] );
	free ( boot->parts );
	free ( boot->moves );
	pages_free ( boot->note, boot->note_len );
	pages_free ( boot->spare, PLACE_PAGE );
}

/** Kernel and initrd as parts; all memory that is needed. The caller frees it, on failure too. */
static int boot_init ( struct linux_boot *boot ) {
	struct image *image = NULL;
	unsigned int count = 0;
	size_t pages;
	int rc;

	if ( ( rc = initrd_measure ( &boot->initrd_len ) ) != 0 )
		return rc;
	while ( ( image = initrd_next ( image ) ) != NULL )
		count++;
	boot->parts = calloc ( count + 1, sizeof ( boot->parts[0] ) );
	boot->moves = calloc ( 2 * ( count + 1 ), sizeof ( boot->moves[0] ) );
	boot->spare = pages_alloc ( PLACE_PAGE, PAGES_HIGH );
	if ( !boot->parts || !boot->moves || !boot->spare )
		return -ENOMEM;
	/* The initrd's header functions look at arguments, and a kernel has arguments, too. */
	if ( ( rc = part_init ( &boot->kernel, boot->image, boot->bz.real_len, 0 ) ) != 0 )
		return rc;
	pages = page_round ( boot->kernel.len ) / PLACE_PAGE;
	while ( ( image = initrd_next ( image ) ) != NULL ) {
		rc = part_init ( &boot->parts[boot->part_count++], image, 0,
				 initrd_header_len ( image ) );
		if ( rc != 0 )
			return rc;
		pages += page_round ( boot->parts[boot->part_count - 1].len ) / PLACE_PAGE;
	}
	boot->note_len = moves_note_len ( pages );
	if ( !( boot->note = pages_alloc ( boot->note_len, PAGES_HIGH ) ) )
		return -ENOMEM;
	memset ( boot->note, 0, boot->note_len );
	return 0;
}

/* ---- Places ---- */

static void add_free ( void *extents, uint64_t start, uint64_t end ) {
	extents_add ( extents, start, end );
}

static void count_free ( void *count, uint64_t start __unused, uint64_t end __unused ) {
	( *(unsigned int *) count )++;
}

static void add_part ( struct extents *extents, const struct linux_part *part ) {
	uint64_t pages = (uintptr_t) part->pages, spill = (uintptr_t) part->spill;

	extents_add ( extents, pages, pages + part->page_len );
	extents_add ( extents, spill, spill + part->spill_len );
}

/** What can be written to: free memory, and where the parts are now. */
static int find_usable ( const struct linux_boot *boot, struct extents *usable ) {
	unsigned int blocks = 0;

	/* Making the list may take a page from a block, but makes no new ones. */
	pages_for_each_free ( count_free, &blocks );
	/* Two areas are cut out of it: each cut may make one piece more. */
	usable->room = blocks + 2 * boot->part_count + 8;
	if ( !( usable->list = calloc ( usable->room, sizeof ( usable->list[0] ) ) ) )
		return -ENOMEM;
	pages_for_each_free ( add_free, usable );
	add_part ( usable, &boot->kernel );
	for ( unsigned int i = 0; i < boot->part_count; i++ )
		add_part ( usable, &boot->parts[i] );
	return 0;
}

/** True if [start, end) is RAM by the BIOS's map. */
static bool is_ram ( uint64_t start, uint64_t end ) {
	const struct e820_range *range;
	bool more = true;

	for ( unsigned int i = 0; i < boot_info.range_count; i++ ) {
		range = &boot_info.ranges[i];
		if ( ( range->type != E820_RAM ) && ( range->base < end ) &&
		     ( range->base + range->len > start ) )
			return false;
	}
	/* Ranges come in any order; each step goes through one of them. */
	while ( more && ( start < end ) ) {
		more = false;
		for ( unsigned int i = 0; i < boot_info.range_count; i++ ) {
			range = &boot_info.ranges[i];
			if ( ( range->type != E820_RAM ) || ( range->base > start ) ||
			     ( range->base + range->len <= start ) )
				continue;
			start = range->base + range->len;
			more = true;
		}
	}
	return start >= end;
}

/** Where the kernel will run if it is loaded at @c load. */
static void run_area ( const struct linux_boot *boot, uint64_t load, struct extent *ret_area ) {
	const struct bzimage *bz = &boot->bz;
	uint64_t start = load, len = bz->init_size ? bz->init_size : boot->kernel.len;

	if ( bz->relocatable )
		start = MAX ( ROUND_UP ( load, bz->alignment ), bz->pref_address );
	else if ( bz->high && bz->pref_address )
		start = bz->pref_address;
	*ret_area = ( struct extent ){ start, start + len };
}

static bool kernel_fits ( const struct linux_boot *boot, const struct extents *usable,
			  uint64_t load ) {
	struct extent run;

	run_area ( boot, load, &run );
	return load && extents_contain ( usable, load, load + page_round ( boot->kernel.len ) ) &&
	       is_ram ( run.start, run.end );
}

/** Choose where kernel and real-mode part go, and take that out of @c usable. */
static int place_kernel ( struct linux_boot *boot, struct extents *usable ) {
	const struct bzimage *bz = &boot->bz;
	bool old = !bz->high || ( bz->version < 0x0202 );
	uint32_t real_end = old ? LINUX_REAL_OLD + LINUX_HEAP_OLD + LINUX_CMDLINE_OLD_MAX + 1
				: LINUX_CMDLINE + bz->cmdline_max + 1;
	uint64_t len = page_round ( boot->kernel.len ), want;
	struct extent run;

	boot->real = old ? LINUX_REAL_OLD : LINUX_REAL;
	if ( real_end > boot_info.low->base )
		return FAIL ( ENOBUFS, "kernel needs base memory up to 0x%x, but it ends at 0x%x",
			      real_end, boot_info.low->base );
	if ( !bz->high ) {
		boot->load = LINUX_KERNEL_LOW;
		return 0;
	}
	boot->load = LINUX_KERNEL_HIGH;
	if ( !kernel_fits ( boot, usable, boot->load ) && bz->relocatable ) {
		want = MAX ( len, bz->init_size );
		boot->load = extents_lowest ( usable, want, bz->alignment, LIMIT_4G );
	}
	if ( !kernel_fits ( boot, usable, boot->load ) ) {
		run_area ( boot, LINUX_KERNEL_HIGH, &run );
		return FAIL ( ENOBUFS,
			      "kernel needs memory from 0x%lx to 0x%lx, which is not there",
			      run.start, run.end );
	}
	run_area ( boot, boot->load, &run );
	extents_remove ( usable, boot->load, boot->load + len );
	extents_remove ( usable, ROUND_DOWN ( run.start, PLACE_PAGE ),
			 ROUND_UP ( run.end, PLACE_PAGE ) );
	return 0;
}

/** Choose where the initrd goes: as high as the kernel can reach it. */
static int place_initrd ( struct linux_boot *boot, struct extents *usable ) {
	uint64_t len = page_round ( boot->initrd_len ), here = (uintptr_t) boot->parts[0].pages;
	uint64_t limit = MIN ( MIN ( boot->bz.initrd_max, boot->args.mem ), LIMIT_4G );

	if ( !boot->initrd_len )
		return 0;
	if ( !boot->bz.version )
		return FAIL ( ENOTSUP, "kernels older than boot protocol 2.00 take no initrd" );
	/* Where it is may do. */
	if ( ( boot->part_count == 1 ) && ( boot->parts[0].page_len >= len ) &&
	     ( here + len <= limit ) && extents_contain ( usable, here, here + len ) )
		boot->initrd = here;
	else
		boot->initrd = extents_highest ( usable, len, PLACE_PAGE, limit );
	if ( !boot->initrd && boot->bz.entry_64 ) {
		boot->initrd = extents_highest ( usable, len, PLACE_PAGE, boot->args.mem );
		boot->long_mode = true;
	}
	if ( !boot->initrd )
		return FAIL ( ENOBUFS, "no room for an initrd of %zu bytes below 0x%lx",
			      boot->initrd_len, boot->bz.entry_64 ? boot->args.mem : limit );
	return 0;
}

/** The moves of all parts to where they belong. */
static void plan_moves ( struct linux_boot *boot ) {
	uint64_t to = boot->initrd;

	boot->move_count = part_moves ( &boot->kernel, boot->load, boot->moves );
	for ( unsigned int i = 0; i < boot->part_count; i++ ) {
		boot->move_count +=
			part_moves ( &boot->parts[i], to, boot->moves + boot->move_count );
		to += page_round ( boot->parts[i].len );
	}
}

static void log_places ( const struct linux_boot *boot ) {
	struct extent run;

	run_area ( boot, boot->load, &run );
	LOG ( LOG_EVENT, "kernel of %zu bytes at 0x%lx, runs at 0x%lx-0x%lx; entered in %s mode",
	      boot->kernel.len, boot->load, run.start, run.end,
	      boot->long_mode ? "64-bit" : "real" );
	LOG ( LOG_EVENT, "initrd of %zu bytes from %u images at 0x%lx, limit 0x%lx",
	      boot->initrd_len, boot->part_count, boot->initrd,
	      MIN ( boot->bz.initrd_max, boot->args.mem ) );
	LOG ( LOG_DETAIL, "command line: %.*s", (int) boot->cmdline_len, boot->cmdline );
}

static int place_all ( struct linux_boot *boot ) {
	struct extents usable = { 0 };
	int rc;

	if ( ( ( rc = find_usable ( boot, &usable ) ) == 0 ) &&
	     ( ( rc = place_kernel ( boot, &usable ) ) == 0 ) )
		rc = place_initrd ( boot, &usable );
	free ( usable.list );
	plan_moves ( boot );
	if ( rc == 0 )
		log_places ( boot );
	return rc;
}

/* ---- The type ---- */

static void check_cmdline ( struct linux_boot *boot ) {
	size_t max = boot->bz.cmdline_max;

	if ( !boot->bz.high || ( boot->bz.version < 0x0202 ) )
		max = MIN ( max, (size_t) LINUX_CMDLINE_OLD_MAX );
	boot->cmdline = boot->image->cmdline ? boot->image->cmdline : "";
	boot->cmdline_len = strlen ( boot->cmdline );
	if ( boot->cmdline_len <= max )
		return;
	con_printf ( "%s takes only %zu of %zu bytes of command line\n", boot->image->name, max,
		     boot->cmdline_len );
	boot->cmdline_len = max;
}

static int bzimage_probe ( struct image *image ) {
	struct bzimage bz;

	/* Kernels that are damaged are kernels still: running them says what is wrong. */
	return ( err_is ( bzimage_parse ( image->data, image->len, &bz ), ENOEXEC ) )
		       ? -ENOEXEC_IMAGE
		       : 0;
}

static TASK_FN int bzimage_exec ( struct image *image ) {
	struct linux_boot boot = { .image = image };
	int rc;

	if ( ( rc = bzimage_parse ( image->data, image->len, &boot.bz ) ) != 0 )
		return rc;
	LOG ( LOG_EVENT, "%s: boot protocol %u.%02u, base memory ends at 0x%x", image->name,
	      boot.bz.version >> 8, boot.bz.version & 0xff, boot_info.low->base );
	bzimage_parse_args ( image->cmdline, &boot.args );
	check_cmdline ( &boot );
	if ( ( ( rc = boot_init ( &boot ) ) == 0 ) && ( ( rc = place_all ( &boot ) ) == 0 ) )
		on_root ( linux_enter, &boot );
	boot_fini ( &boot );
	return rc;
}

static const struct image_type bzimage_type = {
	.name = "bzImage", .order = 50, .probe = bzimage_probe, .exec = bzimage_exec
};
IMAGE_TYPE ( bzimage_type );

static const struct feature bzimage_feature = {
	.name = "bzImage", .order = 200, .tag = 24, .value = 1
};
FEATURE ( bzimage_feature );
