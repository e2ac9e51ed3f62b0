/** @file
 * The version. The numbers come from scripts/version.mk through a generated header.
 */
#include "core/version.h"

const char version_text[] = VERSION;
const uint8_t version_numbers[3] = { VERSION_MAJOR, VERSION_MINOR, VERSION_PATCH };
