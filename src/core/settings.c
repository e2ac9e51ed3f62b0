/** @file
 * Settings: the tree of blocks, values of generic blocks, search order, references by name, and
 * the applicators that follow every change. Types are in settings_types.c, ${...} in
 * settings_expand.c. See docs/settings.md.
 */
#include <stdio.h>
#include <string.h>
#include "core/error.h"
#include "core/memory.h"
#include "core/settings.h"

/** Option 175.1: moves a block among its siblings. */
#define TAG_PRIORITY   ( ( 175 << 8 ) | 1 )
#define ENOTTY_SETTING ERROR_AT ( ENOTTY, FILE_SETTINGS, 0 )

TABLE ( setting, setting );
TABLE ( setting_type, setting_type );
TABLE ( settings_applicator, settings_applicator );

const struct settings_scope settings_scope_builtin, settings_scope_netif, settings_scope_smbios,
	settings_scope_ipv6;

struct settings settings_root = {
	.siblings = LIST_INIT ( settings_root.siblings ),
	.children = LIST_INIT ( settings_root.children ),
	.values = LIST_INIT ( settings_root.values ),
};

/** A value of a generic block. */
struct setting_value {
	struct list list;
	struct setting setting; /**< `name` points to `text` or to a predefined name */
	size_t len;
	char *text;
	uint8_t raw[];
};

/* ---- Blocks ---- */

void settings_init ( struct settings *settings, const struct settings_ops *ops,
		     const struct settings_scope *scope ) {
	memset ( settings, 0, sizeof ( *settings ) );
	list_init ( &settings->siblings );
	list_init ( &settings->children );
	list_init ( &settings->values );
	settings->ops = ops;
	settings->default_scope = scope;
}

static struct settings *child_find ( struct settings *parent, const char *name, size_t len ) {
	struct settings *child;

	list_for_each ( child, &parent->children, siblings ) {
		if ( ( strlen ( child->name ) == len ) &&
		     ( memcmp ( child->name, name, len ) == 0 ) )
			return child;
	}
	return NULL;
}

/** True if @c a is searched before @c b: by setting `priority`, then by `order`. */
static bool ranks_before ( struct settings *a, struct settings *b ) {
	int64_t priority_a = 0, priority_b = 0;

	settings_get_int ( a, "priority", &priority_a );
	settings_get_int ( b, "priority", &priority_b );
	if ( priority_a != priority_b )
		return priority_a > priority_b;
	return a->order > b->order;
}

/** Move a block to its place among its siblings, behind its equals; one that is already in order
 * stays where it is. A parent's priority is the first found below it, so parents follow. */
static void reprioritise ( struct settings *settings ) {
	struct settings *parent, *pos;

	for ( ; ( parent = settings->parent ) != NULL; settings = parent ) {
		struct list *head = &parent->children;
		struct list *prev = settings->siblings.prev, *next = settings->siblings.next;
		bool early =
			( prev == head ) ||
			!ranks_before ( settings, list_entry ( prev, struct settings, siblings ) );
		bool late =
			( next == head ) ||
			!ranks_before ( list_entry ( next, struct settings, siblings ), settings );

		if ( early && late )
			continue;
		list_del ( &settings->siblings );
		list_for_each ( pos, head, siblings ) {
			if ( ranks_before ( settings, pos ) )
				break;
		}
		list_insert ( &settings->siblings, &pos->siblings );
	}
}

static void apply_settings ( void );

int settings_register ( struct settings *settings, struct settings *parent, const char *name ) {
	struct settings *old;

	if ( !parent )
		parent = &settings_root;
	if ( strlen ( name ) >= sizeof ( settings->name ) )
		return -ENAMETOOLONG;
	settings_hold ();
	if ( ( old = child_find ( parent, name, strlen ( name ) ) ) != NULL )
		settings_unregister ( old );
	snprintf ( settings->name, sizeof ( settings->name ), "%s", name );
	settings->parent = parent;
	list_add_tail ( &settings->siblings, &parent->children );
	reprioritise ( settings );
	apply_settings ();
	settings_release ();
	return 0;
}

static void generic_clear ( struct settings *settings ) {
	struct setting_value *value, *tmp;

	list_for_each_safe ( value, tmp, &settings->values, list ) {
		list_del ( &value->list );
		free ( value );
	}
}

