/** @file
 * What is built in: network, download protocols, commands, images and the start-up flow.
 * Change it here, or better in config/local/general.h (not tracked by git), with #define or #undef.
 * A name that is defined links the files that carry it; nothing else changes.
 */
#ifndef CONFIG_GENERAL_H
#define CONFIG_GENERAL_H

/* Start-up */
#define BANNER_TIMEOUT     20 /* Tenths of a second to wait for Ctrl-B; 0 = no prompt */
#define ROM_BANNER_TIMEOUT ( 2 * BANNER_TIMEOUT ) /* The same when an option ROM is initialised */

/* Network */
#define DNS_RESOLVER /* Host names in URIs */

/* Download protocols */
#define DOWNLOAD_PROTO_HTTP /* http:// */
#define DOWNLOAD_PROTO_TFTP /* tftp:// */
#define FETCH_SHA256        /* Option --sha256 of commands that download */

/* Image types */
#define IMAGE_SCRIPT /* #!ipxe scripts */
#ifdef PLATFORM_EFI
#define IMAGE_EFI /* UEFI programs, and Linux kernels with an EFI stub */
#endif
#ifndef PLATFORM_EFI
#define IMAGE_BZIMAGE /* Linux kernels by the boot protocol of BIOS machines */
#define IMAGE_PXE     /* Network bootstrap programs and boot sectors */
#endif

/* Commands */
#define AUTOBOOT_CMD  /* autoboot */
#define CONFIG_CMD    /* config: settings browser */
#define CONSOLE_CMD   /* console, colour, cpair (text mode) */
#define CPUID_CMD     /* cpuid */
#define DHCP_CMD      /* dhcp, ifconf -c dhcp */
#define DIGEST_CMD    /* md5sum, sha1sum, sha224sum, sha256sum, sha384sum, sha512sum */
#define FORM_CMD      /* form, item, present */
#define IFMGMT_CMD    /* ifopen, ifclose, ifstat, ifconf, iflinkwait */
#define IMAGE_CMD     /* imgfetch, imgexec, chain, imgstat, imgfree, imgargs, imgselect */
#define LOG_CMD       /* log, in images with log lines (make DEBUG=...) */
#define LOGIN_CMD     /* login */
#define MENU_CMD      /* menu, item, choose */
#define NEIGHBOUR_CMD /* nstat */
#define NSLOOKUP_CMD  /* nslookup */
#define NTP_CMD       /* ntp */
#define NVO_CMD       /* set, clear, show, read, inc */
#define PARAM_CMD     /* params, param */
#define PING_CMD      /* ping */
#define POWEROFF_CMD  /* poweroff */
#define PS_CMD        /* ps */
#define REBOOT_CMD    /* reboot */
#define ROUTE_CMD     /* route */
#define SHELL_CMD     /* shell */
#define SHIM_CMD      /* shim: kernels that Secure Boot does not trust */
#define SYNC_CMD      /* sync */
#define TIME_CMD      /* time */

#include "config/overrides/general.h"

#endif /* CONFIG_GENERAL_H */
