#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
/*
 * DNS messages as they go over the wire (RFC 1035, and EDNS of RFC 6891): one question in, one answer out. Pure: it knows neither
 * names of ours nor sockets. Whatever the bytes are, nothing is read beyond them, and a compression pointer is never followed.
 */
enum {
    DNS_HEADER = 12,
    DNS_NAME_SIZE = 256,
    DNS_WIRE_MAX = 255 + 4,
    DNS_PLAIN_MAX = 512,
    DNS_UDP_MAX = 1232,
    DNS_TCP_MAX = 65535
};

enum dns_rcode {
    DNS_NO_REPLY = -1, /* it is no question, or too short to answer it */
    DNS_NO_ERROR = 0,
    DNS_FORM_ERROR = 1,
    DNS_NO_NAME = 3,
    DNS_NOT_IMPLEMENTED = 4,
    DNS_REFUSED = 5,
    DNS_BAD_VERSION = 16,
};

enum { DNS_TYPE_A = 1, DNS_TYPE_SOA = 6, DNS_TYPE_AAAA = 28 };

struct dns_question {
    uint16_t id, flags, type;
    const uint8_t *wire; /* name, type and class as they came, in the packet; NULL: not known */
    size_t wire_size;
    char name[DNS_NAME_SIZE]; /* in small letters, without the last dot; a byte that no host's name has is '?' */
    bool edns;
    uint16_t payload; /* what the asker takes over UDP */
};

/* Reads a packet; the question points into it. What the answer's code is if it is not DNS_NO_ERROR is settled with that. */
enum dns_rcode dns_question_read(const uint8_t *packet, size_t n, struct dns_question *q);

struct dns_address {
    bool six; /* IPv6, of 16 bytes; else IPv4, of 4 */
    uint8_t bytes[16];
};

struct dns_reply {
    enum dns_rcode rcode;
    const struct dns_address *addresses; /* of the question's type */
    size_t n_addresses, first;           /* they begin with that one, and come round */
    size_t zone;     /* the length of the name of the zone that the question's name ends with; 0: none of ours */
    uint32_t serial; /* of the zone */
    bool has_soa;    /* the question is for the zone's SOA record, and about the zone itself */
};

/* The room that an answer has over UDP. */
size_t dns_udp_room(const struct dns_question *q);
/* Writes the answer, cut (TC) where it needs more than 'room', which is DNS_PLAIN_MAX or more. 'out' has DNS_REPLY_MAX bytes for the
 * number of addresses. Returns its size. */
#define DNS_REPLY_MAX(n_addresses) (DNS_HEADER + DNS_WIRE_MAX + (n_addresses)*28 + 64)
size_t dns_reply_write(const struct dns_question *q, const struct dns_reply *r, size_t room, uint8_t *out);
