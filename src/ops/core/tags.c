#include "ops/core/tags.h"
#include <string.h>

/* Source of the numbers: the ElastiCache user guide's tag restrictions. */
enum { TAGS_MAX = 50, KEY_MAX = 128, VALUE_MAX = 256 };

static size_t utf8_length(const char *s)
{
    size_t n = 0;
    for (; *s; s++) n += ((unsigned char)*s & 0xC0) != 0x80;
    return n;
}

static int check_tag(struct op *op, const struct api_tag *t)
{
    if (t->key == NULL || t->key[0] == '\0')
        return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "The parameter Key must be provided and must not be null.");
    if (utf8_length(t->key) > KEY_MAX)
        return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "A tag key must be at most %d characters long.", KEY_MAX);
    if (t->value && utf8_length(t->value) > VALUE_MAX)
        return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "A tag value must be at most %d characters long.", VALUE_MAX);
    if (strncmp(t->key, "aws:", 4) == 0)
        return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "Tag keys that begin with aws: are reserved for system use.");
    return 0;
}

int tags_put(struct op *op, const char *arn, const struct api_tag_list *tags)
{
    for (size_t i = 0; i < tags->n; i++) {
        struct row_tag row = {arn, tags->items[i].key, tags->items[i].value ? tags->items[i].value : ""};
        int r = check_tag(op, &tags->items[i]);
        if (r == 0) r = q_tag_put(op->store, &row, op->err);
        if (r) return r;
    }
    struct row_tag *all;
    size_t n;
    int r = q_tag_list(op->store, op->arena, arn, &all, &n, op->err);
    if (r == 0 && n > TAGS_MAX)
        return op_fault(op, FAULT_TAG_QUOTA_PER_RESOURCE_EXCEEDED, "A resource can have at most %d tags.", TAGS_MAX);
    return r;
}

int tags_copy(struct op *op, const char *from, const char *to)
{
    struct row_tag *tags;
    size_t n;
    int r = q_tag_list(op->store, op->arena, from, &tags, &n, op->err);
    for (size_t i = 0; r == 0 && i < n; i++) {
        tags[i].arn = to;
        r = q_tag_put(op->store, &tags[i], op->err);
    }
    return r;
}
