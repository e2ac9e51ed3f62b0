/** @file
 * The banner: who we are, and what is built in.
 */
#include "config/branding.h"
#include "core/console.h"
#include "core/version.h"
#include "shell/banner.h"

TABLE ( feature, feature );

#define ESC "\033["

void banner_print ( void ) {
	const struct feature *const *pos;
	int order = 0, next;

	con_printf ( ESC "0m\n\n" PRODUCT_NAME "\n" ESC "1m" PRODUCT_SHORT_NAME " %s" ESC
			 "0m -- " PRODUCT_TAG_LINE,
		     version_text );
	if ( sizeof ( PRODUCT_URI ) > 1 )
		con_printf ( " -- " ESC "36m" PRODUCT_URI ESC "0m" );
	con_printf ( "\nFeatures:" );
	/* In increasing order; those of equal order as they were linked. */
	for ( ; order >= 0; order = next ) {
		next = -1;
		table_for_each ( pos, feature ) {
			if ( ( *pos )->order == order )
				con_printf ( " %s", ( *pos )->name );
			else if ( ( ( *pos )->order > order ) &&
				  ( ( next < 0 ) || ( ( *pos )->order < next ) ) )
				next = ( *pos )->order;
		}
	}
	con_printf ( "\n" );
}
