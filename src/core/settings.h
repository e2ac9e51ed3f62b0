/** @file
 * Settings: a tree of blocks (root, builtin, net0, net0.dhcp, ...) of typed values, addressed as
 * [<block>/]<setting>[:<type>] (docs/settings.md). A value is raw bytes; types parse and format.
 */
#ifndef CORE_SETTINGS_H
#define CORE_SETTINGS_H

#include "core/list.h"
#include "core/table.h"
#include "core/task.h"

struct settings;

/** How raw bytes are read and shown. */
struct setting_type {
	const char *name;
	/** Text to raw bytes. @return length, or a negative error; may exceed @c len (nothing more
	 * than @c len is written) */
	ssize_t ( *parse ) ( const char *text, void *raw, size_t len );
	/** Raw bytes to text, like snprintf. @return length, or a negative error */
	ssize_t ( *format ) ( const void *raw, size_t raw_len, char *buf, size_t len );
	unsigned int int_size; /**< bytes, for the int and uint types; else 0 */
	bool is_signed;
};
#define SETTING_TYPE( object ) TABLE_ENTRY ( setting_type, setting_type, object )
extern const struct setting_type setting_type_string, setting_type_uristring, setting_type_ipv4,
	setting_type_int8, setting_type_int16, setting_type_int32, setting_type_uint8,
	setting_type_uint16, setting_type_uint32, setting_type_hex, setting_type_hexhyp,
	setting_type_hexraw, setting_type_base64, setting_type_uuid, setting_type_guid,
	setting_type_busdevfn, setting_type_dnssl, setting_type_ipv6;

/** A name (or number) that a value is stored under. Predefined ones are table entries. */
struct setting {
	const char *name;
	const char *description;
	const struct setting_type *type; /**< NULL: by block, then string */
	uint64_t tag;                    /**< DHCP option number, encapsulation as (a << 8) | b */
	/** Blocks with this scope only; NULL: any block. Scopes are compared by address. */
	const struct settings_scope *scope;
};
#define SETTING( object ) TABLE_ENTRY ( setting, setting, object )

/** A kind of block with its own number space (smbios, pci, builtin, ...). */
struct settings_scope {
	char unused;
};

struct settings_ops {
	/** Does this block hold such settings at all? NULL: yes if scopes are equal or NULL. */
	bool ( *applies ) ( struct settings *settings, const struct setting *setting );
	/** Store raw bytes; len 0 = delete. NULL: block is read-only. */
	int ( *store ) ( struct settings *settings, const struct setting *setting, const void *raw,
			 size_t len );
	/** Fetch raw bytes. @return full length (may exceed @c len), or -ENOENT_SETTING.
	 * @c ret_type: the stored type if the block knows one (else untouched). */
	ssize_t ( *fetch ) ( struct settings *settings, const struct setting *setting, void *raw,
			     size_t len, const struct setting_type **ret_type );
	/** For an alias such as netX: the block that is meant (NULL: none just now). Followed by
	 * settings_find(), so "netX.dhcp" works too; the depth-first search skips aliases. NULL: the
	 * block is itself. */
	struct settings *( *redirect ) ( struct settings *settings );
};

/** A block. Embedded in its owner, or heap memory for blocks that were made on the fly. */
struct settings {
	char name[16];
	struct settings *parent;
	struct list siblings;
	struct list children;
	int order;                      /**< higher first, after setting `priority` */
	const struct settings_ops *ops; /**< NULL: generic, stores anything */
	const struct settings_scope *default_scope;
	struct list values; /**< of the generic part */
	bool autocreated;   /**< heap memory, made on the fly */
};

/** Root of the tree; user variables live in it. */
extern struct settings settings_root;
extern const struct settings_scope settings_scope_builtin, settings_scope_netif,
	settings_scope_smbios, settings_scope_ipv6;

/** Prepare a block that is not registered yet. @c ops NULL: generic. */
void settings_init ( struct settings *settings, const struct settings_ops *ops,
		     const struct settings_scope *scope );

/** Put a block into the tree under @c parent (NULL: root), replacing one of the same name. */
int settings_register ( struct settings *settings, struct settings *parent, const char *name );

/** Remove a block and all below it. Harmless if it is not registered. */
void settings_unregister ( struct settings *settings );

/** Store/fetch of the generic part of any block; for the ops of blocks that are partly generic. */
int settings_generic_store ( struct settings *settings, const struct setting *setting,
			     const void *raw, size_t len );
ssize_t settings_generic_fetch ( struct settings *settings, const struct setting *setting,
				 void *raw, size_t len, const struct setting_type **ret_type );
/** Walk the values of the generic part: NULL starts, NULL ends. */
const struct setting *settings_generic_next ( struct settings *settings,
					      const struct setting *setting );

/** Does this block hold such settings at all? (settings_ops.applies) */
bool setting_applies ( struct settings *settings, const struct setting *setting );

