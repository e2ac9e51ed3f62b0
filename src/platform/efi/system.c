/** @file
 * The machine: reset, SMBIOS (specification 3.6 §5.2), entropy, and the end of all things.
 */
#include <string.h>
#include "arch/x86_64/io.h"
#include "core/console.h"
#include "core/init.h"
#include "core/platform.h"
#include "core/random.h"
#include "core/task.h"
#include "platform/efi/efi.h"

#define OS_INDICATIONS_BOOT_TO_FW_UI 1
#define SEED_LEN                     32

struct reset {
	EFI_RESET_TYPE type;
	bool setup;
};

/** Ask for the set-up screen at the next start, if the firmware can (§8.5.4). */
static void ask_for_setup ( void ) {
	static EFI_GUID global_guid = EFI_GLOBAL_VARIABLE;
	static CHAR16 supported_name[] = L"OsIndicationsSupported";
	static CHAR16 name[] = L"OsIndications";
	UINT64 supported = 0, value = 0;
	UINTN len = sizeof ( supported );

	if ( ( efi_rt->GetVariable ( supported_name, &global_guid, NULL, &len, &supported ) !=
	       0 ) ||
	     !( supported & OS_INDICATIONS_BOOT_TO_FW_UI ) )
		return;
	len = sizeof ( value );
	if ( efi_rt->GetVariable ( name, &global_guid, NULL, &len, &value ) != 0 )
		value = 0;
	value |= OS_INDICATIONS_BOOT_TO_FW_UI;
	efi_rt->SetVariable ( name, &global_guid,
			      EFI_VARIABLE_NON_VOLATILE | EFI_VARIABLE_BOOTSERVICE_ACCESS |
				      EFI_VARIABLE_RUNTIME_ACCESS,
			      sizeof ( value ), &value );
}

static void reset_system ( void *arg ) {
	struct reset *reset = arg;

	if ( reset->setup )
		ask_for_setup ();
	efi_rt->ResetSystem ( reset->type, EFI_SUCCESS, 0, NULL );
}

void platform_reboot ( bool warm, bool setup ) {
	struct reset reset = { .type = warm ? EfiResetWarm : EfiResetCold, .setup = setup };

	on_root ( reset_system, &reset );
	for ( ;; )
		cpu_pause ();
}

int platform_poweroff ( void ) {
	struct reset reset = { .type = EfiResetShutdown };

	on_root ( reset_system, &reset );
	return FAIL ( ENOTSUP, "the firmware did not switch the machine off" );
}

const void *platform_smbios ( size_t *ret_len, unsigned int *ret_version ) {
	static const EFI_GUID smbios3_guid = SMBIOS3_TABLE_GUID, smbios_guid = SMBIOS_TABLE_GUID;
	const uint8_t *entry;
	uint64_t addr64;
	uint32_t addr32, len32;
	uint16_t len16;

	entry = efi_config_table ( &smbios3_guid );
	if ( entry && ( memcmp ( entry, "_SM3_", 5 ) == 0 ) ) {
		memcpy ( &len32, entry + 12, sizeof ( len32 ) );
		memcpy ( &addr64, entry + 16, sizeof ( addr64 ) );
		*ret_len = len32;
		*ret_version = ( entry[7] << 8 ) | entry[8];
		return (const void *) (uintptr_t) addr64;
	}
	entry = efi_config_table ( &smbios_guid );
	if ( entry && ( memcmp ( entry, "_SM_", 4 ) == 0 ) ) {
		memcpy ( &len16, entry + 22, sizeof ( len16 ) );
		memcpy ( &addr32, entry + 24, sizeof ( addr32 ) );
		*ret_len = len16;
		*ret_version = ( entry[6] << 8 ) | entry[7];
		return (const void *) (uintptr_t) addr32;
	}
	return NULL;
}

/** Say it without the console code, which may be what is broken. */
static void panic_text ( const char *text ) {
	CHAR16 wide[64];
	unsigned int i;

	while ( *text ) {
		for ( i = 0; *text && ( i < ARRAY_SIZE ( wide ) - 1 ); i++ )
			wide[i] = (uint8_t) *text++;
		wide[i] = 0;
		efi_st->ConOut->OutputString ( efi_st->ConOut, wide );
	}
}

static void panic_on_root ( void *arg ) {
	const char *message = arg;
	UINTN index;

	if ( efi_st->ConOut ) {
		panic_text ( "\r\nFatal error: " );
		panic_text ( message );
		panic_text ( "\r\nPress a key to restart\r\n" );
	}
	if ( efi_st->ConIn ) {
		efi_st->ConIn->Reset ( efi_st->ConIn, false );
		efi_bs->WaitForEvent ( 1, &efi_st->ConIn->WaitForKey, &index );
	}
	efi_rt->ResetSystem ( EfiResetCold, EFI_ABORTED, 0, NULL );
}

void platform_panic ( const char *message ) {
	on_root ( panic_on_root, (void *) message );
	for ( ;; )
		cpu_pause ();
}

/** @return true if the processor gave a random number */
static bool rdrand ( uint64_t *ret_value ) {
	uint32_t regs[4];
	bool ok = false;

	cpuid ( 1, 0, regs );
	if ( regs[2] & ( 1u << 30 ) )
		__asm__ __volatile__( "rdrand %0 ; setc %1"
				      : "=r"( *ret_value ), "=qm"( ok )
				      :
				      : "cc" );
	return ok;
}

/** Seed the generator with what outsiders cannot know. */
static void seed_random ( void ) {
	static EFI_GUID rng_guid = EFI_RNG_PROTOCOL_GUID;
	EFI_RNG_PROTOCOL *rng;
	uint8_t seed[SEED_LEN];
	uint64_t value = rdtsc ();

	random_stir ( &value, sizeof ( value ) );
	if ( rdrand ( &value ) )
		random_stir ( &value, sizeof ( value ) );
	if ( ( efi_bs->LocateProtocol ( &rng_guid, NULL, (void **) &rng ) == 0 ) &&
	     ( rng->GetRNG ( rng, NULL, sizeof ( seed ), seed ) == 0 ) )
		random_stir ( seed, sizeof ( seed ) );
}

static const struct init_fn seed_init = {
	.phase = INIT_EARLY,
	.name = "entropy",
	.startup = seed_random,
};
INIT_FN ( seed_init );
