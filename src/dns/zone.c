#include "dns/zone.h"
#include <arpa/inet.h>
#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* A name of an owner's, or one that others are below, or both. */
struct zone_name {
    char *text;
    struct zone_owner *owner; /* NULL: only others are below it */
    size_t n_below;
    bool in_turn, stale;
    uint32_t turn; /* the next of its addresses, for each of the two kinds in turn */
    size_t n;
    struct dns_address *addresses;
};

struct zone_owner {
    char *id;
    struct zone_name **names;
    size_t n;
};

static void *memory_check(void *p)
{
    if (p == NULL) abort();
    return p;
}

/* ---- which domain ---- */

/* The length of the domain that the name is in; 0: none of ours. */
static size_t domain_of(const struct zone *z, const char *name)
{
    size_t n = strlen(name);
    for (int i = 0; i < ZONE_DOMAINS && z->domains[i]; i++) {
        size_t m = strlen(z->domains[i]);
        if (n < m || strcmp(name + n - m, z->domains[i]) != 0) continue;
        if (n == m || name[n - m - 1] == '.') return m;
    }
    return 0;
}

/* The name without its first label, as long as that is below the domain; NULL: it is not. */
static const char *name_above(const struct zone *z, const char *name)
{
    const char *dot = strchr(name, '.');
    if (dot == NULL || strlen(dot + 1) <= domain_of(z, name)) return NULL;
    return dot + 1;
}

/* ---- keeping names ---- */

static struct zone_name *zone_name_get(struct zone *z, const char *text)
{
    struct zone_name *x = index_get(&z->names, text);
    if (x) return x;
    x = memory_check(calloc(1, sizeof *x));
    x->text = memory_check(strdup(text));
    index_put(&z->names, x->text, x);
    return x;
}

static void drop_if_unused(struct zone *z, struct zone_name *x)
{
    if (x->owner || x->n_below) return;
    index_drop(&z->names, x->text);
    free(x->addresses);
    free(x->text);
    free(x);
}

/* An owner's name comes, or goes: those above it know how many are below them. */
static void count_above(struct zone *z, const char *text, bool more)
{
    for (const char *above = text; (above = name_above(z, above)) != NULL;) {
        struct zone_name *x = zone_name_get(z, above);
        x->n_below += more ? 1 : (size_t)-1;
        drop_if_unused(z, x);
    }
}

static void release_name(struct zone *z, struct zone_name *x)
{
    count_above(z, x->text, false);
    free(x->addresses);
    x->addresses = NULL;
    x->n = 0;
    x->owner = NULL;
    drop_if_unused(z, x);
}

static bool read_address(const char *text, struct dns_address *out)
{
    *out = (struct dns_address){0};
    if (text == NULL || inet_pton(AF_INET, text, out->bytes) == 1) return text != NULL;
    out->six = inet_pton(AF_INET6, text, out->bytes) == 1;
    return out->six;
}

static size_t read_addresses(const struct zone_record *r, struct dns_address *out)
{
    size_t n = 0;
    for (size_t i = 0; i < r->n_addresses && n < ZONE_ADDRESSES; i++) n += read_address(r->addresses[i], &out[n]);
    return n;
}

/* True where that is news. */
static bool name_lead_to(struct zone_name *x, const struct zone_record *r)
{
    struct dns_address now[ZONE_ADDRESSES];
    size_t n = read_addresses(r, now);
    x->in_turn = r->in_turn;
    if (n == x->n && (n == 0 || memcmp(now, x->addresses, n * sizeof *now) == 0)) return false;
    free(x->addresses);
    x->addresses = n ? memory_check(malloc(n * sizeof *now)) : NULL;
    if (n) memcpy(x->addresses, now, n * sizeof *now);
    x->n = n;
    return true;
}

static struct zone_owner *zone_owner_get(struct zone *z, const char *id)
{
    struct zone_owner *o = index_get(&z->owners, id);
    if (o) return o;
    o = memory_check(calloc(1, sizeof *o));
    o->id = memory_check(strdup(id));
    index_put(&z->owners, o->id, o);
    return o;
}

