/** @file
 * Images for people to read.
 */
#include "core/console.h"
#include "shell/image_print.h"

void image_print ( const struct image *image ) {
	con_printf ( "%s : %zu bytes", image->name, image->len );
	if ( image->type )
		con_printf ( " [%s]", image->type->name );
	if ( image->flags & IMAGE_SELECTED )
		con_printf ( " [SELECTED]" );
	if ( image == image_current () )
		con_printf ( " [CURRENT]" );
	if ( image->flags & IMAGE_AUTOFREE )
		con_printf ( " [AUTOFREE]" );
	if ( image->flags & IMAGE_HIDDEN )
		con_printf ( " [HIDDEN]" );
	if ( image->cmdline )
		con_printf ( " \"%s\"", image->cmdline );
	con_printf ( "\n" );
}
