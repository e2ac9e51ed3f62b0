/** @file
 * Generation number for Secure Boot revocation (shim's SBAT.md): section .sbat of the PE file.
 * Six fields a line, none of them empty.
 */
#include "config/branding.h"

__attribute__ ( ( section ( ".sbat" ), used ) ) static const char sbat[] =
	"sbat,1,SBAT Version,sbat,1,https://github.com/rhboot/shim/blob/main/SBAT.md\n"
	"lanyard,1," PRODUCT_SHORT_NAME ",lanyard," SBAT_VERSION "," PRODUCT_CONTACT "\n";
