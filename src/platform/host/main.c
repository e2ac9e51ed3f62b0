/** @file
 * The host program: the firmware as a Linux process, with its shell on the terminal.
 */
#include <string.h>
#include <termios.h>
#include <unistd.h>
#include "core/init.h"
#include "platform/host/commands_md.h"
#include "shell/main.h"

int main ( int argc, char **argv ) {
	struct termios saved, raw;
	bool terminal = ( tcgetattr ( STDIN_FILENO, &saved ) == 0 );
	int rc;

	if ( ( argc == 2 ) && ( strcmp ( argv[1], "--commands-md" ) == 0 ) ) {
		commands_md ();
		return 0;
	}
	if ( terminal ) {
		raw = saved;
		raw.c_lflag &= ~(tcflag_t) ( ICANON | ECHO | ISIG );
		tcsetattr ( STDIN_FILENO, TCSANOW, &raw );
	}
	rc = core_main ( lanyard_main );
	if ( terminal )
		tcsetattr ( STDIN_FILENO, TCSANOW, &saved );
	return rc ? 1 : 0;
}
