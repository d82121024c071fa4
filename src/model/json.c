#include "model/json.h"
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "model/number.h"
#include "model/shape.h"
#include "model/timestamp.h"
#include "model/utf8.h"

static void put_escaped(struct buf *b, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    char text[] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
    const char *shorts = "\"\"\\\\\nn\rr\tt\bb\ff";
    for (; *shorts; shorts += 2) {
        if ((unsigned char)shorts[0] == c) {
            text[1] = shorts[1];
            buf_add(b, text, 2);
            return;
        }
    }
    buf_add(b, text, sizeof text);
}

void json_put_string(struct buf *b, const char *s)
{
    buf_putc(b, '"');
    for (size_t left = strlen(s), n; left > 0; s += n, left -= n) {
        uint32_t c;
        for (n = 0; n < left && (signed char)s[n] >= 0x20 && s[n] != '"' && s[n] != '\\';) n++;
        buf_add(b, s, n);
        if (n) continue;
        n = utf8_next(s, left, &c);
        if (n > 1) buf_add(b, s, n);
        else if (n == 1) put_escaped(b, (unsigned char)*s);
        else buf_puts(b, "\xef\xbf\xbd");
        if (n == 0) n = 1;
    }
    buf_putc(b, '"');
}

static void put_members(struct buf *b, const struct shape *shape, const char *value)
{
    char before = '{';
    for (const struct shape_field *f = shape->fields, *end = f + shape->n_fields; f < end; f++) {
        const void *at = value + f->offset;
        if (!shape_is_set(f->shape, at)) continue;
        buf_putc(b, before);
        before = ',';
        json_put_string(b, f->name);
        buf_putc(b, ':');
        json_encode(b, f->shape, f->shape->kind == SHAPE_STRUCT ? shape_target(at) : at);
    }
    buf_puts(b, before == '{' ? "{}" : "}");
}

static void put_items(struct buf *b, const struct shape *list, const struct shape_list *value)
{
    const char *item = value->items;
    buf_putc(b, '[');
    for (size_t i = 0; i < value->n; i++, item += list->element->size) {
        if (i) buf_putc(b, ',');
        json_encode(b, list->element, item);
    }
    buf_putc(b, ']');
}

static void put_timestamp(struct buf *b, int64_t ms)
{
    char text[TIMESTAMP_SIZE];
    timestamp_format(ms, text);
    json_put_string(b, text);
}

void json_encode(struct buf *b, const struct shape *shape, const void *value)
{
    switch (shape->kind) {
    case SHAPE_STRING: json_put_string(b, *(const char *const *)value); break;
    case SHAPE_INTEGER: buf_put_int(b, ((const struct opt_int *)value)->v); break;
    case SHAPE_BOOLEAN: buf_puts(b, ((const struct opt_bool *)value)->v ? "true" : "false"); break;
    case SHAPE_DOUBLE: number_put(b, ((const struct opt_double *)value)->v); break;
    case SHAPE_TIMESTAMP: put_timestamp(b, ((const struct opt_time *)value)->ms); break;
    case SHAPE_STRUCT: put_members(b, shape, value); break;
    case SHAPE_LIST: put_items(b, shape, value); break;
    }
}

static int read_value(const struct shape *shape, const json_t *doc, struct arena *a, void *out, struct err *e);

static int read_struct(const struct shape *shape, const json_t *doc, struct arena *a, char *out, struct err *e)
{
    if (!json_is_object(doc)) return err_set(e, ERR_PARSE, "not an object");
    memset(out, 0, shape->size);
    for (const struct shape_field *f = shape->fields, *end = f + shape->n_fields; f < end; f++) {
        const json_t *member = json_object_get(doc, f->name);
        if (member == NULL || json_is_null(member)) {
            if (f->required) return err_set(e, ERR_PARSE, "no %s", f->name);
            continue;
        }
        void *at = out + f->offset, *target = at;
        if (f->shape->kind == SHAPE_STRUCT) {
            target = arena_alloc(a, f->shape->size);
            memcpy(at, &target, sizeof target);
        }
        if (read_value(f->shape, member, a, target, e)) return err_wrap(e, "%s", f->name);
    }
    return 0;
}

static int read_list(const struct shape *list, const json_t *doc, struct arena *a, struct shape_list *out, struct err *e)
{
    if (!json_is_array(doc)) return err_set(e, ERR_PARSE, "not an array");
    size_t n = json_array_size(doc), size = list->element->size;
    *out = (struct shape_list){true, n, arena_alloc(a, n * size)};
    for (size_t i = 0; i < n; i++)
        if (read_value(list->element, json_array_get(doc, i), a, (char *)out->items + i * size, e))
            return err_wrap(e, "[%zu]", i);
    return 0;
}

static int read_timestamp(const json_t *doc, struct opt_time *out, struct err *e)
{
    out->set = true;
    if (json_is_string(doc) && timestamp_parse(json_string_value(doc), &out->ms)) return 0;
    return err_set(e, ERR_PARSE, "not a timestamp");
}

static int read_value(const struct shape *shape, const json_t *doc, struct arena *a, void *out, struct err *e)
{
    switch (shape->kind) {
    case SHAPE_STRING:
        if (!json_is_string(doc)) return err_set(e, ERR_PARSE, "not a string");
        *(const char **)out = arena_strdup(a, json_string_value(doc));
        return 0;
    case SHAPE_INTEGER:
        if (!json_is_integer(doc)) return err_set(e, ERR_PARSE, "not an integer");
        *(struct opt_int *)out = OPT_INT(json_integer_value(doc));
        return 0;
    case SHAPE_BOOLEAN:
        if (!json_is_boolean(doc)) return err_set(e, ERR_PARSE, "not a boolean");
        *(struct opt_bool *)out = OPT_BOOL(json_is_true(doc));
        return 0;
    case SHAPE_DOUBLE:
        if (!json_is_number(doc)) return err_set(e, ERR_PARSE, "not a number");
        *(struct opt_double *)out = OPT_DOUBLE(json_number_value(doc));
        return 0;
    case SHAPE_TIMESTAMP: return read_timestamp(doc, out, e);
    case SHAPE_STRUCT: return read_struct(shape, doc, a, out, e);
    case SHAPE_LIST: return read_list(shape, doc, a, out, e);
    }
    abort();
}

int json_decode(const struct shape *shape, const char *text, size_t len, struct arena *a, void *out, struct err *e)
{
    json_error_t why;
    json_t *doc = json_loadb(text, len, JSON_REJECT_DUPLICATES, &why);
    /* Not why.text: it quotes what stands there, which may be a password. */
    if (doc == NULL) return err_set(e, ERR_PARSE, "%s: not JSON at line %d, column %d", shape->name, why.line, why.column);
    int r = read_value(shape, doc, a, out, e);
    json_decref(doc);
    return r ? err_wrap(e, "%s", shape->name) : 0;
}
