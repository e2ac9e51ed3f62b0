/** @file
 * Scripts that come with us: `autoexec.ipxe` from the file system or the server that we were loaded
 * from, and the command line in the load options (UEFI specification 2.10 §9.1, §13.5). Embedded images
 * are registered before them, so an embedded script runs first.
 */
#include <stdlib.h>
#include <string.h>
#include "config/branding.h"
#include "core/console.h"
#include "core/error.h"
#include "core/image.h"
#include "core/uri.h"
#include "platform/efi/efi.h"
#include "proto/cached_dhcp.h"
#include "proto/fetch.h"
#include "proto/ifconf.h"
#include "shell/command.h"

#define AUTOEXEC_NAME "autoexec.ipxe"
#define CMDLINE_NAME  "<CMDLINE>"
/** How long a server may be silent. */
#define AUTOEXEC_TIMEOUT_US ( 30 * US_PER_S )
/** Longest path of ours, and longest command line, characters. */
#define PATH_MAX_CHARS    512
#define CMDLINE_MAX_CHARS 32767
/** No command has a longer name. */
#define COMMAND_NAME_MAX 15

/** Firmware files: file id and cause of all their errors; the status is the low byte. */
#define EPLATFORM_FILE ERROR_AT ( EPLATFORM, 0x4de000, 1 )

/* ---- autoexec.ipxe ---- */

/** Copy all of a file into an image. */
static EFI_STATUS read_file ( EFI_FILE_PROTOCOL *file, struct image *image ) {
	static uint8_t buf[4096];
	EFI_STATUS status;
	UINTN len;

	for ( ;; ) {
		len = sizeof ( buf );
		if ( ( status = file->Read ( file, &len, buf ) ) != 0 )
			return status;
		if ( !len || ( len > sizeof ( buf ) ) )
			return EFI_SUCCESS;
		if ( image_write ( image, image->len, buf, len ) != 0 )
			return EFI_OUT_OF_RESOURCES;
	}
}

/**
 * Try one place, with a progress line.
 * @param text  what the user reads
 * @param path  on the volume
 * @return true if the file was read; it may be empty
 */
static bool try_autoexec ( EFI_FILE_PROTOCOL *root, const char *text, CHAR16 *path,
			   struct image *image ) {
	EFI_FILE_PROTOCOL *file;
	EFI_STATUS status;
	unsigned int code;

	con_printf ( "%s...", text );
	status = root->Open ( root, &file, path, EFI_FILE_MODE_READ, 0 );
	if ( status == 0 ) {
		status = read_file ( file, image );
		file->Close ( file );
	}
	code = EPLATFORM_FILE | 0x80 | ( status & 0x7f );
	if ( status == 0 )
		con_printf ( " ok\n" );
	else if ( status == EFI_NOT_FOUND )
		con_printf ( " Not found (" PRODUCT_ERROR_URI ")\n", code );
	else
		con_printf ( " %s\n", error_text ( -(int) code ) );
	return status == 0;
}

/** Path of the folder that we were loaded from, with `\` at the end; room for a name is left. */
static size_t own_folder ( CHAR16 *path, size_t max ) {
	const uint8_t *node = (const uint8_t *) efi_loaded_image->FilePath;
	size_t len = 0, node_len, i;

	while ( node && ( node[0] == MEDIA_DEVICE_PATH ) && ( node[1] == MEDIA_FILEPATH_DP ) ) {
		node_len = node[2] | ( node[3] << 8 );
		if ( node_len < 4 )
			break;
		for ( i = 4; i + 2 <= node_len; i += 2 ) {
			CHAR16 c = node[i] | ( node[i + 1] << 8 );

			if ( !c )
				break;
			if ( len == max )
				return 0;
			path[len++] = c;
		}
		node += node_len;
	}
	while ( len && ( path[len - 1] != '\\' ) )
		len--;
	return len;
}

static bool find_file ( EFI_FILE_PROTOCOL *root, struct image *image ) {
	static CHAR16 path[PATH_MAX_CHARS + sizeof ( AUTOEXEC_NAME ) + 1];
	static const CHAR16 name[] = L"\\autoexec.ipxe";
	size_t len = own_folder ( path, PATH_MAX_CHARS );

	/* The name brings a separator of its own. */
	memcpy ( path + ( len ? len - 1 : 0 ), name, sizeof ( name ) );
	if ( try_autoexec ( root, "file:" AUTOEXEC_NAME, path, image ) )
		return true;
	memcpy ( path, name, sizeof ( name ) );
	return try_autoexec ( root, "file:/" AUTOEXEC_NAME, path, image );
}

/** @return true if we come from a file system, whatever is on it */
static bool load_file ( void ) {
	static const EFI_GUID fs_guid = EFI_SIMPLE_FILE_SYSTEM_PROTOCOL_GUID;
	EFI_SIMPLE_FILE_SYSTEM_PROTOCOL *fs =
		efi_protocol ( efi_loaded_image->DeviceHandle, &fs_guid );
	EFI_FILE_PROTOCOL *root;
	struct image *image;

	if ( !fs || ( fs->OpenVolume ( fs, &root ) != 0 ) )
		return false;
	image = image_new ( AUTOEXEC_NAME, NULL );
	if ( image && find_file ( root, image ) && image->len )
		image_register ( image );
	image_put ( image );
	root->Close ( root );
	return true;
}

