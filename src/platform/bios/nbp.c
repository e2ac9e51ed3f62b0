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
#include "core/log.h"
#include "core/version.h"
#include "image/nbp.h"
#include "platform/bios/bios.h"
#include "platform/bios/memory_map.h"

/** The file id of errors of programs; as in platform/efi/image.c. The program's status is the low byte. */
#define FILE_NBP      0x04a000
#define CAUSE_STATUS  1
#define CAUSE_GAVE_UP 2

#define SECTOR 512

extern const uint8_t nbp_launch[], nbp_launch_end[] __attribute__ ( ( visibility ( "hidden" ) ) );

struct program {
	const struct image *image;
	int rc; /**< 0: it has run */
	uint16_t status;
	bool gave_up;
};

/** Start of what is in base memory while a program runs (nbp_launch.S keeps to this layout). */
struct launch_block {
	uint32_t pxe, pxenv;  /**< far pointers, or 0 */
	uint32_t int15_chain; /**< INT 15h before us */
	uint16_t range_count; /**< of the memory map, which follows the block */
	uint16_t kb, blocks;  /**< memory_map_extended() */
	uint16_t kb_88;       /**< the same as INT 15h AH=88h has it, KiB */
	uint16_t gave_up;     /**< out: INT 18h has ended the program */
	uint16_t stack;
	uint16_t enter, int15, int18; /**< offsets of code */
};

static volatile uint16_t *base_kb ( void ) {
	return low_memory ( BDA_BASE_MEMORY_KB );
}

/** The block in base memory. */
static struct launch_block *make_block ( void ) {
	size_t len = (size_t) ( nbp_launch_end - nbp_launch );
	struct launch_block *block = low_buffer ();
	struct e820_range *map = (struct e820_range *) ( (uint8_t *) low_buffer () + len );

	memcpy ( block, nbp_launch, len );
	block->range_count = (uint16_t) memory_map_make (
		map, ( LOW_BUFFER_SIZE - len ) / sizeof ( *map ), boot_info.low->base );
	memory_map_extended ( map, block->range_count, &block->kb, &block->blocks );
	block->kb_88 = (uint16_t) MIN ( block->kb + 64U * block->blocks, 0xffffU );
	block->pxe = boot_info.pxe;
	block->pxenv = boot_info.pxenv;
	block->int15_chain = *bios_vector ( INT_SYSTEM );
	return block;
}

/** What is behind the file in its last sector is zero. */
static void load ( const struct image *image ) {
	uint8_t *to = (uint8_t *) (uintptr_t) low_memory ( NBP_ADDRESS );

	memcpy ( to, image->data, image->len );
	memset ( to + image->len, 0, ROUND_UP ( image->len, (size_t) SECTOR ) - image->len );
}

static void call ( struct program *program ) {
	uint32_t int15 = *bios_vector ( INT_SYSTEM ), int18 = *bios_vector ( INT_BOOT_NEXT );
	uint16_t kb = *base_kb (), kb_for_it = (uint16_t) ( boot_info.low->base / 1024 );
	struct launch_block *block = make_block ();
	struct bios_regs regs = { 0 };

	load ( program->image );
	*bios_vector ( INT_SYSTEM ) = low_helper ( block->int15 );
	*bios_vector ( INT_BOOT_NEXT ) = low_helper ( block->int18 );
	*base_kb () = kb_for_it;
	bios_call_far ( low_helper ( block->enter ), &regs );
	/* If it leaves something below us, that is not to be overwritten. */
	if ( *base_kb () == kb_for_it )
		*base_kb () = kb;
	*bios_vector ( INT_SYSTEM ) = int15;
	*bios_vector ( INT_BOOT_NEXT ) = int18;
	program->status = (uint16_t) regs.eax;
	program->gave_up = block->gave_up != 0;
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
	LOG ( LOG_EVENT, "%s: %zu bytes to 0000:%04x, base memory ends at 0x%x, !PXE at %04x:%04x",
	      image->name, image->len, NBP_ADDRESS, boot_info.low->base, boot_info.pxe >> 16,
	      boot_info.pxe & 0xffff );
	on_root ( run, &program );
	if ( program.rc != 0 )
		return program.rc;
	LOG ( LOG_EVENT, "%s: %s, status 0x%02x", image->name,
	      program.gave_up ? "gave up (INT 18h)" : "returned", program.status );
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

static const struct feature pxe_feature = { .name = "PXE", .order = 210, .tag = 33, .value = 1 };
FEATURE ( pxe_feature );
