/** @file
 * Image type `EFI`: UEFI applications, drivers, and Linux kernels with an EFI stub, run by the firmware
 * (UEFI specification 2.10 §7.4). What the program finds: its command line, our images as a file
 * system beside it, the initrd for Linux, and the NICs in the firmware's hands.
 */
#include <stdlib.h>
#include <string.h>
#include "core/error.h"
#include "core/image.h"
#include "core/memory.h"
#include "core/version.h"
#include "image/pe.h"
#include "platform/efi/efi.h"

/** The file id of errors of programs; causes 1: not loaded, 2: not started, or ended with a status.
 * The firmware's status is the low byte. */
#define FILE_EFI_IMAGE 0x048000
#define CAUSE_LOAD     1
#define CAUSE_START    2

static EFI_GUID path_guid = EFI_DEVICE_PATH_PROTOCOL_GUID;
static EFI_GUID fs_guid = EFI_SIMPLE_FILE_SYSTEM_PROTOCOL_GUID;
static EFI_GUID loaded_image_guid = EFI_LOADED_IMAGE_PROTOCOL_GUID;

/** A program, from its loading to its end. */
struct program {
	struct image *image;
	struct pe pe;
	uint8_t *path; /**< of the program; the device's path is its start */
	size_t device_path_len;
	EFI_HANDLE device;
	EFI_HANDLE handle;
	CHAR16 *options; /**< pool memory, or NULL */
	int rc;
	struct error_note note;
};

static int status_code ( unsigned int cause, EFI_STATUS status ) {
	return (int) ( ERROR_AT ( EPLATFORM, FILE_EFI_IMAGE, cause ) | ( status & 0x7f ) |
		       ( EFI_ERROR ( status ) ? 0x80 : 0 ) );
}

/* ---- The device that the program comes from ---- */

/** Device path of the program: boot device, URI, name. The part without the name is the device's. */
static int make_path ( struct program *program ) {
	const char *name = program->image->name;
	size_t chars = strlen ( name ) + 3, uri_len, len;
	char *uri = program->image->uri ? uri_text ( program->image->uri, true ) : NULL;
	CHAR16 *file = malloc ( chars * sizeof ( *file ) );
	uint8_t *path = NULL;

	uri_len = uri ? strlen ( uri ) : 0;
	/* Nodes have 16 bits for their length. */
	if ( file && ( chars < 0x4000 ) && ( uri_len < 0x8000 ) )
		path = efi_boot_path ( uri_len + chars * sizeof ( *file ) + 16, &len );
	if ( path ) {
		len += efi_path_node ( path + len, MESSAGING_DEVICE_PATH, MSG_URI_DP, uri,
				       uri_len );
		program->path = path;
		program->device_path_len = len;
		file[0] = '\\';
		chars = efi_utf16 ( name, file + 1, chars - 1 ) + 2;
		len += efi_path_node ( path + len, MEDIA_DEVICE_PATH, MEDIA_FILEPATH_DP, file,
				       chars * sizeof ( *file ) );
		efi_path_node ( path + len, END_DEVICE_PATH_TYPE, END_ENTIRE_DEVICE_PATH_SUBTYPE,
				NULL, 0 );
	}
	free ( file );
	free ( uri );
	return path ? 0 : -ENOMEM;
}

/** The path of the device alone: what the file's node is, is then its end. */
static uint8_t *device_path ( const struct program *program ) {
	uint8_t *path = memdup ( program->path, program->device_path_len + 4 );

	if ( path )
		efi_path_node ( path + program->device_path_len, END_DEVICE_PATH_TYPE,
				END_ENTIRE_DEVICE_PATH_SUBTYPE, NULL, 0 );
	return path;
}

static int install_device ( struct program *program, uint8_t *path ) {
	EFI_STATUS status;

	status = efi_bs->InstallProtocolInterface ( &program->device, &path_guid,
						    EFI_NATIVE_INTERFACE, path );
	if ( status == 0 )
		status = efi_bs->InstallProtocolInterface ( &program->device, &fs_guid,
							    EFI_NATIVE_INTERFACE, &efi_image_fs );
	return ( status == 0 ) ? 0
			       : FAIL ( EIO, "the firmware does not take our file system (%#llx)",
					(unsigned long long) status );
}

static void uninstall_device ( struct program *program, uint8_t *path ) {
	efi_image_fs_close_all ();
	if ( !program->device ) {
		free ( path );
		return;
	}
	efi_bs->UninstallProtocolInterface ( program->device, &fs_guid, &efi_image_fs );
	/* What the firmware does not let go of has to stay. */
	if ( efi_bs->UninstallProtocolInterface ( program->device, &path_guid, path ) == 0 )
		free ( path );
}

/* ---- Command line ---- */

/**
 * Load options: `<name> <arguments>`, as a Linux kernel and the firmware's shell have it. A unified
 * kernel image would take the name for its kernel's command line, in place of its own: it gets
 * the arguments alone, and nothing if there are none.
 */
