/** @file
 * URIs: parsing, resolution (RFC 3986 §5.4 and where we deviate), formatting, parameter lists.
 */
#include <stdio.h>
#include <stdlib.h>
#include "lib/test.h"
#include "core/init.h"
#include "core/memory.h"
#include "core/settings.h"
#include "core/uri.h"

static struct uri *parse ( const char *text ) {
	struct uri *uri = NULL;

	assert_int_equal ( uri_parse ( text, &uri ), 0 );
	return uri;
}

static void assert_text ( const char *actual, const char *expected ) {
	if ( expected ) {
		assert_non_null ( actual );
		assert_string_equal ( actual, expected );
	} else {
		assert_null ( actual );
	}
}

static const struct {
	const char *text;
	struct uri uri;
} parts[] = {
	{ "", { .scheme = NULL } },
	{ "boot.ipxe", { .path = "boot.ipxe" } },
	{ "/a/b", { .path = "/a/b" } },
	{ "//a/b", { .path = "//a/b" } },
	{ "?q", { .query = "q" } },
	{ "#f", { .fragment = "f" } },
	{ "a?b#c", { .path = "a", .query = "b", .fragment = "c" } },
	{ "a?b?c#d#e", { .path = "a", .query = "b?c", .fragment = "d#e" } },
	{ "http://h", { .scheme = "http", .host = "h" } },
	{ "http://h/", { .scheme = "http", .host = "h", .path = "/" } },
	{ "http://h?q", { .scheme = "http", .host = "h", .query = "q" } },
	{ "http://h/p?q#f",
	  { .scheme = "http", .host = "h", .path = "/p", .query = "q", .fragment = "f" } },
	{ "http://h:8080/p", { .scheme = "http", .host = "h", .port = 8080, .path = "/p" } },
	{ "http://h:0x50/p", { .scheme = "http", .host = "h", .port = 80, .path = "/p" } },
	{ "http://h:/p", { .scheme = "http", .host = "h", .path = "/p" } },
	{ "http://u@h/p", { .scheme = "http", .user = "u", .host = "h", .path = "/p" } },
	{ "http://u:p@h/p",
	  { .scheme = "http", .user = "u", .password = "p", .host = "h", .path = "/p" } },
	{ "http://u:@h", { .scheme = "http", .user = "u", .password = "", .host = "h" } },
	{ "http://u%3a:p%40%2F@h:1/p",
	  { .scheme = "http",
	    .user = "u:",
	    .password = "p@/",
	    .host = "h",
	    .port = 1,
	    .path = "/p" } },
	{ "http://a@b@h/p", { .scheme = "http", .user = "a@b", .host = "h", .path = "/p" } },
	{ "http://[fe80::1]/p", { .scheme = "http", .host = "fe80::1", .path = "/p" } },
	{ "http://[fe80::1%25net0]:69/p",
	  { .scheme = "http", .host = "fe80::1%net0", .port = 69, .path = "/p" } },
	{ "http://h/a%20b/%2e?x%20y", /* raw, as it will be sent */
	  { .scheme = "http", .host = "h", .path = "/a%20b/%2e", .query = "x%20y" } },
	{ "http://%68ost/", { .scheme = "http", .host = "host", .path = "/" } },
	{ "http://h%00x/", { .scheme = "http", .host = "h%00x", .path = "/" } },
	{ "http://h%zz%4/", { .scheme = "http", .host = "h%zz%4", .path = "/" } },
	{ "file:/p", { .scheme = "file", .path = "/p" } },
	{ "file:///p", { .scheme = "file", .host = "", .path = "/p" } },
	{ "file:autoexec.ipxe", { .scheme = "file", .opaque = "autoexec.ipxe" } },
	{ "iscsi:10.0.4.1:6:3260:1:iqn.x:y#f",
	  { .scheme = "iscsi", .opaque = "10.0.4.1:6:3260:1:iqn.x:y", .fragment = "f" } },
	{ "data:text/plain,a%20b?c", { .scheme = "data", .opaque = "text/plain,a b?c" } },
	{ "ib_srp:x", { .scheme = "ib_srp", .opaque = "x" } },
	{ "x-slam://h/", { .scheme = "x-slam", .host = "h", .path = "/" } },
	{ ":x", { .path = ":x" } },
	{ "10.0.0.1:x", { .path = "10.0.0.1:x" } },
};

