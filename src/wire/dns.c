/** @file
 * DNS messages (RFC 1035 §4, RFC 5452 §9.1). See wire/dns.h.
 */
#include <string.h>
#include "core/error.h"
#include "wire/dns.h"

#define DNS_FLAG_RESPONSE  0x8000
#define DNS_MASK_OPCODE    0x7800
#define DNS_FLAG_TRUNCATED 0x0200
#define DNS_FLAG_RECURSION 0x0100
#define DNS_MASK_RCODE     0x000f
#define DNS_CLASS_IN       1
#define DNS_HEADER_LEN     12
#define DNS_LABEL_MAX      63
#define DNS_POINTER        0xc0

static uint8_t lower ( uint8_t c ) {
	return ( ( c >= 'A' ) && ( c <= 'Z' ) ) ? c + ( 'a' - 'A' ) : c;
}

/* Append one label, lower-cased, leaving room for the final empty one. */
static bool append_label ( struct dns_name *name, size_t *pos, const uint8_t *label, size_t len ) {
	if ( ( len > DNS_LABEL_MAX ) || ( *pos + 1 + len + 1 > DNS_NAME_MAX ) )
		return false;
	name->bytes[( *pos )++] = len;
	while ( len-- )
		name->bytes[( *pos )++] = lower ( *label++ );
	return true;
}

int dns_name_encode ( const char *text, const struct dns_name *suffix, struct dns_name *ret_name ) {
	struct dns_name name;
	const char *label = text;
	size_t pos = 0;

	while ( *label ) {
		size_t len = strcspn ( label, "." );

		if ( ( len == 0 ) || !append_label ( &name, &pos, (const uint8_t *) label, len ) )
			return FAIL ( EINVAL, "\"%s\" is not a host name", text );
		label += len;
		if ( *label == '.' )
			label++;
	}
	if ( pos == 0 )
		return FAIL ( EINVAL, "host name is empty" );
	name.bytes[pos++] = 0;
	if ( suffix ) {
		if ( pos - 1 + suffix->len > DNS_NAME_MAX )
			return FAIL ( EINVAL, "\"%s\" is too long with its domain", text );
		memcpy ( &name.bytes[pos - 1], suffix->bytes, suffix->len );
		pos += suffix->len - 1;
	}
	name.len = pos;
	*ret_name = name;
	return 0;
}

char *dns_name_text ( const struct dns_name *name, char *buf, size_t len ) {
	struct writer w = WRITER ( buf, len - 1 );
	struct reader r = READER ( name->bytes, name->len );
	size_t label_len;

	while ( ( label_len = read_u8 ( &r ) ) != 0 ) {
		if ( writer_len ( &w ) )
			write_u8 ( &w, '.' );
		while ( label_len-- && !reader_failed ( &r ) ) {
			uint8_t c = read_u8 ( &r );

			write_u8 ( &w, ( ( c > 0x20 ) && ( c < 0x7f ) ) ? c : '?' );
		}
	}
	buf[writer_len ( &w )] = '\0';
	return buf;
}

bool dns_name_equal ( const struct dns_name *a, const struct dns_name *b ) {
	return ( a->len == b->len ) && ( memcmp ( a->bytes, b->bytes, a->len ) == 0 );
}

int dns_name_decode ( const void *message, size_t len, size_t *offset, struct dns_name *ret_name ) {
	const uint8_t *bytes = message;
	size_t pos = *offset, limit = *offset, end = 0, out = 0;
	struct dns_name name;

	for ( ;; ) {
		uint8_t label;

		if ( pos >= len )
			goto bad;
		label = bytes[pos];
		if ( ( label & DNS_POINTER ) == DNS_POINTER ) {
			size_t target;

			if ( len - pos < 2 )
				goto bad;
			target = ( ( label & ~DNS_POINTER ) << 8 ) | bytes[pos + 1];
			if ( !end )
				end = pos + 2;
			/* Strictly backwards each time: this ends. */
			if ( target >= limit )
				goto bad;
			pos = limit = target;
			continue;
		}
		if ( ( label & DNS_POINTER ) || ( label > len - pos - 1 ) )
			goto bad;
		if ( label == 0 )
			break;
		if ( !append_label ( &name, &out, &bytes[pos + 1], label ) )
			goto bad;
		pos += 1 + label;
	}
	name.bytes[out++] = 0;
	name.len = out;
	*offset = end ? end : pos + 1;
	*ret_name = name;
	return 0;
bad:
	return FAIL ( EBADMSG, "malformed name in DNS message" );
}

ssize_t dns_build_query ( uint16_t id, const struct dns_name *name, uint16_t type, void *buf,
			  size_t len ) {
	struct writer w = WRITER ( buf, len );

	write_be16 ( &w, id );
	write_be16 ( &w, DNS_FLAG_RECURSION );
	write_be16 ( &w, 1 ); /* one question, nothing else */
	write_be16 ( &w, 0 );
	write_be16 ( &w, 0 );
	write_be16 ( &w, 0 );
	write_bytes ( &w, name->bytes, name->len );
	write_be16 ( &w, type );
	write_be16 ( &w, DNS_CLASS_IN );
	return writer_failed ( &w ) ? FAIL ( ENOBUFS, "DNS question is too long" )
				    : (ssize_t) writer_len ( &w );
}

