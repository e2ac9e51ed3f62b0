/** @file
 * Error numbers. A function that can fail returns 0 (or a count) or a negative error.
 *
 * An error is a 32-bit code, printed as the eight hex digits that users and log parsers know:
 *
 *   bits 30-24  POSIX-style error number (ENOENT, ...); 0x7f = made by the platform
 *   bits 23-13  the file that raised it (bit 23: architecture specific)
 *   bits 12-8   which of several causes within that file
 *   bits 7-0    the platform's status (PXE or EFI); inside the firmware always 0, filled in by
 *               error_code() when the code is shown or stored
 *
 * So `return -ENOENT` is a plain error, `-ENOENT_HTTP` one with its place; err_is() compares only
 * the POSIX part. FAIL() adds words that say what really happened; they travel with the task.
 */
#ifndef CORE_ERROR_H
#define CORE_ERROR_H

#include "core/compiler.h"

/* The host's errno.h may have been included first; inside the core these are the numbers. */
#include "core/errno_numbers.h"

/** Compose an error of its own: POSIX error, file id (bits 23-13), cause within the file. */
#define ERROR_AT( posix, file, cause ) ( ( posix ) | ( file ) | ( ( cause ) << 8 ) )

/* File ids, fixed: people look codes up by them. */
#define FILE_MONOJOB    0x072000
#define FILE_NETDEVICE  0x086000
#define FILE_OPEN       0x092000
#define FILE_SETTINGS   0x0c2000
#define FILE_PARSEOPT   0x162000
#define FILE_EXEC       0x022000
#define FILE_DOWNLOADER 0x012000
#define FILE_IMAGE      0x008000
#define FILE_SCRIPT     0x028000
#define FILE_TCP        0x0a6000
#define FILE_HTTP       0x0c6000
#define FILE_DHCP       0x106000
#define FILE_DNS        0x116000
#define FILE_TFTP       0x126000
#define FILE_NEIGHBOUR  0x376000
#define FILE_AUTOBOOT   0x03e000
#define FILE_IMGMGMT    0x05e000
#define FILE_IFMGMT     0x0ee000
#define FILE_PROMPT     0x22e000
#define FILE_MENU       0x2ce000
#define FILE_FORM       0x63e000

