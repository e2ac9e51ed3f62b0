/** @file
 * Booting as the network says: configure an interface, then run what DHCP names (docs/booting.md).
 */
#include <stdlib.h>
#include <string.h>
#include "core/console.h"
#include "core/error.h"
#include "core/image.h"
#include "core/settings.h"
#include "proto/boot_uri.h"
#include "proto/cached_dhcp.h"
#include "proto/fetch.h"
#include "proto/ifconf.h"
#include "proto/pxebs.h"
#include "shell/autoboot.h"
#include "shell/netif_print.h"
#include "shell/pxe_menu.h"

/** What DHCP said. Strings are heap memory or NULL. */
struct boot_settings {
	char *filename;
	char *root_path;
	char *san_filename;
	ipv4_addr_t next_server; /**< of who named the file, or 0 */
};

static void boot_settings_free ( struct boot_settings *boot ) {
	free ( boot->filename );
	free ( boot->root_path );
	free ( boot->san_filename );
}

/** Wait for a setting that is on its way. @return false if it cannot be had */
static TASK_FN bool await ( const char *name ) {
	struct setting_ref ref;

	if ( setting_ref_parse ( name, false, &ref ) != 0 )
		return false;
	return ( setting_fetch ( &ref, NULL, 0, NULL, NULL ) >= 0 ) ||
	       ( settings_wait ( &ref.setting ) == 0 );
}

/** A setting with all ${...} in it expanded. @return heap memory, or NULL: not set or empty */
static TASK_FN char *get_expanded ( const char *name, struct settings **ret_origin ) {
	char *raw, *text = NULL;
	struct setting_ref ref;

	if ( ( setting_ref_parse ( name, false, &ref ) != 0 ) ||
	     ( setting_fetch ( &ref, NULL, 0, ret_origin, NULL ) < 0 ) )
		return NULL;
	if ( ( raw = setting_fetch_text_alloc ( &ref ) ) != NULL )
		settings_expand_wait ( raw, &text );
	free ( raw );
	if ( text && !*text ) {
		free ( text );
		text = NULL;
	}
	return text;
}

/** @param filename  setting that names the file */
static TASK_FN void boot_settings_get ( struct boot_settings *boot, const char *filename ) {
	struct settings *origin = NULL;
	char addr[IPV4_TEXT_LEN];

	memset ( boot, 0, sizeof ( *boot ) );
	/* Only a missing file name is worth waiting for a ProxyDHCP server. */
	if ( await ( filename ) )
		boot->filename = get_expanded ( filename, &origin );
	/* The server that goes with the file name is the one of who gave the name. */
	settings_get_ipv4 ( origin, "next-server", &boot->next_server );
	if ( boot->next_server )
		con_printf ( "Next server: %s\n", ipv4_text ( boot->next_server, addr ) );
	if ( boot->filename )
		con_printf ( "Filename: %s\n", boot->filename );
	boot->root_path = get_expanded ( "root-path", NULL );
	if ( boot->root_path )
		con_printf ( "Root path: %s\n", boot->root_path );
	boot->san_filename = get_expanded ( "san-filename", NULL );
	if ( boot->san_filename )
		con_printf ( "SAN filename: %s\n", boot->san_filename );
}

/** Fetch and run. What failed has been said. */
static TASK_FN int boot_from ( const char *uri ) {
	struct image *image;
	int rc;

	if ( ( rc = fetch_image ( uri, &fetch_no_options, &image ) ) != 0 )
		return rc;
	image_register ( image );
	image_print ( image );
	image->flags |= IMAGE_AUTOFREE;
	rc = image_exec ( image );
	image_put ( image );
	if ( rc != 0 )
		return error_report ( rc, "Could not boot image" );
	con_printf ( "\n" );
	return 0;
}

static TASK_FN int boot_as_told ( const char *filename ) {
	struct boot_settings boot;
	char *uri;
	int rc;

	boot_settings_get ( &boot, filename );
	uri = boot.filename ? boot_uri ( boot.next_server, boot.filename ) : NULL;
	if ( boot.root_path )
		con_printf ( "Ignoring unsupported root path\n" );
	if ( uri ) {
		rc = boot_from ( uri );
	} else {
		rc = task_cancelled () ? -ECANCELED : -ENOENT_BOOT;
		error_report ( rc, "Nothing to boot" );
	}
	free ( uri );
	boot_settings_free ( &boot );
	return rc;
}

/** The server's menu decides. What failed has been said. */
static TASK_FN int boot_from_menu ( struct netif *netif ) {
	uint16_t type;
	int rc;

	con_printf ( "Booting from PXE menu\n" );
	if ( ( rc = pxe_menu_choose ( &type ) ) != 0 )
		return error_report ( rc, "Could not boot from PXE menu" );
	/* Local boot: leave it to the firmware's next device. */
	if ( type == 0 )
		return 0;
	if ( ( rc = pxebs_discover ( netif, type ) ) != 0 )
		return rc;
	return boot_as_told ( "pxebs/filename" );
}

static TASK_FN int netboot ( struct netif *netif ) {
	struct netif *other = NULL;
	int rc;

	while ( ( other = netif_next ( other ) ) != NULL ) {
		if ( other != netif )
			netif_close ( other );
	}
	if ( ( rc = netif_open ( netif ) ) != 0 )
		return error_report ( rc, "Could not open %s", netif->name );
	netif_print ( netif );
	if ( ( rc = netif_configure ( netif, NULL, 0 ) ) != 0 )
		return rc;
	routes_print ();
	if ( pxe_menu_present () )
		return boot_from_menu ( netif );
	return boot_as_told ( "filename" );
}

/** Whether an interface may be booted from; NULL: all. */
static bool ( *limit ) ( const struct netif *netif );

void autoboot_limit ( bool ( *allowed ) ( const struct netif *netif ) ) {
	limit = allowed;
}

/** For autoboot_limit_pci(). */
static uint32_t limit_place;

static bool is_at_place ( const struct netif *netif ) {
	return netif->bus_type && ( strcmp ( netif->bus_type, "PCI" ) == 0 ) &&
	       ( netif->bus_loc == limit_place );
}

void autoboot_limit_pci ( uint32_t place ) {
	limit_place = place;
	autoboot_limit ( is_at_place );
}

TASK_FN int autoboot ( struct netif *only ) {
	struct netif *netif = NULL;
	int rc = -ENODEV_AUTOBOOT;

	if ( only )
		return netboot ( only );
	/* The interface that loaded us first: its network is the one that boots. */
	for ( unsigned int pass = 0; pass <= 1; pass++ ) {
		while ( ( netif = netif_next ( netif ) ) != NULL ) {
			if ( ( limit && !limit ( netif ) ) ||
			     ( ( netif == cached_dhcp_boot_netif () ) != ( pass == 0 ) ) )
				continue;
			rc = netboot ( netif );
			if ( task_cancelled () )
				return rc;
		}
	}
	con_printf ( "No more network devices\n" );
	return rc;
}
