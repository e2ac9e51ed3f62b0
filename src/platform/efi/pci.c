/** @file
 * PCI devices through the firmware's PCI I/O protocol (UEFI specification 2.10 §14.4). A device
 * that one of our drivers wants is taken from the firmware's driver, and given back afterwards.
 * DMA memory is mapped by the protocol, so an IOMMU is honoured.
 */
#include <string.h>
#include "bus/pci.h"
#include "core/error.h"
#include "core/init.h"
#include "core/memory.h"
#include "core/task.h"
#include "platform/efi/efi.h"
#include "platform/efi/rom.h"

/** More PCI functions than any machine has; the limit keeps the sort honest. */
#define FUNCTIONS_MAX 4096
/** Levels of handles above a NIC: its driver, VLANs, IP versions, a boot loader's. */
#define HANDLES_DEPTH_MAX 8

static EFI_GUID pci_io_guid = EFI_PCI_IO_PROTOCOL_GUID;

/** `pci` is first, for the bus frees the structure. */
struct efi_pci {
	struct pci_device pci;
	EFI_HANDLE handle;
	EFI_PCI_IO_PROTOCOL *io;
	UINT64 attributes; /* as they were before us */
	bool had_driver;   /* the firmware's driver wants it back */
	struct list claimed;
};

static struct list claimed = LIST_INIT ( claimed );
static EFI_EVENT exit_event;

static struct efi_pci *efi_pci_of ( struct pci_device *pci ) {
	return container_of ( pci, struct efi_pci, pci );
}

/* ---- Finding ---- */

static bool comes_before ( const struct pci_device *a, const struct pci_device *b ) {
	if ( a->segment != b->segment )
		return a->segment < b->segment;
	return PCI_BUSDEVFN ( a ) < PCI_BUSDEVFN ( b );
}

static struct efi_pci *new_device ( EFI_HANDLE handle ) {
	struct efi_pci *dev;
	EFI_PCI_IO_PROTOCOL *io = efi_protocol ( handle, &pci_io_guid );
	UINTN segment, bus, device, function;

	if ( !io || ( io->GetLocation ( io, &segment, &bus, &device, &function ) != 0 ) )
		return NULL;
	dev = zalloc ( sizeof ( *dev ) );
	if ( !dev )
		return NULL;
	dev->handle = handle;
	dev->io = io;
	dev->pci.platform = dev;
	dev->pci.segment = segment;
	dev->pci.bus = bus;
	dev->pci.dev = device;
	dev->pci.fn = function;
	list_init ( &dev->claimed );
	return dev;
}

void platform_pci_scan ( void ) {
	struct list found = LIST_INIT ( found );
	struct efi_pci *dev, *other;
	EFI_HANDLE *handles;
	UINTN count, i;

	handles = efi_handles ( &pci_io_guid, &count );
	for ( i = 0; ( i < count ) && ( i < FUNCTIONS_MAX ); i++ ) {
		if ( ( dev = new_device ( handles[i] ) ) == NULL )
			continue;
		/* Handles are mostly in order already: look for the place from the end. */
		struct list *before = &found;
		while ( before->prev != &found ) {
			other = list_entry ( before->prev, struct efi_pci, claimed );
			if ( comes_before ( &other->pci, &dev->pci ) )
				break;
			before = before->prev;
		}
		list_insert ( &dev->claimed, before );
	}
	if ( handles )
		efi_bs->FreePool ( handles );
	list_for_each_safe ( dev, other, &found, claimed ) {
		list_del ( &dev->claimed );
		pci_add ( &dev->pci );
	}
}

/* ---- Configuration space ---- */

struct config_access {
	EFI_PCI_IO_PROTOCOL *io;
	unsigned int offset, width;
	uint32_t value;
	bool write;
};

static void access_config ( void *arg ) {
	struct config_access *access = arg;
	EFI_PCI_IO_PROTOCOL_WIDTH width = ( ( access->width == 1 )   ? EfiPciIoWidthUint8
					    : ( access->width == 2 ) ? EfiPciIoWidthUint16
								     : EfiPciIoWidthUint32 );
	uint32_t value = access->value;

	if ( access->write )
		access->io->Pci.Write ( access->io, width, access->offset, 1, &value );
	else if ( access->io->Pci.Read ( access->io, width, access->offset, 1, &value ) == 0 )
		access->value = value;
}

uint32_t platform_pci_read ( struct pci_device *pci, unsigned int offset, unsigned int width ) {
	/* Narrow reads fill the low bytes; what they leave is the answer of a failure. */
	static const uint32_t ones[5] = { 0, 0xff, 0xffff, 0, 0xffffffff };
	struct config_access access = {
		.io = efi_pci_of ( pci )->io, .offset = offset, .width = width, .value = ones[width]
	};

	on_root ( access_config, &access );
	return access.value & ones[width];
}

void platform_pci_write ( struct pci_device *pci, unsigned int offset, unsigned int width,
			  uint32_t value ) {
	struct config_access access = { .io = efi_pci_of ( pci )->io,
					.offset = offset,
					.width = width,
					.value = value,
					.write = true };

	on_root ( access_config, &access );
}

