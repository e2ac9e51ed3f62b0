/** @file
 * Images: named contents in page memory, the ordered list of registered ones, and running them.
 *
 * References are held by: whoever made the image (image_new), the list (image_register), the run
 * in progress (image_exec), and the image that is to be replaced (image_replace).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/console.h"
#include "core/error.h"
#include "core/image.h"
#include "core/memory.h"

TABLE ( image_type, image_type );

/** Room that an image of unknown length gets first, bytes, and how often as much each time that it
 * turns out to be too little. What is too much in the end is given back. */
#define IMAGE_FIRST_CAPACITY ( (size_t) 64 << 10 )
#define IMAGE_GROWTH         4
/** Bytes that are moved at a time before others may run. */
#define IMAGE_MOVE_SLICE ( (size_t) 1 << 20 )

static struct list images = LIST_INIT ( images );
static struct image *running;

/* ---- Life ---- */

/* "imgN": the first number that is not in use. */
static char *image_make_name ( void ) {
	char name[16];

	for ( unsigned int i = 0;; i++ ) {
		snprintf ( name, sizeof ( name ), "img%u", i );
		if ( !image_find ( name ) )
			return memdup ( name, strlen ( name ) + 1 );
	}
}

struct image *image_new ( const char *name, const struct uri *uri ) {
	const char *base = uri ? uri_basename ( uri ) : "";
	struct image *image = zalloc ( sizeof ( *image ) );

	if ( !image )
		return NULL;
	list_init ( &image->list );
	image->refs = 1;
	if ( name )
		image->name = memdup ( name, strlen ( name ) + 1 );
	else if ( *base )
		image->name = uri_decode ( base );
	else
		image->name = image_make_name ();
	if ( uri )
		image->uri = uri_dup ( uri );
	if ( !image->name || ( uri && !image->uri ) ) {
		image_put ( image );
		return NULL;
	}
	return image;
}

struct image *image_get ( struct image *image ) {
	image->refs++;
	return image;
}

void image_put ( struct image *image ) {
	if ( !image || --image->refs )
		return;
	if ( !( image->flags & IMAGE_STATIC ) )
		pages_free ( image->data, image->capacity );
	image_put ( image->replacement );
	uri_free ( image->uri );
	free ( image->name );
	free ( image->cmdline );
	free ( image );
}

/* Replace a heap string; @c text NULL: by none. */
static int replace_text ( char **member, const char *text ) {
	char *copy = NULL;

	if ( text && !( copy = memdup ( text, strlen ( text ) + 1 ) ) )
		return -ENOMEM;
	free ( *member );
	*member = copy;
	return 0;
}

int image_set_name ( struct image *image, const char *name ) {
	return replace_text ( &image->name, name );
}

int image_set_cmdline ( struct image *image, const char *cmdline ) {
	return replace_text ( &image->cmdline, ( cmdline && *cmdline ) ? cmdline : NULL );
}

/* ---- Contents ---- */

/* Make the pages behind an image that large; contents are kept. */
static int image_resize ( struct image *image, size_t capacity ) {
	void *data;

	if ( image->flags & IMAGE_STATIC )
		return FAIL ( EROFS, "%s is part of the firmware", image->name );
	if ( image->data )
		data = pages_resize ( image->data, image->capacity, capacity, PAGES_HIGH );
	else
		data = pages_alloc ( capacity, PAGES_HIGH );
	if ( !data )
		return -ENOMEM;
	image->data = data;
	image->capacity = capacity;
	return 0;
}

int image_reserve ( struct image *image, size_t len ) {
	int rc = -ENOMEM;

	if ( len < image->capacity )
		return 0;
	if ( len < SIZE_MAX - 4096 )
		rc = image_resize ( image, ROUND_UP ( len + 1, (size_t) 4096 ) );
	if ( err_is ( rc, ENOMEM ) )
		return FAIL ( ENOMEM, "%zu bytes do not fit in memory (%zu bytes free)", len,
			      pages_available () );
	return rc;
}

/* Move the contents to new pages, in slices: meanwhile the network has to be served, or senders
 * would think us gone. */
