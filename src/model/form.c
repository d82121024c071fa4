#include "model/form.h"
#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "base/err.h"
#include "base/hex.h"
#include "model/api.gen.h"
#include "model/leaf.h"
#include "model/shape.h"
#include "model/utf8.h"

/* Neighbouring pairs whose keys have their first 'skip' bytes in common. */
struct span {
    const struct form_pair *at;
    size_t n, skip;
};

/* One item of a list: its number, and the pairs that tell it. */
struct item {
    long number;
    struct span span;
};

/* The text behind the escapes, or NULL where it is malformed. */
static const char *unescape_text(struct arena *a, const char *s, size_t n)
{
    char *out = arena_alloc(a, n + 1), *at = out;
    for (size_t i = 0; i < n; i++) {
        int c = s[i] == '+' ? ' ' : (unsigned char)s[i];
        if (s[i] == '%') {
            if (n - i < 3 || hex_digit(s[i + 1]) < 0 || hex_digit(s[i + 2]) < 0) return NULL;
            c = hex_digit(s[i + 1]) << 4 | hex_digit(s[i + 2]);
            i += 2;
        }
        *at++ = (char)c;
    }
    size_t left = (size_t)(at - out), step;
    uint32_t c;
    for (const char *p = out; left > 0; p += step, left -= step)
        if ((step = utf8_next(p, left, &c)) == 0 || c == 0) return NULL;
    return out;
}

static int form_fault(struct err *e, const char *why)
{
    return err_set(e, FAULT_MALFORMED_QUERY_STRING, "The query string is malformed: %s.", why);
}

static int parse_pair(struct form_pair *pair, struct arena *a, const char *s, size_t n, struct err *e)
{
    const char *equals = memchr(s, '=', n);
    size_t key_size = equals ? (size_t)(equals - s) : n;
    pair->key = unescape_text(a, s, key_size);
    pair->value = equals ? unescape_text(a, equals + 1, n - key_size - 1) : "";
    return pair->key && pair->value
               ? 0
               : form_fault(e, "a parameter holds a bad percent escape, a NUL byte or bytes that are not UTF-8");
}

static int compare_keys(const void *left, const void *right)
{
    return strcmp(((const struct form_pair *)left)->key, ((const struct form_pair *)right)->key);
}

/* glibc's qsort() need not keep the order of equal keys, but pairs of one parse stand in memory in the order of the request. */
static int compare_pairs(const void *left, const void *right)
{
    const struct form_pair *const *l = left, *const *r = right;
    int c = compare_keys(*l, *r);
    return c ? c : (*l > *r) - (*l < *r);
}

int form_parse(struct form *f, struct arena *a, const char *text, size_t len, struct err *e)
{
    size_t n = f->n, room = n + 1;
    for (size_t i = 0; i < len; i++) room += text[i] == '&';
    if (room > FORM_MAX_PARAMETERS) return form_fault(e, "too many parameters");
    struct form_pair *pairs = arena_array(a, struct form_pair, room);
    if (n) memcpy(pairs, f->pairs, n * sizeof *pairs);
    for (const char *at = text, *end = text + len; at < end;) {
        const char *stop = memchr(at, '&', (size_t)(end - at));
        if (stop == NULL) stop = end;
        int r = stop > at ? parse_pair(&pairs[n++], a, at, (size_t)(stop - at), e) : 0;
        if (r) return r;
        at = stop + 1;
    }
    /* Sorts the pairs by key and leaves only the last one of each key. */
    const struct form_pair **order = arena_array(a, const struct form_pair *, n);
    for (size_t i = 0; i < n; i++) order[i] = pairs + i;
    qsort(order, n, sizeof(void *), compare_pairs);
    f->pairs = arena_array(a, struct form_pair, n);
    f->n = 0;
    for (size_t i = 0; i < n; i++)
        if (i + 1 == n || strcmp(order[i]->key, order[i + 1]->key) != 0) f->pairs[f->n++] = *order[i];
    return 0;
}

