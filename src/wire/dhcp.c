/** @file
 * DHCPv4 packets (RFC 2131 §2, RFC 2132, RFC 4578). See wire/dhcp.h.
 */
#include <string.h>
#include "core/error.h"
#include "wire/dhcp.h"

#define DHCP_FLAG_BROADCAST 0x8000

/* Option 57 (RFC 2132 §9.10): an Ethernet frame's IP packet less some room for tunnels. */
#define DHCP_MAX_SIZE 1472

/* What we ask for (option 55), in the order that server logs show. */
static const uint8_t dhcp_parameters[] = {
	1,   3,   6,   7,   12,  15,  17,  26,  42,  43,  60,  66,  67,
	119, 121, 128, 129, 130, 131, 132, 133, 134, 135, 175, 203,
};

int dhcp_parse ( const void *packet, size_t len, struct dhcp_packet *ret_packet ) {
	struct reader r = READER ( packet, len );
	struct dhcp_packet p;

	memset ( &p, 0, sizeof ( p ) );
	p.op = read_u8 ( &r );
	p.htype = read_u8 ( &r );
	p.hlen = read_u8 ( &r );
	read_skip ( &r, 1 ); /* hops */
	p.xid = read_be32 ( &r );
	p.secs = read_be16 ( &r );
	p.flags = read_be16 ( &r );
	p.ciaddr = read_be32 ( &r );
	p.yiaddr = read_be32 ( &r );
	p.siaddr = read_be32 ( &r );
	p.giaddr = read_be32 ( &r );
	p.chaddr = read_bytes ( &r, DHCP_CHADDR_LEN );
	p.sname = read_bytes ( &r, DHCP_SNAME_LEN );
	p.file = read_bytes ( &r, DHCP_FILE_LEN );
	if ( reader_failed ( &r ) )
		return FAIL ( EBADMSG, "DHCP packet of %zu bytes is too short", len );

	/* Without the cookie the rest is a vendor's own affair (RFC 951): no options. */
	if ( read_be32 ( &r ) == DHCP_MAGIC ) {
		p.options_len = reader_left ( &r );
		p.options = read_bytes ( &r, p.options_len );
	}
	*ret_packet = p;
	return 0;
}

/* One level: the first option of that number. */
static const uint8_t *find_option ( const void *options, size_t len, uint8_t tag,
				    size_t *ret_len ) {
	struct reader r = READER ( options, len );

	while ( reader_left ( &r ) ) {
		uint8_t this_tag = read_u8 ( &r );
		const uint8_t *value;
		size_t value_len;

		if ( this_tag == DHCP_OPTION_PAD )
			continue;
		if ( this_tag == DHCP_OPTION_END )
			break;
		value_len = read_u8 ( &r );
		value = read_bytes ( &r, value_len );
		if ( reader_failed ( &r ) )
			break;
		if ( this_tag == tag ) {
			*ret_len = value_len;
			return value;
		}
	}
	return NULL;
}

const uint8_t *dhcp_option ( const void *options, size_t len, uint64_t tag, size_t *ret_len ) {
	unsigned int shift = 0;

	while ( ( shift < 56 ) && ( tag >> ( shift + 8 ) ) )
		shift += 8;
	for ( ;; shift -= 8 ) {
		options = find_option ( options, len, ( tag >> shift ) & 0xff, &len );
		if ( !options || ( shift == 0 ) )
			break;
	}
	if ( options )
		*ret_len = len;
	return options;
}

bool dhcp_packet_number ( const struct dhcp_packet *packet, uint64_t tag, uint32_t *ret_value ) {
	size_t len;
	const uint8_t *value = dhcp_packet_option ( packet, tag, &len );
	uint32_t number = 0;

	if ( !value || ( len == 0 ) || ( len > sizeof ( number ) ) )
		return false;
	while ( len-- )
		number = ( number << 8 ) | *value++;
	*ret_value = number;
	return true;
}

enum dhcp_message_type dhcp_packet_type ( const struct dhcp_packet *packet ) {
	uint32_t type;

	return dhcp_packet_number ( packet, DHCP_OPTION_TYPE, &type ) ? type : DHCP_NONE;
}

/* Copy whole options of one area. */
static void collect_area ( struct writer *w, const void *area, size_t len ) {
	struct reader r = READER ( area, len );

	while ( reader_left ( &r ) ) {
		uint8_t tag = read_u8 ( &r );
		const uint8_t *value;
		size_t value_len;

		if ( tag == DHCP_OPTION_PAD )
			continue;
		if ( tag == DHCP_OPTION_END )
			break;
		value_len = read_u8 ( &r );
		value = read_bytes ( &r, value_len );
		if ( reader_failed ( &r ) || ( (size_t) ( w->end - w->pos ) < 2 + value_len ) )
			break;
		dhcp_write_option ( w, tag, value, value_len );
	}
}

bool dhcp_overloaded ( const struct dhcp_packet *packet, uint8_t field ) {
	uint32_t overload;

	return dhcp_packet_number ( packet, DHCP_OPTION_OVERLOAD, &overload ) &&
	       ( overload & field );
}

