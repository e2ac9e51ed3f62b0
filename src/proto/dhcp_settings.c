/** @file
 * Settings blocks made of a DHCP packet. See proto/dhcp_settings.h.
 */
#include <stdlib.h>
#include <string.h>
#include "core/error.h"
#include "core/memory.h"
#include "proto/dhcp_settings.h"

/** One block. */
struct dhcp_block {
	struct settings settings;
	struct list list;
	const struct settings *owner; /**< parent, only compared: an interface may be gone */
	uint32_t yiaddr, siaddr;      /**< 0 = unset */
	char file[DHCP_FILE_LEN + 1];
	char sname[DHCP_SNAME_LEN + 1];
	uint8_t *options; /**< heap, or NULL if there are none */
	size_t options_len;
};

static struct list dhcp_blocks = LIST_INIT ( dhcp_blocks );

/* Levels of encapsulation that a tag may have. */
#define TAG_LEVELS 3

static bool dhcp_settings_applies ( struct settings *settings __unused,
				    const struct setting *setting ) {
	return ( setting->tag != 0 ) && ( setting->scope == NULL ) &&
	       ( ( setting->tag >> ( 8 * TAG_LEVELS ) ) == 0 );
}

static bool is_address ( uint64_t tag ) {
	return ( tag == DHCP_IPXE_YIADDR ) || ( tag == DHCP_IPXE_SIADDR );
}

/* Address settings live in the header only, whatever option 175 says. */
static const void *header_address ( const struct dhcp_block *block, uint64_t tag, uint8_t *buf,
				    size_t *ret_len ) {
	struct writer w = WRITER ( buf, 4 );
	uint32_t addr = ( tag == DHCP_IPXE_YIADDR ) ? block->yiaddr : block->siaddr;

	write_be32 ( &w, addr );
	*ret_len = 4;
	return addr ? buf : NULL;
}

/* What the header says in place of an absent option. @return NULL if nothing */
static const void *header_text ( const struct dhcp_block *block, uint64_t tag, size_t *ret_len ) {
	const char *text = "";

	if ( tag == DHCP_OPTION_BOOTFILE )
		text = block->file;
	else if ( tag == DHCP_OPTION_TFTP_SERVER )
		text = block->sname;
	*ret_len = strlen ( text );
	return *ret_len ? text : NULL;
}

static ssize_t dhcp_settings_fetch ( struct settings *settings, const struct setting *setting,
				     void *raw, size_t len,
				     const struct setting_type **ret_type __unused ) {
	struct dhcp_block *block = container_of ( settings, struct dhcp_block, settings );
	uint64_t tag = setting->tag;
	uint8_t addr[4];
	size_t value_len;
	const void *value;

	if ( is_address ( tag ) )
		value = header_address ( block, tag, addr, &value_len );
	else if ( !( value = dhcp_option ( block->options, block->options_len, tag, &value_len ) ) )
		value = header_text ( block, tag, &value_len );
	if ( !value )
		return -ENOENT_SETTING;
	if ( len )
		memcpy ( raw, value, MIN ( len, value_len ) );
	return value_len;
}

/** A store: what to put where. */
struct option_store {
	uint64_t tag;
	const void *raw;
	size_t len;
};

static void rewrite_options ( struct writer *w, const void *options, size_t len,
			      const struct option_store *store, unsigned int shift );

/* Write the option that the store is about, at this level. Without a value it goes away; so does
 * an encapsulating option that is left empty. */
static void write_stored ( struct writer *w, const void *old, size_t old_len,
			   const struct option_store *store, unsigned int shift ) {
	uint8_t inner[255];
	struct writer sub = WRITER ( inner, sizeof ( inner ) );
	uint8_t tag = store->tag >> shift;

	if ( shift == 0 ) {
		if ( store->len )
			dhcp_write_option ( w, tag, store->raw, store->len );
		return;
	}
	rewrite_options ( &sub, old, old_len, store, shift - 8 );
	if ( writer_failed ( &sub ) )
		w->failed = true;
	else if ( writer_len ( &sub ) )
		dhcp_write_option ( w, tag, inner, writer_len ( &sub ) );
}

/* Copy options, the one that the store is about replaced where it was, else added at the end. */
static void rewrite_options ( struct writer *w, const void *options, size_t len,
			      const struct option_store *store, unsigned int shift ) {
	struct reader r = READER ( options, len );
	uint8_t wanted = store->tag >> shift;
	bool stored = false;

	while ( reader_left ( &r ) ) {
		uint8_t tag = read_u8 ( &r );
		size_t value_len;
		const uint8_t *value;

		if ( tag == DHCP_OPTION_PAD )
			continue;
		if ( tag == DHCP_OPTION_END )
			break;
		value_len = read_u8 ( &r );
		value = read_bytes ( &r, value_len );
		if ( reader_failed ( &r ) )
			break;
		if ( tag != wanted ) {
			dhcp_write_option ( w, tag, value, value_len );
		} else if ( !stored ) {
			write_stored ( w, value, value_len, store, shift );
			stored = true;
		}
	}
	if ( !stored )
		write_stored ( w, NULL, 0, store, shift );
}

