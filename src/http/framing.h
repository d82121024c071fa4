#pragma once
#include <stdbool.h>
#include <stdint.h>
struct MHD_Connection;
/*
 * Finds out where the body of a request ends, and refuses a request that leaves doubt: a
 * proxy in front of this server could take for a body what is a request here (RFC 9112,
 * 6.1 and 6.3). A request has one Content-Length of digits or the transfer coding
 * "chunked", never both, and no malformed header name ("Content-Length " with a space).
 *
 * False if there is doubt. 'length' gets the body's length in bytes, or FRAMING_CHUNKED.
 */
#define FRAMING_CHUNKED UINT64_MAX
bool framing_read(struct MHD_Connection *c, uint64_t *length);