static int set_load_options ( struct program *program, EFI_LOADED_IMAGE_PROTOCOL *loaded ) {
	const char *args = program->image->cmdline ? program->image->cmdline : "";
	const char *name = program->pe.unified ? "" : program->image->name;
	size_t chars = strlen ( name ) + strlen ( args ) + 4, len;
	CHAR16 *options;

	if ( !*name && !*args )
		return 0;
	if ( ( chars > UINT32_MAX / sizeof ( *options ) ) ||
	     ( efi_bs->AllocatePool ( EfiLoaderData, chars * sizeof ( *options ),
				      (void **) &options ) != 0 ) )
		return -ENOMEM;
	len = efi_utf16 ( name, options, chars );
	if ( *name && *args )
		options[len++] = ' ';
	len += efi_utf16 ( args, options + len, chars - len );
	loaded->LoadOptions = program->options = options;
	loaded->LoadOptionsSize = (UINT32) ( ( len + 1 ) * sizeof ( *options ) );
	return 0;
}

/* ---- Loading and starting ---- */

static int load ( struct program *program ) {
	EFI_LOADED_IMAGE_PROTOCOL *loaded;
	struct image *image = program->image;
	EFI_STATUS status;
	int rc;

	status = efi_bs->LoadImage ( false, efi_image, (EFI_DEVICE_PATH *) program->path,
				     image->data, image->len, &program->handle );
	if ( status == 0 ) {
		loaded = efi_protocol ( program->handle, &loaded_image_guid );
		rc = loaded ? set_load_options ( program, loaded ) : -EIO;
	} else if ( status == EFI_SECURITY_VIOLATION ) {
		rc = FAIL ( status_code ( CAUSE_LOAD, status ),
			    "Secure Boot: the firmware does not trust %s", image->name );
	} else {
		rc = FAIL ( status_code ( CAUSE_LOAD, status ),
			    "the firmware does not load %s (status %#llx)", image->name,
			    (unsigned long long) status );
	}
	/* What Secure Boot has refused is loaded nevertheless. */
	if ( ( rc != 0 ) && ( ( status == 0 ) || ( status == EFI_SECURITY_VIOLATION ) ) )
		efi_bs->UnloadImage ( program->handle );
	return rc;
}

/** What the program has left to say, for the line that the user reads. */
static int ended ( struct program *program, EFI_STATUS status, const CHAR16 *text,
		   UINTN text_len ) {
	char words[80] = "";

	if ( status == 0 )
		return 0;
	if ( text )
		efi_utf8 ( text, text_len / sizeof ( *text ), words, sizeof ( words ) );
	words[strcspn ( words, "\r\n" )] = '\0';
	return FAIL ( status_code ( CAUSE_START, status ), "%.64s ended with status %#llx%s%s",
		      program->image->name, (unsigned long long) status, *words ? ": " : "",
		      words );
}

static void start ( struct program *program ) {
	CHAR16 *text = NULL;
	UINTN text_len = 0;
	EFI_STATUS status;

	status = efi_bs->StartImage ( program->handle, &text_len, &text );
	/* It may have armed the watchdog for itself. */
	efi_bs->SetWatchdogTimer ( 0, 0, 0, NULL );
	program->rc = ended ( program, status, text, text_len );
	if ( text )
		efi_bs->FreePool ( text );
}

/** A driver stays where it is, and finds its devices. */
static void connect_all ( void ) {
	EFI_HANDLE *handles;
	UINTN count = 0, i;

	if ( efi_bs->LocateHandleBuffer ( AllHandles, NULL, NULL, &count, &handles ) != 0 )
		return;
	for ( i = 0; i < count; i++ )
		efi_bs->ConnectController ( handles[i], NULL, NULL, true );
	efi_bs->FreePool ( handles );
}

static void run_with_initrd ( struct program *program ) {
	if ( ( program->rc = efi_initrd_install () ) != 0 ) {
		efi_bs->UnloadImage ( program->handle );
		return;
	}
	efi_hand_over ();
	start ( program );
	if ( ( program->rc == 0 ) && ( program->pe.subsystem != PE_SUBSYSTEM_APPLICATION ) )
		connect_all ();
	efi_take_back ();
	efi_initrd_uninstall ();
}

static void run ( void *arg ) {
	struct program *program = arg;
	uint8_t *path;

	if ( ( program->rc = make_path ( program ) ) != 0 )
		return;
	if ( ( path = device_path ( program ) ) == NULL )
		program->rc = -ENOMEM;
	else
		program->rc = install_device ( program, path );
	if ( program->rc == 0 )
		program->rc = load ( program );
	if ( program->rc == 0 )
		run_with_initrd ( program );
	error_note_get ( &program->note );
	/* A driver that stays may look at them again. */
	if ( program->options &&
	     ( ( program->rc != 0 ) || ( program->pe.subsystem == PE_SUBSYSTEM_APPLICATION ) ) )
		efi_bs->FreePool ( program->options );
	uninstall_device ( program, path );
	free ( program->path );
}

static TASK_FN int efi_exec ( struct image *image ) {
	struct program program = { .image = image };
	int rc;

	if ( ( rc = pe_parse ( image->data, image->len, &program.pe ) ) != 0 )
		return rc;
	on_root ( run, &program );
	error_note_set ( &program.note );
	return program.rc;
}

static int efi_probe ( struct image *image ) {
	return pe_probe ( image->data, image->len );
}

static const struct image_type efi_image_type = {
	.name = "EFI", .order = 50, .probe = efi_probe, .exec = efi_exec
};
IMAGE_TYPE ( efi_image_type );

static const struct feature efi_feature = { .name = "EFI", .order = 210, .tag = 36, .value = 1 };
FEATURE ( efi_feature );