/* Errors that users meet by number. */
#define ENOENT_BOOT            ERROR_AT ( ENOENT, FILE_AUTOBOOT, 1 )
#define ENODEV_AUTOBOOT        ERROR_AT ( ENODEV, FILE_AUTOBOOT, 0 )
#define EADDRNOTAVAIL_CONFIG   ERROR_AT ( EADDRNOTAVAIL, FILE_IFMGMT, 1 )
#define ENOTCONN_LINK_DOWN     ERROR_AT ( ENOTCONN, FILE_NETDEVICE, 1 )
#define EINPROGRESS_UNKNOWN    ERROR_AT ( EINPROGRESS, FILE_NETDEVICE, 1 )
#define EINPROGRESS_UNUSED     ERROR_AT ( EINPROGRESS, FILE_NETDEVICE, 2 )
#define EINPROGRESS_INCOMPLETE ERROR_AT ( EINPROGRESS, FILE_NETDEVICE, 3 )
#define ETIMEDOUT_JOB          ERROR_AT ( ETIMEDOUT, FILE_MONOJOB, 0 )
#define ECANCELED_JOB          ERROR_AT ( ECANCELED, FILE_MONOJOB, 0 )
#define ETIMEDOUT_DHCP         ERROR_AT ( ETIMEDOUT, FILE_DHCP, 0 )
#define ENOENT_HTTP            ERROR_AT ( ENOENT, FILE_HTTP, 1 )
#define EACCES_HTTP            ERROR_AT ( EACCES, FILE_HTTP, 1 )
#define EPERM_HTTP             ERROR_AT ( EPERM, FILE_HTTP, 1 )
#define EIO_HTTP_OTHER         ERROR_AT ( EIO, FILE_HTTP, 1 )
#define EIO_HTTP_4XX           ERROR_AT ( EIO, FILE_HTTP, 4 )
#define EIO_HTTP_5XX           ERROR_AT ( EIO, FILE_HTTP, 5 )
#define ETIMEDOUT_TCP          ERROR_AT ( ETIMEDOUT, FILE_TCP, 0 )
#define ECONNRESET_TCP         ERROR_AT ( ECONNRESET, FILE_TCP, 0 )
#define ECONNREFUSED_TCP       ERROR_AT ( ECONNREFUSED, FILE_TCP, 0 )
#define ENETUNREACH_TCP        ERROR_AT ( ENETUNREACH, FILE_TCP, 0 )
#define ENXIO_DNS_NO_NAME      ERROR_AT ( ENXIO, FILE_DNS, 1 )
#define ENXIO_DNS_NO_SERVER    ERROR_AT ( ENXIO, FILE_DNS, 2 )
#define ETIMEDOUT_DNS          ERROR_AT ( ETIMEDOUT, FILE_DNS, 0 )
#define ENOENT_TFTP            ERROR_AT ( ENOENT, FILE_TFTP, 1 )
#define EACCES_TFTP            ERROR_AT ( EACCES, FILE_TFTP, 0 )
#define ENOTTY_TFTP            ERROR_AT ( ENOTTY, FILE_TFTP, 0 )
#define ENOTSUP_TFTP           ERROR_AT ( ENOTSUP, FILE_TFTP, 0 )
#define EPROTO_TFTP            ERROR_AT ( EPROTO, FILE_TFTP, 0 )
#define ETIMEDOUT_TFTP         ERROR_AT ( ETIMEDOUT, FILE_TFTP, 0 )
#define ETIMEDOUT_NEIGHBOUR    ERROR_AT ( ETIMEDOUT, FILE_NEIGHBOUR, 0 )
#define ENOTSUP_NETDEVICE      ERROR_AT ( ENOTSUP, FILE_NETDEVICE, 0 )
#define ENOTSUP_OPEN           ERROR_AT ( ENOTSUP, FILE_OPEN, 0 )
#define ENOEXEC_IMAGE          ERROR_AT ( ENOEXEC, FILE_IMAGE, 0 )
#define EACCES_DIGEST          ERROR_AT ( EACCES, FILE_IMAGE, 2 )
#define EINVAL_DIGEST          ERROR_AT ( EINVAL, FILE_IMAGE, 2 )
#define ENOTSUP_DIGEST         ERROR_AT ( ENOTSUP, FILE_IMAGE, 2 )
#define ENOEXEC_COMMAND        ERROR_AT ( ENOEXEC, FILE_EXEC, 0 )
#define ENOENT_LABEL           ERROR_AT ( ENOENT, FILE_SCRIPT, 0 )
#define EINVAL_SCRIPT          ERROR_AT ( EINVAL, FILE_SCRIPT, 0 )
#define ENOTTY_SCRIPT          ERROR_AT ( ENOTTY, FILE_SCRIPT, 0 )
#define ECANCELED_MENU         ERROR_AT ( ECANCELED, FILE_MENU, 0 )
#define ENOENT_MENU            ERROR_AT ( ENOENT, FILE_MENU, 0 )
#define ECANCELED_FORM         ERROR_AT ( ECANCELED, FILE_FORM, 0 )
#define EINVAL_FORM            ERROR_AT ( EINVAL, FILE_FORM, 0 )
#define ERANGE_FORM            ERROR_AT ( ERANGE, FILE_FORM, 0 )
#define ENOENT_SETTING         ERROR_AT ( ENOENT, FILE_SETTINGS, 0 )
#define ENOTSUP_SETTING        ERROR_AT ( ENOTSUP, FILE_SETTINGS, 0 )
#define EINVAL_SETTING         ERROR_AT ( EINVAL, FILE_SETTINGS, 0 )

/** True if @c rc (negative) carries POSIX error @c posix, wherever it was raised. */
static inline bool err_is ( int rc, int posix ) {
	return ( ( -rc ) & 0x7f000000 ) == ( posix & 0x7f000000 );
}

/**
 * Note why something failed, for the line that the user will read.
 *
 * The words belong to the current task until it notes others; only the task that prints the error
 * uses them. At start-up there is no task yet: there they belong to the function that is running. From
 * the packet layer they are dropped.
 *
 * @param code  an E... constant (positive)
 * @param fmt   what happened, to what, without a final full stop or newline
 * @return -code, so that `return error_note ( EINVAL, "..." )` reads as one statement
 */
int error_note ( int code, const char *fmt, ... ) __printf ( 2, 3 );
#define FAIL( code, ... ) error_note ( ( code ), __VA_ARGS__ )

/** The words noted with @c rc by this task, or "" if the last note was about another error. */
const char *error_detail ( int rc );

/** Copy the current task's note to the task that joins it (used by task groups and jobs). */
struct error_note {
	int code;
	char text[160];
};
void error_note_get ( struct error_note *ret_note );
void error_note_set ( const struct error_note *note );
/** Forget the words: they are used up, or about something else. */
void error_note_clear ( void );

/**
 * The full positive code as the user sees it, platform byte filled in; 0 for success. A positive
 * @c rc (a count, an exit status) is returned as it is.
 */
uint32_t error_code ( int rc );

/**
 * "Description (https://ipxe.org/xxxxxxxx)" for a return code, at most 64 characters, in a static
 * buffer that the next call overwrites.
 */
const char *error_text ( int rc );

/** Print error_text(), and the words noted with it on a line of their own, indented two spaces. They are
 * used up by that, so that nobody repeats them. */
void error_print ( int rc );

/**
 * Say that something failed, once: `<what>: ` and error_print().
 * @return rc
 */
int error_report ( int rc, const char *fmt, ... ) __printf ( 2, 3 );

#endif /* CORE_ERROR_H */
