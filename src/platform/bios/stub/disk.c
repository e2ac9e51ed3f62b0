/** @file
 * Loaded by our own boot sector (stub/disk_boot.S): nobody is there to take over from.
 */
#include "platform/bios/stub/stub.h"

void loader_collect ( const uint8_t *left __unused ) {
}

void loader_release ( void ) {
	print ( "ok\r\n" );
}
