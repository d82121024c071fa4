#pragma once
#include <stdbool.h>
#include <stdint.h>
struct MHD_Connection;
/*
 * Where the body of a request ends must be beyond doubt, or a proxy in front of this
 * server could take for a body what is a request here (RFC 9112, 6.1 and 6.3): one
 * Content-Length of digits, or the transfer coding "chunked", and never both; and no
 * header whose name is none, such as "Content-Length " with a space behind it.
 *
 * False where it is in doubt. 'length' gets the body's length in bytes, or FRAMING_CHUNKED.
 */
#define FRAMING_CHUNKED UINT64_MAX
bool framing_read(struct MHD_Connection *c, uint64_t *length);