static TASK_FN int image_move ( struct image *image, size_t capacity ) {
	uint8_t *data = pages_alloc ( capacity, PAGES_HIGH );

	if ( !data )
		return -ENOMEM;
	for ( size_t pos = 0; pos < image->len; pos += IMAGE_MOVE_SLICE ) {
		memcpy ( data + pos, image->data + pos,
			 MIN ( image->len - pos, IMAGE_MOVE_SLICE ) );
		/* Cancellation is sticky: whoever waits next is told. */
		task_yield ();
	}
	pages_free ( image->data, image->capacity );
	image->data = data;
	image->capacity = capacity;
	return 0;
}

TASK_FN int image_grow ( struct image *image ) {
	size_t capacity = image->capacity;
	size_t most = pages_available () / 4 * 3;
	size_t next = capacity ? capacity * IMAGE_GROWTH : IMAGE_FIRST_CAPACITY;
	size_t more;

	if ( image->flags & IMAGE_STATIC )
		return FAIL ( EROFS, "%s is part of the firmware", image->name );
	/* There will not be room for the old and the new place once more: take what there is. */
	if ( ( next >= most / 2 ) && ( capacity < most ) )
		next = most;
	/* If memory does not allow it, as little as a sixteenth more. */
	for ( more = next - capacity; more >= MAX ( capacity / 16, (size_t) 4096 ); more /= 2 ) {
		if ( image_move ( image, ROUND_UP ( capacity + more, (size_t) 4096 ) ) == 0 )
			return 0;
	}
	return FAIL ( ENOMEM, "more than %zu bytes do not fit in memory (%zu bytes free)",
		      image->len, pages_available () );
}

void image_set_len ( struct image *image, size_t len ) {
	image->len = len;
	image->data[len] = '\0';
}

int image_write ( struct image *image, size_t offset, const void *data, size_t len ) {
	int rc;

	if ( len > SIZE_MAX - offset )
		return -ENOMEM;
	/* Twice as much as now, so that many small pieces do not move it each time. */
	if ( ( offset + len >= image->capacity ) &&
	     ( image_reserve ( image, MAX ( offset + len, image->capacity * 2 ) ) != 0 ) &&
	     ( ( rc = image_reserve ( image, offset + len ) ) != 0 ) )
		return rc;
	if ( offset > image->len )
		memset ( image->data + image->len, 0, offset - image->len );
	memcpy ( image->data + offset, data, len );
	if ( offset + len > image->len )
		image_set_len ( image, offset + len );
	return 0;
}

void image_set_static ( struct image *image, const void *data, size_t len ) {
	image->data = (uint8_t *) (uintptr_t) data;
	image->len = len;
	image->flags |= IMAGE_STATIC;
}

/* ---- The list ---- */

/* Ask the types in increasing order; equal orders in link order. */
static void image_detect ( struct image *image ) {
	const struct image_type *const *pos;
	int order, next;

	for ( order = 0; !image->type; order = next ) {
		next = INT32_MAX;
		table_for_each ( pos, image_type ) {
			if ( ( *pos )->order < order )
				continue;
			if ( ( *pos )->order > order ) {
				next = MIN ( next, ( *pos )->order );
				continue;
			}
			if ( !image->type && ( *pos )->probe && ( ( *pos )->probe ( image ) == 0 ) )
				image->type = *pos;
		}
		if ( next == INT32_MAX )
			break;
	}
}

/* Give back room that the contents do not need. */
static void image_trim ( struct image *image ) {
	size_t needed = ROUND_UP ( image->len + 1, (size_t) 4096 );

	if ( !( image->flags & IMAGE_STATIC ) && ( needed < image->capacity ) )
		image_resize ( image, needed );
}

int image_register ( struct image *image ) {
	static uint8_t empty[1];

	if ( image->registered )
		return 0;
	/* Types may rely on the final NUL, so an empty image needs one as well. */
	if ( !image->data )
		image_set_static ( image, empty, 0 );
	image_trim ( image );
	image_detect ( image );
	if ( image_selected () )
		image->flags &= ~(unsigned int) IMAGE_SELECTED;
	image->registered = true;
	list_add_tail ( &image->list, &images );
	image_get ( image );
	return 0;
}

void image_unregister ( struct image *image ) {
	if ( !image->registered )
		return;
	image->registered = false;
	list_del ( &image->list );
	image_put ( image );
}

struct image *image_next ( struct image *image ) {
	struct list *next = image ? image->list.next : images.next;

	return ( next == &images ) ? NULL : list_entry ( next, struct image, list );
}

struct image *image_to_start ( void ) {
	struct image *image = NULL;