void settings_unregister ( struct settings *settings ) {
	struct settings *child;

	if ( !settings->parent )
		return;
	settings_hold ();
	while ( ( child = list_first ( &settings->children, struct settings, siblings ) ) != NULL )
		settings_unregister ( child );
	list_del ( &settings->siblings );
	generic_clear ( settings );
	reprioritise ( settings->parent );
	settings->parent = NULL;
	if ( settings->autocreated )
		free ( settings );
	apply_settings ();
	settings_release ();
}

static bool is_alias ( const struct settings *settings ) {
	return settings->ops && settings->ops->redirect;
}

static struct settings *child_create ( struct settings *parent, const char *name, size_t len ) {
	struct settings *child;
	char text[sizeof ( child->name )];

	if ( ( len >= sizeof ( text ) ) || ( ( child = zalloc ( sizeof ( *child ) ) ) == NULL ) )
		return NULL;
	settings_init ( child, NULL, NULL );
	child->autocreated = true;
	memcpy ( text, name, len );
	text[len] = '\0';
	settings_register ( child, parent, text );
	return child;
}

struct settings *settings_find ( const char *path, bool create ) {
	struct settings *settings = &settings_root, *child;
	unsigned int depth = 1;

	while ( *path ) {
		size_t len = strcspn ( path, "." );

		if ( len > 0 ) {
			if ( ++depth > SETTINGS_DEPTH_MAX )
				return NULL;
			child = child_find ( settings, path, len );
			if ( !child && create )
				child = child_create ( settings, path, len );
			if ( !child )
				return NULL;
			settings = is_alias ( child ) ? child->ops->redirect ( child ) : child;
			if ( !settings )
				return NULL;
		}
		path += len;
		path += ( *path == '.' );
	}
	return settings;
}

char *settings_path ( const struct settings *settings, char *buf, size_t len ) {
	size_t used;

	if ( len > 0 )
		buf[0] = '\0';
	if ( settings->parent && settings->parent->parent ) {
		settings_path ( settings->parent, buf, len );
		used = strlen ( buf );
		snprintf ( buf + used, len - used, ".%s", settings->name );
	} else if ( settings->parent ) {
		snprintf ( buf, len, "%s", settings->name );
	}
	return buf;
}

/* ---- Comparing and matching ---- */

/** Same number in the same number space, or same name. */
static bool same_setting ( const struct setting *a, const struct setting *b ) {
	if ( a->tag && ( a->tag == b->tag ) && ( a->scope == b->scope ) )
		return true;
	return strcmp ( a->name, b->name ) == 0;
}

static const struct setting *find_predefined ( const struct setting *wanted ) {
	const struct setting *const *pos;

	table_for_each ( pos, setting ) {
		if ( same_setting ( *pos, wanted ) )
			return *pos;
	}
	return NULL;
}

bool setting_applies ( struct settings *settings, const struct setting *setting ) {
	if ( !settings->ops )
		return true;
	if ( settings->ops->applies )
		return settings->ops->applies ( settings, setting );
	return ( setting->scope == NULL ) || ( setting->scope == settings->default_scope );
}

/** The setting itself if the block holds such, else a predefined one of the same name or number
 * that the block does hold, with the type that was asked for. @return false if there is none */
static bool applicable ( struct settings *settings, const struct setting *setting,
			 struct setting *ret_setting ) {
	const struct setting *const *pos;

	if ( setting_applies ( settings, setting ) ) {
		*ret_setting = *setting;
		return true;
	}
	table_for_each ( pos, setting ) {
		if ( same_setting ( *pos, setting ) && setting_applies ( settings, *pos ) ) {
			*ret_setting = **pos;
			if ( setting->type )
				ret_setting->type = setting->type;
			return true;
		}
	}
	return false;
}

/** "175.3" is (175 << 8) | 3. @return the tag, or 0 if @c name is not numeric */
static uint64_t parse_tag ( const char *name ) {
	uint64_t tag = 0;
	char *end;

	for ( ;; ) {
		if ( ( *name < '0' ) || ( *name > '9' ) )
			return 0;
		tag = ( tag << 8 ) | strtoul ( name, &end, 0 );
		if ( !*end )
			return tag;
		if ( *end != '.' )
			return 0;
		name = end + 1;
	}
}

