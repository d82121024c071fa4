#include "model/json.h"
#include "base/arena.h"
#include "base/decimal.h"
#include "base/err.h"
#include "catalog/words.h"
#include "model/shape.h"
#include "model/timestamp.h"
#include "model/utf8.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/*
 * Reads the text straight into the C types: agents and serve exchange whole pictures of a region many times
 * a second, and a tree of values in between would cost more than all that is done with them.
 */

enum { DEPTH_MAX = 64, NUMBER_MAX = 40 };

struct reader {
    const char *begin, *at, *end;
    struct arena *arena;
    struct err *e;
    int depth;   /* of values that are skipped */
    bool strict; /* none are, and nothing is null */
};

/* Says where, but never what stands there, which may be a password. */
static int not_json(struct reader *r)
{
    int line = 1, column = 0;
    for (const char *p = r->begin; p < r->at; p++) {
        column = *p == '\n' ? 0 : column + 1;
        line += *p == '\n';
    }
    return err_set(r->e, ERR_PARSE, "not JSON at line %d, column %d", line, column);
}

static int type_fault(struct reader *r, const char *what)
{
    return err_set(r->e, ERR_PARSE, "not %s", what);
}

/* ---- characters ---- */

/* The next character that is no space, 0 at the end. */
static char next_byte(struct reader *r)
{
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\n' || *r->at == '\t' || *r->at == '\r')) r->at++;
    return r->at < r->end ? *r->at : '\0';
}

static bool took_byte(struct reader *r, char c)
{
    if (next_byte(r) != c || r->at == r->end) return false;
    r->at++;
    return true;
}

static bool took_word(struct reader *r, const char *word)
{
    size_t n = strlen(word);
    if ((size_t)(r->end - r->at) < n || memcmp(r->at, word, n) != 0) return false;
    r->at += n;
    return true;
}

/* ---- strings ---- */

static bool read_hex(struct reader *r, uint32_t *out)
{
    *out = 0;
    if (r->end - r->at < 4) return false;
    for (int i = 0; i < 4; i++, r->at++) {
        char c = *r->at;
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0) return false;
        *out = *out << 4 | (uint32_t)digit;
    }
    return true;
}

/* What follows "\u": a character, or the first half of one that takes two. There is no NUL in a C string. */
static bool read_unicode(struct reader *r, uint32_t *c)
{
    uint32_t low;
    if (!read_hex(r, c) || *c == 0 || (*c >= 0xdc00 && *c <= 0xdfff)) return false;
    if (*c < 0xd800 || *c > 0xdbff) return true;
    if (!took_word(r, "\\u") || !read_hex(r, &low) || low < 0xdc00 || low > 0xdfff) return false;
    *c = 0x10000 + ((*c - 0xd800) << 10 | (low - 0xdc00));
    return true;
}

static char *put_utf8(char *to, uint32_t c)
{
    if (c < 0x80) {
        *to++ = (char)c;
        return to;
    }
    int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    *to++ = (char)((0xff00u >> (more + 1) & 0xffu) | c >> 6 * more);
    while (more-- > 0) *to++ = (char)(0x80u | (c >> 6 * more & 0x3fu));
    return to;
}

/* One escape sequence behind its backslash; the end of what was written, or NULL. */
static char *read_escape(struct reader *r, char *to)
{
    static const char from[] = "\"\\/bfnrt", into[] = "\"\\/\b\f\n\r\t";
    uint32_t c;
    if (r->at == r->end) return NULL;
    const char *known = *r->at ? strchr(from, *r->at) : NULL;
    if (known) {
        r->at++;
        *to = into[known - from];
        return to + 1;
    }
    if (!took_word(r, "u") || !read_unicode(r, &c)) return NULL;
    return put_utf8(to, c);
}

static bool is_plain_digit(char c)
{
    return (signed char)c >= 0x20 && c != '"' && c != '\\';
}

