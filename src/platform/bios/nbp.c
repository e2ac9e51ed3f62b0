/** @file
 * Image type `PXE-NBP`: network bootstrap programs and boot sectors, run as a PXE ROM and a BIOS run them.
 *
 * They find the API of the PXE ROM that has loaded us, as far as we have kept it (.kpxe, .kkpxe); we have
 * none of our own. They may return, or give up (INT 18h), and so that we are still there then, INT 15h and the
 * BIOS data area meanwhile say that the memory that we use is not there. What they load in place of an operating
 * system never learns of us otherwise.
 */
#include <string.h>
#include "core/error.h"
#include "core/image.h"
#include "core/init.h"
#include "image/nbp.h"
#include "platform/bios/bios.h"
#include "platform/bios/memory_map.h"
#include "platform/bios/nbp_launch.h"

/** The file id of errors of programs; as in platform/efi/image.c. The program's status is the low byte. */
#define FILE_NBP      0x04a000
#define CAUSE_STATUS  1
#define CAUSE_GAVE_UP 2

#define MEMORY_INT    0x15
#define BOOT_NEXT_INT 0x18
#define SECTOR        512
#define RANGES_MAX    ( ( LOW_BUFFER_SIZE - NBP_MAP_OFFSET ) / sizeof ( struct e820_range ) )

extern const uint8_t nbp_launch[], nbp_launch_end[] __attribute__ ( ( visibility ( "hidden" ) ) );

struct program {
	const struct image *image;
	int rc; /**< 0: it has run */
	uint16_t status;
	bool gave_up;
};

static uint8_t *block ( void ) {
	return low_buffer ();
}

static uint16_t get16 ( unsigned int offset ) {
	uint16_t value;

	memcpy ( &value, block () + offset, sizeof ( value ) );
	return value;
}

static void put16 ( unsigned int offset, uint16_t value ) {
	memcpy ( block () + offset, &value, sizeof ( value ) );
}

static void put32 ( unsigned int offset, uint32_t value ) {
	memcpy ( block () + offset, &value, sizeof ( value ) );
}

static volatile uint32_t *vector ( unsigned int number ) {
	return low_memory ( number * 4 );
}

static volatile uint16_t *base_kb ( void ) {
	return low_memory ( BDA_BASE_MEMORY_KB );
}

/** The block in base memory. */
static void fill_block ( void ) {
	struct e820_range *map = (struct e820_range *) ( block () + NBP_MAP_OFFSET );
	unsigned int count = memory_map_make ( map, RANGES_MAX, boot_info.low->base );
	uint16_t kb, blocks;

	memory_map_extended ( map, count, &kb, &blocks );
	memcpy ( block (), nbp_launch, (size_t) ( nbp_launch_end - nbp_launch ) );
	put32 ( NBP_PXE, boot_info.pxe );
	put32 ( NBP_PXENV, boot_info.pxenv );
	put32 ( NBP_CHAIN15, *vector ( MEMORY_INT ) );
	put16 ( NBP_RANGES, (uint16_t) count );
	put16 ( NBP_KB, kb );
	put16 ( NBP_64KB, blocks );
	put16 ( NBP_KB_88, (uint16_t) MIN ( kb + 64U * blocks, 0xffffU ) );
}

/** What is behind the file in its last sector is zero. */
static void load ( const struct image *image ) {
	uint8_t *to = (uint8_t *) (uintptr_t) low_memory ( NBP_ADDRESS );

	memcpy ( to, image->data, image->len );
	memset ( to + image->len, 0, ROUND_UP ( image->len, (size_t) SECTOR ) - image->len );
}

static void call ( struct program *program ) {
	uint32_t int15 = *vector ( MEMORY_INT ), int18 = *vector ( BOOT_NEXT_INT );
	uint16_t kb = *base_kb (), kb_for_it = (uint16_t) ( boot_info.low->base / 1024 );
	struct bios_regs regs = { 0 };

	fill_block ();
	load ( program->image );
	*vector ( MEMORY_INT ) = low_helper ( get16 ( NBP_INT15 ) );
	*vector ( BOOT_NEXT_INT ) = low_helper ( get16 ( NBP_INT18 ) );
	*base_kb () = kb_for_it;
	bios_call_far ( low_helper ( get16 ( NBP_ENTRY ) ), &regs );
	/* If it leaves something below us, that is not to be overwritten. */
	if ( *base_kb () == kb_for_it )
		*base_kb () = kb;
	*vector ( MEMORY_INT ) = int15;
	*vector ( BOOT_NEXT_INT ) = int18;
	program->status = (uint16_t) regs.eax;
	program->gave_up = get16 ( NBP_GAVE_UP ) != 0;
}

static void run ( void *arg ) {
	struct program *program = arg;

	init_suspend ();
	nap_shutdown ();
	if ( ( program->rc = pages_freeze () ) == 0 ) {
		undi_give ();
		call ( program );
		undi_take ();
		pages_thaw ();
	}
	exceptions_init (); /* it may have been in protected mode, with a task register of its own */
	nap_init ();
	init_resume ();
}

static int nbp_image_probe ( struct image *image ) {
	return nbp_probe ( image->data, image->len );
}

/** Is there all that it needs? @return 0, -ENOBUFS, -ENOTSUP */
static int check ( const struct image *image ) {
	size_t end = ROUND_UP ( NBP_ADDRESS + image->len, (size_t) SECTOR );

	if ( end > boot_info.low->base )
		return FAIL ( ENOBUFS, "%.64s needs base memory up to 0x%zx, but it ends at 0x%x",
			      image->name, end, boot_info.low->base );
	if ( !boot_info.pxe && !boot_info.pxenv &&
	     !nbp_is_boot_sector ( image->data, image->len ) &&
	     nbp_needs_pxe ( image->data, image->len ) )
		return FAIL ( ENOTSUP,
			      "%.64s needs a PXE API: no PXE ROM is kept, and one of our own is "
			      "not built in",
			      image->name );
	return 0;
}

static TASK_FN int nbp_exec ( struct image *image ) {
	struct program program = { .image = image };
	int rc;

	if ( ( rc = check ( image ) ) != 0 )
		return rc;
	on_root ( run, &program );
	if ( program.rc != 0 )
		return program.rc;
	if ( program.gave_up )
		return FAIL ( ERROR_AT ( EPLATFORM, FILE_NBP, CAUSE_GAVE_UP ),
			      "%.64s gave up (INT 18h)", image->name );
	if ( program.status )
		return FAIL ( ERROR_AT ( EPLATFORM, FILE_NBP, CAUSE_STATUS ) |
				      ( program.status & 0xff ),
			      "%.64s ended with status 0x%02x", image->name, program.status );
	return 0;
}

/* Last of all: whatever is something else is not this. */
static const struct image_type nbp_type = {
	.name = "PXE-NBP", .order = 90, .probe = nbp_image_probe, .exec = nbp_exec
};
IMAGE_TYPE ( nbp_type );