static void load_file_on_root ( void *arg ) {
	bool *from_file_system = arg;

	*from_file_system = load_file ();
}

/**
 * Try one place on the server that we were loaded from.
 * @return 0, or an error after which the next place is worth a try
 */
static TASK_FN int try_server ( const char *uri ) {
	struct fetch_options options = { .timeout_us = AUTOEXEC_TIMEOUT_US };
	struct image *image;
	int rc = fetch_image ( uri, &options, &image );

	if ( rc != 0 )
		return rc;
	if ( image->len )
		image_register ( image );
	image_put ( image );
	return 0;
}

/** Beside us on the server, else in its root: over the network as the firmware has left it. */
static TASK_FN void fetch_autoexec ( void ) {
	struct netif *netif = cached_dhcp_boot_netif ();
	const struct uri *cwd = uri_cwd ();
	int rc;

	if ( !netif || !netif->open || !cwd || !cwd->path )
		return;
	/* The NIC may have been reset when its driver changed. */
	if ( !netif->link_up && ( netif_link_job ( netif, LINK_WAIT_US ) != 0 ) )
		return;
	rc = try_server ( AUTOEXEC_NAME );
	/* Not once more what cannot be had, nor what was just asked for. */
	if ( ( rc != 0 ) && ( rc != -ECANCELED_JOB ) && ( rc != -ETIMEDOUT_JOB ) &&
	     ( strrchr ( cwd->path, '/' ) != cwd->path ) )
		try_server ( "/" AUTOEXEC_NAME );
}

/* ---- Command line ---- */

/** Load options are text only by custom. @return characters before the NUL; 0 if it is something else */
static size_t text_len ( const CHAR16 *text, size_t chars ) {
	size_t i;

	for ( i = 0; ( i < chars ) && text[i]; i++ ) {
		if ( ( ( text[i] < ' ' ) && ( text[i] != '\t' ) && ( text[i] != '\n' ) &&
		       ( text[i] != '\r' ) ) ||
		     ( text[i] >= 0xfffe ) )
			return 0;
	}
	return i;
}

/** True if a text begins with a command of ours. */
static bool is_command ( const char *text ) {
	size_t len = strcspn ( text, " \t\r\n" );
	char word[COMMAND_NAME_MAX + 1] = "";

	if ( len > COMMAND_NAME_MAX )
		return false;
	memcpy ( word, text, len );
	return command_find ( word ) != NULL;
}

/**
 * What follows the first word, which is the program's name; the firmware's shell leaves it in quotes
 * if it was. GRUB, systemd-boot and boot options (efibootmgr) have no such word: what begins with a command is
 * that command already.
 */
static const char *skip_name ( const char *text ) {
	static const char blanks[] = " \t";

	text += strspn ( text, blanks );
	if ( is_command ( text ) )
		return text;
	if ( *text == '"' ) {
		text++;
		text += strcspn ( text, "\"" );
	}
	text += strcspn ( text, blanks );
	return text + strspn ( text, blanks );
}

static const struct image_type *script_type ( void ) {
	TABLE ( image_type, image_type );
	const struct image_type *const *type;

	table_for_each ( type, image_type ) {
		if ( strcmp ( ( *type )->name, "script" ) == 0 )
			return *type;
	}
	return NULL;
}

static void register_command ( const char *command ) {
	struct image *image = image_new ( CMDLINE_NAME, NULL );

	if ( image && ( image_write ( image, 0, command, strlen ( command ) ) == 0 ) ) {
		image->type = script_type ();
		image_register ( image );
	}
	image_put ( image );
}

static void register_command_line ( void ) {
	const CHAR16 *options = efi_loaded_image->LoadOptions;
	size_t chars = efi_loaded_image->LoadOptionsSize / sizeof ( *options );
	const char *command;
	char *text;
	size_t len;

	chars = options ? text_len ( options, chars ) : 0;
	if ( chars > CMDLINE_MAX_CHARS ) {
		con_printf ( "Command line of %zu characters is too long, ignored\n", chars );
		return;
	}
	len = 3 * chars + 5; /* three bytes each, and room for one more character */
	if ( !chars || !( text = malloc ( len ) ) )
		return;
	efi_utf8 ( options, chars, text, len );
	command = skip_name ( text );
	if ( *command )
		register_command ( command );
	free ( text );
}

TASK_FN void efi_register_scripts ( void ) {
	bool from_file_system;

	on_root ( load_file_on_root, &from_file_system );
	/* With an embedded script nobody would run it; that script can fetch it if it wants to. */
	if ( !from_file_system && !image_to_start () )
		fetch_autoexec ();
	register_command_line ();
}
