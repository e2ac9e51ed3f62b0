/** @file
 * The URI of a boot file as DHCP names it: a URI by itself, or a name on the next server.
 */
#ifndef PROTO_BOOT_URI_H
#define PROTO_BOOT_URI_H

#include "net/addr.h"

/**
 * @param next_server  0: none
 * @param filename     "scheme:/..." is taken as it is, anything else is a TFTP server's name for the
 *                     file, literally: a leading slash is part of it, % means nothing
 * @return heap memory, or NULL: nothing to fetch, or out of memory
 */
char *boot_uri ( ipv4_addr_t next_server, const char *filename );

#endif /* PROTO_BOOT_URI_H */
