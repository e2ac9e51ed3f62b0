/** @file
 * Image type `EFI`: UEFI applications, drivers, and Linux kernels with an EFI stub, run by the firmware
 * (UEFI specification 2.10 §7.4). What the program finds: its command line, our images as a file
 * system beside it, the initrd for Linux, and the NICs in the firmware's hands.
 */
#include <stdlib.h>
#include <string.h>
#include "core/error.h"
#include "core/image.h"
#include "core/init.h"
#include "core/log.h"
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
	struct image *shim; /**< loaded in place of the image, which it loads itself; or NULL */
	struct pe pe;
	uint8_t *path; /**< of the program; the device's path is its start */
	size_t device_path_len;
	EFI_HANDLE device;
	EFI_HANDLE handle;
	CHAR16 *options; /**< pool memory, or NULL */
	bool refused;    /**< the firmware did not load it */
	int rc;
	struct error_note note;
};

static int status_code ( unsigned int cause, EFI_STATUS status ) {
	return (int) ( ERROR_AT ( EPLATFORM, FILE_EFI_IMAGE, cause ) | ( status & 0x7f ) |
		       ( EFI_ERROR ( status ) ? 0x80 : 0 ) );
}

/** What the firmware is given. */
static struct image *loaded_image ( const struct program *program ) {
	return program->shim ? program->shim : program->image;
}

/* ---- The device that the program comes from ---- */

/** Device path of the program: boot device, URI, name. The part without the name is the device's. */
static int make_path ( struct program *program ) {
	const struct image *image = loaded_image ( program );
	size_t chars = strlen ( image->name ) + 3, uri_len, len;
	char *uri = image->uri ? uri_text ( image->uri, true ) : NULL;
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
		chars = efi_utf16 ( image->name, file + 1, chars - 1 ) + 2;
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
 * the arguments alone, and nothing if there are none. A shim is told what to load: `<name> <image's name>
 * <image's arguments>`, unless it has arguments of its own.
 */
static int set_load_options ( struct program *program, EFI_LOADED_IMAGE_PROTOCOL *loaded ) {
	const struct image *image = program->image, *shim = program->shim;
	const char *words[] = { shim ? shim->name : "",
				program->pe.unified && !shim ? "" : image->name, image->cmdline };
	size_t chars = 4, len = 0, i;
	CHAR16 *options;

	if ( shim && shim->cmdline ) {
		words[1] = shim->cmdline;
		words[2] = "";
	}
	for ( i = 0; i < ARRAY_SIZE ( words ); i++ ) {
		if ( !words[i] )
			words[i] = "";
		chars += strlen ( words[i] ) + 1;
	}
	if ( chars == 4 + ARRAY_SIZE ( words ) )
		return 0;
	if ( ( chars > UINT32_MAX / sizeof ( *options ) ) ||
	     ( efi_bs->AllocatePool ( EfiLoaderData, chars * sizeof ( *options ),
				      (void **) &options ) != 0 ) )
		return -ENOMEM;
	for ( i = 0; i < ARRAY_SIZE ( words ); i++ ) {
		if ( len && *words[i] )
			options[len++] = ' ';
		len += efi_utf16 ( words[i], options + len, chars - len );
	}
	loaded->LoadOptions = program->options = options;
	loaded->LoadOptionsSize = (UINT32) ( ( len + 1 ) * sizeof ( *options ) );
	return 0;
}

/* ---- Loading and starting ---- */

/** @return the firmware's status; the program is loaded if it is 0 */
static EFI_STATUS load_image ( struct program *program ) {
	const struct image *image = loaded_image ( program );
	EFI_STATUS status = efi_bs->LoadImage ( false, efi_image, (EFI_DEVICE_PATH *) program->path,
						image->data, image->len, &program->handle );

	/* Refused, but loaded nevertheless; unlike EFI_ACCESS_DENIED. */
	if ( status == EFI_SECURITY_VIOLATION )
		efi_bs->UnloadImage ( program->handle );
	LOG ( LOG_EVENT, "%s: load status %#llx", image->name, (unsigned long long) status );
	program->refused = ( status != 0 );
	return status;
}

static int load ( struct program *program ) {
	EFI_LOADED_IMAGE_PROTOCOL *loaded;
	const char *name = loaded_image ( program )->name;
	EFI_STATUS status = load_image ( program );
	int rc;

	if ( ( status == EFI_SECURITY_VIOLATION ) || ( status == EFI_ACCESS_DENIED ) )
		return FAIL ( status_code ( CAUSE_LOAD, status ),
			      "Secure Boot: the firmware does not trust %s", name );
	if ( status != 0 )
		return FAIL ( status_code ( CAUSE_LOAD, status ),
			      "the firmware does not load %s (status %#llx)", name,
			      (unsigned long long) status );
	loaded = efi_protocol ( program->handle, &loaded_image_guid );
	rc = loaded ? set_load_options ( program, loaded ) : -EIO;
	if ( rc != 0 )
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

	if ( program->shim )
		efi_shim_begin ( program->shim->flags );
	status = efi_bs->StartImage ( program->handle, &text_len, &text );
	if ( program->shim )
		efi_shim_end ();
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
	LOG ( LOG_EVENT, "%s: starts, subsystem %u%s", loaded_image ( program )->name,
	      program->pe.subsystem, program->pe.unified ? ", a unified kernel image" : "" );
	init_suspend ();
	start ( program );
	if ( ( program->rc == 0 ) && ( program->pe.subsystem != PE_SUBSYSTEM_APPLICATION ) )
		connect_all ();
	init_resume ();
	LOG ( LOG_EVENT, "%s: came back: %s", loaded_image ( program )->name,
	      program->rc ? error_text ( program->rc ) : "success" );
	efi_initrd_uninstall ();
}

static void attempt ( struct program *program ) {
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

static void run ( void *arg ) {
	struct program *program = arg;

	attempt ( program );
	if ( !program->refused || ( ( program->shim = image_flagged ( IMAGE_SHIM ) ) == NULL ) )
		return;
	program->device = NULL;
	attempt ( program );
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

static void load_and_unload ( void *arg ) {
	struct program *program = arg;

	if ( make_path ( program ) != 0 )
		return;
	if ( load_image ( program ) == 0 )
		efi_bs->UnloadImage ( program->handle );
	free ( program->path );
}

static bool efi_trusted ( struct image *image ) {
	struct program program = { .image = image, .refused = true };

	on_root ( load_and_unload, &program );
	return !program.refused;
}

static int efi_probe ( struct image *image ) {
	return pe_probe ( image->data, image->len );
}

static const struct image_type efi_image_type = {
	.name = "EFI",
	.order = 50,
	.probe = efi_probe,
	.exec = efi_exec,
	.trusted = efi_trusted,
};
IMAGE_TYPE ( efi_image_type );

static const struct feature efi_feature = { .name = "EFI", .order = 210, .tag = 36, .value = 1 };
FEATURE ( efi_feature );
