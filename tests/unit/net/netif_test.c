/** @file
 * Interfaces and Ethernet: names, opening, counters, link, polling, framing.
 */
#include <stdlib.h>
#include "lib/netsim.h"
#include "lib/test.h"
#include "net/ether.h"
#include "net/ipv4.h"

/** A driver that only counts. */
struct fake {
	struct netif netif;
	int open_rc;
	unsigned int opened, closed, polled, frames, budget;
};

static int fake_open ( struct netif *netif ) {
	struct fake *fake = netif->priv;

	fake->opened++;
	return fake->open_rc;
}

static void fake_close ( struct netif *netif ) {
	( (struct fake *) netif->priv )->closed++;
}

static int fake_transmit ( struct netif *netif, struct pkt *pkt ) {
	netif_tx_done ( netif, pkt, 0 );
	return 0;
}

static unsigned int fake_poll ( struct netif *netif, unsigned int budget ) {
	struct fake *fake = netif->priv;
	unsigned int frames = MIN ( fake->frames, budget );

	fake->polled++;
	fake->budget = budget;
	fake->frames -= frames;
	return frames;
}

static const struct netif_ops fake_ops = {
	.open = fake_open,
	.close = fake_close,
	.transmit = fake_transmit,
	.poll = fake_poll,
};

static void fake_init ( struct fake *fake ) {
	*fake = ( struct fake ){ .netif = { .ops = &fake_ops, .hw_addr = { 2, 0, 0, 0, 0, 1 } } };
	fake->netif.priv = fake;
}

static void interfaces_are_named_in_order ( void **state ) {
	struct fake a, b;

	fake_init ( &a );
	fake_init ( &b );
	assert_int_equal ( netif_register ( &a.netif ), 0 );
	assert_int_equal ( netif_register ( &b.netif ), 0 );
	assert_string_equal ( a.netif.name, "net0" );
	assert_string_equal ( b.netif.name, "net1" );
	assert_ptr_equal ( netif_find ( "net1" ), &b.netif );
	assert_null ( netif_find ( "net2" ) );
	assert_ptr_equal ( netif_next ( NULL ), &a.netif );
	assert_ptr_equal ( netif_next ( &a.netif ), &b.netif );
	assert_null ( netif_next ( &b.netif ) );
	assert_int_equal ( a.netif.mtu, 1500 );
	netif_unregister ( &a.netif );
	assert_null ( netif_find ( "net0" ) );
	netif_unregister ( &b.netif );
	assert_null ( netif_next ( NULL ) );
}

static void netx_is_the_most_recently_opened ( void **state ) {
	struct fake a, b;

	fake_init ( &a );
	fake_init ( &b );
	netif_register ( &a.netif );
	netif_register ( &b.netif );
	assert_null ( netif_find ( "netX" ) );
	assert_int_equal ( netif_open ( &b.netif ), 0 );
	assert_int_equal ( netif_open ( &a.netif ), 0 );
	assert_ptr_equal ( netif_find ( "netX" ), &a.netif );
	assert_int_equal ( netif_open ( &b.netif ), 0 ); /* open already */
	assert_ptr_equal ( netif_find ( "netX" ), &a.netif );
	netif_close ( &a.netif );
	assert_ptr_equal ( netif_last_opened (), &b.netif );
	netif_unregister ( &b.netif );
	netif_unregister ( &a.netif );
	assert_int_equal ( a.closed, 1 );
	assert_int_equal ( b.closed, 1 );
}

static void suspended_interfaces_are_opened_again_in_order ( void **state ) {
	struct fake a, b, c;

	fake_init ( &a );
	fake_init ( &b );
	fake_init ( &c );
	netif_register ( &a.netif );
	netif_register ( &b.netif );
	netif_register ( &c.netif );
	netif_open ( &b.netif );
	netif_open ( &a.netif );
	netif_suspend_all ();
	assert_false ( a.netif.open || b.netif.open || c.netif.open );
	a.netif.link_up = false;
	netif_resume_all ();
	assert_true ( a.netif.open && b.netif.open );
	assert_false ( c.netif.open );
	assert_ptr_equal ( netif_last_opened (), &a.netif );
	/* One that fails stays closed, and is not tried again. */
	netif_suspend_all ();
	a.open_rc = -EIO;
	netif_resume_all ();
	assert_false ( a.netif.open );
	assert_ptr_equal ( netif_last_opened (), &b.netif );
	netif_unregister ( &c.netif );
	netif_unregister ( &b.netif );
	netif_unregister ( &a.netif );
}