/* The rest of a string that is not plain; an escape sequence is never shorter than what it stands for. */
static int read_rest(struct reader *r, const char *begin, const char **out)
{
    const char *stop = r->at;
    *out = "";
    while (stop < r->end && *stop != '"') stop += *stop == '\\' ? 2 : 1;
    if (stop >= r->end) return not_json(r);
    size_t n = (size_t)(r->at - begin);
    char *text = arena_alloc(r->arena, (size_t)(stop - begin) + 1), *to = text + n;
    memcpy(text, begin, n);
    while (*r->at != '"') {
        uint32_t c;
        if (*r->at == '\\') {
            r->at++;
            if ((to = read_escape(r, to)) == NULL) return not_json(r);
            continue;
        }
        n = (unsigned char)*r->at < 0x20 ? 0 : utf8_next(r->at, (size_t)(r->end - r->at), &c);
        if (n == 0) return not_json(r);
        memcpy(to, r->at, n);
        to += n;
        r->at += n;
    }
    r->at++;
    *out = text;
    return 0;
}

/* A string's content in the arena. */
static int read_text(struct reader *r, const char **out)
{
    if (!took_byte(r, '"')) return type_fault(r, "a string");
    const char *begin = r->at;
    while (r->at < r->end && is_plain_digit(*r->at)) r->at++;
    if (r->at == r->end || *r->at != '"') return read_rest(r, begin, out);
    *out = arena_strndup(r->arena, begin, (size_t)(r->at++ - begin));
    return 0;
}

/* ---- numbers ---- */

static size_t skip_digits(struct reader *r)
{
    const char *begin = r->at;
    while (r->at < r->end && *r->at >= '0' && *r->at <= '9') r->at++;
    return (size_t)(r->at - begin);
}

/* JSON sets no limits to numbers, its readers do, and not each the same: what has no room is refused wherever it stands. */
static bool has_room(const char *text, bool whole)
{
    int64_t v;
    if (whole) return decimal_parse(text, INT64_MIN, INT64_MAX, &v);
    return isfinite(strtod(text, NULL));
}

/* A number's text, with a NUL; *whole: it has neither a fraction nor an exponent. */
static int read_number(struct reader *r, char text[NUMBER_MAX], bool *whole)
{
    next_byte(r);
    const char *begin = r->at;
    took_word(r, "-");
    bool zero = r->at < r->end && *r->at == '0';
    size_t digits = skip_digits(r);
    bool ok = digits > 0 && (!zero || digits == 1);
    *whole = true;
    if (took_word(r, ".")) {
        *whole = false;
        ok = ok && skip_digits(r) > 0;
    }
    if (took_word(r, "e") || took_word(r, "E")) {
        *whole = false;
        if (!took_word(r, "+")) took_word(r, "-");
        ok = ok && skip_digits(r) > 0;
    }
    size_t n = (size_t)(r->at - begin);
    if (!ok || n >= NUMBER_MAX) return not_json(r);
    memcpy(text, begin, n);
    text[n] = '\0';
    return has_room(text, *whole) ? 0 : type_fault(r, "a number of this size");
}

static bool at_number(struct reader *r)
{
    char c = next_byte(r);
    return c == '-' || (c >= '0' && c <= '9');
}

static int read_integer(struct reader *r, struct opt_int *out)
{
    char text[NUMBER_MAX];
    bool whole;
    if (!at_number(r)) return type_fault(r, "an integer");
    int ret = read_number(r, text, &whole);
    if (ret) return ret;
    out->set = true;
    return whole && decimal_parse(text, INT64_MIN, INT64_MAX, &out->v) ? 0 : type_fault(r, "an integer");
}

static int read_double(struct reader *r, struct opt_double *out)
{
    char text[NUMBER_MAX];
    bool whole;
    if (!at_number(r)) return type_fault(r, "a number");
    int ret = read_number(r, text, &whole);
    if (ret) return ret;
    *out = OPT_DOUBLE(strtod(text, NULL));
    return 0;
}

