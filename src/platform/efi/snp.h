/** @file
 * What may restrict the driver for the firmware's NICs (snp.c).
 */
#ifndef PLATFORM_EFI_SNP_H
#define PLATFORM_EFI_SNP_H

#include "core/table.h"
#include "platform/efi/efi.h"

/** With such an entry in the image only NICs that it wants are used, and no other firmware driver is
 * started. */
struct snp_filter {
	/** Asked once for each Simple Network handle, before any of them is taken. */
	bool ( *wanted ) ( EFI_HANDLE handle );
};
#define SNP_FILTER( object ) TABLE_ENTRY ( snp_filter, snp_filter, object )

#endif /* PLATFORM_EFI_SNP_H */