static void failed_open_leaves_the_interface_closed ( void **state ) {
	struct fake fake;

	fake_init ( &fake );
	fake.open_rc = -EIO;
	netif_register ( &fake.netif );
	assert_int_equal ( netif_open ( &fake.netif ), -EIO );
	assert_false ( fake.netif.open );
	assert_null ( fake.netif.tx_pool );
	assert_null ( pkt_new ( &fake.netif ) );
	root_turn ();
	assert_int_equal ( fake.polled, 0 );
	fake.open_rc = 0;
	assert_int_equal ( netif_open ( &fake.netif ), 0 );
	assert_true ( fake.netif.open );
	netif_unregister ( &fake.netif );
}

static void poll_is_bounded ( void **state ) {
	struct fake fake;

	fake_init ( &fake );
	netif_register ( &fake.netif );
	netif_open ( &fake.netif );
	fake.frames = 100;
	assert_true ( root_turn () );
	assert_int_equal ( fake.budget, 64 );
	assert_true ( root_turn () );
	root_turn ();
	assert_int_equal ( fake.polled, 3 );
	netif_unregister ( &fake.netif );
}

static void errors_are_counted_by_code ( void **state ) {
	static const int codes[] = { -EIO,     -EIO,     -EBADMSG, -EIO,
				     -ENOBUFS, -EBADMSG, -EINVAL,  -ENOTSUP };
	struct fake fake;
	unsigned int io = 0, bad = 0, last = 0;

	fake_init ( &fake );
	netif_register ( &fake.netif );
	for ( size_t i = 0; i < ARRAY_SIZE ( codes ); i++ )
		netif_rx_error ( &fake.netif, NULL, codes[i] );
	assert_int_equal ( fake.netif.rx.bad, 8 );
	assert_int_equal ( fake.netif.rx.good, 0 );
	for ( unsigned int i = 0; i < NETIF_ERRORS_KEPT; i++ ) {
		if ( fake.netif.rx.errors[i].rc == -EIO )
			io = fake.netif.rx.errors[i].count;
		if ( fake.netif.rx.errors[i].rc == -EBADMSG )
			bad = fake.netif.rx.errors[i].count;
		if ( fake.netif.rx.errors[i].rc == -ENOTSUP )
			last = fake.netif.rx.errors[i].count;
	}
	assert_int_equal ( io, 3 );
	assert_int_equal ( bad, 2 );
	assert_int_equal ( last, 1 ); /* took the place of one that came once */
	netif_tx_done ( &fake.netif, NULL, 0 );
	netif_tx_done ( &fake.netif, NULL, -EIO );
	assert_int_equal ( fake.netif.tx.good, 1 );
	assert_int_equal ( fake.netif.tx.bad, 1 );
	netif_unregister ( &fake.netif );
}

static void closed_interface_refuses_to_send ( void **state ) {
	struct netsim *net = netsim_new ();
	struct netif *netif = netsim_netif ( net );
	struct pkt *pkt = pkt_heap_new ( 100 );

	netif_close ( netif );
	assert_int_equal ( netif_transmit ( netif, pkt ), -ENETDOWN );
	assert_int_equal ( netif->tx.bad, 1 );
	netsim_free ( net );
}

static TASK_FN int wait_link ( void *arg ) {
	return netif_wait_link ( arg, deadline_in ( 5 * US_PER_S ) );
}

