#include "model/xml.h"
#include <stdbool.h>
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

#define NAMESPACE "http://elasticache.amazonaws.com/doc/2015-02-02/"
enum { AROUND_ITEMS = 512 /* what stands behind the items of a list, at most: a marker and the request's id */ };
#define PUT(b, literal) buf_add(b, literal, sizeof(literal) - 1)

static void put_element_name(struct buf *b, const char *start, const char *name, const char *end)
{
    size_t n_start = strlen(start), n_name = strlen(name), n_end = strlen(end);
    char *at = buf_reserve(b, n_start + n_name + n_end);
    memcpy(at, start, n_start);
    memcpy(at + n_start, name, n_name);
    memcpy(at + n_start + n_name, end, n_end + 1);
    b->len += n_start + n_name + n_end;
}

/* Bytes that stand for themselves: printable ASCII but for the three that mark up, tab and newline. */
static bool is_plain_byte(unsigned char c)
{
    return (c >= 0x20 && c < 0x7f && c != '<' && c != '>' && c != '&') || c == '\t' || c == '\n';
}

/* Adds the one character at 's' that is not plain; returns how many bytes it takes there. */
static size_t put_special(struct buf *b, const char *s, size_t left)
{
    uint32_t c;
    size_t n = utf8_next(s, left, &c);
    if (n == 0) {
        PUT(b, "\xef\xbf\xbd");
        return 1;
    }
    if (c == '<') PUT(b, "&lt;");
    else if (c == '>') PUT(b, "&gt;");
    else if (c == '&') PUT(b, "&amp;");
    else if (c == '\r') PUT(b, "&#13;"); /* a bare one would be read as a newline */
    else if (c < 0x20 || c == 0xfffe || c == 0xffff) PUT(b, "\xef\xbf\xbd");
    else buf_add(b, s, n);
    return n;
}

void xml_text(struct buf *b, const char *s)
{
    for (size_t left = strlen(s); left > 0;) {
        size_t plain = 0;
        while (plain < left && is_plain_byte((unsigned char)s[plain])) plain++;
        buf_add(b, s, plain);
        if (plain < left) plain += put_special(b, s + plain, left - plain);
        s += plain;
        left -= plain;
    }
}

void xml_line(struct buf *b, const char *element, const char *text)
{
    put_element_name(b, "<", element, ">");
    xml_text(b, text);
    put_element_name(b, "</", element, ">");
}

static void put_timestamp(struct buf *b, int64_t ms)
{
    char text[TIMESTAMP_SIZE];
    timestamp_format(ms, text);
    buf_add(b, text, TIMESTAMP_SIZE - 1);
}

static void put_members(struct buf *b, const struct shape *shape, const char *value)
{
    for (const struct shape_field *f = shape->fields, *end = f + shape->n_fields; f < end; f++) {
        const void *at = value + f->offset;
        if (!shape_is_set(f->shape, at)) continue;
        xml_encode(b, f->shape, f->name, f->shape->kind == SHAPE_STRUCT ? shape_target(at) : at);
    }
}

/* Of an item that was kept, its XML; else NULL. */
static const struct buf *kept_item(const struct shape *shape, const void *item)
{
    return shape->kept ? *(const struct buf *const *)item : NULL;
}

/* A page's worth of bytes is copied once, and not again each time that the buf grows. */
static void reserve_kept(struct buf *b, const struct shape *list, const struct shape_list *value)
{
    const char *item = value->items;
    size_t all = 0;
    for (size_t i = 0; i < value->n; i++, item += list->element->size) {
        const struct buf *kept = kept_item(list->element, item);
        all += kept ? kept->len : 0;
    }
    buf_reserve(b, all + AROUND_ITEMS);
}

static void put_items(struct buf *b, const struct shape *list, const struct shape_list *value)
{
    const char *item = value->items;
    if (list->element->kept) reserve_kept(b, list, value);
    for (size_t i = 0; i < value->n; i++, item += list->element->size) {
        const struct buf *kept = kept_item(list->element, item);
        if (kept) buf_add(b, kept->data, kept->len);
        else xml_encode(b, list->element, list->element_name, item);
    }
}

static void put_value(struct buf *b, const struct shape *shape, const void *value)
{
    switch (shape->kind) {
    case SHAPE_STRING: xml_text(b, *(const char *const *)value); break;
    case SHAPE_INTEGER: buf_put_int(b, ((const struct opt_int *)value)->v); break;
    case SHAPE_BOOLEAN: buf_puts(b, ((const struct opt_bool *)value)->v ? "true" : "false"); break;
    case SHAPE_DOUBLE: number_put(b, ((const struct opt_double *)value)->v); break;
    case SHAPE_TIMESTAMP: put_timestamp(b, ((const struct opt_time *)value)->ms); break;
    case SHAPE_WORD: xml_text(b, word_text(shape->words, *(const unsigned *)value)); break;
    case SHAPE_STRUCT: put_members(b, shape, value); break;
    case SHAPE_LIST: put_items(b, shape, value); break;
    }
}

void xml_encode(struct buf *b, const struct shape *shape, const char *element, const void *value)
{
    put_element_name(b, "<", element, ">");
    size_t start = b->len;
    put_value(b, shape, value);
    if (b->len > start || shape->kind == SHAPE_STRING) {
        put_element_name(b, "</", element, ">");
    } else {
        b->len = start - 1;
        PUT(b, "/>");
    }
}

void xml_response(struct buf *b, const struct operation *o, const void *out, const char *request_id)
{
    put_element_name(b, "<", o->name, "Response xmlns=\"" NAMESPACE "\">");
    if (o->out) xml_encode(b, o->out, o->result, out);
    PUT(b, "<ResponseMetadata><RequestId>");
    xml_text(b, request_id);
    PUT(b, "</RequestId></ResponseMetadata>");
    put_element_name(b, "</", o->name, "Response>");
}

void xml_error(struct buf *b, int fault, const char *message, const char *request_id)
{
    const struct fault_info *info = &api_faults[fault];
    PUT(b, "<ErrorResponse xmlns=\"" NAMESPACE "\"><Error><Type>");
    buf_puts(b, fault_side(info));
    PUT(b, "</Type><Code>");
    buf_puts(b, info->code);
    PUT(b, "</Code><Message>");
    xml_text(b, message);
    PUT(b, "</Message></Error><RequestId>");
    xml_text(b, request_id);
    PUT(b, "</RequestId></ErrorResponse>");
}
