/** @file
 * DHCPv4 packets (RFC 2131 §2, options RFC 2132, PXE options RFC 4578): bytes <-> structures.
 * Pure: no clock, no heap, no I/O. Addresses are host-order integers.
 */
#ifndef WIRE_DHCP_H
#define WIRE_DHCP_H

#include "core/reader.h"

#define DHCP_CLIENT_PORT 68
#define DHCP_SERVER_PORT 67
#define DHCP_PXE_PORT    4011

#define DHCP_CHADDR_LEN 16
#define DHCP_SNAME_LEN  64
#define DHCP_FILE_LEN   128
#define DHCP_HEADER_LEN 236 /**< fixed part, without the magic cookie */
#define DHCP_MAGIC      0x63825363
/** Longest packet that we send. */
#define DHCP_REQUEST_MAX 552
/** Longest packet that we take: what option 57 tells the server. */
#define DHCP_REPLY_MAX 1472

enum dhcp_message_type {
	DHCP_NONE = 0, /**< no option 53: BOOTP */
	DHCP_DISCOVER = 1,
	DHCP_OFFER = 2,
	DHCP_REQUEST = 3,
	DHCP_DECLINE = 4,
	DHCP_ACK = 5,
	DHCP_NAK = 6,
	DHCP_RELEASE = 7,
	DHCP_INFORM = 8,
};

#define DHCP_OPTION_PAD          0
#define DHCP_OPTION_NETMASK      1
#define DHCP_OPTION_ROUTERS      3
#define DHCP_OPTION_DNS          6
#define DHCP_OPTION_REQUESTED_IP 50
#define DHCP_OPTION_OVERLOAD     52
#define DHCP_OPTION_TYPE         53
#define DHCP_OPTION_SERVER_ID    54
#define DHCP_OPTION_PARAMETERS   55
#define DHCP_OPTION_MESSAGE      56
#define DHCP_OPTION_MAX_SIZE     57
#define DHCP_OPTION_VENDOR_CLASS 60
#define DHCP_OPTION_CLIENT_ID    61
#define DHCP_OPTION_TFTP_SERVER  66
#define DHCP_OPTION_BOOTFILE     67
#define DHCP_OPTION_USER_CLASS   77
#define DHCP_OPTION_CLIENT_ARCH  93
#define DHCP_OPTION_CLIENT_NDI   94
#define DHCP_OPTION_CLIENT_UUID  97
#define DHCP_OPTION_IPXE         175
#define DHCP_OPTION_END          255

/** An encapsulated option, as settings address it. */
#define DHCP_ENCAP( outer, inner ) ( ( ( outer ) << 8 ) | ( inner ) )
#define DHCP_PXE_CONTROL           DHCP_ENCAP ( 43, 6 )
#define DHCP_PXE_MULTICAST         DHCP_ENCAP ( 43, 7 )
#define DHCP_PXE_SERVERS           DHCP_ENCAP ( 43, 8 )
#define DHCP_PXE_MENU              DHCP_ENCAP ( 43, 9 )
#define DHCP_PXE_ITEM              DHCP_ENCAP ( 43, 71 )
#define DHCP_IPXE_PRIORITY         DHCP_ENCAP ( DHCP_OPTION_IPXE, 1 )
#define DHCP_IPXE_YIADDR           DHCP_ENCAP ( DHCP_OPTION_IPXE, 2 )
#define DHCP_IPXE_SIADDR           DHCP_ENCAP ( DHCP_OPTION_IPXE, 3 )
#define DHCP_IPXE_NO_PROXY         DHCP_ENCAP ( DHCP_OPTION_IPXE, 176 )

/** A parsed packet. Pointers are views into the packet. */
struct dhcp_packet {
	uint8_t op, htype, hlen;
	uint32_t xid;
	uint16_t secs, flags;
	uint32_t ciaddr, yiaddr, siaddr, giaddr;
	const uint8_t *chaddr;  /**< DHCP_CHADDR_LEN bytes */
	const uint8_t *sname;   /**< DHCP_SNAME_LEN bytes, perhaps without NUL */
	const uint8_t *file;    /**< DHCP_FILE_LEN bytes, perhaps without NUL */
	const uint8_t *options; /**< after the magic cookie */
	size_t options_len;     /**< 0 if there is no magic cookie (plain BOOTP) */
};

#define DHCP_OP_REQUEST 1
#define DHCP_OP_REPLY   2

/**
 * Parse the fixed part.
 * @param packet      UDP payload; borrowed, @c ret_packet points into it
 * @return 0, -EBADMSG shorter than the fixed part
 */
int dhcp_parse ( const void *packet, size_t len, struct dhcp_packet *ret_packet );

/**
 * Find an option: the first of that tag, in RFC 2132 encoding. One that runs past the end ends the
 * search.
 *
 * @param tag      option number, or DHCP_ENCAP() of any depth
 * @param ret_len  its length, bytes
 * @return its value, a view, or NULL if it is absent
 */
const uint8_t *dhcp_option ( const void *options, size_t len, uint64_t tag, size_t *ret_len );

/** dhcp_option() on a packet: the options area only. */
static inline const uint8_t *dhcp_packet_option ( const struct dhcp_packet *packet, uint64_t tag,
						  size_t *ret_len ) {
	return dhcp_option ( packet->options, packet->options_len, tag, ret_len );
}

/** An option as a big-endian number (1 to 4 bytes). @return false if absent or of another size */
bool dhcp_packet_number ( const struct dhcp_packet *packet, uint64_t tag, uint32_t *ret_value );

/** Option 53, or DHCP_NONE. */
enum dhcp_message_type dhcp_packet_type ( const struct dhcp_packet *packet );

/**
 * Collect the options of all areas in one run without pads and end marks: the options field, then
 * file and sname if option 52 (RFC 2132 §9.3) says that they hold options.
 * @return length; at most @c len bytes are written, whole options only
 */
size_t dhcp_collect_options ( const struct dhcp_packet *packet, void *buf, size_t len );

/* Bits of option 52. */
#define DHCP_OVERLOAD_FILE  1
#define DHCP_OVERLOAD_SNAME 2

/** True if option 52 says that this field (DHCP_OVERLOAD_...) holds options. */
bool dhcp_overloaded ( const struct dhcp_packet *packet, uint8_t field );

/** All that a request says. Everything is borrowed. */
struct dhcp_request {
	enum dhcp_message_type type;
	uint32_t xid;
	uint16_t secs;
	bool broadcast;
	uint32_t ciaddr;
	uint8_t htype, hlen;
	const uint8_t *hw_addr;   /**< hlen bytes */
	uint16_t arch;            /**< option 93 */
	const uint8_t *ndi;       /**< option 94: type, major, minor */
	const char *vendor_class; /**< option 60 */
	const void *user_class;   /**< option 77 */
	size_t user_class_len;
	const uint8_t *features; /**< option 175: encoded sub-options */
	size_t features_len;
	const uint8_t *uuid;      /**< option 97: 16 bytes in GUID order, or NULL */
	uint32_t server_id;       /**< option 54, or 0 */
	uint32_t requested_ip;    /**< option 50, or 0 */
	const uint8_t *boot_item; /**< option 43.71: 4 bytes, or NULL */
};

/**
 * Build a packet. It ends with the end mark: no padding.
 * @return its length, or -EMSGSIZE if it does not fit
 */
ssize_t dhcp_build_request ( const struct dhcp_request *request, void *buf, size_t len );

/** Write one option; longer than 255 bytes fails the writer. */
void dhcp_write_option ( struct writer *w, uint8_t tag, const void *value, size_t len );

#endif /* WIRE_DHCP_H */
