/** @file
 * Tables that the firmware leaves in low memory: searched for by signature and checksum.
 */
#ifndef BIOS_TABLES_H
#define BIOS_TABLES_H

#include "core/compiler.h"

/** True if @c len bytes add up to 0. */
bool table_checksum_ok ( const void *table, size_t len );

/**
 * Find a structure by signature, on 16-byte boundaries.
 * @param start,end  physical addresses below 1 MiB
 * @param check      says whether what is there, with so many bytes up to the end, is the real thing
 * @return the structure, or NULL
 */
const uint8_t *table_find ( uint32_t start, uint32_t end, const char *signature,
			    bool ( *check ) ( const uint8_t *table, size_t left ) );

#endif /* BIOS_TABLES_H */
