/** @file
 * Images: named files in memory, an ordered list, and the types that say how to run them.
 */
#ifndef CORE_IMAGE_H
#define CORE_IMAGE_H

#include "core/list.h"
#include "core/table.h"
#include "core/task.h"
#include "core/uri.h"

struct image;

struct image_type {
	const char *name; /**< "script", as imgstat shows it */
	int order;        /**< probed in increasing order; most are 50 */
	/** Is it ours? Looks at headers only, never scans contents. @return 0 or -ENOEXEC_IMAGE */
	int ( *probe ) ( struct image *image );
	/** Run it. @return the program's status. Context: task; blocks. NULL: not executable */
	TASK_FN int ( *exec ) ( struct image *image );
	/** Does the firmware take it, or does Secure Boot not trust it? NULL: no firmware is asked. */
	bool ( *trusted ) ( struct image *image );
};
#define IMAGE_TYPE( object ) TABLE_ENTRY ( image_type, image_type, object )

#define IMAGE_SELECTED 0x01
#define IMAGE_AUTOFREE 0x02
#define IMAGE_HIDDEN   0x04
#define IMAGE_STATIC   0x08 /**< data is part of the firmware (EMBED): never freed */
#define IMAGE_ATTACHED 0x80 /**< not what is run at start-up, wherever it is on the list */
/* Command shim: the image is one, and what it was given. */
#define IMAGE_SHIM                0x10
#define IMAGE_SHIM_REQUIRE_LOADER 0x20
#define IMAGE_SHIM_ALLOW_SBAT     0x40

struct image {
	struct list list;
	char *name;
	struct uri *uri; /**< where it came from; cwd while it runs; or NULL */
	char *cmdline;   /**< or NULL */
	uint8_t *data;   /**< contents; a NUL follows them */
	size_t len;
	size_t capacity; /**< pages behind `data`, bytes */
	unsigned int flags;
	const struct image_type *type; /**< NULL: not recognised */
	struct image *replacement;     /**< set by `chain --replace`; owned */
	unsigned int refs;             /**< registered, running: each holds one (listed in docs) */
	bool registered;
};

/** A new, empty, unregistered image with one reference. @c name NULL: from the URI, or "imgN".
 * @return NULL if out of memory */
struct image *image_new ( const char *name, const struct uri *uri );
struct image *image_get ( struct image *image );
void image_put ( struct image *image ); /**< NULL is harmless */

int image_set_name ( struct image *image, const char *name );
int image_set_cmdline ( struct image *image, const char *cmdline ); /**< NULL clears */

/** Make room for @c len bytes in all (plus the final NUL), keeping contents. @return 0, -ENOMEM */
int image_reserve ( struct image *image, size_t len );
/** Make room for more when the final length is unknown: much more, or as much as memory allows. Registration gives back what was too much.
 * @return 0 or -ENOMEM. Context: task; lets others run while it moves the contents. */
TASK_FN int image_grow ( struct image *image );
/** Say that the first @c len bytes (less than `capacity`) are the contents; adds the final NUL. */
void image_set_len ( struct image *image, size_t len );
/** Write at an offset, growing as needed. @return 0 or -ENOMEM */
int image_write ( struct image *image, size_t offset, const void *data, size_t len );
/** Point at memory that stays (EMBED). */
void image_set_static ( struct image *image, const void *data, size_t len );

/** Put at the end of the list (takes a reference) and detect the type. @return 0 */
int image_register ( struct image *image );
/** Take off the list; drops the list's reference. */
void image_unregister ( struct image *image );

/** All registered images in order: NULL starts, NULL ends. */
struct image *image_next ( struct image *image );
/** What is run at start-up, or NULL: the first that is not IMAGE_ATTACHED. */
struct image *image_to_start ( void );
struct image *image_find ( const char *name );
/** The first registered image with one of these flags, or NULL. */
struct image *image_flagged ( unsigned int flags );
static inline struct image *image_selected ( void ) {
	return image_flagged ( IMAGE_SELECTED );
}
void image_select ( struct image *image ); /**< NULL: none */
/** Print the line of imgstat: `<name> : <n> bytes [<type>] ... "<cmdline>"`. */
void image_print ( const struct image *image );

/** The image that is running (innermost), or NULL. */
struct image *image_current ( void );

/** Can it be run? @return 0 or -ENOEXEC_IMAGE, with words that say why not */
int image_can_exec ( const struct image *image );

/**
 * Run a registered image: off the list and current while it runs, with its URI as working URI;
 * afterwards back at the end of the list, unless autofree or replaced. Follows replacements.
 * @return the image's status, or -ENOEXEC_IMAGE
 * Context: task; blocks.
 */
TASK_FN int image_exec ( struct image *image );

/** Ask the running image to end and @c replacement (a reference is taken) to be run in its place.
 * @return 0, -ENOTTY_SCRIPT if nothing is running, -ENOEXEC_IMAGE */
int image_replace ( struct image *replacement );

#endif /* CORE_IMAGE_H */
