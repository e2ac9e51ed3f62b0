/** @file
 * Around a shim (https://github.com/rhboot/shim) that we start in front of a kernel.
 *
 * A shim keeps whoever it starts from ending boot services unless they have asked its protocol, for it was
 * made for boot loaders, which are to verify their kernels. A kernel asks nobody. So at its first
 * GetMemoryMap(), which every system calls before it ends boot services, the protocol is asked on its behalf.
 *
 * It also keeps to the revocations in variable SbatLevel: those that it stores itself, and those that other
 * systems on the machine's disks have left. With them it takes no kernel without generation numbers
 * (.sbat), and many have none. So it finds the variable damaged, but for the look after a write, by which it
 * makes sure.
 */
#include <string.h>
#include "core/image.h"
#include "platform/efi/efi.h"

static EFI_GUID shim_lock_guid = {
	0x605dab50, 0xe046, 0x4300, { 0xab, 0xb6, 0x3d, 0xd8, 0x10, 0xdd, 0x8b, 0x23 }
};

/** Called as programs of System V call, not as the firmware does. */
struct shim_lock {
	EFI_STATUS ( *verify ) ( void *buf, UINT32 len );
};

/** The services that ours stand in for; NULL: they do not. */
static EFI_GET_MEMORY_MAP get_memory_map;
static EFI_GET_VARIABLE get_variable;
static EFI_SET_VARIABLE set_variable;

static bool unlock;       /**< ask the protocol */
static bool just_written; /**< SbatLevel: the next look is let through */

static bool is_sbat_level ( const CHAR16 *name, const EFI_GUID *guid ) {
	static const CHAR16 sbat_level[] = L"SbatLevel";
	size_t i;

	if ( !name || !guid || ( memcmp ( guid, &shim_lock_guid, sizeof ( *guid ) ) != 0 ) )
		return false;
	for ( i = 0; ( i < ARRAY_SIZE ( sbat_level ) - 1 ) && ( name[i] == sbat_level[i] ); i++ )
		;
	return name[i] == sbat_level[i];
}

static EFI_STATUS EFIAPI our_get_variable ( CHAR16 *name, EFI_GUID *guid, UINT32 *attributes,
					    UINTN *len, void *buf ) {
	EFI_STATUS status = get_variable ( name, guid, attributes, len, buf );

	if ( ( status != 0 ) || !is_sbat_level ( name, guid ) )
		return status;
	if ( !just_written && buf && *len )
		*(uint8_t *) buf = 0;
	just_written = false;
	return status;
}

static EFI_STATUS EFIAPI our_set_variable ( CHAR16 *name, EFI_GUID *guid, UINT32 attributes,
					    UINTN len, void *buf ) {
	EFI_STATUS status = set_variable ( name, guid, attributes, len, buf );

	if ( ( status == 0 ) && is_sbat_level ( name, guid ) )
		just_written = true;
	return status;
}

/** Runtime services outlive us. */
static void give_variables_back ( void ) {
	if ( !get_variable )
		return;
	efi_rt->GetVariable = get_variable;
	efi_rt->SetVariable = set_variable;
	get_variable = NULL;
}

static void ask_shims ( void ) {
	struct shim_lock *lock;
	EFI_HANDLE *handles;
	UINTN count, i;

	handles = efi_handles ( &shim_lock_guid, &count );
	for ( i = 0; i < count; i++ ) {
		/* Of no program at all: the answer does not matter, the question does. */
		if ( ( lock = efi_protocol ( handles[i], &shim_lock_guid ) ) != NULL )
			lock->verify ( NULL, 0 );
	}
	if ( handles )
		efi_bs->FreePool ( handles );
}

static EFI_STATUS EFIAPI our_get_memory_map ( UINTN *len, EFI_MEMORY_DESCRIPTOR *map, UINTN *key,
					      UINTN *entry_len, UINT32 *version ) {
	give_variables_back ();
	if ( unlock )
		ask_shims ();
	unlock = false;
	return get_memory_map ( len, map, key, entry_len, version );
}

void efi_shim_begin ( unsigned int flags ) {
	unlock = !( flags & IMAGE_SHIM_REQUIRE_LOADER );
	just_written = false;
	get_memory_map = efi_bs->GetMemoryMap;
	efi_bs->GetMemoryMap = our_get_memory_map;
	if ( flags & IMAGE_SHIM_ALLOW_SBAT )
		return;
	get_variable = efi_rt->GetVariable;
	set_variable = efi_rt->SetVariable;
	efi_rt->GetVariable = our_get_variable;
	efi_rt->SetVariable = our_set_variable;
}

void efi_shim_end ( void ) {
	give_variables_back ();
	efi_bs->GetMemoryMap = get_memory_map;
}
