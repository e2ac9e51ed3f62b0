/** @file
 * The registered images as a read-only file system (UEFI specification 2.10 §13.4, §13.5), for programs
 * that we start: boot loaders look for their files beside themselves, and Linux for `initrd=<name>`.
 *
 * There is one folder. Names are compared without regard to case, leading `\` and `.` are ignored.
 * `initrd.magic` is the whole initrd (image/initrd.h), `grub*.efi` the selected image, for shim looks
 * for that name.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "core/image.h"
#include "core/memory.h"
#include "image/initrd.h"
#include "platform/efi/efi.h"

#define VOLUME_LABEL L"iPXE"
#define INITRD_NAME  "initrd.magic"
/** Longest name that is looked at, characters, and as UTF-8 with its NUL. */
#define NAME_MAX_CHARS 255
#define NAME_MAX_LEN   ( 3 * NAME_MAX_CHARS + 5 )
#define BLOCK_SIZE     512

static EFI_GUID file_info_guid = EFI_FILE_INFO_ID;
static EFI_GUID fs_info_guid = EFI_FILE_SYSTEM_INFO_ID;
static EFI_GUID label_guid = EFI_FILE_SYSTEM_VOLUME_LABEL_ID;

struct file {
	EFI_FILE_PROTOCOL proto; /* first, for the firmware's pointer is ours */
	struct list list;
	struct image *image; /* a reference; NULL: the folder, or the initrd */
	bool folder;
	uint64_t pos; /* in the folder: images that were read */
};

static struct list files = LIST_INIT ( files );
static const EFI_FILE_PROTOCOL file_proto;

static EFI_STATUS open_file ( struct image *image, bool folder, EFI_FILE_PROTOCOL **ret ) {
	struct file *file = zalloc ( sizeof ( *file ) );

	if ( !file )
		return EFI_OUT_OF_RESOURCES;
	file->proto = file_proto;
	file->folder = folder;
	if ( image )
		file->image = image_get ( image );
	list_add ( &file->list, &files );
	*ret = &file->proto;
	return EFI_SUCCESS;
}

static struct file *file_of ( EFI_FILE_PROTOCOL *proto ) {
	return container_of ( proto, struct file, proto );
}

static void close_file ( struct file *file ) {
	list_del ( &file->list );
	image_put ( file->image );
	free ( file );
}

void efi_image_fs_close_all ( void ) {
	struct file *file;

	while ( ( file = list_first ( &files, struct file, list ) ) != NULL )
		close_file ( file );
}

/* ---- Names ---- */

static struct image *find_by_name ( const char *name ) {
	struct image *image = NULL;

	while ( ( image = initrd_next ( image ) ) != NULL ) {
		if ( strcasecmp ( image->name, name ) == 0 )
			return image;
	}
	/* The program itself is not in the list while it runs. */
	image = image_current ();
	return ( image && ( strcasecmp ( image->name, name ) == 0 ) ) ? image : NULL;
}

/** "grub" ... ".efi" */
static bool is_grub ( const char *name ) {
	size_t len = strlen ( name );

	return ( len >= 8 ) && ( strncasecmp ( name, "grub", 4 ) == 0 ) &&
	       ( strcasecmp ( name + len - 4, ".efi" ) == 0 );
}

static EFI_STATUS EFIAPI file_open ( EFI_FILE_PROTOCOL *this, EFI_FILE_PROTOCOL **ret, CHAR16 *wide,
				     UINT64 mode, UINT64 attributes __unused ) {
	char buf[NAME_MAX_LEN];
	const char *name = buf;
	struct image *image;
	size_t chars = 0;

	if ( !ret || !wide )
		return EFI_INVALID_PARAMETER;
	while ( ( chars <= NAME_MAX_CHARS ) && wide[chars] )
		chars++;
	if ( !file_of ( this )->folder || ( chars > NAME_MAX_CHARS ) )
		return EFI_NOT_FOUND;
	efi_utf8 ( wide, chars, buf, sizeof ( buf ) );
	name += strspn ( name, "\\." );
	if ( mode != EFI_FILE_MODE_READ )
		return EFI_WRITE_PROTECTED;
	if ( !*name )
		return open_file ( NULL, true, ret );
	if ( ( image = find_by_name ( name ) ) != NULL )
		return open_file ( image, false, ret );
	if ( strcasecmp ( name, INITRD_NAME ) == 0 )
		return open_file ( NULL, false, ret );
	if ( is_grub ( name ) && ( ( image = image_selected () ) != NULL ) )
		return open_file ( image, false, ret );
	return EFI_NOT_FOUND;
}