/** Fill in a setting from the name that somebody gave, in the number space of @c settings. */
static void setting_from_name ( struct settings *settings, const char *name,
				struct setting *ret_setting ) {
	const struct setting *predefined;

	memset ( ret_setting, 0, sizeof ( *ret_setting ) );
	ret_setting->name = name;
	ret_setting->tag = parse_tag ( name );
	if ( ret_setting->tag )
		ret_setting->scope = settings->default_scope;
	if ( ( predefined = find_predefined ( ret_setting ) ) != NULL )
		*ret_setting = *predefined;
}

const struct setting *setting_find_predefined ( const char *name ) {
	struct setting wanted = { .name = name, .tag = parse_tag ( name ) };

	return find_predefined ( &wanted );
}

static const struct setting_type *type_find ( const char *name ) {
	const struct setting_type *const *pos;

	table_for_each ( pos, setting_type ) {
		if ( strcmp ( ( *pos )->name, name ) == 0 )
			return *pos;
	}
	return NULL;
}

int setting_ref_parse ( const char *text, bool create, struct setting_ref *ret_ref ) {
	char *slash, *colon, *name = ret_ref->text;
	const char *block = "";

	memset ( ret_ref, 0, sizeof ( *ret_ref ) );
	if ( strlen ( text ) >= sizeof ( ret_ref->text ) )
		return -ENAMETOOLONG;
	memcpy ( ret_ref->text, text, strlen ( text ) + 1 );
	if ( ( slash = strchr ( name, '/' ) ) != NULL ) {
		*slash = '\0';
		block = name;
		name = slash + 1;
	}
	if ( ( colon = strchr ( name, ':' ) ) != NULL ) {
		*colon = '\0';
		if ( ( ret_ref->type = type_find ( colon + 1 ) ) == NULL )
			return -EINVAL_SETTING;
	}
	if ( ( ret_ref->settings = settings_find ( block, create ) ) == NULL )
		return -ENODEV;
	setting_from_name ( ret_ref->settings, name, &ret_ref->setting );
	if ( ret_ref->type )
		ret_ref->setting.type = ret_ref->type;
	return 0;
}

/* ---- Generic blocks ---- */

static struct setting_value *value_find ( struct settings *settings,
					  const struct setting *setting ) {
	struct setting_value *value;

	list_for_each ( value, &settings->values, list ) {
		if ( same_setting ( &value->setting, setting ) )
			return value;
	}
	return NULL;
}

int settings_generic_store ( struct settings *settings, const struct setting *setting,
			     const void *raw, size_t len ) {
	struct setting_value *old = value_find ( settings, setting ), *value;
	size_t name_len = strlen ( setting->name ) + 1;

	if ( len > 0 ) {
		if ( ( value = malloc ( sizeof ( *value ) + len + name_len ) ) == NULL )
			return -ENOMEM;
		value->setting = *setting;
		value->len = len;
		memcpy ( value->raw, raw, len );
		value->text = (char *) value->raw + len;
		memcpy ( value->text, setting->name, name_len );
		value->setting.name = value->text;
		/* In the old one's place, so that listings do not jump. */
		list_insert ( &value->list, old ? &old->list : &settings->values );
	}
	if ( old ) {
		list_del ( &old->list );
		free ( old );
	}
	return 0;
}

ssize_t settings_generic_fetch ( struct settings *settings, const struct setting *setting,
				 void *raw, size_t len, const struct setting_type **ret_type ) {
	struct setting_value *value = value_find ( settings, setting );

	if ( !value )
		return -ENOENT_SETTING;
	if ( len > 0 )
		memcpy ( raw, value->raw, MIN ( len, value->len ) );
	if ( ret_type && value->setting.type )
		*ret_type = value->setting.type;
	return value->len;
}

const struct setting *settings_generic_next ( struct settings *settings,
					      const struct setting *setting ) {
	struct list *pos = &settings->values;

	if ( setting )
		pos = &list_entry ( setting, struct setting_value, setting )->list;
	if ( pos->next == &settings->values )
		return NULL;
	return &list_entry ( pos->next, struct setting_value, list )->setting;
}