static int store_address ( uint32_t *addr, const void *raw, size_t len ) {
	struct reader r = READER ( raw, len );

	if ( ( len != 0 ) && ( len != 4 ) )
		return FAIL ( EINVAL_SETTING, "an address has 4 bytes, not %zu", len );
	*addr = len ? read_be32 ( &r ) : 0;
	return 0;
}

static int dhcp_settings_store ( struct settings *settings, const struct setting *setting,
				 const void *raw, size_t len ) {
	struct dhcp_block *block = container_of ( settings, struct dhcp_block, settings );
	struct option_store store = { .tag = setting->tag, .raw = raw, .len = len };
	unsigned int shift = 0;
	struct writer w;
	uint8_t *options;

	if ( is_address ( setting->tag ) )
		return store_address ( ( setting->tag == DHCP_IPXE_YIADDR ) ? &block->yiaddr
									    : &block->siaddr,
				       raw, len );

	options = malloc ( DHCP_SETTINGS_MAX );
	if ( !options )
		return -ENOMEM;
	while ( setting->tag >> ( shift + 8 ) )
		shift += 8;
	w = WRITER ( options, DHCP_SETTINGS_MAX );
	rewrite_options ( &w, block->options, block->options_len, &store, shift );
	if ( writer_failed ( &w ) ) {
		free ( options );
		return FAIL ( ENOSPC, "DHCP options hold 255 bytes each, %d in all",
			      DHCP_SETTINGS_MAX );
	}
	free ( block->options );
	block->options_len = writer_len ( &w );
	block->options = realloc ( options, block->options_len + 1 );
	if ( !block->options )
		block->options = options;

	/* A deleted file name must not show up again from the header. */
	if ( ( len == 0 ) && ( setting->tag == DHCP_OPTION_BOOTFILE ) )
		block->file[0] = '\0';
	if ( ( len == 0 ) && ( setting->tag == DHCP_OPTION_TFTP_SERVER ) )
		block->sname[0] = '\0';
	return 0;
}

static const struct settings_ops dhcp_settings_ops = {
	.applies = dhcp_settings_applies,
	.store = dhcp_settings_store,
	.fetch = dhcp_settings_fetch,
};

bool dhcp_settings_is ( const struct settings *settings ) {
	return settings->ops == &dhcp_settings_ops;
}

static struct dhcp_block *block_find ( const struct settings *owner, const char *name ) {
	struct dhcp_block *block;

	list_for_each ( block, &dhcp_blocks, list ) {
		if ( ( block->owner == owner ) && ( strcmp ( block->settings.name, name ) == 0 ) )
			return block;
	}
	return NULL;
}

static void block_free ( struct dhcp_block *block ) {
	list_del ( &block->list );
	settings_unregister ( &block->settings );
	free ( block->options );
	free ( block );
}

void dhcp_settings_drop ( struct settings *parent, const char *name ) {
	struct dhcp_block *block = block_find ( parent, name );

	if ( block )
		block_free ( block );
}

static struct dhcp_block *block_new ( const struct dhcp_packet *packet ) {
	size_t max = packet->options_len + DHCP_FILE_LEN + DHCP_SNAME_LEN;
	struct dhcp_block *block = zalloc ( sizeof ( *block ) );

	if ( !block )
		return NULL;
	list_init ( &block->list );
	settings_init ( &block->settings, &dhcp_settings_ops, NULL );
	block->options = malloc ( max );
	if ( !block->options ) {
		free ( block );
		return NULL;
	}
	block->options_len = dhcp_collect_options ( packet, block->options,
						    MIN ( max, (size_t) DHCP_SETTINGS_MAX ) );
	block->yiaddr = packet->yiaddr;
	block->siaddr = packet->siaddr;
	if ( !dhcp_overloaded ( packet, DHCP_OVERLOAD_FILE ) )
		memcpy ( block->file, packet->file, DHCP_FILE_LEN );
	if ( !dhcp_overloaded ( packet, DHCP_OVERLOAD_SNAME ) )
		memcpy ( block->sname, packet->sname, DHCP_SNAME_LEN );
	return block;
}

int dhcp_settings_register ( struct settings *parent, const char *name,
			     const struct dhcp_packet *packet ) {
	struct dhcp_block *block = block_new ( packet );
	int rc;

	if ( !block )
		return FAIL ( ENOMEM, "no memory for the settings of a DHCP packet" );
	/* Applicators see only the change from the old block to the new one. */
	settings_hold ();
	dhcp_settings_drop ( parent, name );
	block->owner = parent;
	list_add_tail ( &block->list, &dhcp_blocks );
	if ( ( rc = settings_register ( &block->settings, parent, name ) ) != 0 )
		block_free ( block );
	settings_release ();
	return rc;
}