static int read_boolean(struct reader *r, struct opt_bool *out)
{
    next_byte(r);
    bool yes = took_word(r, "true");
    if (!yes && !took_word(r, "false")) return type_fault(r, "a boolean");
    *out = OPT_BOOL(yes);
    return 0;
}

static int read_timestamp(struct reader *r, struct opt_time *out)
{
    const char *text;
    if (next_byte(r) != '"') return type_fault(r, "a timestamp");
    int ret = read_text(r, &text);
    if (ret) return ret;
    out->set = true;
    return timestamp_parse(text, &out->ms) ? 0 : type_fault(r, "a timestamp");
}

static int read_word(struct reader *r, const struct words *list, unsigned *out)
{
    const char *text;
    if (next_byte(r) != '"') return type_fault(r, list->is);
    int ret = read_text(r, &text);
    if (ret) return ret;
    return word_read(list, text, out) ? 0 : err_set(r->e, ERR_PARSE, "%s is not %s", text, list->is);
}

/* ---- objects and arrays ---- */

static int read_value(struct reader *r, const struct shape *shape, void *out);
static int skip_value(struct reader *r);

/* Where the next member or item follows, after a first one or not. */
static int item_follows(struct reader *r, char end, bool first, bool *follows)
{
    *follows = false;
    if (took_byte(r, end)) return 0;
    if (!first && !took_byte(r, ',')) return not_json(r);
    *follows = true;
    return 0;
}

/* A member's name stays where it is, unless it is written in a way that nobody needs. */
struct name {
    const char *text;
    size_t n;
};

static int read_name(struct reader *r, struct name *out)
{
    const char *text;
    if (!took_byte(r, '"')) return not_json(r);
    const char *begin = r->at;
    int ret = 0;
    while (r->at < r->end && is_plain_digit(*r->at)) r->at++;
    *out = (struct name){begin, (size_t)(r->at - begin)};
    if (r->at < r->end && *r->at == '"') r->at++;
    else if ((ret = read_rest(r, begin, &text)) == 0) *out = (struct name){text, strlen(text)};
    return ret == 0 && !took_byte(r, ':') ? not_json(r) : ret;
}

static int skip_items(struct reader *r, char end, bool named)
{
    struct name name;
    bool follows;
    int ret = ++r->depth > DEPTH_MAX ? not_json(r) : 0;
    for (bool first = true; ret == 0; first = false) {
        ret = item_follows(r, end, first, &follows);
        if (ret || !follows) break;
        if (named) ret = read_name(r, &name);
        if (ret == 0) ret = skip_value(r);
    }
    r->depth--;
    return ret;
}

static int skip_value(struct reader *r)
{
    char number[NUMBER_MAX];
    const char *text;
    bool whole;
    if (next_byte(r) == '"') return read_text(r, &text);
    if (took_byte(r, '{')) return skip_items(r, '}', true);
    if (took_byte(r, '[')) return skip_items(r, ']', false);
    if (took_word(r, "true") || took_word(r, "false") || took_word(r, "null")) return 0;
    return read_number(r, number, &whole);
}

/* Members mostly come in the order of the shape's: the one behind the last is looked at first. */
static const struct shape_field *find_field(const struct shape *shape, struct name name, size_t *next)
{
    for (size_t i = 0; i < shape->n_fields; i++) {
        const struct shape_field *f = &shape->fields[(*next + i) % shape->n_fields];
        if (strncmp(f->name, name.text, name.n) != 0 || f->name[name.n] != '\0') continue;
        *next = (size_t)(f - shape->fields) + 1;
        return f;
    }
    return NULL;
}

static int read_member(struct reader *r, const struct shape_field *f, char *object)
{
    void *at = object + f->offset, *target = at;
    next_byte(r);
    if (!r->strict && took_word(r, "null")) return 0;
    if (shape_is_set(f->shape, at)) return not_json(r); /* it came twice */
    if (f->shape->kind == SHAPE_STRUCT) {
        target = arena_alloc(r->arena, f->shape->size);
        memcpy(at, &target, sizeof target);
    }
    return read_value(r, f->shape, target);
}

