#include "catalog/offering.h"
#include "base/hash.h"
#include <stdio.h>
#include <string.h>

enum { HOURS_PER_YEAR = 8760, SECONDS_PER_YEAR = HOURS_PER_YEAR * 3600 };

/* A UUID of its kind (version 5: made from a name). */
static void make_id(const struct offering *o, char out[OFFERING_ID_SIZE])
{
    uint64_t h = hash_text(hash_text(hash_text(HASH_EMPTY, o->type->name), " "), o->engine->name);
    h = hash_text(hash_bytes(h, &o->duration_s, sizeof o->duration_s), o->term->name);
    uint64_t more = hash_text(h, o->type->name);
    snprintf(out, OFFERING_ID_SIZE, "%08x-%04x-5%03x-%04x-%012llx", (unsigned)(h >> 32), (unsigned)(h >> 16 & 0xffff),
        (unsigned)(h & 0xfff), (unsigned)(0x8000 | (more >> 48 & 0x3fff)), (unsigned long long)(more & 0xffffffffffff));
}

/* In whole parts of a dollar. */
static double round_price(double dollars, double parts)
{
    return (double)(int64_t)(dollars * parts + 0.5) / parts;
}

static void set_prices(struct offering *o)
{
    double hourly = o->type->gib * offering_rates[o->type->family->name[0] - 'a'] * offering_engines[o->engine->id];
    hourly *= 1 - o->term->saves;
    o->fixed_price = round_price(hourly * o->term->upfront * HOURS_PER_YEAR * o->term->years, 1);
    o->hourly = round_price(hourly * (1 - o->term->upfront), 1000);
}

size_t offering_places(void)
{
    return (size_t)NODE_TYPE_COUNT * ENGINE_COUNT * n_offering_terms;
}

bool offering_at(size_t place, struct offering *out)
{
    *out = (struct offering){.term = &offering_terms[place % n_offering_terms],
        .engine = &engines[place / n_offering_terms % ENGINE_COUNT],
        .type = &node_types[place / n_offering_terms / ENGINE_COUNT]};
    const struct node_family *f = out->type->family;
    if (!f->current || f->min_version[out->engine->id] == NULL || offering_rates[f->name[0] - 'a'] <= 0) return false;
    out->duration_s = (int64_t)out->term->years * SECONDS_PER_YEAR;
    make_id(out, out->id);
    set_prices(out);
    return true;
}

bool offering_find(const char *id, struct offering *out)
{
    for (size_t i = 0; i < offering_places(); i++)
        if (offering_at(i, out) && strcmp(out->id, id) == 0) return true;
    return false;
}
