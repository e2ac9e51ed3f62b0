/** @file
 * CONFIG=qemu: virtual machines in front of a person, who starts them often: one prompt is enough.
 */
#define BANNER_TIMEOUT     30
#define ROM_BANNER_TIMEOUT 0
