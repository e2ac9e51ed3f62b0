/** @file
 * The host's console: standard output and, without waiting, standard input.
 */
#include <poll.h>
#include <string.h>
#include <unistd.h>
#include "core/console.h"
#include "platform/host/host.h"

static void ( *hook ) ( const char *text, size_t len );
static char typed[1024];
static size_t typed_head, typed_len;

void host_console_hook ( void ( *write ) ( const char *text, size_t len ) ) {
	hook = write;
}

void host_console_type ( const char *keys, size_t len ) {
	if ( typed_head == typed_len )
		typed_head = typed_len = 0;
	len = MIN ( len, sizeof ( typed ) - typed_len );
	memcpy ( typed + typed_len, keys, len );
	typed_len += len;
}

static void linux_write ( const char *text, size_t len ) {
	if ( hook ) {
		hook ( text, len );
		return;
	}
	while ( len ) {
		ssize_t written = write ( STDOUT_FILENO, text, len );

		if ( written <= 0 )
			return;
		text += written;
		len -= (size_t) written;
	}
}

static int linux_getchar ( void ) {
	struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };
	unsigned char byte;

	if ( typed_head < typed_len )
		return (unsigned char) typed[typed_head++];
	if ( hook || ( poll ( &in, 1, 0 ) <= 0 ) || ( read ( STDIN_FILENO, &byte, 1 ) != 1 ) )
		return -1;
	return byte;
}

static const struct console linux_console = {
	.name = "linux",
	.write = linux_write,
	.getchar = linux_getchar,
};
CONSOLE ( linux_console );