static void link_up_ends_the_wait ( void **state ) {
	struct netsim *net = netsim_new ();
	utime_t start = clock_now ();

	netsim_link ( net, false );
	assert_int_equal ( netsim_netif ( net )->link_rc, -ENOTCONN_LINK_DOWN );
	netsim_spawn ( net, wait_link, netsim_netif ( net ) );
	netsim_run ( net, US_PER_S );
	netsim_link ( net, true );
	assert_int_equal ( netsim_join ( net, 10 * US_PER_S ), 0 );
	assert_in_range ( clock_now () - start, US_PER_S, US_PER_S + 1000 );
	netsim_free ( net );
}

static void link_that_stays_down_times_out ( void **state ) {
	struct netsim *net = netsim_new ();
	utime_t start = clock_now ();

	netsim_link ( net, false );
	netsim_spawn ( net, wait_link, netsim_netif ( net ) );
	assert_int_equal ( err_of ( netsim_join ( net, 10 * US_PER_S ) ), ETIMEDOUT );
	assert_in_range ( clock_now () - start, 5 * US_PER_S, 5 * US_PER_S + 1000 );
	netsim_free ( net );
}

/* ---- Ethernet ---- */

static void frames_for_others_are_dropped_silently ( void **state ) {
	struct netsim *net = netsim_new ();
	struct netif *netif = netsim_netif ( net );
	uint8_t frame[60] = { 0x52, 0x54, 0, 0, 0, 1, 2, 0, 0, 0, 0, 1, 0x12, 0x34 };

	netsim_inject ( net, frame, sizeof ( frame ), 0 );
	netsim_settle ( net );
	assert_int_equal ( netif->rx.good, 1 );
	assert_int_equal ( netif->rx.bad, 0 );
	/* For us, but of a type that nobody knows. */
	memcpy ( frame, netif->mac, ETH_ALEN );
	netsim_inject ( net, frame, sizeof ( frame ), 0 );
	netsim_settle ( net );
	assert_int_equal ( netif->rx.bad, 1 );
	assert_int_equal ( netif->rx.errors[0].rc, -ENOTSUP_NETDEVICE );
	netsim_free ( net );
}

static void truncated_frames_are_errors ( void **state ) {
	struct netsim *net = netsim_new ();
	struct netif *netif = netsim_netif ( net );
	uint8_t frame[14];

	memset ( frame, 0xff, sizeof ( frame ) );
	for ( size_t len = 0; len < sizeof ( frame ); len++ )
		netsim_inject ( net, frame, len, 0 );
	netsim_settle ( net );
	assert_int_equal ( netif->rx.bad, 14 );
	netsim_free ( net );
}

static void short_frames_are_padded_with_zeros ( void **state ) {
	static const uint8_t dest[ETH_ALEN] = { 2, 0, 0, 0, 0, 9 };
	struct netsim *net = netsim_new ();
	struct netif *netif = netsim_netif ( net );
	uint8_t frame[NETSIM_FRAME_MAX];
	struct pkt *pkt = pkt_new ( netif );

	memset ( pkt->data, 0xa5, 200 ); /* what an older packet left */
	*pkt_put ( pkt, 1 ) = 0x77;
	assert_int_equal ( ether_transmit ( netif, pkt, dest, 0x1234 ), 0 );
	netsim_settle ( net );
	assert_int_equal ( netsim_take ( net, frame, sizeof ( frame ), NULL ), ETH_MIN_LEN );
	assert_memory_equal ( frame, dest, ETH_ALEN );
	assert_memory_equal ( frame + 6, netif->mac, ETH_ALEN );
	assert_memory_equal ( frame + 12, "\x12\x34\x77", 3 );
	for ( size_t i = 15; i < ETH_MIN_LEN; i++ )
		assert_int_equal ( frame[i], 0 );
	assert_int_equal ( netif->tx.good, 1 );
	netsim_free ( net );
}