	do {
		image = image_next ( image );
	} while ( image && ( image->flags & IMAGE_ATTACHED ) );
	return image;
}

struct image *image_find ( const char *name ) {
	struct image *image;

	list_for_each ( image, &images, list ) {
		if ( strcmp ( image->name, name ) == 0 )
			return image;
	}
	return NULL;
}

struct image *image_flagged ( unsigned int flags ) {
	struct image *image;

	list_for_each ( image, &images, list ) {
		if ( image->flags & flags )
			return image;
	}
	return NULL;
}

void image_select ( struct image *image ) {
	struct image *other;

	list_for_each ( other, &images, list )
		other->flags &= ~(unsigned int) IMAGE_SELECTED;
	if ( image )
		image->flags |= IMAGE_SELECTED;
}

void image_print ( const struct image *image ) {
	con_printf ( "%s : %zu bytes", image->name, image->len );
	if ( image->type )
		con_printf ( " [%s]", image->type->name );
	if ( image->flags & IMAGE_SELECTED )
		con_printf ( " [SELECTED]" );
	if ( image == running )
		con_printf ( " [CURRENT]" );
	if ( image->flags & IMAGE_SHIM )
		con_printf ( " [SHIM]" );
	if ( image->flags & IMAGE_AUTOFREE )
		con_printf ( " [AUTOFREE]" );
	if ( image->flags & IMAGE_HIDDEN )
		con_printf ( " [HIDDEN]" );
	if ( image->cmdline )
		con_printf ( " \"%s\"", image->cmdline );
	con_printf ( "\n" );
}

/* ---- Running ---- */

struct image *image_current ( void ) {
	return running;
}

/* The first bytes of an image as text, for an error message. */
static void image_show_start ( const struct image *image, char *buf, size_t len ) {
	size_t i;

	for ( i = 0; ( i < image->len ) && ( i < len - 1 ); i++ ) {
		char c = (char) image->data[i];

		if ( ( c == '\n' ) || ( c == '\r' ) )
			break;
		buf[i] = ( ( c >= ' ' ) && ( c < 0x7f ) ) ? c : '.';
	}
	buf[i] = '\0';
}

int image_can_exec ( const struct image *image ) {
	char start[17];

	if ( image->type && image->type->exec )
		return 0;
	if ( image->type )
		return FAIL ( ENOEXEC_IMAGE, "%s is of type %s, which cannot be run", image->name,
			      image->type->name );
	if ( !image->len )
		return FAIL ( ENOEXEC_IMAGE, "%s is empty", image->name );
	image_show_start ( image, start, sizeof ( start ) );
	return FAIL ( ENOEXEC_IMAGE,
		      "%.64s begins with \"%s\": no script (#!ipxe) nor another known type",
		      image->name, start );
}

/* Run one image, without what it may have been replaced by. The caller holds a reference. */
static TASK_FN int image_exec_one ( struct image *image ) {
	struct image *outer = running;
	struct uri *outer_cwd = NULL, *cwd = NULL;
	int rc;

	if ( ( rc = image_can_exec ( image ) ) != 0 )
		return rc;
	/* An image that came from nowhere (EMBED, command line) leaves the working URI alone. */
	if ( image->uri && !( cwd = uri_dup ( image->uri ) ) )
		return -ENOMEM;
	image_unregister ( image );
	if ( cwd )
		outer_cwd = uri_set_cwd ( cwd );
	running = image;
	rc = image->type->exec ( image );
	running = outer;
	if ( cwd )
		uri_free ( uri_set_cwd ( outer_cwd ) );
	if ( !image->replacement && !( image->flags & IMAGE_AUTOFREE ) )
		image_register ( image );
	return rc;
}

int image_exec ( struct image *image ) {
	struct image *replacement;
	int rc;

	for ( image_get ( image );; image = replacement ) {
		rc = image_exec_one ( image );
		replacement = image->replacement;
		image->replacement = NULL;
		image_put ( image );
		if ( !replacement )
			return rc;
	}
}

int image_replace ( struct image *replacement ) {
	int rc;

	if ( !running )
		return FAIL ( ENOTTY_SCRIPT, "there is nothing that this could run in place of" );
	if ( ( rc = image_can_exec ( replacement ) ) != 0 )
		return rc;
	image_get ( replacement );
	image_put ( running->replacement );
	running->replacement = replacement;
	return 0;
}
