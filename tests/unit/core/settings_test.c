/** @file
 * The settings tree: references, search order, priorities, generic blocks, applicators, expansion.
 */
#include <stdlib.h>
#include "lib/test.h"
#include "core/memory.h"
#include "core/settings.h"
#include "platform/host/host.h"

static struct settings net0, net1, dhcp, other;
static unsigned int applied;

static void count_application ( void ) {
	applied++;
}
static const struct settings_applicator counter = { .apply = count_application };
SETTINGS_APPLICATOR ( counter );

/** A block like a DHCP reply: numbers only, read-only, type by its own mind. */
static ssize_t options_fetch ( struct settings *settings, const struct setting *setting, void *raw,
			       size_t len, const struct setting_type **ret_type ) {
	if ( setting->tag == 67 ) {
		memcpy ( raw, "boot.ipxe", MIN ( len, 9U ) );
		return 9;
	}
	if ( setting->tag == 200 ) {
		memcpy ( raw, "\1\2", MIN ( len, 2U ) );
		*ret_type = &setting_type_hexraw;
		return 2;
	}
	return -ENOENT_SETTING;
}

static bool options_applies ( struct settings *settings, const struct setting *setting ) {
	return setting->tag && !setting->scope;
}

static const struct settings_ops options_ops = { .fetch = options_fetch,
						 .applies = options_applies };

static struct settings *alias_target;

static struct settings *alias_redirect ( struct settings *settings ) {
	return alias_target;
}

/** An alias has nothing of its own to say. */
static ssize_t alias_fetch ( struct settings *settings, const struct setting *setting, void *raw,
			     size_t len, const struct setting_type **ret_type ) {
	return 1;
}

static const struct settings_ops alias_ops = { .redirect = alias_redirect, .fetch = alias_fetch };

static int setup ( void **state ) {
	settings_init ( &net0, NULL, NULL );
	settings_init ( &net1, NULL, NULL );
	settings_init ( &dhcp, &options_ops, NULL );
	settings_register ( &net0, NULL, "net0" );
	settings_register ( &net1, NULL, "net1" );
	settings_register ( &dhcp, &net0, "dhcp" );
	applied = 0;
	return 0;
}

static int teardown ( void **state ) {
	settings_unregister ( &net0 );
	settings_unregister ( &net1 );
	for ( const struct setting *s;
	      ( s = settings_generic_next ( &settings_root, NULL ) ) != NULL; )
		settings_generic_store ( &settings_root, s, NULL, 0 );
	return 0;
}

static void set ( const char *name, const char *value ) {
	struct setting_ref ref;

	assert_int_equal ( setting_ref_parse ( name, true, &ref ), 0 );
	assert_int_equal ( setting_store_text ( &ref, value ), 0 );
}

/** Value as text, "" if there is none. */
static const char *get ( const char *name ) {
	static char text[128];
	struct setting_ref ref;

	if ( ( setting_ref_parse ( name, false, &ref ) != 0 ) ||
	     ( setting_fetch_text ( &ref, text, sizeof ( text ) ) < 0 ) )
		return "";
	return text;
}

static void block_name_and_type_are_told_apart ( void **state ) {
	struct setting_ref ref;

	assert_int_equal ( setting_ref_parse ( "net0.dhcp/foo:uint8", false, &ref ), 0 );
	assert_ptr_equal ( ref.settings, &dhcp );
	assert_string_equal ( ref.setting.name, "foo" );
	assert_ptr_equal ( ref.type, &setting_type_uint8 );
	assert_int_equal ( setting_ref_parse ( ".net0..dhcp./foo", false, &ref ), 0 );
	assert_ptr_equal ( ref.settings, &dhcp );
	assert_int_equal ( setting_ref_parse ( "foo:bar", false, &ref ), -EINVAL_SETTING );
	assert_int_equal ( setting_ref_parse ( "foo:", false, &ref ), -EINVAL_SETTING );
	assert_int_equal ( setting_ref_parse ( "net7/foo", false, &ref ), -ENODEV );
}