static void settings_tell_about_the_interface ( void **state ) {
	static const char *const expected[][2] = {
		{ "net0/mac", "52:54:00:12:34:56" },
		{ "net0/hwaddr", "52:54:00:12:34:56" },
		{ "net0/bustype", "PCI" },
		{ "net0/busloc", "0x18" },
		{ "net0/busid", "01:80:86:10:0e" },
		{ "net0/linktype", "Ethernet" },
		{ "net0/chip", "82540em" },
		{ "net0/ifname", "net0" },
		{ "net0/mac:hexhyp", "52-54-00-12-34-56" },
		{ "netX/mac", "52:54:00:12:34:56" },
		{ "mac", "52:54:00:12:34:56" },
	};
	static const uint8_t id[] = { 1, 0x80, 0x86, 0x10, 0x0e };
	struct netsim *net = netsim_new ();
	struct netif *netif = netsim_netif ( net );
	char *text;

	netif->bus_type = "PCI";
	netif->bus_loc = 3 << 3;
	netif->chip = "82540em";
	memcpy ( netif->bus_id, id, sizeof ( id ) );
	for ( size_t i = 0; i < ARRAY_SIZE ( expected ); i++ ) {
		struct setting_ref ref;

		assert_int_equal ( setting_ref_parse ( expected[i][0], false, &ref ), 0 );
		text = setting_fetch_text_alloc ( &ref );
		assert_non_null ( text );
		assert_string_equal ( text, expected[i][1] );
		free ( text );
	}
	netsim_free ( net );
}

static void only_the_mac_can_be_set ( void **state ) {
	struct netsim *net = netsim_new ();
	struct netif *netif = netsim_netif ( net );
	struct settings *settings = &netif->settings;

	assert_int_equal ( settings_set_text ( settings, "mac", "02:00:00:00:00:07" ), 0 );
	assert_int_equal ( netif->mac[5], 7 );
	assert_int_equal ( err_of ( settings_set_text ( settings, "mac", "02:00:00" ) ), EINVAL );
	assert_int_equal ( netif->mac[5], 7 );
	assert_int_equal ( settings_set_text ( settings, "mac", "" ), 0 );
	assert_memory_equal ( netif->mac, netif->hw_addr, ETH_ALEN );
	assert_int_equal ( err_of ( settings_set_text ( settings, "chip", "x" ) ), ENOTSUP );
	assert_int_equal ( err_of ( settings_set_text ( settings, "hwaddr", "02:00:00:00:00:07" ) ),
			   ENOTSUP );
	assert_int_equal ( settings_set_text ( settings, "anything", "else" ), 0 );
	netsim_free ( net );
}

static void mtu_setting_is_kept_within_bounds ( void **state ) {
	struct netsim *net = netsim_new ();
	struct netif *netif = netsim_netif ( net );
	struct settings *settings = &netif->settings;

	settings_set_text ( settings, "mtu", "1400" );
	assert_int_equal ( netif->mtu, 1400 );
	settings_set_text ( settings, "mtu", "20000" );
	assert_int_equal ( netif->mtu, 9000 );
	settings_set_text ( settings, "mtu", "10" );
	assert_int_equal ( netif->mtu, 1500 );
	settings_set_text ( settings, "mtu", "-1" );
	assert_int_equal ( netif->mtu, 1500 );
	settings_set_text ( settings, "mtu", "" );
	assert_int_equal ( netif->mtu, 1500 );
	netsim_free ( net );
}

int main ( void ) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test ( interfaces_are_named_in_order ),
		cmocka_unit_test ( netx_is_the_most_recently_opened ),
		cmocka_unit_test ( suspended_interfaces_are_opened_again_in_order ),
		cmocka_unit_test ( failed_open_leaves_the_interface_closed ),
		cmocka_unit_test ( poll_is_bounded ),
		cmocka_unit_test ( errors_are_counted_by_code ),
		cmocka_unit_test ( closed_interface_refuses_to_send ),
		cmocka_unit_test ( link_up_ends_the_wait ),
		cmocka_unit_test ( link_that_stays_down_times_out ),
		cmocka_unit_test ( frames_for_others_are_dropped_silently ),
		cmocka_unit_test ( truncated_frames_are_errors ),
		cmocka_unit_test ( short_frames_are_padded_with_zeros ),
		cmocka_unit_test ( settings_tell_about_the_interface ),
		cmocka_unit_test ( only_the_mac_can_be_set ),
		cmocka_unit_test ( mtu_setting_is_kept_within_bounds ),
	};

	return cmocka_run_group_tests ( tests, NULL, NULL );
}