const char *form_get(const struct form *f, const char *key)
{
    struct form_pair wanted = {.key = key};
    const struct form_pair *p = f->n ? bsearch(&wanted, f->pairs, f->n, sizeof wanted, compare_keys) : NULL;
    return p ? p->value : NULL;
}

/* How the rest of a key (behind 'skip') compares with 'name' followed by the byte 'end' ('\0' or '.'). */
static int compare_rest(const struct span *s, size_t i, const char *name, size_t name_size, char end)
{
    const char *rest = s->at[i].key + s->skip;
    int c = strncmp(rest, name, name_size);
    return c ? c : (unsigned char)rest[name_size] - (unsigned char)end;
}

/* The first pair of a span that does not stand before (or, with 'behind', that stands behind) 'name' and 'end'. */
static size_t span_bound(const struct span *s, const char *name, char end, bool behind)
{
    size_t low = 0, high = s->n, size = strlen(name);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int c = compare_rest(s, middle, name, size, end);
        if (c < 0 || (behind && c == 0)) low = middle + 1;
        else high = middle;
    }
    return low;
}

/* The pair whose key ends with 'name' behind the span's common part, or NULL. */
static const struct form_pair *span_pair(const struct span *s, const char *name)
{
    size_t i = span_bound(s, name, '\0', false);
    return i < s->n && compare_rest(s, i, name, strlen(name), '\0') == 0 ? &s->at[i] : NULL;
}

/* The pairs whose keys go on with 'name' and a dot. */
static struct span span_below(const struct span *s, const char *name)
{
    size_t first = span_bound(s, name, '.', false), end = span_bound(s, name, '.', true);
    return (struct span){s->at + first, end - first, s->skip + strlen(name) + 1};
}

/* The full name of a member, for messages. */
static const char *full_key(const struct span *s, const char *name, struct arena *a)
{
    return arena_printf(a, "%.*s%s", s->n ? (int)s->skip : 0, s->n ? s->at->key : "", name);
}

static size_t prefix_size(const char *rest, const char *element)
{
    size_t n = strlen(element);
    return strncmp(rest, element, n) == 0 && rest[n] == '.' ? n + 1 : 0;
}

/* The size of "Element.N", "member.N" or "N" at the start of 'rest', with N in *number; 0 where there is none of them. */
static size_t take_number(const char *rest, const char *element, long *number)
{
    size_t n = prefix_size(rest, element);
    if (n == 0) n = prefix_size(rest, "member");
    size_t digits = strspn(rest + n, "0123456789");
    if (digits == 0 || digits > 9) return 0;
    *number = strtol(rest + n, NULL, 10);
    return n + digits;
}

static int compare_items(const void *left, const void *right)
{
    const struct item *l = left, *r = right;
    if (l->number != r->number) return l->number < r->number ? -1 : 1;
    return (l->span.at > r->span.at) - (l->span.at < r->span.at);
}

/* A pair of the same item of a structure as the pair before it: both have the span's common part. */
static bool same_item(const struct item *item, const struct form_pair *pair)
{
    return strncmp(item->span.at->key, pair->key, item->span.skip) == 0;
}

/*
 * The items of the list that 'below' tells, sorted by number, one of each number. An item of a structure has all
 * pairs below its number, another one exactly the pair that ends there; what is spelt otherwise is no item.
 */
static size_t find_items(const struct shape *list, const struct span *below, struct arena *a, struct item **items)
{
    bool is_struct = list->element->kind == SHAPE_STRUCT;
    struct item *found = *items = arena_array(a, struct item, below->n);
    size_t n = 0, kept = 0;
    for (size_t i = 0; i < below->n; i++) {
        const struct form_pair *pair = &below->at[i];
        long number;
        size_t size = take_number(pair->key + below->skip, list->element_name, &number);
        if (size == 0 || pair->key[below->skip + size] != (is_struct ? '.' : '\0')) continue;
        if (is_struct && n && same_item(&found[n - 1], pair)) found[n - 1].span.n++;
        else found[n++] = (struct item){number, {pair, 1, below->skip + size + is_struct}};
    }
    qsort(found, n, sizeof *found, compare_items);
    for (size_t i = 0; i < n; i++)
        if (kept == 0 || found[kept - 1].number != found[i].number) found[kept++] = found[i];
    return kept;
}

