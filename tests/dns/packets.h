#pragma once
#include "dns/message.h"
#include <stddef.h>
#include <stdint.h>
/* Questions as askers write them, and the parts of answers that tests look at. */
struct packet {
    uint8_t bytes[2048];
    size_t n;
};

/* A question of one name for that type, recursion desired, with id 0x1234. */
struct packet packet_ask(const char *name, uint16_t type);
/* Adds an OPT record (EDNS). */
void packet_add_opt(struct packet *p, uint16_t payload, uint8_t version);
void packet_add(struct packet *p, const void *bytes, size_t n);

struct answer {
    uint16_t id, flags, counts[4];
    enum dns_rcode rcode; /* with the OPT record's part */
    size_t n;
    char addresses[32][46]; /* of the answer's section, in their order */
    uint32_t ttl_s;         /* of the last record that is no OPT record */
    uint16_t last_type;     /* the same */
    bool opt;
};

/* Fails where the packet is no sound answer: where a record is cut, points elsewhere than backwards, or something stands behind the last one. */
struct answer packet_read(const uint8_t *bytes, size_t n);