static void overlong_reference_is_refused ( void **state ) {
	char text[4096];
	struct setting_ref ref;

	memset ( text, 'a', sizeof ( text ) );
	text[sizeof ( ref.text )] = '\0';
	assert_int_equal ( setting_ref_parse ( text, true, &ref ), -ENAMETOOLONG );
	text[sizeof ( ref.text ) - 1] = '\0';
	assert_int_equal ( setting_ref_parse ( text, true, &ref ), 0 );
}

static void number_and_name_are_the_same_setting ( void **state ) {
	struct setting_ref ref;

	assert_int_equal ( setting_ref_parse ( "67", false, &ref ), 0 );
	assert_string_equal ( ref.setting.name, "filename" );
	assert_int_equal ( setting_ref_parse ( "0xaf.0x3", false, &ref ), 0 );
	assert_string_equal ( ref.setting.name, "next-server" );
	assert_ptr_equal ( ref.setting.type, &setting_type_ipv4 );
	set ( "175.3", "10.0.2.2" );
	assert_string_equal ( get ( "next-server" ), "10.0.2.2" );
	assert_string_equal ( get ( "175.3:hexraw" ), "0a000202" );
	assert_int_equal ( setting_ref_parse ( "67.x", false, &ref ), 0 );
	assert_int_equal ( ref.setting.tag, 0 );
}

static void value_is_found_in_search_order ( void **state ) {
	assert_string_equal ( get ( "filename" ), "boot.ipxe" );
	set ( "net1/filename", "one" );
	assert_string_equal ( get ( "filename" ), "boot.ipxe" );
	set ( "net0/filename", "zero" );
	assert_string_equal ( get ( "filename" ), "zero" );
	set ( "filename", "root" );
	assert_string_equal ( get ( "filename" ), "root" );
	assert_string_equal ( get ( "net0/filename" ), "zero" );
	assert_string_equal ( get ( "net0.dhcp/filename" ), "boot.ipxe" );
	assert_string_equal ( get ( "net1/filename" ), "one" );
	set ( "filename", "" );
	assert_string_equal ( get ( "filename" ), "zero" );
}

static void higher_priority_is_searched_first ( void **state ) {
	set ( "net0/filename", "zero" );
	set ( "net1/filename", "one" );
	set ( "net1/priority", "1" );
	assert_string_equal ( get ( "filename" ), "one" );
	set ( "net0/priority", "2" );
	assert_string_equal ( get ( "filename" ), "zero" );
	set ( "net0/priority", "-1" );
	assert_string_equal ( get ( "filename" ), "one" );
	set ( "net0/priority", "" );
	set ( "net1/priority", "" );
}

static void priority_of_a_child_counts_for_its_parent ( void **state ) {
	settings_init ( &other, NULL, NULL );
	settings_register ( &other, &net1, "dhcp" );
	set ( "net1.dhcp/filename", "proxy" );
	assert_string_equal ( get ( "filename" ), "boot.ipxe" );
	set ( "net1.dhcp/priority", "1" );
	assert_string_equal ( get ( "filename" ), "proxy" );
	settings_unregister ( &other );
	assert_string_equal ( get ( "filename" ), "boot.ipxe" );
}

static void order_decides_between_equal_priorities ( void **state ) {
	settings_init ( &other, NULL, NULL );
	other.order = 1;
	settings_register ( &other, NULL, "first" );
	set ( "first/filename", "first" );
	assert_string_equal ( get ( "filename" ), "first" );
	assert_ptr_equal ( list_first ( &settings_root.children, struct settings, siblings ),
			   &other );
	settings_unregister ( &other );
}

static void re_registered_block_replaces_the_old_one ( void **state ) {
	set ( "net1.dhcp/filename", "autocreated" );
	settings_init ( &other, NULL, NULL );
	settings_register ( &other, &net1, "dhcp" );
	assert_string_equal ( get ( "net1.dhcp/filename" ), "" );
	assert_ptr_equal ( settings_find ( "net1.dhcp", false ), &other );
	settings_unregister ( &other );
	assert_null ( settings_find ( "net1.dhcp", false ) );
}

