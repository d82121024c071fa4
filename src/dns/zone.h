#pragma once
#include "base/index.h"
#include "dns/message.h"
/*
 * Names and the addresses they lead to, by whose they are. An owner's names are put as a whole, and go as a whole. Not a name of
 * ours, but there, is what others are below (RFC 8020). Memory belongs to the zone; a zeroed struct with its domains is an empty one.
 */
enum { ZONE_DOMAINS = 2, ZONE_ADDRESSES = 16 /* of one name, so that answers seldom need more than a plain packet has */ };

struct zone {
    const char *domains[ZONE_DOMAINS]; /* in small letters; NULL: no further one */
    struct index names;                /* struct zone_name */
    struct index owners;               /* struct zone_owner */
    uint32_t serial;                   /* grows with each change */
};

struct zone_record {
    const char *name;             /* in small letters, below one of the domains */
    const char *const *addresses; /* IPv4 or IPv6; what is none, and what is beyond ZONE_ADDRESSES, is left out */
    size_t n_addresses;
    bool in_turn; /* an answer has one of them, the next answer the next one; else all, with another one first each time */
};

/* Where several owners have a name, the first has it. */
void zone_put(struct zone *z, const char *owner, const struct zone_record *records, size_t n);
void zone_forget(struct zone *z, const char *owner);
/* Everything goes but the domains. */
void zone_clear(struct zone *z);

/*
 * The answer to a packet; 0: none. 'tcp': it came over TCP. 'out' has room for ZONE_REPLY_MAX bytes.
 */
enum { ZONE_REPLY_MAX = DNS_REPLY_MAX(ZONE_ADDRESSES) };
size_t zone_answer(struct zone *z, const uint8_t *packet, size_t n, bool tcp, uint8_t *out);