/* Position in a message that names refer to. */
struct dns_cursor {
	const uint8_t *message;
	size_t len;
	size_t offset;
};

/** One record. `data` is the offset of its data in the message. */
struct dns_record {
	struct dns_name name;
	uint16_t type, class;
	uint32_t ttl;
	size_t data, data_len;
};

static int read_record ( struct dns_cursor *c, struct dns_record *ret_record ) {
	struct reader r;
	int rc;

	if ( ( rc = dns_name_decode ( c->message, c->len, &c->offset, &ret_record->name ) ) != 0 )
		return rc;
	r = READER ( c->message + c->offset, c->len - c->offset );
	ret_record->type = read_be16 ( &r );
	ret_record->class = read_be16 ( &r );
	ret_record->ttl = read_be32 ( &r );
	ret_record->data_len = read_be16 ( &r );
	read_skip ( &r, ret_record->data_len );
	if ( reader_failed ( &r ) )
		return FAIL ( EBADMSG, "truncated DNS record" );
	ret_record->data = c->offset + 10;
	c->offset = ret_record->data + ret_record->data_len;
	return 0;
}

/* A record about the name we are at: use it. @return true if it led further */
static bool use_record ( const struct dns_cursor *c, const struct dns_record *record,
			 struct dns_answer *answer ) {
	size_t offset = record->data;
	struct dns_name target;

	if ( record->type == DNS_TYPE_A ) {
		struct reader r = READER ( c->message + record->data, record->data_len );

		if ( record->data_len != 4 )
			return false;
		answer->has_address = true;
		answer->address = read_be32 ( &r );
	} else if ( record->type == DNS_TYPE_CNAME ) {
		if ( ( dns_name_decode ( c->message, c->len, &offset, &target ) != 0 ) ||
		     ( offset != record->data + record->data_len ) )
			return false;
		answer->has_cname = true;
		answer->cnames++;
		answer->cname = target;
	} else {
		return false;
	}
	answer->ttl = MIN ( answer->ttl, record->ttl );
	return true;
}

/* Find and use the first fitting record about the current name. @return 1 used, 0 none, or error */
static int follow_once ( struct dns_cursor c, unsigned int count, const struct dns_name *name,
			 struct dns_answer *answer ) {
	struct dns_record record;
	int rc;

	while ( count-- ) {
		if ( ( rc = read_record ( &c, &record ) ) != 0 ) {
			/* A truncated message may end in mid-record; what came before counts. */
			return answer->truncated ? 0 : rc;
		}
		if ( ( record.class == DNS_CLASS_IN ) && dns_name_equal ( &record.name, name ) &&
		     use_record ( &c, &record, answer ) )
			return 1;
	}
	return 0;
}

static int parse_question ( struct dns_cursor *c, unsigned int questions,
			    const struct dns_name *name, uint16_t type ) {
	struct dns_name asked;
	struct reader r;
	int rc;

	if ( questions != 1 )
		return FAIL ( EBADMSG, "DNS answer without our question" );
	if ( ( rc = dns_name_decode ( c->message, c->len, &c->offset, &asked ) ) != 0 )
		return rc;
	r = READER ( c->message + c->offset, c->len - c->offset );
	if ( ( read_be16 ( &r ) != type ) || ( read_be16 ( &r ) != DNS_CLASS_IN ) ||
	     reader_failed ( &r ) || !dns_name_equal ( &asked, name ) )
		return FAIL ( EBADMSG, "DNS answer to another question" );
	c->offset += 4;
	return 0;
}

int dns_parse_answer ( const void *message, size_t len, uint16_t id, const struct dns_name *name,
		       uint16_t type, struct dns_answer *ret_answer ) {
	struct reader r = READER ( message, len );
	struct dns_cursor c = { .message = message, .len = len, .offset = DNS_HEADER_LEN };
	uint16_t their_id = read_be16 ( &r ), flags = read_be16 ( &r );
	unsigned int questions = read_be16 ( &r ), records = read_be16 ( &r );
	int rc;

	read_skip ( &r, 4 );
	if ( reader_failed ( &r ) || ( their_id != id ) || !( flags & DNS_FLAG_RESPONSE ) ||
	     ( flags & DNS_MASK_OPCODE ) )
		return FAIL ( EBADMSG, "not an answer to our DNS question" );
	if ( ( rc = parse_question ( &c, questions, name, type ) ) != 0 )
		return rc;

	memset ( ret_answer, 0, sizeof ( *ret_answer ) );
	ret_answer->rcode = flags & DNS_MASK_RCODE;
	ret_answer->truncated = ( flags & DNS_FLAG_TRUNCATED );
	ret_answer->ttl = UINT32_MAX;
	ret_answer->cname = *name;
	records = MIN ( records, (unsigned int) DNS_RECORDS_MAX );

	/* Each round uses one record; a chain longer than the answer is a loop in it. */
	for ( unsigned int round = 0; ( round < records ) && !ret_answer->has_address; round++ ) {
		rc = follow_once ( c, records, &ret_answer->cname, ret_answer );
		if ( rc < 0 )
			return rc;
		if ( rc == 0 )
			break;
	}
	return 0;
}