/* ---- Fetching ---- */

static ssize_t fetch_block ( struct settings *settings, const struct setting *setting, void *raw,
			     size_t len, const struct setting_type **ret_type ) {
	struct setting local;

	if ( !applicable ( settings, setting, &local ) )
		return -ENOENT_SETTING;
	if ( !settings->ops )
		return settings_generic_fetch ( settings, &local, raw, len, ret_type );
	if ( !settings->ops->fetch )
		return -ENOENT_SETTING;
	return settings->ops->fetch ( settings, &local, raw, len, ret_type );
}

/** Depth first: the block, then its children in order. settings_find() bounds the depth. */
static ssize_t fetch_tree ( struct settings *settings, const struct setting *setting, void *raw,
			    size_t len, struct settings **ret_origin,
			    const struct setting_type **ret_type ) {
	ssize_t ret = fetch_block ( settings, setting, raw, len, ret_type );
	struct settings *child;

	if ( ret >= 0 ) {
		*ret_origin = settings;
		return ret;
	}
	list_for_each ( child, &settings->children, siblings ) {
		if ( is_alias ( child ) )
			continue;
		ret = fetch_tree ( child, setting, raw, len, ret_origin, ret_type );
		if ( ret >= 0 )
			return ret;
	}
	return -ENOENT_SETTING;
}

ssize_t setting_fetch ( const struct setting_ref *ref, void *raw, size_t len,
			struct settings **ret_origin, const struct setting_type **ret_type ) {
	const struct setting_type *stored = NULL;
	struct settings *origin = NULL;
	ssize_t ret;
	char none;

	/* Blocks may copy nothing to somewhere, but not to nowhere. */
	ret = fetch_tree ( ref->settings, &ref->setting, raw ? raw : &none, raw ? len : 0, &origin,
			   &stored );
	if ( ret_origin )
		*ret_origin = origin;
	if ( ret_type ) {
		*ret_type = ref->setting.type;
		if ( !*ret_type )
			*ret_type = stored ? stored : &setting_type_string;
	}
	return ret;
}

/** Fetch raw bytes into fresh memory. @return length, or a negative error */
static ssize_t fetch_alloc ( const struct setting_ref *ref, uint8_t **ret_raw,
			     const struct setting_type **ret_type ) {
	ssize_t len = setting_fetch ( ref, NULL, 0, NULL, NULL );

	*ret_raw = NULL;
	if ( len < 0 )
		return len;
	if ( ( *ret_raw = malloc ( len + 1 ) ) == NULL )
		return -ENOMEM;
	return MIN ( len, setting_fetch ( ref, *ret_raw, len, NULL, ret_type ) );
}

ssize_t setting_fetch_text ( const struct setting_ref *ref, char *buf, size_t len ) {
	const struct setting_type *type = NULL;
	uint8_t *raw;
	ssize_t ret = fetch_alloc ( ref, &raw, &type );

	if ( ret >= 0 )
		ret = type->format ( raw, ret, buf, len );
	free ( raw );
	return ret;
}

char *setting_fetch_text_alloc ( const struct setting_ref *ref ) {
	const struct setting_type *type = NULL;
	char *text = NULL;
	uint8_t *raw;
	ssize_t raw_len = fetch_alloc ( ref, &raw, &type ), len;

	if ( raw_len >= 0 ) {
		len = type->format ( raw, raw_len, NULL, 0 );
		if ( ( len >= 0 ) && ( ( text = malloc ( len + 1 ) ) != NULL ) )
			type->format ( raw, raw_len, text, len + 1 );
	}
	free ( raw );
	return text;
}

/* ---- Storing ---- */

int setting_store ( const struct setting_ref *ref, const void *raw, size_t len,
		    const struct setting_type *type ) {
	struct settings *settings = ref->settings;
	struct setting wanted = ref->setting, setting;
	int rc;

	if ( type )
		wanted.type = type;
	if ( !applicable ( settings, &wanted, &setting ) )
		return -ENOTTY_SETTING;
	if ( !settings->ops )
		rc = settings_generic_store ( settings, &setting, raw, len );
	else if ( settings->ops->store )
		rc = settings->ops->store ( settings, &setting, raw, len );
	else
		rc = -ENOTSUP_SETTING;
	if ( rc != 0 )
		return rc;
	if ( ( setting.tag == TAG_PRIORITY ) && ( setting.scope == NULL ) )
		reprioritise ( settings );
	apply_settings ();
	return 0;
}

