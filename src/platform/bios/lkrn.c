/** @file
 * What a Linux boot loader gives its kernel: the command line becomes the script `<CMDLINE>`, the
 * initrd the image `<INITRD>`.
 */
#include <string.h>
#include "core/console.h"
#include "core/error.h"
#include "core/image.h"
#include "core/init.h"
#include "core/memory.h"
#include "image/script.h"
#include "platform/bios/bios.h"

/* Without scripts in the image (config/general.h) there is nothing to run a command line with. */
#pragma weak script_image_type

/** Remove the first word that contains @c what, up to the blank behind it. */
static void drop_word ( char *text, const char *what ) {
	char *word = strstr ( text, what ), *end;

	if ( word == NULL )
		return;
	while ( ( word > text ) && ( word[-1] != ' ' ) )
		word--;
	end = word + strcspn ( word, " " );
	end += strspn ( end, " " );
	memmove ( word, end, strlen ( end ) + 1 );
}

/**
 * Register bytes as an image.
 * @param type  or NULL: let the types have a look
 */
static void register_image ( const char *name, const void *data, size_t len,
			     const struct image_type *type ) {
	struct image *image = image_new ( name, NULL );
	int rc = -ENOMEM;

	if ( image && ( ( rc = image_write ( image, 0, data, len ) ) == 0 ) &&
	     ( ( rc = image_register ( image ) ) == 0 ) && type )
		image->type = type;
	if ( rc != 0 )
		error_report ( rc, "Could not register %s", name );
	image_put ( image );
}

static void lkrn_init ( void ) {
	uint64_t start = ROUND_UP ( boot_info.initrd, 4096ULL );
	uint64_t end = ROUND_DOWN ( boot_info.initrd + boot_info.initrd_len, 4096ULL );
	char *cmdline = boot_info.cmdline;

	drop_word ( cmdline, "BOOT_IMAGE=" );
	drop_word ( cmdline, "initrd=" );
	cmdline += strspn ( cmdline, " " );
	if ( *cmdline )
		register_image ( "<CMDLINE>", cmdline, strlen ( cmdline ), &script_image_type );
	if ( boot_info.initrd_len == 0 )
		return;
	register_image ( "<INITRD>", (const void *) (uintptr_t) boot_info.initrd,
			 boot_info.initrd_len, NULL );
	if ( start < end )
		pages_free ( (void *) (uintptr_t) start, end - start );
	boot_info.initrd_len = 0;
}

static const struct init_fn lkrn_init_fn = {
	.phase = INIT_SERVICES,
	.name = "boot loader's images",
	.startup = lkrn_init,
};
INIT_FN ( lkrn_init_fn );