static void uri_is_split_into_its_parts ( void **state ) {
	for ( size_t i = 0; i < ARRAY_SIZE ( parts ); i++ ) {
		struct uri *uri = parse ( parts[i].text );

		assert_text ( uri->scheme, parts[i].uri.scheme );
		assert_text ( uri->opaque, parts[i].uri.opaque );
		assert_text ( uri->user, parts[i].uri.user );
		assert_text ( uri->password, parts[i].uri.password );
		assert_text ( uri->host, parts[i].uri.host );
		assert_int_equal ( uri->port, parts[i].uri.port );
		assert_text ( uri->path, parts[i].uri.path );
		assert_text ( uri->query, parts[i].uri.query );
		assert_text ( uri->fragment, parts[i].uri.fragment );
		uri_free ( uri );
	}
}

static void uri_with_bad_port_or_literal_is_refused ( void **state ) {
	static const char *const bad[] = {
		"http://h:65536/", "http://h:x/",  "http://h:80x/",  "http://h:-1/",
		"http://h: 80/",   "http://[::1/", "http://[::1]x/",
	};
	struct uri *uri = NULL;

	for ( size_t i = 0; i < ARRAY_SIZE ( bad ); i++ ) {
		assert_int_equal ( err_of ( uri_parse ( bad[i], &uri ) ), EINVAL );
		assert_null ( uri );
	}
}

static void uri_longer_than_the_limit_is_refused ( void **state ) {
	char *text = malloc ( URI_LEN_MAX + 2 );
	struct uri *uri;

	memset ( text, 'a', URI_LEN_MAX + 1 );
	text[URI_LEN_MAX + 1] = '\0';
	assert_int_equal ( err_of ( uri_parse ( text, &uri ) ), EINVAL );
	text[URI_LEN_MAX] = '\0';
	uri_free ( parse ( text ) );
	free ( text );
}

static void uri_formats_back_to_its_text ( void **state ) {
	static const char *const texts[] = {
		"",
		"a/b?c#d",
		"http://h/",
		"http://u:p@h:8080/p/q?r=s&t=%20#f",
		"http://[fe80::1]:69/p",
		"http://h/a%20b",
		"file:autoexec.ipxe",
		"file:%2Fx/y",
		"iscsi:10.0.4.1::::iqn.2010-04.org:x",
	};

	for ( size_t i = 0; i < ARRAY_SIZE ( texts ); i++ ) {
		struct uri *uri = parse ( texts[i] );
		char *text = uri_text ( uri, false );

		assert_string_equal ( text, texts[i] );
		free ( text );
		uri_free ( uri );
	}
}

static void uri_format_encodes_what_cannot_stand_there ( void **state ) {
	struct uri *uri = parse ( "http://u%40v:p%2fq@h/a b\x01?c d\xc3" );
	char *text = uri_text ( uri, false );

	assert_string_equal ( text, "http://u%40v:p%2Fq@h/a%20b%01?c%20d%C3" );
	free ( text );
	uri_free ( uri );
}

static void uri_format_behaves_as_snprintf ( void **state ) {
	struct uri *uri = parse ( "http://h/p" );
	char buf[32];

	for ( size_t len = 0; len <= 12; len++ ) {
		memset ( buf, 'x', sizeof ( buf ) );
		assert_int_equal ( uri_format ( uri, buf, len ), 10 );
		assert_int_equal ( buf[len], 'x' );
		if ( len )
			assert_int_equal ( strlen ( buf ), MIN ( len - 1, (size_t) 10 ) );
	}
	uri_free ( uri );
}

static void uri_shown_publicly_has_no_secrets ( void **state ) {
	struct uri *uri = parse ( "http://u:p@10.0.2.2:8099/a%20b?key=1#f" );
	char *text = uri_text ( uri, true );

	assert_string_equal ( text, "http://10.0.2.2:8099/a%20b" );
	free ( text );
	uri_free ( uri );
}

