/** @file
 * DNS messages: questions to the byte, answers with chains and compression, hostile ones.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "core/error.h"
#include "wire/dns.h"

#define ID       0x1234
#define CLASS_IN 1

/** A message being made. */
struct message {
	uint8_t bytes[DNS_MESSAGE_MAX];
	struct writer w;
	unsigned int answers;
};

static struct dns_name name_of ( const char *text ) {
	struct dns_name name;

	assert_int_equal ( dns_name_encode ( text, NULL, &name ), 0 );
	return name;
}

static void begin ( struct message *m, const char *name, uint16_t type ) {
	struct dns_name question = name_of ( name );

	m->w = WRITER ( m->bytes, sizeof ( m->bytes ) );
	m->answers = 0;
	write_be16 ( &m->w, ID );
	write_be16 ( &m->w, 0x8180 );
	write_be16 ( &m->w, 1 );
	write_be16 ( &m->w, 0 );
	write_be16 ( &m->w, 0 );
	write_be16 ( &m->w, 0 );
	write_bytes ( &m->w, question.bytes, question.len );
	write_be16 ( &m->w, type );
	write_be16 ( &m->w, CLASS_IN );
}

static void add ( struct message *m, const char *name, uint16_t type, uint32_t ttl,
		  const void *data, size_t len ) {
	struct dns_name owner = name_of ( name );

	write_bytes ( &m->w, owner.bytes, owner.len );
	write_be16 ( &m->w, type );
	write_be16 ( &m->w, CLASS_IN );
	write_be32 ( &m->w, ttl );
	write_be16 ( &m->w, len );
	write_bytes ( &m->w, data, len );
	m->bytes[7] = ++m->answers;
}

static void add_a ( struct message *m, const char *name, const char *addr ) {
	add ( m, name, DNS_TYPE_A, 300, addr, 4 );
}

static void add_cname ( struct message *m, const char *name, const char *target ) {
	struct dns_name to = name_of ( target );

	add ( m, name, DNS_TYPE_CNAME, 60, to.bytes, to.len );
}

static int parse ( const struct message *m, const char *name, uint16_t type,
		   struct dns_answer *ret ) {
	struct dns_name asked = name_of ( name );
	size_t len = writer_len ( &m->w );
	uint8_t *exact = malloc ( len );
	int rc;

	memcpy ( exact, m->bytes, len );
	rc = dns_parse_answer ( exact, len, ID, &asked, type, ret );
	free ( exact );
	return rc;
}

static void query_is_equal_to_the_byte ( void **state ) {
	static const uint8_t expected[] = "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"
					  "\x04"
					  "boot\x07"
					  "example\x00\x00\x01\x00\x01";
	struct dns_name name = name_of ( "Boot.Example." );
	uint8_t buf[DNS_MESSAGE_MAX];
	ssize_t len = dns_build_query ( ID, &name, DNS_TYPE_A, buf, sizeof ( buf ) );

	assert_int_equal ( len, sizeof ( expected ) - 1 );
	assert_memory_equal ( buf, expected, len );
	assert_true ( err_is ( dns_build_query ( ID, &name, DNS_TYPE_A, buf, len - 1 ), ENOBUFS ) );
}

static void names_that_are_none_are_refused ( void **state ) {
	char label[80], longest[400] = "";
	struct dns_name name;

	memset ( label, 'a', sizeof ( label ) );
	label[64] = '\0';
	assert_true ( err_is ( dns_name_encode ( label, NULL, &name ), EINVAL ) );
	label[63] = '\0';
	assert_int_equal ( dns_name_encode ( label, NULL, &name ), 0 );
	assert_true ( err_is ( dns_name_encode ( "", NULL, &name ), EINVAL ) );
	assert_true ( err_is ( dns_name_encode ( ".", NULL, &name ), EINVAL ) );
	assert_true ( err_is ( dns_name_encode ( "a..b", NULL, &name ), EINVAL ) );
	assert_true ( err_is ( dns_name_encode ( ".a", NULL, &name ), EINVAL ) );
	for ( int i = 0; i < 4; i++ ) {
		strcat ( longest, label );
		strcat ( longest, "." );
	}
	assert_true ( err_is ( dns_name_encode ( longest, NULL, &name ), EINVAL ) );
}

static void longest_name_goes_through ( void **state ) {
	char text[DNS_NAME_MAX], again[DNS_NAME_MAX];
	struct dns_name name, suffix = name_of ( "x" );

	memset ( text, 'a', 253 );
	text[63] = text[127] = text[191] = '.';
	text[253] = '\0';
	assert_int_equal ( dns_name_encode ( text, NULL, &name ), 0 );
	assert_int_equal ( name.len, 255 );
	assert_string_equal ( dns_name_text ( &name, again, sizeof ( again ) ), text );
	assert_true ( err_is ( dns_name_encode ( text, &suffix, &name ), EINVAL ) );
}

