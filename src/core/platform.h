/** @file
 * What the core asks of a platform. Each of bios, efi and host implements all of this.
 */
#ifndef CORE_PLATFORM_H
#define CORE_PLATFORM_H

#include "core/clock.h"

/** Constants of the platform. */
struct platform_info {
	const char *name;     /**< setting `platform`: "pcbios", "efi", "linux" */
	uint16_t dhcp_arch;   /**< DHCP option 93 (RFC 4578 §2.1) */
	uint8_t ndi[3];       /**< DHCP option 94: type, major, minor (RFC 4578 §2.2) */
	bool efi_error_codes; /**< low byte of error codes as EFI status, else as PXE status */
	size_t stack_normal;  /**< task stack sizes, bytes */
	size_t stack_large;
	utime_t nap_after_us; /**< the root loop spins for so long after something happened, then
				  * naps: a peer that answers at once must not find us asleep */
};
extern const struct platform_info platform_info;

/** When no packet and no key has come for so long, a platform may sleep longer at a time: some round
 * trips. */
#define NAP_QUIET_US ( 300 * US_PER_MS )

/**
 * Sleep until an interrupt, a moment (at most about 1 ms until NAP_QUIET_US are over), or @c until,
 * whichever is first. May return early.
 *
 * @param quiet_us  for so long no packet and no key has come
 */
void platform_nap ( utime_t until, utime_t quiet_us );

/** Monotonic microseconds; clock_now() is this. */
utime_t platform_now ( void );

/** Time of day from the real-time clock, microseconds since 1970 UTC; 0 if there is none. */
int64_t platform_wall_us ( void );

/** Allocate and free a task stack; where paging is ours, with an unmapped guard page below. */
void *platform_stack_alloc ( size_t len );
void platform_stack_free ( void *stack, size_t len );

/** Reboot; does not return. @c setup: into the firmware's set-up screen, if it has one. */
void platform_reboot ( bool warm, bool setup ) __noreturn;

/** Power off. @return only on failure, a negative error */
int platform_poweroff ( void );

/**
 * Find an SMBIOS structure table.
 * @param ret_len      its length, bytes
 * @param ret_version  major << 8 | minor
 * @return the table, borrowed, or NULL if there is none
 */
const void *platform_smbios ( size_t *ret_len, unsigned int *ret_version );

/**
 * The data slot of this image (docs/data-slot.md), if anything is in it.
 * @param ret_len  bytes
 * @return the slot, unchecked, until platform_data_slot_done(); or NULL
 */
const void *platform_data_slot ( size_t *ret_len );
void platform_data_slot_done ( void );

/** An assertion failed or an exception struck: say so on every console and stop. */
void platform_panic ( const char *message ) __noreturn;

#define ASSERT( condition )                                          \
	do {                                                         \
		if ( !( condition ) )                                \
			platform_panic ( __FILE__ ": " #condition ); \
	} while ( 0 )

#endif /* CORE_PLATFORM_H */