static const struct {
	const char *reference, *resolved;
} rfc3986[] = {
	/* Base http://a/b/c/d;p?q, RFC 3986 §5.4.1 */
	{ "g:h", "g:h" },
	{ "g", "http://a/b/c/g" },
	{ "./g", "http://a/b/c/g" },
	{ "g/", "http://a/b/c/g/" },
	{ "/g", "http://a/g" },
	{ "//g", "http://a//g" }, /* deviation: an authority needs a scheme */
	{ "?y", "http://a/b/c/d;p?y" },
	{ "g?y", "http://a/b/c/g?y" },
	{ "#s", "http://a/b/c/d;p?q#s" },
	{ "g#s", "http://a/b/c/g#s" },
	{ "g?y#s", "http://a/b/c/g?y#s" },
	{ ";x", "http://a/b/c/;x" },
	{ "g;x", "http://a/b/c/g;x" },
	{ "g;x?y#s", "http://a/b/c/g;x?y#s" },
	{ "", "http://a/b/c/d;p?q" },
	{ ".", "http://a/b/c/" },
	{ "./", "http://a/b/c/" },
	{ "..", "http://a/b/" },
	{ "../", "http://a/b/" },
	{ "../g", "http://a/b/g" },
	{ "../..", "http://a/" },
	{ "../../", "http://a/" },
	{ "../../g", "http://a/g" },
	/* §5.4.2 */
	{ "../../../g", "http://a/g" },
	{ "../../../../g", "http://a/g" },
	{ "/./g", "http://a/./g" },   /* deviation: only at the start of relative paths */
	{ "/../g", "http://a/../g" }, /* deviation */
	{ "g.", "http://a/b/c/g." },
	{ ".g", "http://a/b/c/.g" },
	{ "g..", "http://a/b/c/g.." },
	{ "..g", "http://a/b/c/..g" },
	{ "./../g", "http://a/b/g" },
	{ "./g/.", "http://a/b/c/g/." },           /* deviation */
	{ "g/./h", "http://a/b/c/g/./h" },         /* deviation */
	{ "g/../h", "http://a/b/c/g/../h" },       /* deviation */
	{ "g;x=1/./y", "http://a/b/c/g;x=1/./y" }, /* deviation */
	{ "g?y/./x", "http://a/b/c/g?y/./x" },
	{ "g?y/../x", "http://a/b/c/g?y/../x" },
	{ "g#s/./x", "http://a/b/c/g#s/./x" },
	{ "http:g", "http:g" },
};

static void assert_resolves ( const char *base_text, const char *text, const char *expected ) {
	struct uri *base = base_text ? parse ( base_text ) : NULL, *reference = parse ( text );
	struct uri *uri = NULL;
	char *resolved;

	assert_int_equal ( uri_resolve ( base, reference, &uri ), 0 );
	resolved = uri_text ( uri, false );
	assert_string_equal ( resolved, expected );
	free ( resolved );
	uri_free ( uri );
	uri_free ( reference );
	uri_free ( base );
}

static void uri_resolves_as_rfc3986_says_or_as_documented ( void **state ) {
	for ( size_t i = 0; i < ARRAY_SIZE ( rfc3986 ); i++ )
		assert_resolves ( "http://a/b/c/d;p?q", rfc3986[i].reference, rfc3986[i].resolved );
}

static void uri_resolves_against_odd_bases ( void **state ) {
	assert_resolves ( NULL, "x", "x" );
	assert_resolves ( "http://h", "x", "http://h/x" );
	assert_resolves ( "http://h", "../x", "http://h/x" );
	assert_resolves ( "http://u:p@h:1/a", "/x", "http://u:p@h:1/x" );
	assert_resolves ( "tftp://10.0.2.2/", "boot.ipxe", "tftp://10.0.2.2/boot.ipxe" );
	assert_resolves ( "a/b", "../x", "x" );
	assert_resolves ( "a", "x", "x" );
	assert_resolves ( "file:a", "x", "x" );
}

static void uri_base_name_is_the_last_component ( void **state ) {
	static const char *const names[][2] = {
		{ "http://h/a/b.c?q", "b.c" },
		{ "http://h/a/", "" },
		{ "http://h", "" },
		{ "x", "x" },
		{ "file:a/b", "b" },
		{ "", "" },
	};

	for ( size_t i = 0; i < ARRAY_SIZE ( names ); i++ ) {
		struct uri *uri = parse ( names[i][0] );

		assert_string_equal ( uri_basename ( uri ), names[i][1] );
		uri_free ( uri );
	}
}

