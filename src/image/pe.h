/** @file
 * PE files (Microsoft PE/COFF specification 11.0, UEFI specification 2.10 §2.1.1): is it a UEFI program for
 * this machine, and is all of it there? The firmware loads it; this is asked before.
 */
#ifndef IMAGE_PE_H
#define IMAGE_PE_H

#include "core/compiler.h"

#define PE_SUBSYSTEM_APPLICATION    10
#define PE_SUBSYSTEM_BOOT_DRIVER    11
#define PE_SUBSYSTEM_RUNTIME_DRIVER 12

struct pe {
	uint16_t subsystem; /**< PE_SUBSYSTEM_... */
	bool unified; /**< unified kernel image: brings its kernel and command line as sections */
};

/** Is it a PE file, for UEFI or Windows and whatever machine, by its first headers? */
bool pe_is_pe ( const void *data, size_t len );

/**
 * Is it a UEFI program or driver for x86-64, by its headers? It may be damaged.
 * @return 0 or -ENOEXEC_IMAGE
 */
int pe_probe ( const void *data, size_t len );

/**
 * Look at all headers, and check that everything they name is there.
 * @return 0, or -ENOEXEC_IMAGE with words that say what is wrong
 */
int pe_parse ( const void *data, size_t len, struct pe *ret_pe );

#endif /* IMAGE_PE_H */
