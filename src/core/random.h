/** @file
 * Random numbers for ports, transaction ids and sequence numbers. Not for keys.
 */
#ifndef CORE_RANDOM_H
#define CORE_RANDOM_H

#include "core/compiler.h"

void random_bytes ( void *buf, size_t len );
uint32_t random_u32 ( void );
uint64_t random_u64 ( void );

/** Stir in something that an outsider cannot know (TSC at an interrupt, RDRAND, EFI RNG). */
void random_stir ( const void *data, size_t len );

#endif /* CORE_RANDOM_H */
