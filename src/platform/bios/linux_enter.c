/** @file
 * Entering a kernel, after everything was decided (linux.c): stop the devices, fill base memory, move
 * kernel and initrd to their places, jump. From the first write on there is no way back.
 *
 * The entry is that of real mode, which is what a BIOS's kernels know. Only an initrd above 4 GiB has no
 * place in its header; then it is the 64-bit entry, with a struct boot_params as the kernel's own
 * real-mode part would have made it (The Linux/x86 Boot Protocol, "64-bit boot protocol", "zero page").
 */
#include <string.h>
#include "core/init.h"
#include "image/initrd.h"
#include "platform/bios/bios.h"
#include "platform/bios/linux.h"

#define LOADER_TYPE        0x46
#define OLD_CMDLINE_MAGIC  0xa33f /* boot sector, protocol before 2.02 */
#define OLD_CMDLINE_OFFSET 0x20

/* Struct boot_params. */
#define BP_LEN             4096
#define BP_CURSOR_X        0x000
#define BP_CURSOR_Y        0x001
#define BP_VIDEO_PAGE      0x004
#define BP_VIDEO_MODE      0x006
#define BP_VIDEO_COLUMNS   0x007
#define BP_VIDEO_LINES     0x00e
#define BP_VIDEO_IS_VGA    0x00f
#define BP_VIDEO_POINTS    0x010
#define BP_EXT_RAMDISK     0x0c0
#define BP_EXT_RAMDISK_LEN 0x0c4
#define BP_E820_COUNT      0x1e8
#define BP_E820            0x2d0
#define BP_E820_LEN        20
#define BP_HEADER          0x1f1
#define BP_HEADER_MAX      0x290 /* what follows is not the header's */

#define BDA_CHAR_HEIGHT 0x485
#define ENTRY_64        0x200

/* Base memory of the 64-bit entry; the command line is at LINUX_CMDLINE. */
#define LONG_PARAMS      0x10000
#define LONG_GDT         0x11000
#define LONG_PML4        0x12000
#define LONG_PDPT        0x13000
#define LONG_PDS         0x14000 /* four: 4 GiB */
#define PRESENT_WRITABLE 0x03ULL
#define LARGE            0x80ULL

extern const uint8_t linux_launch16[], linux_launch16_end[];
void linux_launch64 ( uint64_t entry, uint64_t params, uint64_t gdt, uint64_t tables ) __noreturn;

static uint8_t *base_memory ( uint32_t addr ) {
	return (uint8_t *) (uintptr_t) low_memory ( addr );
}
static void put8 ( uint32_t addr, uint8_t value ) {
	*base_memory ( addr ) = value;
}
static void put16 ( uint32_t addr, uint16_t value ) {
	memcpy ( base_memory ( addr ), &value, sizeof ( value ) );
}
static void put32 ( uint32_t addr, uint32_t value ) {
	memcpy ( base_memory ( addr ), &value, sizeof ( value ) );
}
static void put64 ( uint32_t addr, uint64_t value ) {
	memcpy ( base_memory ( addr ), &value, sizeof ( value ) );
}

static void put_cmdline ( const struct linux_boot *boot, uint32_t addr ) {
	memcpy ( base_memory ( addr ), boot->cmdline, boot->cmdline_len );
	put8 ( addr + boot->cmdline_len, 0 );
}

/** Header fields that every entry needs; @c base is where offset 0 would be. */
static void put_header ( const struct linux_boot *boot, uint32_t base ) {
	const struct bzimage *bz = &boot->bz;

	if ( boot->args.has_vga )
		put16 ( base + BZI_VID_MODE, boot->args.vid_mode );
	if ( !bz->version )
		return;
	put8 ( base + BZI_LOADER, LOADER_TYPE );
	put32 ( base + BZI_RAMDISK_IMAGE, (uint32_t) boot->initrd );
	put32 ( base + BZI_RAMDISK_SIZE, (uint32_t) boot->initrd_len );
	/* A kernel at its usual place is entered where it says. */
	if ( bz->high && ( boot->load != LINUX_KERNEL_HIGH ) )
		put32 ( base + BZI_CODE32_START, (uint32_t) boot->load );
}

/* ---- Real mode ---- */

static uint32_t heap_end ( const struct linux_boot *boot ) {
	return ( boot->real == LINUX_REAL ) ? LINUX_HEAP_END : LINUX_HEAP_OLD;
}

static void fill_real ( const struct linux_boot *boot ) {
	uint32_t real = boot->real;
	uint32_t cmdline = ( real == LINUX_REAL ) ? LINUX_CMDLINE : real + LINUX_HEAP_OLD;

	memcpy ( base_memory ( real ), boot->image->data, boot->bz.real_len );
	put_header ( boot, real );
	if ( boot->bz.version >= 0x0201 ) {
		put16 ( real + BZI_HEAP_END_PTR, (uint16_t) ( heap_end ( boot ) - 0x200 ) );
		*base_memory ( real + BZI_LOADFLAGS ) |= BZI_CAN_USE_HEAP;
	}
	put_cmdline ( boot, cmdline );
	if ( boot->bz.version >= 0x0202 ) {
		put32 ( real + BZI_CMD_LINE_PTR, cmdline );
	} else {
		put16 ( real + OLD_CMDLINE_OFFSET, OLD_CMDLINE_MAGIC );
		put16 ( real + OLD_CMDLINE_OFFSET + 2, (uint16_t) ( cmdline - real ) );
		if ( boot->bz.version )
			put16 ( real + BZI_SETUP_MOVE_SIZE,
				(uint16_t) ( cmdline - real + boot->cmdline_len + 1 ) );
	}
}