static void net0_stays_before_net1_when_its_lease_is_renewed ( void **state ) {
	struct settings lease;

	settings_init ( &lease, &options_ops, NULL );
	settings_register ( &lease, &net0, "dhcp" );
	assert_ptr_equal ( list_last ( &settings_root.children, struct settings, siblings ),
			   &net1 );
	settings_unregister ( &lease );
	settings_register ( &dhcp, &net0, "dhcp" );
}

static void alias_is_followed_by_name_and_not_searched ( void **state ) {
	settings_init ( &other, &alias_ops, NULL );
	settings_register ( &other, NULL, "netX" );
	alias_target = NULL;
	assert_null ( settings_find ( "netX", true ) );
	alias_target = &net0;
	assert_string_equal ( get ( "netX.dhcp/filename" ), "boot.ipxe" );
	set ( "netX/bar", "x" );
	assert_string_equal ( get ( "foo" ), "" );
	assert_string_equal ( get ( "net0/bar" ), "x" );
	settings_unregister ( &other );
}

static void type_is_remembered_and_may_be_overridden ( void **state ) {
	struct setting_ref ref;
	const struct setting_type *type;

	set ( "n:uint16", "258" );
	assert_string_equal ( get ( "n" ), "0x102" );
	assert_string_equal ( get ( "n:int8" ), "258" );
	assert_string_equal ( get ( "n:hexhyp" ), "01-02" );
	set ( "n", "12" );
	assert_string_equal ( get ( "n:hexraw" ), "3132" );
	assert_string_equal ( get ( "net0.dhcp/200" ), "0102" );
	assert_int_equal ( setting_ref_parse ( "200:hex", false, &ref ), 0 );
	setting_fetch ( &ref, NULL, 0, NULL, &type );
	assert_ptr_equal ( type, &setting_type_hex );
}

static void numbers_are_read_by_c_code ( void **state ) {
	int64_t value = 0;
	uint32_t addr = 0;

	set ( "n:int16", "-2" );
	assert_int_equal ( settings_get_int ( NULL, "n", &value ), 0 );
	assert_int_equal ( value, -2 );
	set ( "n:uint16", "-2" );
	assert_int_equal ( settings_get_int ( NULL, "n", &value ), 0 );
	assert_int_equal ( value, 0xfffe );
	assert_int_equal ( settings_get_int ( NULL, "nothing", &value ), -ENOENT_SETTING );
	assert_int_equal ( value, 0xfffe );
	set ( "net1/gateway", "192.0.2.1" );
	assert_int_equal ( settings_get_ipv4 ( &net1, "gateway", &addr ), 0 );
	assert_int_equal ( addr, 0xc0000201 );
	set ( "gateway:hex", "01:02" );
	assert_int_equal ( err_of ( settings_get_ipv4 ( NULL, "gateway", &addr ) ), EINVAL );
}

static void read_only_and_foreign_settings_are_not_stored ( void **state ) {
	struct setting_ref ref;

	assert_int_equal ( setting_ref_parse ( "net0.dhcp/67", false, &ref ), 0 );
	assert_int_equal ( err_of ( setting_store_text ( &ref, "x" ) ), ENOTSUP );
	assert_int_equal ( setting_ref_parse ( "net0.dhcp/foo", false, &ref ), 0 );
	assert_int_equal ( err_of ( setting_store_text ( &ref, "x" ) ), ENOTTY );
	assert_int_equal ( setting_ref_parse ( "foo:ipv4", false, &ref ), 0 );
	assert_int_equal ( err_of ( setting_store_text ( &ref, "x" ) ), EINVAL );
	assert_int_equal ( setting_ref_parse ( "foo:busdevfn", false, &ref ), 0 );
	assert_int_equal ( err_of ( setting_store_text ( &ref, "1" ) ), ENOTSUP );
}

