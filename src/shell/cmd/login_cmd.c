/** @file
 * Command login: a form for the user name and password of downloads.
 */
#include "core/error.h"
#include "shell/command.h"
#include "ui/form.h"

static TASK_FN int login_exec ( struct cmd_args *args __unused ) {
	struct dynui *ui = dynui_new ( "", "" );
	struct dynui_item *password = NULL;
	int rc = -ENOMEM;

	if ( ui && dynui_add ( ui, "username", "Username" ) )
		password = dynui_add ( ui, "password", "Password" );
	if ( password ) {
		password->secret = true;
		rc = form_edit ( ui );
	}
	dynui_free ( ui );
	return rc ? cmd_fail ( rc, "Could not set credentials" ) : 0;
}

static const struct command login_cmd = {
	.name = "login",
	.exec = login_exec,
	.help = "Ask for settings username and password",
};
COMMAND ( login_cmd );