/* ---- Taking and giving back ---- */

static void disconnect ( EFI_HANDLE handle, EFI_GUID *only, unsigned int depth );

/** Stop the drivers of the handles that drivers of this one have made on top of @c guid. */
static void disconnect_children ( EFI_HANDLE handle, EFI_GUID *guid, unsigned int depth ) {
	EFI_OPEN_PROTOCOL_INFORMATION_ENTRY *entries;
	UINTN count, i;

	if ( efi_bs->OpenProtocolInformation ( handle, guid, &entries, &count ) != 0 )
		return;
	for ( i = 0; i < count; i++ ) {
		if ( ( entries[i].Attributes & EFI_OPEN_PROTOCOL_BY_CHILD_CONTROLLER ) &&
		     ( entries[i].ControllerHandle != handle ) )
			disconnect ( entries[i].ControllerHandle, NULL, depth );
	}
	efi_bs->FreePool ( entries );
}

/** Stop the drivers that use @c guid. */
static void disconnect_users ( EFI_HANDLE handle, EFI_GUID *guid ) {
	EFI_OPEN_PROTOCOL_INFORMATION_ENTRY *entries;
	UINTN count, i;

	if ( efi_bs->OpenProtocolInformation ( handle, guid, &entries, &count ) != 0 )
		return;
	for ( i = 0; i < count; i++ ) {
		if ( entries[i].Attributes & EFI_OPEN_PROTOCOL_BY_DRIVER )
			efi_bs->DisconnectController ( handle, entries[i].AgentHandle, NULL );
	}
	efi_bs->FreePool ( entries );
}

/**
 * Stop the drivers of a handle, and before them those of the handles above it.
 * @param only   protocol whose users are stopped; NULL: all. Our option ROM's driver has nothing to do with
 *               the device, and stays: we may have been loaded from its handle.
 * @param depth  levels of handles that are looked at
 */
static void disconnect ( EFI_HANDLE handle, EFI_GUID *only, unsigned int depth ) {
	static const EFI_GUID rom_guid = EFI_ROM_PROTOCOL_GUID;
	EFI_GUID **guids;
	UINTN count, i;

	if ( !depth || ( efi_bs->ProtocolsPerHandle ( handle, &guids, &count ) != 0 ) )
		return;
	for ( i = 0; i < count; i++ )
		disconnect_children ( handle, guids[i], depth - 1 );
	for ( i = 0; i < count; i++ ) {
		if ( only ? memcmp ( guids[i], only, sizeof ( *only ) ) == 0
			  : memcmp ( guids[i], &rom_guid, sizeof ( rom_guid ) ) != 0 )
			disconnect_users ( handle, guids[i] );
	}
	efi_bs->FreePool ( guids );
}

void efi_disconnect ( EFI_HANDLE handle, EFI_GUID *guid ) {
	disconnect ( handle, guid, HANDLES_DEPTH_MAX );
}

int platform_pci_claim ( struct pci_device *pci ) {
	struct efi_pci *dev = efi_pci_of ( pci );
	EFI_PCI_IO_PROTOCOL *io;
	UINT64 supported = 0;
	EFI_STATUS status;

	dev->had_driver = efi_in_use ( dev->handle, &pci_io_guid, EFI_OPEN_PROTOCOL_BY_DRIVER );
	if ( dev->had_driver )
		efi_disconnect ( dev->handle, NULL );
	status = efi_bs->OpenProtocol ( dev->handle, &pci_io_guid, (void **) &io, efi_image,
					dev->handle,
					EFI_OPEN_PROTOCOL_BY_DRIVER | EFI_OPEN_PROTOCOL_EXCLUSIVE );
	if ( status != 0 ) {
		if ( dev->had_driver )
			efi_bs->ConnectController ( dev->handle, NULL, NULL, true );
		return FAIL ( EBUSY, "%04x:%02x:%02x.%x: the firmware does not let go of it",
			      pci->segment, pci->bus, pci->dev, pci->fn );
	}
	dev->io = io;
	/* Bridges on the way and an IOMMU learn of it this way, unlike by the command register. */
	dev->io->Attributes ( dev->io, EfiPciIoAttributeOperationGet, 0, &dev->attributes );
	dev->io->Attributes ( dev->io, EfiPciIoAttributeOperationSupported, 0, &supported );
	dev->io->Attributes ( dev->io, EfiPciIoAttributeOperationEnable,
			      supported & ( EFI_PCI_IO_ATTRIBUTE_IO | EFI_PCI_IO_ATTRIBUTE_MEMORY |
					    EFI_PCI_IO_ATTRIBUTE_BUS_MASTER ),
			      NULL );
	list_add_tail ( &dev->claimed, &claimed );
	return 0;
}

void platform_pci_release ( struct pci_device *pci ) {
	struct efi_pci *dev = efi_pci_of ( pci );

	list_del ( &dev->claimed );
	dev->io->Attributes ( dev->io, EfiPciIoAttributeOperationSet, dev->attributes, NULL );
	efi_bs->CloseProtocol ( dev->handle, &pci_io_guid, efi_image, dev->handle );
	if ( dev->had_driver )
		efi_bs->ConnectController ( dev->handle, NULL, NULL, true );
}