static void applicators_run_once_after_a_batch ( void **state ) {
	set ( "a", "1" );
	assert_int_equal ( applied, 1 );
	settings_hold ();
	set ( "a", "2" );
	settings_hold ();
	set ( "a", "3" );
	settings_release ();
	assert_int_equal ( applied, 1 );
	settings_release ();
	assert_int_equal ( applied, 2 );
	settings_hold ();
	settings_release ();
	assert_int_equal ( applied, 2 );
}

static void nothing_is_leaked_by_stores_and_blocks ( void **state ) {
	size_t before = heap_used ();

	set ( "a.b.c/x", "1" );
	set ( "y", "some text" );
	set ( "y", "other text" );
	set ( "y", "" );
	settings_unregister ( settings_find ( "a", false ) );
	assert_int_equal ( heap_used (), before );
}

static void blocks_deeper_than_the_stack_allows_are_refused ( void **state ) {
	struct setting_ref ref;
	char *text;

	set ( "a.b.c.d.e.f.g.h.i.j.k.l.m.n.o/x", "15 levels below the root" );
	text = settings_get_text ( NULL, "x" );
	assert_string_equal ( text, "15 levels below the root" );
	free ( text );
	assert_int_equal ( setting_ref_parse ( "a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p/x", true, &ref ),
			   -ENODEV );
	settings_unregister ( settings_find ( "a", false ) );
}

/* ---- Expansion ---- */

static void expands_to ( const char *text, const char *expected ) {
	char *expanded = settings_expand ( text );

	assert_non_null ( expanded );
	assert_string_equal ( expanded, expected );
	free ( expanded );
}

static void expressions_are_replaced ( void **state ) {
	set ( "x", "1" );
	set ( "name", "x" );
	set ( "net1/x", "one" );
	set ( "outer", "<${x}>" );
	set ( "brace", "{x}" );
	set ( "dollar", "$" );
	set ( "num:int8", "10" );
	expands_to ( "", "" );
	expands_to ( "plain", "plain" );
	expands_to ( "${x}", "1" );
	expands_to ( "a${x}b${x}c", "a1b1c" );
	expands_to ( "${unset}", "" );
	expands_to ( "a${unset}b", "ab" );
	expands_to ( "${net${x}/x}", "one" );
	expands_to ( "${${name}}", "1" );
	expands_to ( "${${${nothing}name}}", "1" );
	expands_to ( "${outer}", "<1>" );
	expands_to ( "${net9/x}", "" );
	expands_to ( "${x:nosuchtype}", "" );
	expands_to ( "${num:hexraw}", "0a" );
	expands_to ( "${name:ipv4}", "" );
	expands_to ( "${}", "" );
	expands_to ( "${x", "${x" );
	expands_to ( "${x}${x", "1${x" );
	expands_to ( "$x} $ } ${x}", "$x} $ } 1" );
	expands_to ( "a}${x}", "a}1" );
	expands_to ( "$${brace}", "1" );
	expands_to ( "${dollar}{x}", "1" );
	expands_to ( "${dollar}${brace}", "1" );
	expands_to ( "$${x}", "$1" );
}

static void values_that_name_themselves_are_refused ( void **state ) {
	set ( "a", "${a}" );
	assert_null ( settings_expand ( "${a}" ) );
	set ( "a", "${a}${a}" );
	assert_null ( settings_expand ( "-${a}-" ) );
	set ( "a", "x${a}x" );
	assert_null ( settings_expand ( "${a}" ) );
}

static void expansion_is_bounded_in_length ( void **state ) {
	char big[70000];

	memset ( big, 'b', sizeof ( big ) - 1 );
	big[sizeof ( big ) - 1] = '\0';
	set ( "big", big );
	expands_to ( "${big}", big );
	assert_null ( settings_expand ( "${big}${big}${big}${big}${big}" ) );
}

static void deep_nesting_of_braces_is_survived ( void **state ) {
	static char text[200001];

	for ( unsigned int i = 0; i + 1 < sizeof ( text ); i++ )
		text[i] = "${"[i % 2];
	expands_to ( text, text );
	text[sizeof ( text ) - 2] = '}';
	free ( settings_expand ( text ) );
}

