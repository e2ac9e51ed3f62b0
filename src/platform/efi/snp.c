/** @file
 * NICs that the firmware has a driver for and we do not: Simple Network protocol (UEFI
 * specification 2.10 §24.1). The protocol is opened exclusively, which takes it from the
 * firmware's own network stack; at shutdown that gets it back.
 */
#include <stdio.h>
#include <string.h>
#include "core/error.h"
#include "core/init.h"
#include "core/memory.h"
#include "core/task.h"
#include "net/ether.h"
#include "net/netif.h"
#include "platform/efi/snp.h"

/** More NICs than any machine has. */
#define NICS_MAX 64
/** Receive buffers; the firmware's driver has a ring of its own below. */
#define RX_BUFFERS 128
/** How often to ask for the link state. */
#define LINK_INTERVAL_US ( 250 * US_PER_MS )
/** PCI base class of network controllers, in the configuration space. */
#define PCI_CLASS_OFFSET  0x0b
#define PCI_CLASS_NETWORK 0x02

static EFI_GUID snp_guid = EFI_SIMPLE_NETWORK_PROTOCOL_GUID;
static EFI_GUID pci_io_guid = EFI_PCI_IO_PROTOCOL_GUID;

struct snp {
	struct list list;
	struct netif netif;
	EFI_HANDLE handle;
	EFI_SIMPLE_NETWORK_PROTOCOL *proto;
	bool had_user; /* the firmware's network stack wants it back */
	struct pkt_pool *rx_pool;
	struct pkt *rx_spare; /* buffer for the next frame */
	struct list transmitting;
	utime_t next_link_check;
};

static struct list nics = LIST_INIT ( nics );

static void report_link ( struct snp *snp ) {
	EFI_SIMPLE_NETWORK_MODE *mode = snp->proto->Mode;

	netif_link ( &snp->netif, ( !mode->MediaPresentSupported || mode->MediaPresent )
					  ? 0
					  : -ENOTCONN_LINK_DOWN );
}

/** Bring the protocol from whatever state it is in to "initialised". */
static EFI_STATUS start ( struct snp *snp ) {
	EFI_SIMPLE_NETWORK_PROTOCOL *proto = snp->proto;
	EFI_STATUS status;

	if ( proto->Mode->State == EfiSimpleNetworkInitialized )
		return EFI_SUCCESS;
	if ( proto->Mode->State == EfiSimpleNetworkStopped ) {
		status = proto->Start ( proto );
		if ( ( status != 0 ) && ( status != EFI_ALREADY_STARTED ) )
			return status;
	}
	return proto->Initialize ( proto, 0, 0 );
}

static void stop ( struct snp *snp ) {
	EFI_SIMPLE_NETWORK_PROTOCOL *proto = snp->proto;

	if ( proto->Mode->State == EfiSimpleNetworkInitialized )
		proto->Shutdown ( proto );
	if ( proto->Mode->State == EfiSimpleNetworkStarted )
		proto->Stop ( proto );
}

/** Receive what is for us, broadcasts, and multicasts if all of them can be had at once. */
static EFI_STATUS set_filters ( struct snp *snp ) {
	EFI_SIMPLE_NETWORK_PROTOCOL *proto = snp->proto;
	UINT32 wanted = EFI_SIMPLE_NETWORK_RECEIVE_UNICAST | EFI_SIMPLE_NETWORK_RECEIVE_BROADCAST;
	UINT32 extra = EFI_SIMPLE_NETWORK_RECEIVE_PROMISCUOUS_MULTICAST;
	EFI_STATUS status;

	wanted &= proto->Mode->ReceiveFilterMask;
	extra &= proto->Mode->ReceiveFilterMask;
	status = proto->ReceiveFilters ( proto, wanted | extra, 0, true, 0, NULL );
	if ( ( status != 0 ) && extra )
		status = proto->ReceiveFilters ( proto, wanted, 0, true, 0, NULL );
	return status;
}

struct snp_call {
	struct snp *snp;
	struct pkt *pkt;
	EFI_STATUS status;
};