static int decode_struct(const struct span *in, const struct shape *shape, struct arena *a, void *out, struct err *e);

static int decode_items(
    const struct shape *element, const struct item *items, size_t n, struct arena *a, char *out, struct err *e)
{
    int r = 0;
    for (size_t i = 0; i < n && r == 0; i++, out += element->size) {
        const struct form_pair *pair = items[i].span.at;
        if (element->kind == SHAPE_STRUCT) r = decode_struct(&items[i].span, element, a, out, e);
        else r = leaf_read(element, pair->key, pair->value, out, e);
    }
    return r;
}

static int decode_list(
    const struct span *in, const struct shape_field *field, struct arena *a, struct shape_list *out, struct err *e)
{
    const struct form_pair *bare = span_pair(in, field->name);
    struct span below = span_below(in, field->name);
    struct item *items;
    size_t n = find_items(field->shape, &below, a, &items);
    if (n == 0 && bare == NULL) return 0;
    const char *key = full_key(in, field->name, a);
    if (n > FORM_MAX_ITEMS)
        return err_set(e, FAULT_INVALID_PARAMETER_VALUE, "The list %s has more than %d items.", key, FORM_MAX_ITEMS);
    if (n == 0 && *bare->value) return err_set(e, FAULT_INVALID_PARAMETER_VALUE, "The parameter %s must be a list.", key);
    int r = leaf_check_count(field->shape, key, n, e);
    if (r) return r;
    *out = (struct shape_list){true, n, arena_alloc(a, n * field->shape->element->size)};
    return decode_items(field->shape->element, items, n, a, out->items, e);
}

/* Stores the pointer to a nested structure; through memcpy() because each pointer in the C structs has a type of its own. */
static int decode_nested(const struct span *in, const struct shape_field *field, struct arena *a, char *at, struct err *e)
{
    struct span below = span_below(in, field->name);
    if (below.n == 0) return 0;
    void *nested = arena_alloc(a, field->shape->size);
    memcpy(at, &nested, sizeof nested);
    return decode_struct(&below, field->shape, a, nested, e);
}

static int decode_field(const struct span *in, const struct shape_field *field, struct arena *a, char *at, struct err *e)
{
    if (field->shape->kind == SHAPE_LIST) return decode_list(in, field, a, (struct shape_list *)at, e);
    if (field->shape->kind == SHAPE_STRUCT) return decode_nested(in, field, a, at, e);
    const struct form_pair *pair = span_pair(in, field->name);
    return pair ? leaf_read(field->shape, pair->key, pair->value, at, e) : 0;
}

static int decode_struct(const struct span *in, const struct shape *shape, struct arena *a, void *out, struct err *e)
{
    memset(out, 0, shape->size);
    for (const struct shape_field *f = shape->fields, *end = f + shape->n_fields; f < end; f++) {
        char *at = (char *)out + f->offset;
        int r = decode_field(in, f, a, at, e);
        if (r) return r;
        /* The wording is the service's own. */
        if (f->required && !shape_is_set(f->shape, at)) {
            return err_set(e, FAULT_INVALID_PARAMETER_VALUE, "The parameter %s must be provided and must not be null.",
                full_key(in, f->name, a));
        }
    }
    return 0;
}

int form_decode(const struct form *f, const struct shape *shape, struct arena *a, void *out, struct err *e)
{
    struct span all = {f->pairs, f->n, 0};
    return decode_struct(&all, shape, a, out, e);
}
