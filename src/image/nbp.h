/** @file
 * Network bootstrap programs and boot sectors: 16-bit code without a header, told from what else a file may be.
 */
#ifndef IMAGE_NBP_H
#define IMAGE_NBP_H

#include <stdbool.h>
#include <stddef.h>

/** Where they are loaded and entered: 0000:7c00. */
#define NBP_ADDRESS 0x7c00
/** Longest: what then is left of base memory on a machine that uses none of it, bytes. */
#define NBP_MAX ( 0xa0000 - NBP_ADDRESS )

/**
 * Could this be one? Nothing says so; but executing a text or a compressed file hangs the machine. So what is too long, is
 * text, or begins like another format is none. Looks at the first bytes only.
 * @return 0 or -ENOEXEC_IMAGE
 */
int nbp_probe ( const void *data, size_t len );

/** A boot sector: it has the signature 55 AA at byte 510, and asks for a drive, not for PXE. */
bool nbp_is_boot_sector ( const void *data, size_t len );

/**
 * Does it look for a PXE ROM that it cannot do without? It then contains the signature of one of the
 * structures of "Preboot Execution Environment (PXE) Specification" 2.1, chapter 3. Programs of
 * our own family, which have a marker, go on without. Looks through all of it.
 */
bool nbp_needs_pxe ( const void *data, size_t len );

#endif /* IMAGE_NBP_H */