static void open_on_root ( void *arg ) {
	struct snp_call *call = arg;
	struct snp *snp = call->snp;
	EFI_SIMPLE_NETWORK_PROTOCOL *proto = snp->proto;
	EFI_MAC_ADDRESS address = { 0 };

	call->status = start ( snp );
	if ( call->status != 0 )
		return;
	if ( memcmp ( &proto->Mode->CurrentAddress, snp->netif.mac, ETH_ALEN ) != 0 ) {
		memcpy ( &address, snp->netif.mac, ETH_ALEN );
		call->status = proto->StationAddress ( proto, false, &address );
	}
	if ( call->status == 0 )
		call->status = set_filters ( snp );
	if ( call->status != 0 ) {
		stop ( snp );
		return;
	}
	report_link ( snp );
}

static int snp_open ( struct netif *netif ) {
	struct snp *snp = netif->priv;
	struct snp_call call = { .snp = snp };

	snp->rx_pool = pkt_pool_new ( NULL, RX_BUFFERS, PKT_BUF_LEN );
	if ( !snp->rx_pool )
		return -ENOMEM;
	on_root ( open_on_root, &call );
	if ( call.status != 0 ) {
		pkt_pool_free ( snp->rx_pool );
		snp->rx_pool = NULL;
		return FAIL ( EIO, "the firmware's driver does not start (status %#llx)",
			      (unsigned long long) call.status );
	}
	return 0;
}

static void close_on_root ( void *arg ) {
	stop ( arg );
}

static void snp_close ( struct netif *netif ) {
	struct snp *snp = netif->priv;
	struct pkt *pkt;

	on_root ( close_on_root, snp );
	while ( ( pkt = list_first ( &snp->transmitting, struct pkt, list ) ) != NULL ) {
		list_del ( &pkt->list );
		netif_tx_done ( netif, pkt, -ECANCELED );
	}
	pkt_free ( snp->rx_spare );
	snp->rx_spare = NULL;
	pkt_pool_free ( snp->rx_pool );
	snp->rx_pool = NULL;
}

/** Take back sent packets, and look at the link. */
static void collect_status ( struct snp *snp ) {
	EFI_SIMPLE_NETWORK_PROTOCOL *proto = snp->proto;
	struct pkt *pkt, *tmp;
	void *sent;

	do {
		sent = NULL;
		if ( proto->GetStatus ( proto, NULL, &sent ) != 0 )
			return;
		list_for_each_safe ( pkt, tmp, &snp->transmitting, list ) {
			if ( pkt->data == sent ) {
				list_del ( &pkt->list );
				netif_tx_done ( &snp->netif, pkt, 0 );
				break;
			}
		}
	} while ( sent && !list_empty ( &snp->transmitting ) );
}

/** The specification knows one way to say so, drivers know two. */
static bool is_full ( EFI_STATUS status ) {
	return ( status == EFI_NOT_READY ) || ( status == EFI_OUT_OF_RESOURCES );
}

static void transmit_on_root ( void *arg ) {
	struct snp_call *call = arg;
	EFI_SIMPLE_NETWORK_PROTOCOL *proto = call->snp->proto;
	struct pkt *pkt = call->pkt;

	call->status = proto->Transmit ( proto, 0, pkt_len ( pkt ), pkt->data, NULL, NULL, NULL );
	if ( is_full ( call->status ) ) {
		/* Full until someone collects what was sent. */
		collect_status ( call->snp );
		call->status =
			proto->Transmit ( proto, 0, pkt_len ( pkt ), pkt->data, NULL, NULL, NULL );
	}
}

static int snp_transmit ( struct netif *netif, struct pkt *pkt ) {
	struct snp *snp = netif->priv;
	struct snp_call call = { .snp = snp, .pkt = pkt };

	on_root ( transmit_on_root, &call );
	if ( call.status != 0 ) {
		int rc = ( is_full ( call.status ) ? -ENOBUFS : -EIO );

		netif_tx_done ( netif, pkt, rc );
		return rc;
	}
	list_add_tail ( &pkt->list, &snp->transmitting );
	return 0;
}

