/** @file
 * Block `pci`: configuration space of any device, as pci/<busdevfn>.<offset>.<length>, most
 * significant byte first: ${pci/${net0/busloc}.0.2} is the vendor id.
 */
#include "bus/pci.h"
#include "core/error.h"
#include "core/init.h"
#include "core/settings.h"

#define CONFIG_SPACE_LEN 256

static const struct settings_scope pci_scope;

static struct pci_device *pci_find ( uint32_t seg_busdevfn ) {
	struct pci_device *pci = NULL;

	while ( ( pci = pci_next ( pci ) ) != NULL ) {
		if ( ( ( (uint32_t) pci->segment << 16 ) | PCI_BUSDEVFN ( pci ) ) == seg_busdevfn )
			break;
	}
	return pci;
}

static ssize_t pci_settings_fetch ( struct settings *settings, const struct setting *setting,
				    void *raw, size_t len, const struct setting_type **ret_type ) {
	unsigned int offset = ( setting->tag >> 8 ) & 0xff, count = setting->tag & 0xff;
	struct pci_device *pci = pci_find ( setting->tag >> 16 );
	uint8_t *bytes = raw;

	if ( !pci || !count || ( offset + count > CONFIG_SPACE_LEN ) )
		return -ENOENT_SETTING;
	for ( size_t i = 0; ( i < len ) && ( i < count ); i++ )
		bytes[i] = pci_read8 ( pci, offset + count - 1 - i );
	if ( ret_type )
		*ret_type = &setting_type_hexraw;
	return count;
}

static bool pci_settings_applies ( struct settings *settings, const struct setting *setting ) {
	return ( setting->scope == &pci_scope );
}

static const struct settings_ops pci_settings_ops = { .applies = pci_settings_applies,
						      .fetch = pci_settings_fetch };
static struct settings pci_settings;

static void pci_settings_init ( void ) {
	settings_init ( &pci_settings, &pci_settings_ops, &pci_scope );
	settings_register ( &pci_settings, NULL, "pci" );
}

static void pci_settings_fini ( void ) {
	settings_unregister ( &pci_settings );
}

static const struct init_fn pci_settings_init_fn = { .phase = INIT_EARLY,
						     .name = "pci settings",
						     .startup = pci_settings_init,
						     .shutdown = pci_settings_fini };
INIT_FN ( pci_settings_init_fn );
