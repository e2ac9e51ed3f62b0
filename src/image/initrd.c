/** @file
 * The initrd: images one behind the other, with cpio headers where they have arguments. Format: Linux,
 * "initramfs buffer format" (cpio newc: ASCII fields of 8 hexadecimal digits, names and data padded
 * to 4 bytes).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/error.h"
#include "image/initrd.h"

#define CPIO_HEADER_LEN 110
#define CPIO_MAX_SIZE   0xffffffffULL

#define MODE_TYPE    0170000
#define MODE_FILE    0100000
#define MODE_FOLDER  0040755
#define MODE_DEFAULT 0644

/** What an image's arguments ask for: `<name> [mode=<octal>] [mkdir=<n>]`. */
struct member {
	const char *name; /**< not terminated */
	size_t name_len;
	unsigned int mode;
	unsigned long folders; /**< how many of its parents are to be made, from the last on */
};

/** The value of `key=` among the words after the first, or NULL. */
static const char *argument ( const char *words, const char *key ) {
	size_t len = strlen ( key );

	while ( *words ) {
		words += strspn ( words, " " );
		if ( strncmp ( words, key, len ) == 0 )
			return words + len;
		words += strcspn ( words, " " );
	}
	return NULL;
}

/** @return false: no arguments, so no header */
static bool parse_member ( const struct image *image, struct member *ret_member ) {
	const char *words, *value;

	if ( !image->cmdline )
		return false;
	ret_member->name = image->cmdline + strspn ( image->cmdline, " " );
	ret_member->name_len = strcspn ( ret_member->name, " " );
	if ( !ret_member->name_len )
		return false;
	words = ret_member->name + ret_member->name_len;
	value = argument ( words, "mode=" );
	ret_member->mode = value ? (unsigned int) strtoul ( value, NULL, 8 ) : MODE_DEFAULT;
	if ( !( ret_member->mode & MODE_TYPE ) )
		ret_member->mode |= MODE_FILE;
	value = argument ( words, "mkdir=" );
	/* -1, all of them, is a very large number. */
	ret_member->folders = value ? (unsigned long) strtol ( value, NULL, 10 ) : 0;
	return true;
}

/** True if the first @c len bytes of a path, which a slash follows, are a folder's name. */
static bool is_folder ( const struct member *member, size_t len ) {
	return len && ( member->name[len] == '/' ) && ( member->name[len - 1] != '/' ) &&
	       ( len + 1 < member->name_len );
}

static size_t record_len ( size_t name_len ) {
	return ROUND_UP ( CPIO_HEADER_LEN + name_len + 1, (size_t) 4 );
}

/** Write a header, or with @c buf NULL tell only how long it is. */
static size_t write_record ( uint8_t *buf, const char *name, size_t name_len, unsigned int mode,
			     size_t size ) {
	char header[CPIO_HEADER_LEN + 1];
	size_t len = record_len ( name_len );

	if ( !buf )
		return len;
	/* Magic, ino, mode, uid, gid, nlink, mtime, size, device (2), special device (2), length of the name
	 * with its NUL, checksum. */
	snprintf ( header, sizeof ( header ),
		   "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", 0, mode, 0, 0, 1,
		   0, (unsigned int) size, 0, 0, 0, 0, (unsigned int) name_len + 1, 0 );
	memcpy ( buf, header, CPIO_HEADER_LEN );
	memcpy ( buf + CPIO_HEADER_LEN, name, name_len );
	memset ( buf + CPIO_HEADER_LEN + name_len, 0, len - CPIO_HEADER_LEN - name_len );
	return len;
}

/** Write all headers of an image, or with @c buf NULL tell only how long they are. */
static size_t write_headers ( const struct image *image, uint8_t *buf ) {
	unsigned long depth = 0;
	struct member member;
	size_t total = 0, i;

	if ( !parse_member ( image, &member ) )
		return 0;
	for ( i = 1; i < member.name_len; i++ )
		depth += is_folder ( &member, i );
	/* Outermost first. */
	for ( i = 1; i < member.name_len; i++ ) {
		if ( is_folder ( &member, i ) && ( depth-- <= member.folders ) )
			total += write_record ( buf ? buf + total : NULL, member.name, i,
						MODE_FOLDER, 0 );
	}
	return total + write_record ( buf ? buf + total : NULL, member.name, member.name_len,
				      member.mode, image->len );
}

struct image *initrd_next ( struct image *image ) {
	do {
		image = image_next ( image );
	} while ( image && ( image->flags & IMAGE_HIDDEN ) );
	return image;
}

size_t initrd_header_len ( const struct image *image ) {
	return write_headers ( image, NULL );
}

void initrd_header ( const struct image *image, void *buf ) {
	write_headers ( image, buf );
}

int initrd_measure ( size_t *ret_len ) {
	struct image *image = NULL;
	size_t len = 0;

	while ( ( image = initrd_next ( image ) ) != NULL ) {
		size_t header = initrd_header_len ( image );

		if ( header && ( image->len > CPIO_MAX_SIZE ) )
			return FAIL ( EFBIG, "%s has arguments and is larger than 4 GiB",
				      image->name );
		len = ROUND_UP ( len, INITRD_ALIGN ) + header + image->len;
	}
	*ret_len = len;
	return 0;
}

/**
 * Copy what lies in both: the @c part_len bytes at @c part, which is at @c pos of the whole (zeros if
 * @c part is NULL), and the window [offset, offset + len), which is at @c buf.
 */
static void copy_part ( size_t pos, const void *part, size_t part_len, size_t offset, uint8_t *buf,
			size_t len ) {
	size_t from = MAX ( pos, offset ), to = MIN ( pos + part_len, offset + len );

	if ( from >= to )
		return;
	if ( part )
		memcpy ( buf + ( from - offset ), (const uint8_t *) part + ( from - pos ),
			 to - from );
	else
		memset ( buf + ( from - offset ), 0, to - from );
}

ssize_t initrd_read ( size_t offset, void *buf, size_t len ) {
	struct image *image = NULL;
	size_t pos = 0, start, header_len;
	uint8_t *header;

	while ( ( pos < offset + len ) && ( ( image = initrd_next ( image ) ) != NULL ) ) {
		start = ROUND_UP ( pos, INITRD_ALIGN );
		copy_part ( pos, NULL, start - pos, offset, buf, len );
		header_len = initrd_header_len ( image );
		if ( header_len && ( start < offset + len ) && ( start + header_len > offset ) ) {
			if ( !( header = malloc ( header_len ) ) )
				return -ENOMEM;
			initrd_header ( image, header );
			copy_part ( start, header, header_len, offset, buf, len );
			free ( header );
		}
		start += header_len;
		copy_part ( start, image->data, image->len, offset, buf, len );
		pos = start + image->len;
	}
	return (ssize_t) ( ( pos > offset ) ? MIN ( pos - offset, len ) : 0 );
}