/* ---- DMA ---- */

struct dma_request {
	EFI_PCI_IO_PROTOCOL *io;
	void *mem;
	UINTN len;
	EFI_PHYSICAL_ADDRESS bus;
	void *mapping;
};

static void dma_allocate ( void *arg ) {
	struct dma_request *request = arg;
	EFI_PCI_IO_PROTOCOL *io = request->io;
	UINTN pages = request->len / EFI_PAGE_SIZE, mapped = request->len;

	/* Without further attributes the memory is below 4 GiB, which every NIC reaches. */
	if ( io->AllocateBuffer ( io, AllocateAnyPages, EfiBootServicesData, pages, &request->mem,
				  0 ) != 0 ) {
		request->mem = NULL;
		return;
	}
	if ( io->Map ( io, EfiPciIoOperationBusMasterCommonBuffer, request->mem, &mapped,
		       &request->bus, &request->mapping ) == 0 ) {
		if ( mapped == request->len )
			return;
		io->Unmap ( io, request->mapping );
	}
	io->FreeBuffer ( io, pages, request->mem );
	request->mem = NULL;
}

static void dma_release ( void *arg ) {
	struct dma_request *request = arg;

	request->io->Unmap ( request->io, request->mapping );
	request->io->FreeBuffer ( request->io, request->len / EFI_PAGE_SIZE, request->mem );
}

static void *efi_dma_alloc ( struct dma_device *dma, size_t len, bus_addr_t *ret_bus,
			     void **ret_cookie ) {
	struct pci_device *pci = container_of ( dma, struct pci_device, dma );
	struct dma_request request = { .io = efi_pci_of ( pci )->io,
				       .len = ROUND_UP ( len, EFI_PAGE_SIZE ) };

	if ( !len || ( request.len < len ) )
		return NULL;
	on_root ( dma_allocate, &request );
	if ( request.mem && dma->mask && ( request.bus + len - 1 > dma->mask ) ) {
		on_root ( dma_release, &request );
		request.mem = NULL;
	}
	if ( !request.mem )
		return NULL;
	memset ( request.mem, 0, len );
	*ret_bus = request.bus;
	*ret_cookie = request.mapping;
	return request.mem;
}

static void efi_dma_free ( struct dma_device *dma, void *mem, size_t len, void *cookie ) {
	struct pci_device *pci = container_of ( dma, struct pci_device, dma );
	struct dma_request request = { .io = efi_pci_of ( pci )->io,
				       .mem = mem,
				       .len = ROUND_UP ( len, EFI_PAGE_SIZE ),
				       .mapping = cookie };

	on_root ( dma_release, &request );
}

const struct dma_ops platform_dma_ops = {
	.alloc = efi_dma_alloc,
	.free = efi_dma_free,
};

/* ---- The end of boot services ---- */

/** An operating system takes over: our devices must not write to its memory. Nothing else may be
 * done here, allocations least of all. */
static EFIAPI void stop_dma ( EFI_EVENT event __unused, void *context __unused ) {
	struct efi_pci *dev;
	UINT16 command;

	list_for_each ( dev, &claimed, claimed ) {
		dev->io->Pci.Read ( dev->io, EfiPciIoWidthUint16, PCI_COMMAND, 1, &command );
		command &= ~PCI_COMMAND_MASTER;
		dev->io->Pci.Write ( dev->io, EfiPciIoWidthUint16, PCI_COMMAND, 1, &command );
	}
}

static void watch_exit ( void ) {
	efi_bs->CreateEvent ( EVT_SIGNAL_EXIT_BOOT_SERVICES, TPL_NOTIFY, stop_dma, NULL,
			      &exit_event );
}

static void unwatch_exit ( void ) {
	if ( exit_event )
		efi_bs->CloseEvent ( exit_event );
	exit_event = NULL;
}

static const struct init_fn exit_init = {
	.phase = INIT_EARLY,
	.name = "exit boot services",
	.startup = watch_exit,
	.shutdown = unwatch_exit,
};
INIT_FN ( exit_init );

/* ---- Which PCI function a handle belongs to ---- */

bool efi_pci_location ( EFI_HANDLE handle, EFI_HANDLE *ret_pci, UINTN ret[4] ) {
	static EFI_GUID path_guid = EFI_DEVICE_PATH_PROTOCOL_GUID;
	EFI_DEVICE_PATH *path = efi_protocol ( handle, &path_guid );
	EFI_PCI_IO_PROTOCOL *io;
	EFI_HANDLE pci;

	if ( !path || ( efi_bs->LocateDevicePath ( &pci_io_guid, &path, &pci ) != 0 ) )
		return false;
	io = efi_protocol ( pci, &pci_io_guid );
	if ( ret_pci )
		*ret_pci = pci;
	return io && ( io->GetLocation ( io, &ret[0], &ret[1], &ret[2], &ret[3] ) == 0 );
}
