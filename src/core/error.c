/** @file
 * Error codes for people: descriptions, the eight digits, and the words noted by FAIL().
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "config/branding.h"
#include "core/console.h"
#include "core/error.h"
#include "core/platform.h"
#include "core/task.h"

#define POSIX_MASK 0x7f000000

/** Longest text of error_text(), with its NUL. */
#define ERROR_TEXT_LEN 64

static const struct {
	uint32_t code; /* without the platform byte */
	const char *text;
} descriptions[] = {
	/* Specific causes first: the whole code must match. */
	{ ENOENT_HTTP, "Not found" },
	{ ENOENT_TFTP, "Not found" },
	{ ERROR_AT ( ENOENT, 0x4de000, 1 ), "Not found" },
	{ EACCES_DIGEST, "Wrong digest" },
	{ ENOTTY_SCRIPT, "Nothing is running" },
	{ EIO_HTTP_4XX, "HTTP 4xx Client Error" },
	{ EIO_HTTP_5XX, "HTTP 5xx Server Error" },
	{ EADDRNOTAVAIL_CONFIG, "No configuration methods succeeded" },
	{ ENOTCONN_LINK_DOWN, "Down" },
	{ EINPROGRESS_UNKNOWN, "Unknown" },
	{ EINPROGRESS_UNUSED, "Unused" },
	{ EINPROGRESS_INCOMPLETE, "Incomplete" },
	/* By POSIX number alone. */
	{ 0, "Operation completed successfully" },
	{ EACCES, "Permission denied" },
	{ ECANCELED, "Operation canceled" },
	{ ECONNREFUSED, "Connection refused" },
	{ ECONNRESET, "Connection reset" },
	{ EINVAL, "Invalid argument" },
	{ EIO, "Input/output error" },
	{ ENETUNREACH, "Network unreachable" },
	{ ENODEV, "No such device" },
	{ ENOENT, "No such file or directory" },
	{ ENOEXEC, "Exec format error" },
	{ ENOMEM, "Not enough space" },
	{ ENOSPC, "No space left on device" },
	{ ENOTCONN, "The socket is not connected" },
	{ ENOTSUP, "Operation not supported" },
	{ EPERM, "Operation not permitted" },
	{ ERANGE, "Result too large" },
	{ ETIMEDOUT, "Connection timed out" },
};

/** Platform byte of each POSIX error that has one: PXE status, EFI status. */
static const struct {
	uint8_t posix, pxe, efi;
} platform_bytes[] = {
	{ EACCES >> 24, 0x3c, 0x8f },        { EADDRINUSE >> 24, 0x19, 0x94 },
	{ EADDRNOTAVAIL >> 24, 0x19, 0x86 }, { EAFNOSUPPORT >> 24, 0x03, 0x83 },
	{ EAGAIN >> 24, 0x01, 0x86 },        { EALREADY >> 24, 0x19, 0x94 },
	{ EBADF >> 24, 0x1a, 0x82 },         { EBADMSG >> 24, 0x01, 0x98 },
	{ EBUSY >> 24, 0x06, 0x90 },         { ECANCELED >> 24, 0xa0, 0x95 },
	{ ECONNABORTED >> 24, 0x39, 0x95 },  { ECONNREFUSED >> 24, 0x38, 0x90 },
	{ ECONNRESET >> 24, 0x39, 0x95 },    { EEXIST >> 24, 0x01, 0x88 },
	{ EFAULT >> 24, 0x20, 0x82 },        { EHOSTUNREACH >> 24, 0x11, 0x90 },
	{ EINPROGRESS >> 24, 0x01, 0x94 },   { EINTR >> 24, 0x01, 0x86 },
	{ EINVAL >> 24, 0x02, 0x82 },        { EIO >> 24, 0x39, 0x98 },
	{ ELOOP >> 24, 0x01, 0x8a },         { EMSGSIZE >> 24, 0x02, 0x84 },
	{ ENAMETOOLONG >> 24, 0x01, 0x82 },  { ENETDOWN >> 24, 0x11, 0x90 },
	{ ENETRESET >> 24, 0x01, 0x95 },     { ENETUNREACH >> 24, 0x11, 0x90 },
	{ ENFILE >> 24, 0x06, 0x89 },        { ENOBUFS >> 24, 0x06, 0x89 },
	{ ENODEV >> 24, 0x3b, 0x87 },        { ENOENT >> 24, 0x3b, 0x8e },
	{ ENOEXEC >> 24, 0x01, 0x81 },       { ENOLINK >> 24, 0x01, 0x89 },
	{ ENOMEM >> 24, 0x06, 0x89 },        { ENOSPC >> 24, 0x06, 0x8b },
	{ ENOSYS >> 24, 0x03, 0x83 },        { ENOTCONN >> 24, 0x01, 0x93 },
	{ ENOTDIR >> 24, 0x01, 0x8a },       { ENOTSUP >> 24, 0x03, 0x83 },
	{ ENOTTY >> 24, 0x01, 0x83 },        { ENXIO >> 24, 0x3b, 0x8e },
	{ EOPNOTSUPP >> 24, 0x03, 0x83 },    { EOVERFLOW >> 24, 0x01, 0x85 },
	{ EPERM >> 24, 0x3c, 0x8f },         { EPIPE >> 24, 0x01, 0x95 },
	{ EPROTO >> 24, 0x01, 0x98 },        { EPROTONOSUPPORT >> 24, 0x03, 0x83 },
	{ ERANGE >> 24, 0x01, 0x85 },        { ESTALE >> 24, 0x01, 0x98 },
	{ ETIME >> 24, 0x01, 0x92 },         { ETIMEDOUT >> 24, 0x35, 0x92 },
	{ EWOULDBLOCK >> 24, 0x1b, 0x86 },   { EXDEV >> 24, 0x01, 0x8a },
};