static void uri_encode_and_decode_are_inverse ( void **state ) {
	char raw[256], text[1024], *decoded;
	int len;

	for ( int i = 0; i < 255; i++ )
		raw[i] = (char) ( i + 1 );
	raw[255] = '\0';
	len = uri_encode ( raw, 255, text, sizeof ( text ) );
	assert_int_equal ( len, strlen ( text ) );
	assert_non_null ( strstr ( text, "%20!\"%23$%25%26'()*%2B,-.%2F0" ) );
	decoded = uri_decode ( text );
	assert_string_equal ( decoded, raw );
	free ( decoded );
}

static void params_are_taken_once ( void **state ) {
	struct params *params = params_new ( "", "PUT" );
	struct uri *uri, *resolved, *base = parse ( "http://h/p?q" );

	assert_int_equal ( params_add ( params, false, "a", "1" ), 0 );
	assert_int_equal ( params_add ( params, true, "b", "2" ), 0 );
	uri = parse ( "##params" );
	assert_null ( uri->path );
	assert_ptr_equal ( uri->params, params );
	assert_string_equal ( params->first->key, "a" );
	assert_string_equal ( params->first->next->value, "2" );
	assert_true ( params->first->next->header );
	assert_null ( params_find ( "" ) );
	assert_int_equal ( uri_resolve ( base, uri, &resolved ), 0 );
	assert_null ( uri->params );
	assert_ptr_equal ( resolved->params, params );
	assert_string_equal ( resolved->query, "q" );
	uri_free ( resolved );
	uri_free ( uri );
	uri_free ( base );
	assert_int_equal ( err_of ( uri_parse ( "http://h/##params", &uri ) ), ENOENT );
}

static void params_are_found_by_name ( void **state ) {
	struct params *first = params_new ( "one", NULL ), *second;
	struct uri *uri;

	assert_non_null ( first );
	params_new ( "two", NULL );
	second = params_new ( "one", NULL ); /* replaces */
	uri = parse ( "http://h/p##params=one" );
	assert_ptr_equal ( uri->params, second );
	assert_string_equal ( uri->path, "/p" );
	uri_free ( uri );
	params_free ( params_take ( "two" ) );
	assert_null ( params_take ( "two" ) );
}

static void working_uri_falls_back_to_next_server ( void **state ) {
	init_phase ( INIT_EARLY ); /* block builtin */
	assert_null ( uri_cwd () );
	assert_int_equal ( settings_set_text ( NULL, "next-server", "10.0.2.2" ), 0 );
	assert_setting ( "cwuri", "tftp://10.0.2.2/" );
	assert_setting ( "cwduri", "tftp://10.0.2.2/" );
	assert_null ( uri_set_cwd ( parse ( "http://h:8/a/b.ipxe?q" ) ) );
	assert_setting ( "cwuri", "http://h:8/a/b.ipxe?q" );
	assert_setting ( "cwduri", "http://h:8/a/" );
	uri_free ( uri_set_cwd ( NULL ) );
	assert_int_equal ( settings_set_text ( NULL, "next-server", "" ), 0 );
	assert_null ( uri_cwd () );
	assert_setting ( "cwuri", NULL );
	assert_setting ( "cwduri", NULL );
}

int main ( void ) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test ( uri_is_split_into_its_parts ),
		cmocka_unit_test ( uri_with_bad_port_or_literal_is_refused ),
		cmocka_unit_test ( uri_longer_than_the_limit_is_refused ),
		cmocka_unit_test ( uri_formats_back_to_its_text ),
		cmocka_unit_test ( uri_format_encodes_what_cannot_stand_there ),
		cmocka_unit_test ( uri_format_behaves_as_snprintf ),
		cmocka_unit_test ( uri_shown_publicly_has_no_secrets ),
		cmocka_unit_test ( uri_resolves_as_rfc3986_says_or_as_documented ),
		cmocka_unit_test ( uri_resolves_against_odd_bases ),
		cmocka_unit_test ( uri_base_name_is_the_last_component ),
		cmocka_unit_test ( uri_encode_and_decode_are_inverse ),
		cmocka_unit_test ( params_are_taken_once ),
		cmocka_unit_test ( params_are_found_by_name ),
		cmocka_unit_test ( working_uri_falls_back_to_next_server ),
	};

	return cmocka_run_group_tests ( tests, NULL, NULL );
}
