#include "model/json.h"
#include <stdint.h>
#include <string.h>
#include "base/buf.h"
#include "catalog/words.h"
#include "model/api.gen.h"
#include "model/number.h"
#include "model/operation.h"
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

/* What most strings are made of only. */
static size_t plain_length(const char *s)
{
    size_t n = 0;
    while ((signed char)s[n] >= 0x20 && s[n] != '"' && s[n] != '\\') n++;
    return n;
}

static void put_with_escapes(struct buf *b, const char *s)
{
    buf_putc(b, '"');
    for (size_t left = strlen(s), n; left > 0; s += n, left -= n) {
        uint32_t c;
        n = plain_length(s);
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

static void put_string(struct buf *b, const char *s)
{
    size_t n = plain_length(s);
    if (s[n] == '\0') {
        char *at = buf_reserve(b, n + 2);
        *at = '"';
        memcpy(at + 1, s, n);
        at[n + 1] = '"';
        at[n + 2] = '\0';
        b->len += n + 2;
    } else put_with_escapes(b, s);
}

/* Names of members are plain. */
static void put_name(struct buf *b, char before, const char *name)
{
    size_t n = strlen(name);
    char *at = buf_reserve(b, n + 4);
    at[0] = before;
    at[1] = '"';
    memcpy(at + 2, name, n);
    at[n + 2] = '"';
    at[n + 3] = ':';
    at[n + 4] = '\0';
    b->len += n + 4;
}

/* ---- value by value ---- */

static void begin_value(struct json_writer *j, const char *name)
{
    if (name && j->follows) put_name(j->out, ',', name);
    else if (j->follows) buf_putc(j->out, ',');
    else if (name) buf_printf(j->out, "\"%s\":", name);
    j->follows = true;
}

void json_open(struct json_writer *j, const char *name, char bracket)
{
    begin_value(j, name);
    buf_putc(j->out, bracket);
    j->follows = false;
}

void json_close(struct json_writer *j, char bracket)
{
    buf_putc(j->out, bracket);
    j->follows = true;
}

void json_write_text(struct json_writer *j, const char *name, const char *text)
{
    begin_value(j, name);
    if (text) put_string(j->out, text);
    else buf_puts(j->out, "null");
}

void json_write_int(struct json_writer *j, const char *name, int64_t value)
{
    begin_value(j, name);
    buf_put_int(j->out, value);
}

void json_write_number(struct json_writer *j, const char *name, double value)
{
    begin_value(j, name);
    number_put(j->out, value);
}

void json_write_bool(struct json_writer *j, const char *name, bool value)
{
    begin_value(j, name);
    buf_puts(j->out, value ? "true" : "false");
}

/* ---- by shape ---- */

static void put_value(struct buf *b, const struct shape *shape, const void *value, bool whole);

static void put_members(struct buf *b, const struct shape *shape, const char *value, bool whole)
{
    char before = '{';
    for (const struct shape_field *f = shape->fields, *end = f + shape->n_fields; f < end; f++) {
        const void *at = value + f->offset;
        bool is_set = shape_is_set(f->shape, at);
        if (!is_set && !whole) continue;
        put_name(b, before, f->name);
        before = ',';
        if (is_set) put_value(b, f->shape, f->shape->kind == SHAPE_STRUCT ? shape_target(at) : at, whole);
        else buf_puts(b, "null");
    }
    buf_puts(b, before == '{' ? "{}" : "}");
}

static void put_items(struct buf *b, const struct shape *list, const struct shape_list *value, bool whole)
{
    const char *item = value->items;
    buf_putc(b, '[');
    for (size_t i = 0; i < value->n; i++, item += list->element->size) {
        if (i) buf_putc(b, ',');
        put_value(b, list->element, item, whole);
    }
    buf_putc(b, ']');
}

static void put_timestamp(struct buf *b, int64_t ms)
{
    char text[TIMESTAMP_SIZE];
    timestamp_format(ms, text);
    put_string(b, text);
}

static void put_value(struct buf *b, const struct shape *shape, const void *value, bool whole)
{
    switch (shape->kind) {
    case SHAPE_STRING: put_string(b, *(const char *const *)value); break;
    case SHAPE_INTEGER: buf_put_int(b, ((const struct opt_int *)value)->v); break;
    case SHAPE_BOOLEAN: buf_puts(b, ((const struct opt_bool *)value)->v ? "true" : "false"); break;
    case SHAPE_DOUBLE: number_put(b, ((const struct opt_double *)value)->v); break;
    case SHAPE_TIMESTAMP: put_timestamp(b, ((const struct opt_time *)value)->ms); break;
    case SHAPE_WORD: put_string(b, word_text(shape->words, *(const unsigned *)value)); break;
    case SHAPE_STRUCT: put_members(b, shape, value, whole); break;
    case SHAPE_LIST: put_items(b, shape, value, whole); break;
    }
}

void json_encode(struct buf *b, const struct shape *shape, const void *value)
{
    put_value(b, shape, value, false);
}

void json_encode_whole(struct buf *b, const struct shape *shape, const void *value)
{
    put_value(b, shape, value, true);
}

/* ---- answers of the Query API ---- */

static void put_request_id(struct json_writer *j, const char *request_id)
{
    json_open(j, "ResponseMetadata", '{');
    json_write_text(j, "RequestId", request_id);
    json_close(j, '}');
}

void json_response(struct buf *b, const struct operation *o, const void *out, const char *request_id)
{
    struct json_writer j = {.out = b};
    json_open(&j, NULL, '{');
    buf_printf(b, "\"%sResponse\":", o->name);
    json_open(&j, NULL, '{');
    if (o->out) {
        buf_printf(b, "\"%s\":", o->result);
        json_encode(b, o->out, out);
        j.follows = true;
    }
    put_request_id(&j, request_id);
    json_close(&j, '}');
    json_close(&j, '}');
}

void json_error(struct buf *b, int fault, const char *message, const char *request_id)
{
    const struct fault_info *info = &api_faults[fault];
    struct json_writer j = {.out = b};
    json_open(&j, NULL, '{');
    json_open(&j, "Error", '{');
    json_write_text(&j, "Type", fault_side(info));
    json_write_text(&j, "Code", info->code);
    json_write_text(&j, "Message", message);
    json_close(&j, '}');
    json_write_text(&j, "RequestId", request_id);
    json_close(&j, '}');
}
