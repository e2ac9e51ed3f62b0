/** @file
 * The version, as the banner, setting `version`, User-Agent and DHCP option 175.235 show it.
 */
#ifndef CORE_VERSION_H
#define CORE_VERSION_H

#include <stdint.h>

extern const char version_text[];        /**< "0.1.0+ (gabcde)" */
extern const uint8_t version_numbers[3]; /**< major, minor, patch */

/** A name for the banner's "Features:" line and, if it has a number, for DHCP option 175. */
struct feature {
	const char *name;
	int order;     /**< protocols 1xx, images 2xx, others 3xx */
	uint8_t tag;   /**< sub-option of option 175, 0 = none */
	uint8_t value; /**< its value, 1 */
};

#include "core/table.h"
#define FEATURE( object ) TABLE_ENTRY ( feature, feature, object )

#endif /* CORE_VERSION_H */
