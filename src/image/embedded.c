/** @file
 * Embedded images (EMBED=): registered at start-up in the order in which they were named, so the
 * first one is what runs, unless the data slot has a script: who put that in came after the build. The
 * table is made by scripts/embed.py.
 */
#include "core/console.h"
#include "core/error.h"
#include "core/image.h"
#include "core/init.h"
#include "core/platform.h"
#include "image/slot.h"

struct embedded_image {
	const char *name;
	const void *data;
	uint64_t len;
};

/** Ends with an entry without a name. */
extern const struct embedded_image embedded_images[];

static void embedded_register ( void ) {
	const struct embedded_image *embedded;
	size_t len;
	const void *slot = platform_data_slot ( &len );

	if ( slot ) {
		slot_load ( slot, len );
		platform_data_slot_done ();
	}
	for ( embedded = embedded_images; embedded->name; embedded++ ) {
		struct image *image = image_new ( embedded->name, NULL );

		if ( !image ) {
			error_report ( -ENOMEM, "Could not register %s", embedded->name );
			continue;
		}
		image_set_static ( image, embedded->data, embedded->len );
		image_register ( image );
		image_put ( image );
	}
}

static const struct init_fn embedded_init_fn = {
	.phase = INIT_SERVICES,
	.name = "embedded images",
	.startup = embedded_register,
};
INIT_FN ( embedded_init_fn );
