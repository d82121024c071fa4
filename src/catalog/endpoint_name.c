#include "catalog/endpoint_name.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/hash.h"
#include "base/host.h"
#include "catalog/account_key.h"
#include "catalog/region.h"
#include <stdint.h>
#include <string.h>

#define AWS_PREFIX "cache."

enum { SHARED_LETTERS = 6, DOMAIN_MAX = 120 /* of 253; the longest id has 50, that of its replication group 40 */ };

/* $r replication group, $c cache cluster, $n node, $h the letters that an account's names share, $z region. */
static const char *const forms[ENDPOINT_NAMES][2] = {
    [NAME_NODE] = {"$c.$h.$n.$z", "$c.$r.$h.$z"},
    [NAME_PRIMARY] = {"$r.$h.ng.0001.$z", "master.$r.$h.$z"},
    [NAME_READER] = {"$r-ro.$h.ng.0001.$z", "replica.$r.$h.$z"},
    [NAME_CONFIGURATION] = {"$r.$h.clustercfg.$z", "clustercfg.$r.$h.$z"},
    [NAME_SERVERLESS] = {"$r-$h.serverless.$z", "$r-$h.serverless.$z"},
    [NAME_MEMCACHED_CONFIGURATION] = {"$c.$h.cfg.$z", "$c.$h.cfg.$z"},
};

static void put_shared_letters(struct buf *out, const struct endpoint_owner *owner)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    uint64_t h = hash_text(hash_text(HASH_EMPTY, owner->account), owner->region->name);
    for (int i = 0; i < SHARED_LETTERS; i++, h /= sizeof letters - 1) buf_putc(out, letters[h % (sizeof letters - 1)]);
}

static void put_part(struct buf *out, char part, const struct endpoint_owner *owner)
{
    switch (part) {
    case 'r': buf_puts(out, account_id(owner->rg)); break;
    case 'c': buf_puts(out, account_id(owner->cluster)); break;
    case 'n': buf_puts(out, owner->node); break;
    case 'z': buf_puts(out, owner->region->code); break;
    default: put_shared_letters(out, owner); break;
    }
}

const char *endpoint_name(
    struct arena *a, const char *domain, enum endpoint_name kind, bool encrypted, const struct endpoint_owner *owner)
{
    _buf_ struct buf out = {0};
    for (const char *p = forms[kind][encrypted]; *p; p++) {
        if (*p != '$') buf_putc(&out, *p);
        else put_part(&out, *++p, owner);
    }
    bool aws = strcmp(domain, NAMES_OF_AWS) == 0;
    buf_puts(&out, aws ? "." AWS_PREFIX : ".");
    buf_puts(&out, aws ? owner->region->partition->dns_suffix : domain);
    return arena_strdup(a, out.data);
}

int endpoint_name_domains(const char *domain, const char *out[NAME_DOMAINS])
{
    bool aws = strcmp(domain, NAMES_OF_AWS) == 0;
    out[0] = aws ? AWS_PREFIX "amazonaws.com" : domain;
    out[1] = aws ? AWS_PREFIX "amazonaws.com.cn" : NULL;
    return aws ? 2 : 1;
}

/* An address would be one, too. */
bool endpoint_name_may_end(const char *domain)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-.";
    size_t n = strlen(domain);
    return n > 0 && n <= DOMAIN_MAX && strspn(domain, letters) == n && domain[strspn(domain, "0123456789.")] != '\0' &&
           host_is_proper(domain);
}