size_t dhcp_collect_options ( const struct dhcp_packet *packet, void *buf, size_t len ) {
	struct writer w = WRITER ( buf, len );

	collect_area ( &w, packet->options, packet->options_len );
	if ( dhcp_overloaded ( packet, DHCP_OVERLOAD_FILE ) )
		collect_area ( &w, packet->file, DHCP_FILE_LEN );
	if ( dhcp_overloaded ( packet, DHCP_OVERLOAD_SNAME ) )
		collect_area ( &w, packet->sname, DHCP_SNAME_LEN );
	return writer_len ( &w );
}

void dhcp_write_option ( struct writer *w, uint8_t tag, const void *value, size_t len ) {
	if ( len > 255 ) {
		w->failed = true;
		return;
	}
	write_u8 ( w, tag );
	write_u8 ( w, len );
	write_bytes ( w, value, len );
}

static void write_option_be ( struct writer *w, uint8_t tag, uint32_t value, size_t len ) {
	uint8_t bytes[4] = { value >> 24, value >> 16, value >> 8, value };

	dhcp_write_option ( w, tag, &bytes[4 - len], len );
}

static void write_header ( struct writer *w, const struct dhcp_request *request ) {
	uint8_t *rest;

	write_u8 ( w, DHCP_OP_REQUEST );
	write_u8 ( w, request->htype );
	write_u8 ( w, request->hlen );
	write_u8 ( w, 0 );
	write_be32 ( w, request->xid );
	write_be16 ( w, request->secs );
	write_be16 ( w, request->broadcast ? DHCP_FLAG_BROADCAST : 0 );
	write_be32 ( w, request->ciaddr );
	write_be32 ( w, 0 );
	write_be32 ( w, 0 );
	write_be32 ( w, 0 );
	rest = write_reserve ( w, DHCP_CHADDR_LEN + DHCP_SNAME_LEN + DHCP_FILE_LEN );
	if ( rest ) {
		memset ( rest, 0, DHCP_CHADDR_LEN + DHCP_SNAME_LEN + DHCP_FILE_LEN );
		memcpy ( rest, request->hw_addr,
			 MIN ( (size_t) request->hlen, (size_t) DHCP_CHADDR_LEN ) );
	}
	write_be32 ( w, DHCP_MAGIC );
}

/* What the machine is: the same in each of its packets, in an order that never changes. */
static void write_identity ( struct writer *w, const struct dhcp_request *request ) {
	uint8_t client_id[1 + DHCP_CHADDR_LEN] = { request->htype };
	size_t hlen = MIN ( (size_t) request->hlen, (size_t) DHCP_CHADDR_LEN );

	write_option_be ( w, DHCP_OPTION_MAX_SIZE, DHCP_MAX_SIZE, 2 );
	write_option_be ( w, DHCP_OPTION_CLIENT_ARCH, request->arch, 2 );
	dhcp_write_option ( w, DHCP_OPTION_CLIENT_NDI, request->ndi, 3 );
	dhcp_write_option ( w, DHCP_OPTION_VENDOR_CLASS, request->vendor_class,
			    strlen ( request->vendor_class ) );
	dhcp_write_option ( w, DHCP_OPTION_USER_CLASS, request->user_class,
			    request->user_class_len );
	dhcp_write_option ( w, DHCP_OPTION_PARAMETERS, dhcp_parameters,
			    sizeof ( dhcp_parameters ) );
	dhcp_write_option ( w, DHCP_OPTION_IPXE, request->features, request->features_len );
	memcpy ( &client_id[1], request->hw_addr, hlen );
	dhcp_write_option ( w, DHCP_OPTION_CLIENT_ID, client_id, 1 + hlen );
	if ( request->uuid ) {
		uint8_t uuid[17] = { 0 };

		memcpy ( &uuid[1], request->uuid, 16 );
		dhcp_write_option ( w, DHCP_OPTION_CLIENT_UUID, uuid, sizeof ( uuid ) );
	}
}

ssize_t dhcp_build_request ( const struct dhcp_request *request, void *buf, size_t len ) {
	struct writer w = WRITER ( buf, len );

	write_header ( &w, request );
	write_option_be ( &w, DHCP_OPTION_TYPE, request->type, 1 );
	write_identity ( &w, request );
	if ( request->server_id )
		write_option_be ( &w, DHCP_OPTION_SERVER_ID, request->server_id, 4 );
	if ( request->requested_ip )
		write_option_be ( &w, DHCP_OPTION_REQUESTED_IP, request->requested_ip, 4 );
	if ( request->boot_item ) {
		const uint8_t *item = request->boot_item;
		uint8_t pxe[] = { 71, 4, item[0], item[1], item[2], item[3], DHCP_OPTION_END };

		dhcp_write_option ( &w, DHCP_PXE_ITEM >> 8, pxe, sizeof ( pxe ) );
	}
	write_u8 ( &w, DHCP_OPTION_END );
	if ( writer_failed ( &w ) )
		return FAIL ( EMSGSIZE, "DHCP request does not fit into %zu bytes", len );
	return writer_len ( &w );
}