/** Receive one frame. @return true if there was one, good or bad */
static bool receive ( struct snp *snp ) {
	EFI_SIMPLE_NETWORK_PROTOCOL *proto = snp->proto;
	struct pkt *pkt = snp->rx_spare;
	EFI_STATUS status;
	UINTN len;

	if ( !pkt && ( ( pkt = snp->rx_spare = pkt_take ( snp->rx_pool ) ) == NULL ) )
		return false;
	len = pkt_tailroom ( pkt );
	status = proto->Receive ( proto, NULL, &len, pkt->data, NULL, NULL, NULL );
	if ( status == EFI_NOT_READY )
		return false;
	if ( ( status != 0 ) || !pkt_put ( pkt, len ) ) {
		netif_rx_error ( &snp->netif, NULL, -EIO );
		return true;
	}
	snp->rx_spare = NULL;
	netif_rx ( &snp->netif, pkt );
	return true;
}

static unsigned int snp_poll ( struct netif *netif, unsigned int budget ) {
	struct snp *snp = netif->priv;
	unsigned int count = 0;
	utime_t now = clock_now ();

	while ( ( count < budget ) && receive ( snp ) )
		count++;
	if ( now >= snp->next_link_check ) {
		snp->next_link_check = now + LINK_INTERVAL_US;
		collect_status ( snp );
		report_link ( snp );
	} else if ( !list_empty ( &snp->transmitting ) ) {
		collect_status ( snp );
	}
	return count;
}

static const struct netif_ops snp_ops = {
	.open = snp_open,
	.close = snp_close,
	.transmit = snp_transmit,
	.poll = snp_poll,
};

/** Who and where the interface is. */
static void describe ( struct snp *snp ) {
	EFI_SIMPLE_NETWORK_MODE *mode = snp->proto->Mode;
	struct netif *netif = &snp->netif;
	UINTN at[4];

	netif->priv = snp;
	netif->ops = &snp_ops;
	netif->chip = "snp";
	netif->bus_type = "EFI";
	memcpy ( netif->hw_addr, &mode->PermanentAddress, ETH_ALEN );
	memcpy ( netif->mac, &mode->CurrentAddress, ETH_ALEN );
	netif->max_mtu = MIN ( (size_t) mode->MaxPacketSize, (size_t) PKT_BUF_LEN - ETH_HLEN );
	netif->mtu = MIN ( netif->max_mtu, (size_t) 1500 );
	if ( efi_pci_location ( snp->handle, NULL, at ) ) {
		snprintf ( netif->location, sizeof ( netif->location ), "%04x:%02x:%02x.%x",
			   (unsigned int) at[0], (unsigned int) at[1], (unsigned int) at[2],
			   (unsigned int) at[3] );
		netif->bus_loc = ( at[1] << 8 ) | ( at[2] << 3 ) | at[3];
	} else {
		snprintf ( netif->location, sizeof ( netif->location ), "SNP" );
	}
}

/** Take the protocol from whoever uses it; but not from a boot loader that has started us, which keeps a
 * NIC and offers it to us as another one. */
static bool take ( struct snp *snp ) {
	if ( efi_in_use ( snp->handle, &snp_guid, EFI_OPEN_PROTOCOL_EXCLUSIVE ) )
		return false;
	snp->had_user = efi_in_use ( snp->handle, &snp_guid, EFI_OPEN_PROTOCOL_BY_DRIVER );
	if ( snp->had_user )
		efi_disconnect ( snp->handle, &snp_guid );
	if ( efi_bs->OpenProtocol (
		     snp->handle, &snp_guid, (void **) &snp->proto, efi_image, snp->handle,
		     EFI_OPEN_PROTOCOL_BY_DRIVER | EFI_OPEN_PROTOCOL_EXCLUSIVE ) == 0 )
		return true;
	if ( snp->had_user )
		efi_bs->ConnectController ( snp->handle, NULL, NULL, true );
	return false;
}

static void give_back ( struct snp *snp ) {
	efi_bs->CloseProtocol ( snp->handle, &snp_guid, efi_image, snp->handle );
	if ( snp->had_user )
		efi_bs->ConnectController ( snp->handle, NULL, NULL, true );
}

