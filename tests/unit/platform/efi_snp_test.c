/** @file
 * NICs through the firmware's Simple Network protocol, against a played firmware.
 */
#include "lib/test.h"

#include "platform/efi/snp.c"

/* ---- The firmware ---- */

#define TX_RING 4

static EFI_SIMPLE_NETWORK_MODE mode;
static void *tx_ring[TX_RING]; /* sent, and not yet given back */
static unsigned int tx_used;
static bool tx_done;           /* the wire has taken what is in the ring */
static uint8_t rx_frame[4096]; /* what waits to be received */
static size_t rx_len;
static bool gone;   /* the protocol is not there any more */
static bool in_use; /* by the firmware's network stack */
static bool kept;   /* by somebody who has started us */
static unsigned int disconnected;
static unsigned int reconnected, closed;

static EFI_STATUS EFIAPI fake_start ( EFI_SIMPLE_NETWORK_PROTOCOL *this ) {
	mode.State = EfiSimpleNetworkStarted;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI fake_stop ( EFI_SIMPLE_NETWORK_PROTOCOL *this ) {
	assert_int_equal ( mode.State, EfiSimpleNetworkStarted );
	mode.State = EfiSimpleNetworkStopped;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI fake_initialize ( EFI_SIMPLE_NETWORK_PROTOCOL *this, UINTN rx, UINTN tx ) {
	assert_int_equal ( mode.State, EfiSimpleNetworkStarted );
	mode.State = EfiSimpleNetworkInitialized;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI fake_shutdown ( EFI_SIMPLE_NETWORK_PROTOCOL *this ) {
	mode.State = EfiSimpleNetworkStarted;
	tx_used = 0;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI fake_filters ( EFI_SIMPLE_NETWORK_PROTOCOL *this, UINT32 enable,
					UINT32 disable, BOOLEAN reset, UINTN count,
					EFI_MAC_ADDRESS *list ) {
	if ( enable & ~mode.ReceiveFilterMask )
		return EFI_INVALID_PARAMETER;
	mode.ReceiveFilterSetting = enable;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI fake_address ( EFI_SIMPLE_NETWORK_PROTOCOL *this, BOOLEAN reset,
					EFI_MAC_ADDRESS *address ) {
	mode.CurrentAddress = *address;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI fake_status ( EFI_SIMPLE_NETWORK_PROTOCOL *this, UINT32 *interrupts,
				       void **buffer ) {
	*buffer = NULL;
	if ( tx_done && tx_used )
		*buffer = tx_ring[--tx_used];
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI fake_transmit ( EFI_SIMPLE_NETWORK_PROTOCOL *this, UINTN header, UINTN len,
					 void *buffer, EFI_MAC_ADDRESS *src, EFI_MAC_ADDRESS *dest,
					 UINT16 *protocol ) {
	if ( tx_used == TX_RING )
		return EFI_NOT_READY;
	tx_ring[tx_used++] = buffer;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI fake_receive ( EFI_SIMPLE_NETWORK_PROTOCOL *this, UINTN *header,
					UINTN *len, void *buffer, EFI_MAC_ADDRESS *src,
					EFI_MAC_ADDRESS *dest, UINT16 *protocol ) {
	size_t room = *len;

	if ( !rx_len )
		return EFI_NOT_READY;
	*len = rx_len;
	rx_len = 0;
	if ( *len > room )
		return EFI_BUFFER_TOO_SMALL;
	memcpy ( buffer, rx_frame, *len );
	return EFI_SUCCESS;
}

static EFI_SIMPLE_NETWORK_PROTOCOL protocol = {
	.Start = fake_start,
	.Stop = fake_stop,
	.Initialize = fake_initialize,
	.Shutdown = fake_shutdown,
	.ReceiveFilters = fake_filters,
	.StationAddress = fake_address,
	.GetStatus = fake_status,
	.Transmit = fake_transmit,
	.Receive = fake_receive,
	.Mode = &mode,
};

static EFI_STATUS EFIAPI fake_open_protocol ( EFI_HANDLE handle, EFI_GUID *guid, void **interface,
					      EFI_HANDLE agent, EFI_HANDLE controller,
					      UINT32 attributes ) {
	assert_int_equal ( attributes, EFI_OPEN_PROTOCOL_BY_DRIVER | EFI_OPEN_PROTOCOL_EXCLUSIVE );
	if ( gone )
		return EFI_INVALID_PARAMETER;
	*interface = &protocol;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI fake_close_protocol ( EFI_HANDLE handle, EFI_GUID *guid, EFI_HANDLE agent,
					       EFI_HANDLE controller ) {
	closed++;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI fake_connect ( EFI_HANDLE handle, EFI_HANDLE *drivers,
					EFI_DEVICE_PATH *path, BOOLEAN recursive ) {
	assert_int_equal ( closed, 1 );
	reconnected++;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI fake_free ( void *memory ) {
	return EFI_SUCCESS;
}

static EFI_BOOT_SERVICES services = {
	.OpenProtocol = fake_open_protocol,
	.CloseProtocol = fake_close_protocol,
	.ConnectController = fake_connect,
	.FreePool = fake_free,
};
EFI_BOOT_SERVICES *efi_bs = &services;
EFI_HANDLE efi_image;

bool efi_in_use ( EFI_HANDLE handle, const EFI_GUID *guid, UINT32 attribute ) {
	return ( attribute == EFI_OPEN_PROTOCOL_EXCLUSIVE ) ? kept : in_use;
}

void efi_disconnect ( EFI_HANDLE handle, EFI_GUID *guid ) {
	assert_ptr_equal ( guid, &snp_guid );
	disconnected++;
}

void *efi_protocol ( EFI_HANDLE handle, const EFI_GUID *guid ) {
	return NULL;
}

EFI_HANDLE *efi_handles ( const EFI_GUID *guid, UINTN *ret_count ) {
	static EFI_HANDLE handles[] = { &protocol };

	*ret_count = ( memcmp ( guid, &snp_guid, sizeof ( *guid ) ) == 0 );
	return *ret_count ? handles : NULL;
}

bool efi_pci_location ( EFI_HANDLE handle, EFI_HANDLE *ret_pci, UINTN ret[4] ) {
	ret[0] = 0;
	ret[1] = 2;
	ret[2] = 3;
	ret[3] = 1;
	return true;
}

static bool nic_is_wanted = true;

static bool fake_wanted ( EFI_HANDLE handle ) {
	assert_ptr_equal ( handle, &protocol );
	return nic_is_wanted;
}

static const struct snp_filter fake_filter = { .wanted = fake_wanted };
SNP_FILTER ( fake_filter );

/* ---- The tests ---- */

static const EFI_MAC_ADDRESS address = { { 0x52, 0x54, 0x00, 1, 2, 3 } };

static int set_up ( void **state ) {
	mode = ( EFI_SIMPLE_NETWORK_MODE ){
		.HwAddressSize = ETH_ALEN,
		.MediaHeaderSize = ETH_HLEN,
		.MaxPacketSize = 1500,
		.ReceiveFilterMask =
			EFI_SIMPLE_NETWORK_RECEIVE_UNICAST | EFI_SIMPLE_NETWORK_RECEIVE_BROADCAST,
		.CurrentAddress = address,
		.PermanentAddress = address,
		.MediaPresentSupported = true,
		.MediaPresent = true,
	};
	tx_used = rx_len = reconnected = closed = disconnected = 0;
	tx_done = false;
	in_use = true;
	snp_startup ();
	*state = netif_next ( NULL );
	return 0;
}

static int tear_down ( void **state ) {
	snp_shutdown ();
	assert_null ( netif_next ( NULL ) );
	assert_int_equal ( mode.State, EfiSimpleNetworkStopped );
	return 0;
}

static int send_frame ( struct netif *netif ) {
	struct pkt *pkt = pkt_new ( netif );

	assert_non_null ( pkt );
	memset ( pkt_put ( pkt, 60 ), 0xff, 60 );
	return netif_transmit ( netif, pkt );
}

static void nic_is_named_by_its_place ( void **state ) {
	struct netif *netif = *state;

	assert_string_equal ( netif->chip, "snp" );
	assert_string_equal ( netif->location, "0000:02:03.1" );
	assert_int_equal ( netif->bus_loc, 0x219 );
	assert_memory_equal ( netif->mac, &address, ETH_ALEN );
	assert_int_equal ( netif->mtu, 1500 );
	assert_int_equal ( mode.State, EfiSimpleNetworkStopped );
}

static void open_starts_the_firmwares_driver ( void **state ) {
	struct netif *netif = *state;

	netif->mac[5] = 0x77;
	assert_int_equal ( netif_open ( netif ), 0 );
	assert_int_equal ( mode.State, EfiSimpleNetworkInitialized );
	assert_int_equal ( mode.CurrentAddress.Addr[5], 0x77 );
	assert_int_equal ( mode.ReceiveFilterSetting, mode.ReceiveFilterMask );
	assert_true ( netif->link_up );
	netif_close ( netif );
	assert_int_equal ( mode.State, EfiSimpleNetworkStopped );
}

static void missing_cable_is_seen ( void **state ) {
	struct netif *netif = *state;

	mode.MediaPresent = false;
	assert_int_equal ( netif_open ( netif ), 0 );
	assert_false ( netif->link_up );
	mode.MediaPresent = true;
	( (struct snp *) netif->priv )->next_link_check = 0;
	snp_poll ( netif, 8 );
	assert_true ( netif->link_up );
}

static void packet_is_done_when_the_firmware_returns_it ( void **state ) {
	struct netif *netif = *state;

	assert_int_equal ( netif_open ( netif ), 0 );
	assert_int_equal ( send_frame ( netif ), 0 );
	snp_poll ( netif, 8 );
	assert_int_equal ( netif->tx.good, 0 );
	tx_done = true;
	snp_poll ( netif, 8 );
	assert_int_equal ( netif->tx.good, 1 );
}

static void full_ring_is_emptied_and_tried_again ( void **state ) {
	struct netif *netif = *state;

	assert_int_equal ( netif_open ( netif ), 0 );
	for ( int i = 0; i < TX_RING; i++ )
		assert_int_equal ( send_frame ( netif ), 0 );
	assert_int_equal ( err_of ( send_frame ( netif ) ), ENOBUFS );
	tx_done = true;
	assert_int_equal ( send_frame ( netif ), 0 );
	assert_int_equal ( netif->tx.good, TX_RING );
	assert_int_equal ( netif->tx.bad, 1 );
}

static void frame_is_received ( void **state ) {
	struct netif *netif = *state;

	assert_int_equal ( netif_open ( netif ), 0 );
	memset ( rx_frame, 0xff, 60 );
	rx_len = 60;
	assert_int_equal ( snp_poll ( netif, 8 ), 1 );
	assert_int_equal ( snp_poll ( netif, 8 ), 0 );
}

static void frame_beyond_the_buffer_is_an_error ( void **state ) {
	struct netif *netif = *state;

	assert_int_equal ( netif_open ( netif ), 0 );
	rx_len = sizeof ( rx_frame );
	snp_poll ( netif, 8 );
	assert_int_equal ( netif->rx.bad, 1 );
	rx_len = 60;
	assert_int_equal ( snp_poll ( netif, 8 ), 1 );
}

static void close_takes_back_what_was_not_sent ( void **state ) {
	struct netif *netif = *state;

	assert_int_equal ( netif_open ( netif ), 0 );
	assert_int_equal ( send_frame ( netif ), 0 );
	netif_close ( netif );
	assert_int_equal ( netif->tx.bad, 1 );
	assert_true ( list_empty ( &( (struct snp *) netif->priv )->transmitting ) );
}

static void network_stack_gets_its_nic_back ( void **state ) {
	netif_open ( *state );
	snp_shutdown ();
	assert_int_equal ( reconnected, 1 );
}

static void nobody_gets_a_nic_that_was_idle ( void **state ) {
	snp_shutdown ();
	in_use = false;
	reconnected = closed = 0;
	snp_startup ();
	snp_shutdown ();
	assert_int_equal ( closed, 1 );
	assert_int_equal ( reconnected, 0 );
}

static void nic_is_lent_and_taken_again ( void **state ) {
	struct netif *netif = *state;

	netif_open ( netif );
	netif_suspend_all ();
	snp_give ();
	assert_int_equal ( closed, 1 );
	assert_int_equal ( reconnected, 1 );
	assert_int_equal ( mode.State, EfiSimpleNetworkStopped );
	/* The firmware's network stack leaves it running. */
	mode.State = EfiSimpleNetworkInitialized;
	snp_take ();
	assert_int_equal ( mode.State, EfiSimpleNetworkStopped );
	netif_resume_all ();
	assert_true ( netif->open );
	assert_int_equal ( mode.State, EfiSimpleNetworkInitialized );
	closed = reconnected = 0;
}

static void network_stack_is_disconnected_before ( void **state ) {
	assert_int_equal ( disconnected, 1 );
}

static void nic_that_is_kept_is_left_alone ( void **state ) {
	snp_shutdown ();
	reconnected = disconnected = 0;
	kept = true;
	snp_startup ();
	kept = false;
	assert_null ( netif_next ( NULL ) );
	assert_int_equal ( disconnected, 0 );
	assert_int_equal ( reconnected, 0 );
}

static void nic_that_is_gone_is_forgotten ( void **state ) {
	netif_suspend_all ();
	snp_give ();
	gone = true;
	snp_take ();
	gone = false;
	assert_null ( netif_next ( NULL ) );
	netif_resume_all ();
	closed = 0;
}

static void other_media_are_left_alone ( void **state ) {
	snp_shutdown ();
	mode.HwAddressSize = 20; /* InfiniBand */
	reconnected = closed = 0;
	snp_startup ();
	assert_null ( netif_next ( NULL ) );
	assert_int_equal ( reconnected, 1 );
}

static void nic_that_the_filter_does_not_want_is_left_alone ( void **state ) {
	snp_shutdown ();
	nic_is_wanted = false;
	reconnected = closed = 0;
	snp_startup ();
	nic_is_wanted = true;
	assert_null ( netif_next ( NULL ) );
	assert_int_equal ( closed, 0 );
}

#define TEST( name ) cmocka_unit_test_setup_teardown ( name, set_up, tear_down )

int main ( void ) {
	const struct CMUnitTest tests[] = {
		TEST ( nic_is_named_by_its_place ),
		TEST ( open_starts_the_firmwares_driver ),
		TEST ( missing_cable_is_seen ),
		TEST ( packet_is_done_when_the_firmware_returns_it ),
		TEST ( full_ring_is_emptied_and_tried_again ),
		TEST ( frame_is_received ),
		TEST ( frame_beyond_the_buffer_is_an_error ),
		TEST ( close_takes_back_what_was_not_sent ),
		TEST ( network_stack_gets_its_nic_back ),
		TEST ( nobody_gets_a_nic_that_was_idle ),
		TEST ( nic_is_lent_and_taken_again ),
		TEST ( network_stack_is_disconnected_before ),
		TEST ( nic_that_is_kept_is_left_alone ),
		TEST ( nic_that_is_gone_is_forgotten ),
		TEST ( other_media_are_left_alone ),
		TEST ( nic_that_the_filter_does_not_want_is_left_alone ),
	};

	return cmocka_run_group_tests_name ( "platform/efi_snp", tests, NULL, NULL );
}