static void suffix_is_appended ( void **state ) {
	struct dns_name suffix = name_of ( "lab.example" ), name,
			whole = name_of ( "a.lab.example" );

	assert_int_equal ( dns_name_encode ( "a", &suffix, &name ), 0 );
	assert_true ( dns_name_equal ( &name, &whole ) );
}

static void address_is_found ( void **state ) {
	struct dns_answer answer;
	struct message m;

	begin ( &m, "boot.example", DNS_TYPE_A );
	add_a ( &m, "other.example", "\x0a\x00\x00\x01" );
	add_a ( &m, "BOOT.example", "\x0a\x00\x00\x02" );
	assert_int_equal ( parse ( &m, "boot.example", DNS_TYPE_A, &answer ), 0 );
	assert_true ( answer.has_address );
	assert_int_equal ( answer.address, 0x0a000002 );
	assert_int_equal ( answer.ttl, 300 );
}

static void chain_is_followed_in_any_order ( void **state ) {
	struct dns_answer answer;
	struct message m;

	begin ( &m, "www.example", DNS_TYPE_A );
	add_a ( &m, "host.example", "\x0a\x00\x00\x03" );
	add_cname ( &m, "mid.example", "host.example" );
	add_cname ( &m, "www.example", "mid.example" );
	assert_int_equal ( parse ( &m, "www.example", DNS_TYPE_A, &answer ), 0 );
	assert_true ( answer.has_address );
	assert_int_equal ( answer.address, 0x0a000003 );
	assert_int_equal ( answer.cnames, 2 );
	assert_int_equal ( answer.ttl, 60 );
}

static void chain_that_leaves_the_answer_ends_at_its_last_name ( void **state ) {
	struct dns_name last = name_of ( "far.example" );
	struct dns_answer answer;
	struct message m;

	begin ( &m, "www.example", DNS_TYPE_CNAME );
	add_cname ( &m, "www.example", "far.example" );
	assert_int_equal ( parse ( &m, "www.example", DNS_TYPE_CNAME, &answer ), 0 );
	assert_false ( answer.has_address );
	assert_true ( answer.has_cname );
	assert_true ( dns_name_equal ( &answer.cname, &last ) );
}

static void chain_in_a_circle_ends ( void **state ) {
	struct dns_answer answer;
	struct message m;

	begin ( &m, "a.example", DNS_TYPE_A );
	add_cname ( &m, "a.example", "b.example" );
	add_cname ( &m, "b.example", "a.example" );
	assert_int_equal ( parse ( &m, "a.example", DNS_TYPE_A, &answer ), 0 );
	assert_false ( answer.has_address );
	assert_in_range ( answer.cnames, 1, 2 );
}

static void compressed_names_are_read ( void **state ) {
	/* Answer to c.example: owner is a pointer to the question, CNAME to d.<example>, A of it. */
	static const uint8_t records[] = "\xc0\x0c\x00\x05\x00\x01\x00\x00\x00\x3c\x00\x04\x01"
					 "d\xc0\x0e"
					 "\xc0\x27\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\x0a\x00"
					 "\x00\x04";
	struct dns_answer answer;
	struct message m;

	begin ( &m, "c.example", DNS_TYPE_A );
	assert_int_equal ( writer_len ( &m.w ), 27 );
	write_bytes ( &m.w, records, sizeof ( records ) - 1 );
	m.bytes[7] = 2;
	assert_int_equal ( parse ( &m, "c.example", DNS_TYPE_A, &answer ), 0 );
	assert_true ( answer.has_address );
	assert_int_equal ( answer.address, 0x0a000004 );
}

static void compression_in_circles_is_refused ( void **state ) {
	static const uint8_t self[] = "\xc0\x00", forward[] = "\xc0\x02\x01"
							      "a\x00";
	static const uint8_t pair[] = "\xc0\x02\xc0\x00", grown[] = "\x01"
								    "a\xc0\x00";
	struct dns_name name;
	size_t offset;

	offset = 0;
	assert_true ( err_is ( dns_name_decode ( self, 2, &offset, &name ), EBADMSG ) );
	offset = 0;
	assert_true ( err_is ( dns_name_decode ( forward, 5, &offset, &name ), EBADMSG ) );
	offset = 2;
	assert_true ( err_is ( dns_name_decode ( pair, 4, &offset, &name ), EBADMSG ) );
	offset = 0;
	assert_true ( err_is ( dns_name_decode ( grown, 4, &offset, &name ), EBADMSG ) );
}