/* ---- Waiting ---- */

static struct settings_pending pending;

static bool covers_filename ( const struct setting *setting ) {
	return setting->tag == 67;
}

static TASK_FN int source ( void *arg ) {
	sleep_until ( deadline_in ( US_PER_S ) );
	set ( "filename", "late" );
	settings_pending_end ( &pending );
	return 0;
}

static TASK_FN int reader ( void *arg ) {
	utime_t start = clock_now ();
	struct task_group group;
	char *text;

	task_group_init ( &group );
	pending.covers = covers_filename;
	settings_pending_begin ( &pending );
	task_spawn ( &group, "source", source, NULL, TASK_STACK_NORMAL );
	assert_int_equal ( settings_expand_wait ( "${hostname}${unset}", &text ), 0 );
	assert_string_equal ( text, "" );
	free ( text );
	assert_int_equal ( clock_now (), start );
	assert_int_equal ( settings_expand_wait ( "tftp://${filename}", &text ), 0 );
	assert_string_equal ( text, "tftp://late" );
	free ( text );
	assert_int_equal ( clock_now (), start + US_PER_S );
	return task_group_join ( &group );
}

static void unset_boot_setting_is_waited_for_and_no_other ( void **state ) {
	settings_unregister ( &dhcp );
	host_clock_virtual ( 1000 );
	assert_int_equal ( test_run_task ( reader, NULL ), 0 );
	settings_register ( &dhcp, &net0, "dhcp" );
}

int main ( void ) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown ( block_name_and_type_are_told_apart, setup,
						  teardown ),
		cmocka_unit_test_setup_teardown ( overlong_reference_is_refused, setup, teardown ),
		cmocka_unit_test_setup_teardown ( number_and_name_are_the_same_setting, setup,
						  teardown ),
		cmocka_unit_test_setup_teardown ( value_is_found_in_search_order, setup, teardown ),
		cmocka_unit_test_setup_teardown ( higher_priority_is_searched_first, setup,
						  teardown ),
		cmocka_unit_test_setup_teardown ( priority_of_a_child_counts_for_its_parent, setup,
						  teardown ),
		cmocka_unit_test_setup_teardown ( order_decides_between_equal_priorities, setup,
						  teardown ),
		cmocka_unit_test_setup_teardown ( re_registered_block_replaces_the_old_one, setup,
						  teardown ),
		cmocka_unit_test_setup_teardown ( net0_stays_before_net1_when_its_lease_is_renewed,
						  setup, teardown ),
		cmocka_unit_test_setup_teardown ( alias_is_followed_by_name_and_not_searched, setup,
						  teardown ),
		cmocka_unit_test_setup_teardown ( type_is_remembered_and_may_be_overridden, setup,
						  teardown ),
		cmocka_unit_test_setup_teardown ( numbers_are_read_by_c_code, setup, teardown ),
		cmocka_unit_test_setup_teardown ( read_only_and_foreign_settings_are_not_stored,
						  setup, teardown ),
		cmocka_unit_test_setup_teardown ( applicators_run_once_after_a_batch, setup,
						  teardown ),
		cmocka_unit_test_setup_teardown ( nothing_is_leaked_by_stores_and_blocks, setup,
						  teardown ),
		cmocka_unit_test_setup_teardown ( blocks_deeper_than_the_stack_allows_are_refused,
						  setup, teardown ),
		cmocka_unit_test_setup_teardown ( expressions_are_replaced, setup, teardown ),
		cmocka_unit_test_setup_teardown ( values_that_name_themselves_are_refused, setup,
						  teardown ),
		cmocka_unit_test_setup_teardown ( expansion_is_bounded_in_length, setup, teardown ),
		cmocka_unit_test_setup_teardown ( deep_nesting_of_braces_is_survived, setup,
						  teardown ),
		cmocka_unit_test_setup_teardown ( unset_boot_setting_is_waited_for_and_no_other,
						  setup, teardown ),
	};

	return cmocka_run_group_tests ( tests, NULL, NULL );
}
