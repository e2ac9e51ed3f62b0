/** @file
 * CONFIG=qemu: virtual machines in front of a person.
 */
#define BANNER_TIMEOUT 30