static void add_nic ( EFI_HANDLE handle ) {
	struct snp *snp = zalloc ( sizeof ( *snp ) );

	if ( !snp )
		return;
	list_init ( &snp->transmitting );
	snp->handle = handle;
	if ( !take ( snp ) )
		goto no_protocol;
	if ( snp->proto->Mode->HwAddressSize != ETH_ALEN )
		goto not_ours;
	describe ( snp );
	stop ( snp );
	if ( netif_register ( &snp->netif ) != 0 )
		goto not_ours;
	list_add_tail ( &snp->list, &nics );
	return;

not_ours:
	give_back ( snp );
no_protocol:
	free ( snp );
}

static bool is_network_controller ( EFI_PCI_IO_PROTOCOL *io ) {
	UINT8 class_code = 0;

	return ( io->Pci.Read ( io, EfiPciIoWidthUint8, PCI_CLASS_OFFSET, 1, &class_code ) == 0 ) &&
	       ( class_code == PCI_CLASS_NETWORK );
}

/** Network controllers that nobody drives: a firmware in a hurry has not started its drivers. */
static void start_firmware_drivers ( void ) {
	EFI_HANDLE *handles;
	EFI_PCI_IO_PROTOCOL *io;
	UINTN count, i;

	handles = efi_handles ( &pci_io_guid, &count );
	for ( i = 0; i < count; i++ ) {
		io = efi_protocol ( handles[i], &pci_io_guid );
		if ( io && is_network_controller ( io ) &&
		     !efi_in_use ( handles[i], &pci_io_guid, EFI_OPEN_PROTOCOL_BY_DRIVER ) )
			efi_bs->ConnectController ( handles[i], NULL, NULL, false );
	}
	if ( handles )
		efi_bs->FreePool ( handles );
}

TABLE ( snp_filter, snp_filter );

static bool is_wanted ( EFI_HANDLE handle ) {
	const struct snp_filter *const *filter;

	table_for_each ( filter, snp_filter ) {
		if ( !( *filter )->wanted ( handle ) )
			return false;
	}
	return true;
}

/** Runs after the PCI drivers: what they have taken has no Simple Network protocol any more. */
static void snp_startup ( void ) {
	EFI_HANDLE *handles;
	UINTN count, wanted = 0, i;

	if ( &__start_tbl_snp_filter[0] == &__stop_tbl_snp_filter[0] )
		start_firmware_drivers ();
	handles = efi_handles ( &snp_guid, &count );
	for ( i = 0; i < count; i++ ) {
		if ( is_wanted ( handles[i] ) )
			handles[wanted++] = handles[i];
	}
	for ( i = 0; ( i < wanted ) && ( i < NICS_MAX ); i++ )
		add_nic ( handles[i] );
	if ( handles )
		efi_bs->FreePool ( handles );
}

static void snp_shutdown ( void ) {
	struct snp *snp;

	while ( ( snp = list_last ( &nics, struct snp, list ) ) != NULL ) {
		list_del ( &snp->list );
		netif_unregister ( &snp->netif );
		stop ( snp );
		give_back ( snp );
		free ( snp );
	}
}

/* ---- Around programs that we start ---- */

static void snp_give ( void ) {
	struct snp *snp;

	list_for_each ( snp, &nics, list ) {
		stop ( snp );
		give_back ( snp );
	}
}

static void snp_take ( void ) {
	struct snp *snp, *tmp;

	list_for_each_safe ( snp, tmp, &nics, list ) {
		if ( take ( snp ) ) {
			stop ( snp );
			continue;
		}
		/* The program has removed it, or keeps it. */
		list_del ( &snp->list );
		netif_unregister ( &snp->netif );
		free ( snp );
	}
}

static const struct init_fn snp_init = {
	.phase = INIT_DEVICES,
	.name = "snp",
	.startup = snp_startup,
	.shutdown = snp_shutdown,
	.suspend = snp_give,
	.resume = snp_take,
};
INIT_FN ( snp_init );