int setting_store_text ( const struct setting_ref *ref, const char *text ) {
	const struct setting_type *type = ref->setting.type;
	ssize_t len;
	uint8_t *raw;
	int rc;

	if ( !type )
		type = &setting_type_string;
	if ( !*text )
		return setting_store ( ref, NULL, 0, type );
	if ( !type->parse )
		return -ENOTSUP_SETTING;
	if ( ( len = type->parse ( text, NULL, 0 ) ) < 0 )
		return len;
	if ( ( raw = malloc ( len + 1 ) ) == NULL )
		return -ENOMEM;
	type->parse ( text, raw, len );
	rc = setting_store ( ref, raw, len, type );
	free ( raw );
	return rc;
}

/* ---- Short cuts for C code ---- */

static struct setting_ref ref_to ( struct settings *settings, const char *name ) {
	struct setting_ref ref = { .settings = settings ? settings : &settings_root };

	setting_from_name ( ref.settings, name, &ref.setting );
	return ref;
}

char *settings_get_text ( struct settings *settings, const char *name ) {
	struct setting_ref ref = ref_to ( settings, name );

	return setting_fetch_text_alloc ( &ref );
}

ssize_t settings_get_raw ( struct settings *settings, const char *name, void *raw, size_t len ) {
	struct setting_ref ref = ref_to ( settings, name );

	return setting_fetch ( &ref, raw, len, NULL, NULL );
}

int settings_get_ipv4 ( struct settings *settings, const char *name, uint32_t *ret_addr ) {
	uint8_t raw[4];
	ssize_t len = settings_get_raw ( settings, name, raw, sizeof ( raw ) );

	if ( len < 0 )
		return len;
	if ( len < (ssize_t) sizeof ( raw ) )
		return -EINVAL_SETTING;
	*ret_addr = ( (uint32_t) raw[0] << 24 ) | ( raw[1] << 16 ) | ( raw[2] << 8 ) | raw[3];
	return 0;
}

int settings_get_int ( struct settings *settings, const char *name, int64_t *ret_value ) {
	struct setting_ref ref = ref_to ( settings, name );

	return setting_fetch_int ( &ref, ret_value, NULL );
}

int settings_set_text ( struct settings *settings, const char *name, const char *text ) {
	struct setting_ref ref = ref_to ( settings, name );

	return setting_store_text ( &ref, text );
}

/* ---- Applicators ---- */

static unsigned int held;
static bool dirty;

static void apply_settings ( void ) {
	const struct settings_applicator *const *pos;

	dirty = true;
	if ( held )
		return;
	/* An applicator may store settings itself; that is part of this round. */
	held++;
	dirty = false;
	table_for_each ( pos, settings_applicator ) {
		( *pos )->apply ();
	}
	held--;
}

void settings_hold ( void ) {
	held++;
}

void settings_release ( void ) {
	held--;
	if ( !held && dirty )
		apply_settings ();
}

/* ---- Values on their way ---- */

static struct list pendings = LIST_INIT ( pendings );

void settings_pending_begin ( struct settings_pending *pending ) {
	event_init ( &pending->done );
	list_add_tail ( &pending->list, &pendings );
}

void settings_pending_end ( struct settings_pending *pending ) {
	list_del ( &pending->list );
	event_signal ( &pending->done );
}

static struct settings_pending *pending_for ( const struct setting *setting ) {
	struct settings_pending *pending;

	list_for_each ( pending, &pendings, list ) {
		if ( pending->covers ( setting ) )
			return pending;
	}
	return NULL;
}

TASK_FN int settings_wait ( const struct setting *setting ) {
	struct settings_pending *pending;
	int rc;

	/* Each source is gone from the list, and maybe from memory, once it has signalled. */
	while ( ( pending = pending_for ( setting ) ) != NULL ) {
		if ( ( rc = event_wait ( &pending->done, TIME_NEVER ) ) != 0 )
			return rc;
	}
	return 0;
}