static void __noreturn enter_real ( const struct linux_boot *boot ) {
	struct bios_regs regs = { .ds = (uint16_t) ( boot->real >> 4 ), .ecx = heap_end ( boot ) };

	memcpy ( low_buffer (), linux_launch16, (size_t) ( linux_launch16_end - linux_launch16 ) );
	while ( 1 )
		bios_call_far ( low_helper ( LOW_BUFFER ), &regs );
}

/* ---- 64-bit mode ---- */

static void fill_screen_info ( uint32_t params ) {
	const volatile uint8_t *bda = low_memory ( 0 );
	unsigned int page = bda[BDA_VIDEO_PAGE] & 7;

	put8 ( params + BP_CURSOR_X, bda[BDA_CURSOR + 2 * page] );
	put8 ( params + BP_CURSOR_Y, bda[BDA_CURSOR + 2 * page + 1] );
	put16 ( params + BP_VIDEO_PAGE, (uint16_t) page );
	put8 ( params + BP_VIDEO_MODE, bda[BDA_VIDEO_MODE] & 0x7f );
	put8 ( params + BP_VIDEO_COLUMNS, bda[BDA_VIDEO_COLUMNS] );
	put8 ( params + BP_VIDEO_LINES, (uint8_t) ( bda[BDA_VIDEO_ROWS] + 1 ) );
	put8 ( params + BP_VIDEO_IS_VGA, 1 );
	put16 ( params + BP_VIDEO_POINTS, bda[BDA_CHAR_HEIGHT] );
}

static void fill_params ( const struct linux_boot *boot ) {
	size_t header = MIN ( boot->bz.header_end, (size_t) BP_HEADER_MAX ) - BP_HEADER;
	unsigned int i;

	memset ( base_memory ( LONG_PARAMS ), 0, BP_LEN );
	memcpy ( base_memory ( LONG_PARAMS + BP_HEADER ), boot->image->data + BP_HEADER, header );
	put_header ( boot, LONG_PARAMS );
	put32 ( LONG_PARAMS + BP_EXT_RAMDISK, (uint32_t) ( boot->initrd >> 32 ) );
	put32 ( LONG_PARAMS + BP_EXT_RAMDISK_LEN, (uint32_t) ( boot->initrd_len >> 32 ) );
	put_cmdline ( boot, LINUX_CMDLINE );
	put32 ( LONG_PARAMS + BZI_CMD_LINE_PTR, LINUX_CMDLINE );
	fill_screen_info ( LONG_PARAMS );
	put8 ( LONG_PARAMS + BP_E820_COUNT, (uint8_t) boot_info.range_count );
	for ( i = 0; i < boot_info.range_count; i++ )
		memcpy ( base_memory ( LONG_PARAMS + BP_E820 + i * BP_E820_LEN ),
			 &boot_info.ranges[i], BP_E820_LEN );
}

/** Page tables, one to one, and a GDT as the protocol wants it: neither may lie where the kernel
 * unpacks itself. */
static void fill_tables ( void ) {
	static const uint64_t gdt[] = { 0, 0, 0x00af9b000000ffff, 0x00cf93000000ffff };
	unsigned int i;

	memcpy ( base_memory ( LONG_GDT + 16 ), gdt, sizeof ( gdt ) );
	put16 ( LONG_GDT, sizeof ( gdt ) - 1 );
	put64 ( LONG_GDT + 2, LONG_GDT + 16 );
	memset ( base_memory ( LONG_PML4 ), 0, LONG_PDS - LONG_PML4 );
	put64 ( LONG_PML4, LONG_PDPT | PRESENT_WRITABLE );
	for ( i = 0; i < 4; i++ )
		put64 ( LONG_PDPT + 8 * i, ( LONG_PDS + i * 4096ULL ) | PRESENT_WRITABLE );
	for ( i = 0; i < 2048; i++ )
		put64 ( LONG_PDS + 8 * i, i * 0x200000ULL | LARGE | PRESENT_WRITABLE );
}

/* ---- Contents ---- */

/** Make a part's pages what is to arrive: without what is skipped, headers in front, zeros behind. */
static void finish_part ( const struct linux_part *part ) {
	size_t contents = part->len - part->header_len, stay = contents;
	size_t end = ROUND_UP ( part->len, (size_t) PLACE_PAGE );

	if ( part->copied || !part->len )
		return;
	if ( part->len > part->page_len ) {
		stay = part->page_len - part->header_len;
		memcpy ( part->spill, part->pages + stay, contents - stay );
		memset ( part->spill + ( contents - stay ), 0, end - part->len );
	} else {
		end = MIN ( end, part->page_len );
	}
	if ( part->header_len || part->skip )
		memmove ( part->pages + part->header_len, part->pages + part->skip, stay );
	if ( part->header_len )
		initrd_header ( part->image, part->pages );
	if ( part->len < part->page_len )
		memset ( part->pages + part->len, 0, end - part->len );
}

void linux_enter ( void *arg ) {
	const struct linux_boot *boot = arg;

	init_shutdown ();
	nap_shutdown ();
	if ( boot->long_mode ) {
		fill_params ( boot );
		fill_tables ();
	} else {
		fill_real ( boot );
	}
	finish_part ( &boot->kernel );
	for ( unsigned int i = 0; i < boot->part_count; i++ )
		finish_part ( &boot->parts[i] );
	moves_run ( boot->moves, boot->move_count, boot->note, boot->spare );
	if ( boot->long_mode )
		linux_launch64 ( boot->load + ENTRY_64, LONG_PARAMS, LONG_GDT, LONG_PML4 );
	enter_real ( boot );
}