/** Blocks within blocks: names may come from anywhere, and each level costs stack when searching. */
#define SETTINGS_DEPTH_MAX 16

/** Find a block by path ("net0.dhcp"), optionally making what is missing. "" = root.
 * @return NULL if there is none, it cannot be made, or it is deeper than SETTINGS_DEPTH_MAX */
struct settings *settings_find ( const char *path, bool create );
/** Full path of a block into @c buf. @return buf */
char *settings_path ( const struct settings *settings, char *buf, size_t len );

/** A parsed [<block>/]<setting>[:<type>]. The name is copied into it. */
struct setting_ref {
	struct settings *settings; /**< where to look or store */
	/** `name` points into `text` or to a predefined name, so a reference is not copied; `type`
	 * is the explicit, else the predefined one, else NULL */
	struct setting setting;
	const struct setting_type *type; /**< explicit type, or NULL */
	char text[128];
};

/**
 * Parse a reference.
 * @param create  make missing blocks
 * @return 0, -ENODEV no such block, -EINVAL_SETTING unknown type, -ENAMETOOLONG, -ENOMEM
 */
int setting_ref_parse ( const char *text, bool create, struct setting_ref *ret_ref );

/**
 * Fetch raw bytes: the block, then its children, depth first in order.
 * @param ret_origin  block that had it; may be NULL
 * @param ret_type    type to show it with (explicit, predefined, stored, string); may be NULL
 * @return full length, or -ENOENT_SETTING
 */
ssize_t setting_fetch ( const struct setting_ref *ref, void *raw, size_t len,
			struct settings **ret_origin, const struct setting_type **ret_type );

/** Fetch and format. @return text length (may exceed @c len as snprintf's), or a negative error */
ssize_t setting_fetch_text ( const struct setting_ref *ref, char *buf, size_t len );
/** As above, into fresh heap memory. @return NULL if unset or out of memory */
char *setting_fetch_text_alloc ( const struct setting_ref *ref );

/**
 * Fetch the number that a value of any length is (big-endian, signed as its type is).
 * @param ret_type  as setting_fetch(); may be NULL
 * @return 0, -ENOENT_SETTING, -ERANGE_SETTING more than 64 bits
 */
int setting_fetch_int ( const struct setting_ref *ref, int64_t *ret_value,
			const struct setting_type **ret_type );

/** Store text by type (explicit, predefined, string); "" deletes. @return 0 or a negative error */
int setting_store_text ( const struct setting_ref *ref, const char *text );
/** Store raw bytes, with @c type remembered in generic blocks (NULL: the reference's). */
int setting_store ( const struct setting_ref *ref, const void *raw, size_t len,
		    const struct setting_type *type );

/* Short cuts for C code: @c settings NULL = root (search everywhere). */
char *settings_get_text ( struct settings *settings, const char *name ); /**< free() it */
int settings_get_ipv4 ( struct settings *settings, const char *name, uint32_t *ret_addr );
int settings_get_int ( struct settings *settings, const char *name, int64_t *ret_value );
ssize_t settings_get_raw ( struct settings *settings, const char *name, void *raw, size_t len );
int settings_set_text ( struct settings *settings, const char *name, const char *text );

/** Limits of one expansion: values may come from a DHCP server and may name each other in circles. */
#define EXPAND_MAX_LEN   262144
#define EXPAND_MAX_STEPS 1000

/** Replace each ${...} in @c text by its value (docs/scripting.md).
 * @return heap memory, or NULL: out of memory or beyond the limits */
char *settings_expand ( const char *text );
/**
 * The same; waits for values that are still on their way. Context: task; blocks.
 *
 * @param ret_text  heap memory; NULL on failure
 * @return 0, -ENOMEM, -ECANCELED, -ERANGE beyond the limits
 */
TASK_FN int settings_expand_wait ( const char *text, char **ret_text );

/** Run after every store, registration or unregistration: routes, DNS servers, keymap, MTU. */
struct settings_applicator {
	void ( *apply ) ( void );
};
#define SETTINGS_APPLICATOR( object ) \
	TABLE_ENTRY ( settings_applicator, settings_applicator, object )

/** Batch: applicators run once at the end. Nests. */
void settings_hold ( void );
void settings_release ( void );

/** Predefined setting by name or tag. @return NULL if there is none */
const struct setting *setting_find_predefined ( const char *name );

/**
 * Values that are still on their way (a ProxyDHCP offer). Reading a setting that a pending source
 * may bring, and that is not set yet, waits for the source: settings_wait().
 */
struct settings_pending {
	struct list list;
	bool ( *covers ) ( const struct setting *setting );
	struct event done;
};
void settings_pending_begin ( struct settings_pending *pending );
void settings_pending_end ( struct settings_pending *pending );
/** Wait for the sources that may bring this unset setting. @return 0 or -ECANCELED */
TASK_FN int settings_wait ( const struct setting *setting );

#endif /* CORE_SETTINGS_H */