static EFI_STATUS EFIAPI file_close ( EFI_FILE_PROTOCOL *this ) {
	close_file ( file_of ( this ) );
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI file_delete ( EFI_FILE_PROTOCOL *this ) {
	close_file ( file_of ( this ) );
	return EFI_WARN_DELETE_FAILURE;
}

/* ---- What is to be told of files ---- */

static uint64_t file_len ( const struct file *file ) {
	size_t len = 0;

	if ( file->image )
		return file->image->len;
	if ( file->folder || ( initrd_measure ( &len ) != 0 ) )
		return 0;
	return len;
}

/** Fixed part and a name behind it. */
static EFI_STATUS put_info ( const void *fixed, size_t fixed_len, const CHAR16 *name,
			     size_t name_chars, UINTN *len, void *buf ) {
	size_t total = fixed_len + ( name_chars + 1 ) * sizeof ( CHAR16 );

	if ( !len )
		return EFI_INVALID_PARAMETER;
	if ( !buf || ( *len < total ) ) {
		*len = total;
		return EFI_BUFFER_TOO_SMALL;
	}
	*len = total;
	memcpy ( buf, fixed, fixed_len );
	memcpy ( (uint8_t *) buf + fixed_len, name, ( name_chars + 1 ) * sizeof ( CHAR16 ) );
	return EFI_SUCCESS;
}

static EFI_STATUS put_file_info ( const char *name, uint64_t size, bool folder, UINTN *len,
				  void *buf ) {
	CHAR16 wide[NAME_MAX_CHARS + 2];
	EFI_FILE_INFO info;
	size_t chars = efi_utf16 ( name, wide, ARRAY_SIZE ( wide ) );

	memset ( &info, 0, sizeof ( info ) );
	info.Size = SIZE_OF_EFI_FILE_INFO + ( chars + 1 ) * sizeof ( CHAR16 );
	info.FileSize = size;
	info.PhysicalSize = ROUND_UP ( size, (uint64_t) BLOCK_SIZE );
	info.Attribute = EFI_FILE_READ_ONLY | ( folder ? EFI_FILE_DIRECTORY : 0 );
	return put_info ( &info, SIZE_OF_EFI_FILE_INFO, wide, chars, len, buf );
}

static EFI_STATUS put_volume_info ( UINTN *len, void *buf ) {
	static const CHAR16 label[] = VOLUME_LABEL;
	EFI_FILE_SYSTEM_INFO info;
	struct image *image = NULL;

	memset ( &info, 0, sizeof ( info ) );
	info.Size = SIZE_OF_EFI_FILE_SYSTEM_INFO + sizeof ( label );
	info.ReadOnly = true;
	while ( ( image = initrd_next ( image ) ) != NULL )
		info.VolumeSize += ROUND_UP ( (uint64_t) image->len, (uint64_t) BLOCK_SIZE );
	info.BlockSize = BLOCK_SIZE;
	return put_info ( &info, SIZE_OF_EFI_FILE_SYSTEM_INFO, label, ARRAY_SIZE ( label ) - 1, len,
			  buf );
}

static EFI_STATUS EFIAPI file_get_info ( EFI_FILE_PROTOCOL *this, EFI_GUID *type, UINTN *len,
					 void *buf ) {
	static const CHAR16 label[] = VOLUME_LABEL;
	const struct file *file = file_of ( this );
	const char *name = file->folder ? "" : file->image ? file->image->name : INITRD_NAME;

	if ( !type )
		return EFI_INVALID_PARAMETER;
	if ( memcmp ( type, &file_info_guid, sizeof ( *type ) ) == 0 )
		return put_file_info ( name, file_len ( file ), file->folder, len, buf );
	if ( memcmp ( type, &fs_info_guid, sizeof ( *type ) ) == 0 )
		return put_volume_info ( len, buf );
	if ( memcmp ( type, &label_guid, sizeof ( *type ) ) == 0 )
		return put_info ( label, 0, label, ARRAY_SIZE ( label ) - 1, len, buf );
	return EFI_UNSUPPORTED;
}

static EFI_STATUS EFIAPI file_set_info ( EFI_FILE_PROTOCOL *this __unused, EFI_GUID *type __unused,
					 UINTN len __unused, void *buf __unused ) {
	return EFI_WRITE_PROTECTED;
}

/* ---- Contents ---- */

/** The next entry of the folder; an empty answer at its end. */
static EFI_STATUS read_folder ( struct file *file, UINTN *len, void *buf ) {
	struct image *image = initrd_next ( NULL );
	EFI_STATUS status;
	uint64_t i;

	for ( i = 0; image && ( i < file->pos ); i++ )
		image = initrd_next ( image );
	if ( !image ) {
		*len = 0;
		return EFI_SUCCESS;
	}
	status = put_file_info ( image->name, image->len, false, len, buf );
	if ( status == 0 )
		file->pos++;
	return status;
}

static EFI_STATUS EFIAPI file_read ( EFI_FILE_PROTOCOL *this, UINTN *len, void *buf ) {
	struct file *file = file_of ( this );
	uint64_t size = file_len ( file );

	if ( !len || ( *len && !buf ) )
		return EFI_INVALID_PARAMETER;
	if ( file->folder )
		return read_folder ( file, len, buf );
	if ( file->pos > size )
		return EFI_DEVICE_ERROR;
	*len = MIN ( (uint64_t) *len, size - file->pos );
	if ( !*len )
		return EFI_SUCCESS;
	if ( file->image )
		memcpy ( buf, file->image->data + file->pos, *len );
	else if ( initrd_read ( file->pos, buf, *len ) != (ssize_t) *len )
		return EFI_DEVICE_ERROR;
	file->pos += *len;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI file_write ( EFI_FILE_PROTOCOL *this __unused, UINTN *len __unused,
				      void *buf __unused ) {
	return EFI_WRITE_PROTECTED;
}

static EFI_STATUS EFIAPI file_set_position ( EFI_FILE_PROTOCOL *this, UINT64 pos ) {
	struct file *file = file_of ( this );

	if ( file->folder && pos )
		return EFI_UNSUPPORTED;
	/* All ones: the end. */
	file->pos = ( pos == UINT64_MAX ) ? file_len ( file ) : pos;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI file_get_position ( EFI_FILE_PROTOCOL *this, UINT64 *ret_pos ) {
	const struct file *file = file_of ( this );

	if ( !ret_pos )
		return EFI_INVALID_PARAMETER;
	if ( file->folder )
		return EFI_UNSUPPORTED;
	*ret_pos = file->pos;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI file_flush ( EFI_FILE_PROTOCOL *this __unused ) {
	return EFI_SUCCESS;
}

static const EFI_FILE_PROTOCOL file_proto = {
	.Revision = EFI_FILE_PROTOCOL_REVISION,
	.Open = file_open,
	.Close = file_close,
	.Delete = file_delete,
	.Read = file_read,
	.Write = file_write,
	.GetPosition = file_get_position,
	.SetPosition = file_set_position,
	.GetInfo = file_get_info,
	.SetInfo = file_set_info,
	.Flush = file_flush,
};

static EFI_STATUS EFIAPI open_volume ( EFI_SIMPLE_FILE_SYSTEM_PROTOCOL *this __unused,
				       EFI_FILE_PROTOCOL **ret ) {
	return ret ? open_file ( NULL, true, ret ) : EFI_INVALID_PARAMETER;
}

EFI_SIMPLE_FILE_SYSTEM_PROTOCOL efi_image_fs = {
	.Revision = EFI_SIMPLE_FILE_SYSTEM_PROTOCOL_REVISION,
	.OpenVolume = open_volume,
};
