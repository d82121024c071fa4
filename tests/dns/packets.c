#include "packets.h"
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <string.h>

void packet_add(struct packet *p, const void *bytes, size_t n)
{
    cr_assert(p->n + n <= sizeof p->bytes);
    memcpy(p->bytes + p->n, bytes, n);
    p->n += n;
}

struct packet packet_ask(const char *name, uint16_t type)
{
    struct packet p = {.bytes = {0x12, 0x34, 1, 0, 0, 1}, .n = DNS_HEADER};
    for (const char *label = name; *label;) {
        size_t n = strcspn(label, ".");
        packet_add(&p, &(uint8_t){(uint8_t)n}, 1);
        packet_add(&p, label, n);
        label += n + (label[n] == '.');
    }
    packet_add(&p, (uint8_t[]){0, (uint8_t)(type >> 8), (uint8_t)type, 0, 1}, 5);
    return p;
}

void packet_add_opt(struct packet *p, uint16_t payload, uint8_t version)
{
    packet_add(p, (uint8_t[]){0, 0, 41, (uint8_t)(payload >> 8), (uint8_t)payload, 0, version, 0, 0, 0, 0}, 11);
    p->bytes[11]++;
}

static uint16_t word_at(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

/* The offset behind a name. */
static size_t pass_name(const uint8_t *bytes, size_t n, size_t at)
{
    while (true) {
        cr_assert(at < n);
        if (bytes[at] == 0) return at + 1;
        if (bytes[at] >= 0xc0) {
            size_t to = (size_t)(word_at(bytes + at) & 0x3fff);
            cr_assert(at + 1 < n && to >= DNS_HEADER && to < at, "a pointer from %zu to %zu", at, to);
            return at + 2;
        }
        at += 1 + bytes[at];
    }
}

static size_t read_record(const uint8_t *bytes, size_t n, size_t at, bool is_answer, struct answer *a)
{
    at = pass_name(bytes, n, at);
    cr_assert(at + 10 <= n);
    uint16_t type = word_at(bytes + at), size = word_at(bytes + at + 8);
    const uint8_t *data = bytes + at + 10;
    cr_assert(at + 10 + size <= n);
    if (type == 41) {
        a->opt = true;
        a->rcode |= (enum dns_rcode)(bytes[at + 4] << 4);
        return at + 10 + size;
    }
    a->last_type = type;
    a->ttl_s = (uint32_t)word_at(bytes + at + 4) << 16 | word_at(bytes + at + 6);
    if (is_answer && type == DNS_TYPE_A && size == 4) inet_ntop(AF_INET, data, a->addresses[a->n++], 46);
    if (is_answer && type == DNS_TYPE_AAAA && size == 16) inet_ntop(AF_INET6, data, a->addresses[a->n++], 46);
    return at + 10 + size;
}

struct answer packet_read(const uint8_t *bytes, size_t n)
{
    struct answer a = {0};
    cr_assert(n >= DNS_HEADER, "%zu bytes", n);
    a.id = word_at(bytes);
    a.flags = word_at(bytes + 2);
    a.rcode = a.flags & 15;
    for (int i = 0; i < 4; i++) a.counts[i] = word_at(bytes + 4 + 2 * i);
    size_t at = DNS_HEADER;
    for (int i = 0; i < a.counts[0]; i++) at = pass_name(bytes, n, at) + 4;
    for (int section = 1; section < 4; section++)
        for (int i = 0; i < a.counts[section]; i++) at = read_record(bytes, n, at, section == 1, &a);
    cr_assert_eq(at, n, "%zu of %zu bytes", at, n);
    return a;
}
