/** @file
 * TFTP packets (RFC 1350) with options (RFC 2347, 2348, 2349, 7440): bytes <-> structures. Pure: no
 * clock, no I/O. Not here: write requests, mail mode, multicast (RFC 2090).
 */
#ifndef WIRE_TFTP_H
#define WIRE_TFTP_H

#include "core/reader.h"

#define TFTP_PORT 69

/** Block size without the option (RFC 1350 §2), and its range with it (RFC 2348). */
#define TFTP_BLKSIZE_DEFAULT 512
#define TFTP_BLKSIZE_MIN     8
#define TFTP_BLKSIZE_MAX     65464
/** Bytes before the data of a block. */
#define TFTP_DATA_HLEN 4
#define TFTP_ACK_LEN   4
/** Longest request that servers must take (RFC 2347), bytes. */
#define TFTP_REQUEST_MAX 512

enum tftp_opcode {
	TFTP_RRQ = 1,
	TFTP_WRQ = 2,
	TFTP_DATA = 3,
	TFTP_ACK = 4,
	TFTP_ERROR = 5,
	TFTP_OACK = 6,
};

enum tftp_error {
	TFTP_ERR_UNDEFINED = 0,
	TFTP_ERR_NOT_FOUND = 1,
	TFTP_ERR_ACCESS = 2,
	TFTP_ERR_DISK_FULL = 3,
	TFTP_ERR_ILLEGAL = 4,
	TFTP_ERR_UNKNOWN_ID = 5,
	TFTP_ERR_OPTION = 8,
};

/** Options of a request or its acknowledgement. 0: not there, but for tsize, where 0 is a size. */
struct tftp_options {
	uint16_t blksize;
	uint16_t windowsize;
	uint8_t timeout; /**< seconds */
	bool has_tsize;
	uint64_t tsize; /**< bytes */
};

/** A received packet. Data and text are borrowed from it. */
struct tftp_packet {
	enum tftp_opcode opcode;
	uint16_t number;             /**< DATA, ACK: block; ERROR: error code */
	const uint8_t *data;         /**< DATA: the block; ERROR: the words, no NUL */
	size_t len;                  /**< bytes at `data` */
	struct tftp_options options; /**< OACK */
};

/**
 * Build a read request, mode octet.
 * @param name     as the server knows the file
 * @param options  to ask for, or NULL
 * @return its length, or -ENAMETOOLONG: it does not fit into @c max bytes
 */
ssize_t tftp_build_request ( const char *name, const struct tftp_options *options, uint8_t *buf,
			     size_t max );

/** Build an acknowledgement in TFTP_ACK_LEN bytes. @return TFTP_ACK_LEN */
size_t tftp_build_ack ( uint16_t block, uint8_t *buf );

/** Build an error packet; @c text is cut to fit. @return its length */
size_t tftp_build_error ( uint16_t code, const char *text, uint8_t *buf, size_t max );

/**
 * Parse what a server may send: DATA, ERROR, OACK, or ACK. Error text without its final NUL is
 * accepted (there are such servers), unknown options are skipped.
 *
 * @param ret_packet  filled on success, untouched on failure
 * @return 0, -EBADMSG another opcode, truncated, or an option without a sensible value (each number
 *         in its RFC's range)
 */
int tftp_parse ( const void *data, size_t len, struct tftp_packet *ret_packet );

#endif /* WIRE_TFTP_H */