static void answers_to_other_questions_are_refused ( void **state ) {
	struct dns_name name = name_of ( "a.example" );
	struct dns_answer answer;
	struct message m;

	begin ( &m, "a.example", DNS_TYPE_A );
	add_a ( &m, "a.example", "\x0a\x00\x00\x01" );
	assert_true ( err_is ( parse ( &m, "b.example", DNS_TYPE_A, &answer ), EBADMSG ) );
	assert_true ( err_is ( parse ( &m, "a.example", DNS_TYPE_CNAME, &answer ), EBADMSG ) );
	assert_true ( err_is ( dns_parse_answer ( m.bytes, writer_len ( &m.w ), ID + 1, &name,
						  DNS_TYPE_A, &answer ),
			       EBADMSG ) );
	m.bytes[2] &= 0x7f; /* a question, not an answer */
	assert_true ( err_is ( parse ( &m, "a.example", DNS_TYPE_A, &answer ), EBADMSG ) );
}

static void answer_truncated_anywhere_is_refused ( void **state ) {
	struct dns_name name = name_of ( "www.example" );
	struct dns_answer answer;
	struct message m;

	begin ( &m, "www.example", DNS_TYPE_A );
	add_cname ( &m, "www.example", "host.example" );
	add_a ( &m, "host.example", "\x0a\x00\x00\x03" );
	for ( size_t len = 0; len < writer_len ( &m.w ); len++ ) {
		uint8_t *part = malloc ( len + 1 );

		memcpy ( part, m.bytes, len );
		assert_true ( err_is (
			dns_parse_answer ( part, len, ID, &name, DNS_TYPE_A, &answer ), EBADMSG ) );
		free ( part );
	}
}

static void truncated_answer_that_says_so_counts_as_far_as_it_goes ( void **state ) {
	struct dns_answer answer;
	struct message m;

	begin ( &m, "a.example", DNS_TYPE_A );
	add_cname ( &m, "a.example", "b.example" );
	add_a ( &m, "b.example", "\x0a\x00\x00\x01" );
	m.bytes[2] |= 0x02;
	m.w.pos -= 3;
	assert_int_equal ( parse ( &m, "a.example", DNS_TYPE_A, &answer ), 0 );
	assert_true ( answer.truncated );
	assert_true ( answer.has_cname );
	assert_false ( answer.has_address );
}

static void error_code_is_told ( void **state ) {
	struct dns_answer answer;
	struct message m;

	begin ( &m, "a.example", DNS_TYPE_A );
	m.bytes[3] |= DNS_RCODE_NO_NAME;
	assert_int_equal ( parse ( &m, "a.example", DNS_TYPE_A, &answer ), 0 );
	assert_int_equal ( answer.rcode, DNS_RCODE_NO_NAME );
	assert_false ( answer.has_address || answer.has_cname );
}

static void address_of_wrong_length_is_not_used ( void **state ) {
	struct dns_answer answer;
	struct message m;

	begin ( &m, "a.example", DNS_TYPE_A );
	add ( &m, "a.example", DNS_TYPE_A, 1, "\x0a\x00\x00", 3 );
	assert_int_equal ( parse ( &m, "a.example", DNS_TYPE_A, &answer ), 0 );
	assert_false ( answer.has_address );
}

int main ( void ) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test ( query_is_equal_to_the_byte ),
		cmocka_unit_test ( names_that_are_none_are_refused ),
		cmocka_unit_test ( longest_name_goes_through ),
		cmocka_unit_test ( suffix_is_appended ),
		cmocka_unit_test ( address_is_found ),
		cmocka_unit_test ( chain_is_followed_in_any_order ),
		cmocka_unit_test ( chain_that_leaves_the_answer_ends_at_its_last_name ),
		cmocka_unit_test ( chain_in_a_circle_ends ),
		cmocka_unit_test ( compressed_names_are_read ),
		cmocka_unit_test ( compression_in_circles_is_refused ),
		cmocka_unit_test ( answers_to_other_questions_are_refused ),
		cmocka_unit_test ( answer_truncated_anywhere_is_refused ),
		cmocka_unit_test ( truncated_answer_that_says_so_counts_as_far_as_it_goes ),
		cmocka_unit_test ( error_code_is_told ),
		cmocka_unit_test ( address_of_wrong_length_is_not_used ),
	};

	return cmocka_run_group_tests ( tests, NULL, NULL );
}
