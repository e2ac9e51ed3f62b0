/** @file
 * Product strings. Everything a user reads about who made this firmware comes from here.
 */
#ifndef CONFIG_BRANDING_H
#define CONFIG_BRANDING_H

#define PRODUCT_NAME       "" /* Extra line above the banner, for people who build their own */
#define PRODUCT_SHORT_NAME "Lanyard"
#define PRODUCT_TAG_LINE   "Network Boot Firmware"
#define PRODUCT_URI        ""     /* Shown in the banner if not empty */
#define PRODUCT_CONTACT    "none" /* Part of .sbat, not empty: see sbat.c */

/* Error codes and commands are those of iPXE, so its pages explain them. */
#define PRODUCT_ERROR_URI   "https://ipxe.org/%08x"
#define PRODUCT_COMMAND_URI "https://ipxe.org/cmd/%s"
#define PRODUCT_SETTING_URI "https://ipxe.org/cfg/%s"

#include "config/overrides/branding.h"

#endif /* CONFIG_BRANDING_H */
