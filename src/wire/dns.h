/** @file
 * DNS messages (RFC 1035 §4): one question out, records of the answer section in.
 * Pure: no clock, no heap, no I/O. Names are kept in wire form (labels with lengths, no
 * compression), lower-cased, so that equal names are equal bytes.
 */
#ifndef WIRE_DNS_H
#define WIRE_DNS_H

#include "core/reader.h"

#define DNS_PORT 53
/** Longest message over UDP without extensions (RFC 1035 §2.3.4). */
#define DNS_MESSAGE_MAX 512
/** Longest name on the wire (RFC 1035 §2.3.4). */
#define DNS_NAME_MAX 255
/** Answer records looked at: no honest answer of 512 bytes has more. */
#define DNS_RECORDS_MAX 48

#define DNS_TYPE_A     1
#define DNS_TYPE_CNAME 5

#define DNS_RCODE_OK      0
#define DNS_RCODE_NO_NAME 3 /**< NXDOMAIN */

/** A name in wire form, with the final empty label. */
struct dns_name {
	uint8_t len; /**< bytes in use; at least 1 */
	uint8_t bytes[DNS_NAME_MAX];
};

/**
 * Text to name: labels of 1 to 63 bytes between dots, one final dot allowed.
 * @param suffix  appended after the labels of @c text, or NULL
 * @return 0, -EINVAL empty or too long label, name too long
 */
int dns_name_encode ( const char *text, const struct dns_name *suffix, struct dns_name *ret_name );

/** Name to text without final dot; what is not printable comes as '?'. @return buf */
char *dns_name_text ( const struct dns_name *name, char *buf, size_t len );

bool dns_name_equal ( const struct dns_name *a, const struct dns_name *b );

/**
 * Read a name that may be compressed (RFC 1035 §4.1.4). A pointer must point before the part that
 * it ends, so there are no loops.
 *
 * @param message  what pointers are relative to
 * @param offset   where the name starts; moved behind it
 * @return 0, -EBADMSG
 */
int dns_name_decode ( const void *message, size_t len, size_t *offset, struct dns_name *ret_name );

/**
 * Build a question (class IN, recursion desired).
 * @return length, or -ENOBUFS
 */
ssize_t dns_build_query ( uint16_t id, const struct dns_name *name, uint16_t type, void *buf,
			  size_t len );

/** What an answer says about one name. */
struct dns_answer {
	unsigned int rcode;
	bool truncated; /**< TC: there would have been more */
	bool has_address;
	uint32_t address; /**< first A record, host order */
	bool has_cname;
	unsigned int cnames;   /**< links followed within this answer */
	struct dns_name cname; /**< where the chain of CNAMEs led to */
	uint32_t ttl;          /**< smallest of the records used, seconds */
};

/**
 * Parse an answer: follow the CNAME chain of @c name through the records, in whatever order they
 * are, to an address or to the last name.
 *
 * @param id, name, type  as asked; an answer to another question is refused (RFC 5452 §9.1)
 * @return 0 (the answer may say nothing), -EBADMSG not an answer to this question or malformed
 */
int dns_parse_answer ( const void *message, size_t len, uint16_t id, const struct dns_name *name,
		       uint16_t type, struct dns_answer *ret_answer );

#endif /* WIRE_DNS_H */
