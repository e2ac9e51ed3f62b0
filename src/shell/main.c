/** @file
 * What happens after start-up, in this order: the first image, the prompt for the command line,
 * the scriptlet, autoboot (docs/scripting.md, "Start-up").
 */
#include <stdlib.h>
#include "config/branding.h"
#include "config/general.h"
#include "core/console.h"
#include "core/error.h"
#include "core/image.h"
#include "core/settings.h"
#include "shell/autoboot.h"
#include "shell/banner.h"
#include "shell/command.h"
#include "shell/main.h"
#include "shell/readline.h"

#define CTRL_B_PROMPT "Press Ctrl-B for the " PRODUCT_SHORT_NAME " command line..."

/** Offer the command line. @return true if the shell ran; @c ret_rc is then its status */
static TASK_FN bool offer_shell ( int *ret_rc ) {
	if ( BANNER_TIMEOUT == 0 )
		return false;
	con_printf ( "\n" );
	if ( prompt_key ( CTRL_B_PROMPT, BANNER_TIMEOUT * ( US_PER_S / 10 ), CTRL ( 'B' ) ) != 0 )
		return false;
	*ret_rc = shell_run ();
	return true;
}

TASK_FN int lanyard_main ( void *arg ) {
	struct image *image;
	char *scriptlet;
	int rc = 0, shell_rc;

	banner_print ();
	if ( ( image = image_to_start () ) != NULL ) {
		/* A script's own `exit 1` needs no comment. */
		if ( ( rc = image_exec ( image ) ) < 0 )
			cmd_fail ( rc, "Could not boot" );
		return rc;
	}
	if ( offer_shell ( &rc ) )
		return rc;
	if ( ( scriptlet = settings_get_text ( NULL, "scriptlet" ) ) != NULL ) {
		rc = shell_execute ( scriptlet );
		shell_stopped ( SHELL_STOP );
		free ( scriptlet );
		return rc;
	}
	rc = autoboot ( NULL );
	return offer_shell ( &shell_rc ) ? shell_rc : rc;
}