static void free_owner(struct zone *z, struct zone_owner *o)
{
    index_drop(&z->owners, o->id);
    free(o->names);
    free(o->id);
    free(o);
}

/* True where something has changed. */
static bool owner_put_name(struct zone *z, struct zone_owner *o, const struct zone_record *r)
{
    assert(domain_of(z, r->name) != 0);
    struct zone_name *x = zone_name_get(z, r->name);
    if (x->owner != NULL && x->owner != o) return false;
    bool fresh = x->owner == NULL;
    if (fresh) {
        x->owner = o;
        o->names = memory_check(realloc(o->names, (o->n + 1) * sizeof(struct zone_name *)));
        o->names[o->n++] = x;
        count_above(z, x->text, true);
    }
    x->stale = false;
    return name_lead_to(x, r) || fresh;
}

void zone_put(struct zone *z, const char *owner, const struct zone_record *records, size_t n)
{
    struct zone_owner *o = zone_owner_get(z, owner);
    size_t kept = 0, had;
    bool changed = false;
    for (size_t i = 0; i < o->n; i++) o->names[i]->stale = true;
    for (size_t i = 0; i < n; i++) changed |= owner_put_name(z, o, &records[i]);
    had = o->n;
    for (size_t i = 0; i < had; i++) {
        if (o->names[i]->stale) release_name(z, o->names[i]);
        else o->names[kept++] = o->names[i];
    }
    o->n = kept;
    if (changed || kept != had) z->serial++;
    if (kept == 0) free_owner(z, o);
}

void zone_forget(struct zone *z, const char *owner)
{
    if (index_get(&z->owners, owner)) zone_put(z, owner, NULL, 0);
}

void zone_clear(struct zone *z)
{
    for (size_t i = 0; i < z->names.cap; i++) {
        struct zone_name *x = z->names.slots[i].value;
        if (x == NULL) continue;
        free(x->addresses);
        free(x->text);
        free(x);
    }
    for (size_t i = 0; i < z->owners.cap; i++) {
        struct zone_owner *o = z->owners.slots[i].value;
        if (o == NULL) continue;
        free(o->names);
        free(o->id);
        free(o);
    }
    index_fini(&z->names);
    index_fini(&z->owners);
    z->serial++;
}

/* ---- answering ---- */

/* Those of the kind that was asked for, in the answer's order. */
static size_t pick_addresses(struct zone_name *x, bool six, struct dns_address *out)
{
    size_t n = 0;
    for (size_t i = 0; i < x->n; i++)
        if (x->addresses[i].six == six) out[n++] = x->addresses[i];
    if (n == 0) return 0;
    size_t turn = x->turn++ % n;
    if (!x->in_turn) return n;
    out[0] = out[turn];
    return 1;
}

size_t zone_answer(struct zone *z, const uint8_t *packet, size_t n, bool tcp, uint8_t *out)
{
    struct dns_question q;
    struct dns_address addresses[ZONE_ADDRESSES];
    struct dns_reply r = {.rcode = dns_question_read(packet, n, &q), .addresses = addresses, .serial = z->serial};
    if (r.rcode == DNS_NO_REPLY) return 0;
    if (r.rcode == DNS_NO_ERROR && (r.zone = domain_of(z, q.name)) == 0) r.rcode = DNS_REFUSED;
    if (r.zone) {
        bool apex = r.zone == strlen(q.name);
        struct zone_name *x = apex ? NULL : index_get(&z->names, q.name);
        if (x == NULL && !apex) r.rcode = DNS_NO_NAME;
        r.has_soa = apex && q.type == DNS_TYPE_SOA;
        if (x && (q.type == DNS_TYPE_A || q.type == DNS_TYPE_AAAA)) {
            r.first = x->in_turn ? 0 : x->turn;
            r.n_addresses = pick_addresses(x, q.type == DNS_TYPE_AAAA, addresses);
        }
    }
    return dns_reply_write(&q, &r, tcp ? DNS_TCP_MAX : dns_udp_room(&q), out);
}