int error_note ( int code, const char *fmt, ... ) {
	struct error_note *note = task_error_note ();
	va_list args;

	note->code = code;
	va_start ( args, fmt );
	vsnprintf ( note->text, sizeof ( note->text ), fmt, args );
	va_end ( args );
	return -code;
}

const char *error_detail ( int rc ) {
	const struct error_note *note = task_error_note ();

	return ( rc && ( note->code == -rc ) ) ? note->text : "";
}

void error_note_get ( struct error_note *ret_note ) {
	*ret_note = *task_error_note ();
}

void error_note_set ( const struct error_note *note ) {
	*task_error_note () = *note;
}

void error_note_clear ( void ) {
	task_error_note ()->code = 0;
}

uint32_t error_code ( int rc ) {
	uint32_t code;

	if ( rc >= 0 )
		return (uint32_t) rc;
	code = (uint32_t) -rc;
	if ( ( code & 0xff ) || ( ( code & POSIX_MASK ) == EPLATFORM ) )
		return code;
	for ( size_t i = 0; i < ARRAY_SIZE ( platform_bytes ); i++ ) {
		if ( platform_bytes[i].posix == ( code >> 24 ) )
			return code | ( platform_info.efi_error_codes ? platform_bytes[i].efi
								      : platform_bytes[i].pxe );
	}
	return code;
}

static const char *describe ( uint32_t code ) {
	for ( size_t i = 0; i < ARRAY_SIZE ( descriptions ); i++ ) {
		if ( descriptions[i].code == ( code & ~0xffU ) )
			return descriptions[i].text;
	}
	for ( size_t i = 0; i < ARRAY_SIZE ( descriptions ); i++ ) {
		if ( ( code & POSIX_MASK ) && ( descriptions[i].code == ( code & POSIX_MASK ) ) )
			return descriptions[i].text;
	}
	return NULL;
}

const char *error_text ( int rc ) {
	static char buf[ERROR_TEXT_LEN];
	uint32_t code = error_code ( rc );
	/* Small positive numbers are exit statuses, not errors. */
	const char *description =
		( ( code > 0 ) && ( code < 0x1000000 ) ) ? NULL : describe ( code );
	int len;

	if ( description )
		len = snprintf ( buf, sizeof ( buf ), "%s (", description );
	else
		len = snprintf ( buf, sizeof ( buf ), "Error %#010x (", (unsigned int) code );
	snprintf ( buf + len, sizeof ( buf ) - (size_t) len, PRODUCT_ERROR_URI ")",
		   (unsigned int) code );
	return buf;
}

void error_print ( int rc ) {
	const char *detail = error_detail ( rc );

	con_printf ( "%s\n", error_text ( rc ) );
	if ( *detail )
		con_printf ( "  %s\n", detail );
	error_note_clear ();
}

int error_report ( int rc, const char *fmt, ... ) {
	va_list args;

	va_start ( args, fmt );
	con_vprintf ( fmt, args );
	va_end ( args );
	con_printf ( ": " );
	error_print ( rc );
	return rc;
}
