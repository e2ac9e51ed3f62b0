/** @file
 * Tables that the firmware leaves in low memory, and the SMBIOS entry point (DMTF DSP0134 §5.2).
 */
#include <string.h>
#include "core/platform.h"
#include "core/reader.h"
#include "platform/bios/bios.h"
#include "platform/bios/tables.h"

#define BIOS_START 0xf0000
#define BIOS_END   0x100000

#define SMBIOS2_LEN 0x1f
#define SMBIOS3_LEN 0x18
/** More is no table but a mistake; real ones have a few kilobytes. */
#define SMBIOS_TABLE_MAX ( 1 << 20 )

bool table_checksum_ok ( const void *table, size_t len ) {
	const uint8_t *bytes = table;
	uint8_t sum = 0;

	while ( len-- )
		sum += *bytes++;
	return sum == 0;
}

const uint8_t *table_find ( uint32_t start, uint32_t end, const char *signature,
			    bool ( *check ) ( const uint8_t *table, size_t left ) ) {
	size_t len = strlen ( signature );
	const uint8_t *table;

	for ( start = ROUND_UP ( start, 16U ); start + 16 <= end; start += 16 ) {
		table = (const uint8_t *) low_memory ( start );
		if ( ( memcmp ( table, signature, len ) == 0 ) && check ( table, end - start ) )
			return table;
	}
	return NULL;
}

static bool smbios2_ok ( const uint8_t *table, size_t left ) {
	return ( left >= SMBIOS2_LEN ) && ( table[5] <= left ) && ( table[5] >= 0x1e ) &&
	       table_checksum_ok ( table, table[5] ) &&
	       ( memcmp ( table + 0x10, "_DMI_", 5 ) == 0 );
}

static bool smbios3_ok ( const uint8_t *table, size_t left ) {
	return ( left >= SMBIOS3_LEN ) && ( table[6] <= left ) && ( table[6] >= SMBIOS3_LEN ) &&
	       table_checksum_ok ( table, table[6] );
}

const void *platform_smbios ( size_t *ret_len, unsigned int *ret_version ) {
	static struct {
		bool looked;
		const void *table;
		size_t len;
		unsigned int version;
	} found;
	const uint8_t *entry;
	struct reader r;
	uint64_t addr = 0, len = 0;

	if ( !found.looked ) {
		found.looked = true;
		if ( ( entry = table_find ( BIOS_START, BIOS_END, "_SM_", smbios2_ok ) ) != NULL ) {
			r = READER ( entry + 6, SMBIOS2_LEN - 6 );
			found.version = read_be16 ( &r ); /* two bytes: major, minor */
			read_skip ( &r, 0x16 - 8 );
			len = read_le16 ( &r );
			addr = read_le32 ( &r );
		} else if ( ( entry = table_find ( BIOS_START, BIOS_END, "_SM3_", smbios3_ok ) ) ) {
			r = READER ( entry + 7, SMBIOS3_LEN - 7 );
			found.version = read_be16 ( &r );
			read_skip ( &r, 0x0c - 9 );
			len = read_le32 ( &r );
			addr = read_le64 ( &r );
		}
		/* Below 4 GiB everything is mapped, page 0 excepted. */
		if ( addr && ( addr >= 4096 ) && ( len <= SMBIOS_TABLE_MAX ) &&
		     ( addr + len <= 0x100000000ULL ) ) {
			found.table = (const void *) (uintptr_t) addr;
			found.len = len;
		}
	}
	*ret_len = found.len;
	*ret_version = found.version;
	return found.table;
}