static int check_required(struct reader *r, const struct shape *shape, const char *object)
{
    for (const struct shape_field *f = shape->fields, *end = f + shape->n_fields; f < end; f++)
        if (f->required && !shape_is_set(f->shape, object + f->offset)) return err_set(r->e, ERR_PARSE, "no %s", f->name);
    return 0;
}

static int read_struct(struct reader *r, const struct shape *shape, char *out)
{
    size_t next = 0;
    if (!took_byte(r, '{')) return type_fault(r, "an object");
    memset(out, 0, shape->size);
    for (bool first = true;; first = false) {
        struct name name = {"", 0};
        bool follows;
        int ret = item_follows(r, '}', first, &follows);
        if (ret == 0 && !follows) return check_required(r, shape, out);
        if (ret == 0) ret = read_name(r, &name);
        if (ret) return ret;
        const struct shape_field *f = find_field(shape, name, &next);
        if (f == NULL && r->strict) return err_set(r->e, ERR_PARSE, "a member that %s does not have", shape->name);
        ret = f ? read_member(r, f, out) : skip_value(r);
        if (ret) return f ? err_wrap(r->e, "%s", f->name) : ret;
    }
}

/* Room for twice as many items as there are. */
static void grow_list(struct reader *r, struct shape_list *list, size_t *room, size_t size)
{
    void *items = arena_alloc(r->arena, 2 * *room * size);
    memcpy(items, list->items, list->n * size);
    list->items = items;
    *room *= 2;
}

static int read_list(struct reader *r, const struct shape *list, struct shape_list *out)
{
    size_t size = list->element->size, room = 4;
    if (!took_byte(r, '[')) return type_fault(r, "an array");
    *out = (struct shape_list){true, 0, arena_alloc(r->arena, room * size)};
    for (bool first = true;; first = false) {
        bool follows;
        int ret = item_follows(r, ']', first, &follows);
        if (ret || !follows) return ret;
        if (out->n == room) grow_list(r, out, &room, size);
        if (read_value(r, list->element, (char *)out->items + out->n * size)) return err_wrap(r->e, "[%zu]", out->n);
        out->n++;
    }
}

static int read_value(struct reader *r, const struct shape *shape, void *out)
{
    switch (shape->kind) {
    case SHAPE_STRING: return read_text(r, out);
    case SHAPE_INTEGER: return read_integer(r, out);
    case SHAPE_BOOLEAN: return read_boolean(r, out);
    case SHAPE_DOUBLE: return read_double(r, out);
    case SHAPE_TIMESTAMP: return read_timestamp(r, out);
    case SHAPE_WORD: return read_word(r, shape->words, out);
    case SHAPE_STRUCT: return read_struct(r, shape, out);
    case SHAPE_LIST: return read_list(r, shape, out);
    }
    abort();
}

static int decode_text(
    bool strict, const struct shape *shape, const char *text, size_t len, struct arena *a, void *out, struct err *e)
{
    struct reader r = {.begin = text, .at = text, .end = text + len, .arena = a, .e = e, .strict = strict};
    int ret = next_byte(&r) ? read_value(&r, shape, out) : not_json(&r);
    if (ret == 0 && (next_byte(&r) || r.at < r.end)) ret = not_json(&r);
    return ret ? err_wrap(e, "%s", shape->name) : 0;
}

int json_decode(const struct shape *shape, const char *text, size_t len, struct arena *a, void *out, struct err *e)
{
    return decode_text(false, shape, text, len, a, out, e);
}

int json_decode_strictly(const struct shape *shape, const char *text, size_t len, struct arena *a, void *out, struct err *e)
{
    return decode_text(true, shape, text, len, a, out, e);
}
