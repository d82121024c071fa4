#include "dns/message.h"
#include <assert.h>
#include <ctype.h>
#include <string.h>

enum {
    QR = 0x8000,
    OPCODE = 0x7800,
    AA = 0x0400,
    TC = 0x0200,
    RD = 0x0100,
    CLASS_IN = 1,
    TYPE_OPT = 41,
    POINTER = 0xc0,
    LABEL_MAX = 63,
    WIRE_NAME_MAX = 255,
    RECORD_HEAD = 10,         /* type, class, TTL and size */
    QUESTION_AT = DNS_HEADER, /* its name, for pointers */
};

enum { TTL_S = 5, NEGATIVE_TTL_S = 1 /* who asks too early asks again */ };

static uint16_t get_word(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

/* ---- reading ---- */

struct reader {
    const uint8_t *at, *end;
};

static bool reader_has(const struct reader *r, size_t n)
{
    return (size_t)(r->end - r->at) >= n;
}

/* A byte that no host's name has must not pass for a dot, or the end. */
static char name_letter(uint8_t c)
{
    return isalnum(c) || c == '-' || c == '_' ? (char)tolower(c) : '?';
}

/* The name of the question stands alone before anything it could point to. */
static bool read_name(struct reader *r, char out[DNS_NAME_SIZE])
{
    size_t used = 0;
    const uint8_t *begin = r->at;
    while (reader_has(r, 1) && *r->at != 0) {
        size_t n = *r->at++;
        if (n > LABEL_MAX || !reader_has(r, n) || (size_t)(r->at - begin) + n + 1 > WIRE_NAME_MAX) return false;
        if (used) out[used++] = '.';
        for (; n > 0; n--) out[used++] = name_letter(*r->at++);
    }
    out[used] = '\0';
    return reader_has(r, 1) && *r->at++ == 0;
}

/* The owner of a record, whoever that is. */
static bool skip_name(struct reader *r)
{
    while (reader_has(r, 1)) {
        size_t n = *r->at++;
        bool pointer = (n & POINTER) == POINTER;
        if (n == 0) return true;
        if (!pointer && n > LABEL_MAX) return false;
        if (!reader_has(r, pointer ? 1 : n)) return false;
        r->at += pointer ? 1 : n;
        if (pointer) return true;
    }
    return false;
}

static bool skip_record(struct reader *r)
{
    if (!skip_name(r) || !reader_has(r, RECORD_HEAD)) return false;
    size_t n = get_word(r->at + RECORD_HEAD - 2);
    r->at += RECORD_HEAD;
    if (!reader_has(r, n)) return false;
    r->at += n;
    return true;
}

/* An OPT record belongs to the root, and there is no more than one (RFC 6891, 6.1.1). */
static enum dns_rcode read_additional(struct reader *r, struct dns_question *q)
{
    const uint8_t *at = r->at;
    if (!skip_record(r)) return DNS_FORM_ERROR;
    if (*at != 0 || get_word(at + 1) != TYPE_OPT) return DNS_NO_ERROR;
    if (q->edns) return DNS_FORM_ERROR;
    q->edns = true;
    q->payload = get_word(at + 3);
    return at[6] == 0 ? DNS_NO_ERROR : DNS_BAD_VERSION;
}

static enum dns_rcode read_records(struct reader *r, const uint8_t *header, struct dns_question *q)
{
    enum dns_rcode code = DNS_NO_ERROR;
    for (unsigned n = get_word(header + 6) + get_word(header + 8); n > 0; n--)
        if (!skip_record(r)) return DNS_FORM_ERROR;
    for (unsigned n = get_word(header + 10); n > 0; n--) {
        enum dns_rcode one = read_additional(r, q);
        if (one == DNS_FORM_ERROR) return one;
        if (one != DNS_NO_ERROR) code = one;
    }
    return r->at == r->end ? code : DNS_FORM_ERROR;
}

enum dns_rcode dns_question_read(const uint8_t *packet, size_t n, struct dns_question *q)
{
    *q = (struct dns_question){0};
    if (n < DNS_HEADER) return DNS_NO_REPLY;
    q->id = get_word(packet);
    q->flags = get_word(packet + 2);
    if (q->flags & QR) return DNS_NO_REPLY;
    if (q->flags & OPCODE) return DNS_NOT_IMPLEMENTED;
    struct reader r = {packet + DNS_HEADER, packet + n};
    if (get_word(packet + 4) != 1 || !read_name(&r, q->name) || !reader_has(&r, 4)) return DNS_FORM_ERROR;
    q->type = get_word(r.at);
    bool internet = get_word(r.at + 2) == CLASS_IN;
    r.at += 4;
    q->wire = packet + QUESTION_AT;
    q->wire_size = (size_t)(r.at - q->wire);
    enum dns_rcode code = read_records(&r, packet, q);
    return code != DNS_NO_ERROR || internet ? code : DNS_REFUSED;
}

size_t dns_udp_room(const struct dns_question *q)
{
    if (!q->edns || q->payload < DNS_PLAIN_MAX) return DNS_PLAIN_MAX;
    return q->payload < DNS_UDP_MAX ? q->payload : DNS_UDP_MAX;
}

/* ---- writing ---- */

static uint8_t *put_word(uint8_t *at, unsigned v)
{
    *at++ = (uint8_t)(v >> 8);
    *at++ = (uint8_t)v;
    return at;
}

static uint8_t *put_long(uint8_t *at, uint32_t v)
{
    return put_word(put_word(at, v >> 16), v & 0xffff);
}

static uint8_t *put_head(uint8_t *at, size_t owner, unsigned type, uint32_t ttl_s, size_t size)
{
    at = put_word(at, POINTER << 8 | (unsigned)owner);
    at = put_word(put_word(at, type), CLASS_IN);
    return put_word(put_long(at, ttl_s), (unsigned)size);
}

static uint8_t *put_address(uint8_t *at, const struct dns_address *a)
{
    size_t size = a->six ? 16 : 4;
    at = put_head(at, QUESTION_AT, a->six ? DNS_TYPE_AAAA : DNS_TYPE_A, TTL_S, size);
    memcpy(at, a->bytes, size);
    return at + size;
}

/* The zone has no name server but the one that was asked, which has no name: the zone's stands for it. */
static uint8_t *put_soa(uint8_t *at, const struct dns_question *q, const struct dns_reply *r)
{
    static const char mailbox[] = "\012hostmaster";
    enum { POINTER_SIZE = 2, NUMBERS = 20, SIZE = POINTER_SIZE + sizeof mailbox - 1 + POINTER_SIZE + NUMBERS };
    size_t zone = QUESTION_AT + strlen(q->name) - r->zone;
    at = put_head(at, zone, DNS_TYPE_SOA, NEGATIVE_TTL_S, SIZE);
    at = put_word(at, POINTER << 8 | (unsigned)zone);
    memcpy(at, mailbox, sizeof mailbox - 1);
    at = put_word(at + sizeof mailbox - 1, POINTER << 8 | (unsigned)zone);
    at = put_long(at, r->serial);
    return put_long(put_long(put_long(put_long(at, TTL_S), TTL_S), TTL_S), NEGATIVE_TTL_S);
}

enum { OPT_SIZE = 1 + RECORD_HEAD };

static uint8_t *put_opt(uint8_t *at, enum dns_rcode rcode)
{
    *at++ = 0;
    at = put_word(put_word(at, TYPE_OPT), DNS_UDP_MAX);
    return put_word(put_long(at, (uint32_t)(rcode >> 4) << 24), 0);
}

size_t dns_reply_write(const struct dns_question *q, const struct dns_reply *r, size_t room, uint8_t *out)
{
    assert(r->rcode != DNS_NO_REPLY && room >= DNS_PLAIN_MAX && (r->zone == 0 || r->zone <= strlen(q->name)));
    unsigned flags = QR | (q->flags & (OPCODE | RD)) | (r->zone ? AA : 0) | ((unsigned)r->rcode & 15);
    bool nothing = r->zone && r->n_addresses == 0;
    uint8_t *at = out + DNS_HEADER;
    if (q->wire) memcpy(at, q->wire, q->wire_size);
    at += q->wire_size;
    uint8_t *records = at;
    for (size_t i = 0; i < r->n_addresses; i++) at = put_address(at, &r->addresses[(r->first + i) % r->n_addresses]);
    if (nothing) at = put_soa(at, q, r);
    bool cut = (size_t)(at - out) + (q->edns ? OPT_SIZE : 0) > room;
    if (cut) at = records;
    if (q->edns) at = put_opt(at, r->rcode);
    put_word(put_word(out, q->id), flags | (cut ? TC : 0));
    put_word(put_word(out + 4, q->wire != NULL), cut ? 0 : (unsigned)r->n_addresses + (nothing && r->has_soa));
    put_word(put_word(out + 8, !cut && nothing && !r->has_soa), q->edns);
    return (size_t)(at - out);
}
