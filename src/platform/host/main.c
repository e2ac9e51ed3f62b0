/** @file
 * The host program: the firmware as a Linux process, with its shell on the terminal.
 */
#include <termios.h>
#include <unistd.h>
#include "core/init.h"
#include "shell/main.h"

int main ( void ) {
	struct termios saved, raw;
	bool terminal = ( tcgetattr ( STDIN_FILENO, &saved ) == 0 );
	int rc;

	if ( terminal ) {
		raw = saved;
		raw.c_lflag &= ~( tcflag_t ) ( ICANON | ECHO | ISIG );
		tcsetattr ( STDIN_FILENO, TCSANOW, &raw );
	}
	rc = core_main ( lanyard_main );
	if ( terminal )
		tcsetattr ( STDIN_FILENO, TCSANOW, &saved );
	return rc ? 1 : 0;
}
