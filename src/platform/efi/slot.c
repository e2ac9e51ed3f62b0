/** @file
 * The data slot on UEFI: a section of its own of the program, .slot, read-only.
 */
#include "core/platform.h"
#include "core/reader.h"
#include "image/slot.h"

extern const uint8_t data_slot[], data_slot_end[];

const void *platform_data_slot ( size_t *ret_len ) {
	struct reader r;

	*ret_len = (size_t) ( data_slot_end - data_slot );
	r = READER ( data_slot, *ret_len );
	read_skip ( &r, SLOT_USED );
	return read_le32 ( &r ) ? data_slot : NULL;
}

void platform_data_slot_done ( void ) {
}
