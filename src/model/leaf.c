#include "model/leaf.h"
#include <assert.h>
#include <ctype.h>
#include <math.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "base/decimal.h"
#include "base/err.h"
#include "model/api.gen.h"
#include "model/shape.h"
#include "model/timestamp.h"
#include "model/utf8.h"

#define SHOWN_BYTES 100 /* of a value, in a message */
#define PATTERNS 32
/* Of a string whose shape has no limit of its own: what is longer is no name, description or value of anybody's. */
#define LENGTH_MAX 4096

/* 'must' ends the sentence "Member must ...". */
static int constraint_fault(const struct shape *shape, const char *key, const char *value, const char *must, struct err *e)
{
    char path[160];
    /* AWS names a parameter in such messages with a small first letter in each of its parts: 'networkType', 'tags.tag.1.key'. */
    size_t i = 0;
    for (; key[i] && i + 1 < sizeof path; i++)
        path[i] = (char)(i == 0 || key[i - 1] == '.' ? tolower((unsigned char)key[i]) : key[i]);
    path[i] = '\0';
    if (shape->secret) {
        return err_set(
            e, FAULT_INVALID_PARAMETER_VALUE, "Value at '%s' failed to satisfy constraint: Member must %s", path, must);
    }
    return err_set(e, FAULT_INVALID_PARAMETER_VALUE, "Value '%.*s' at '%s' failed to satisfy constraint: Member must %s",
        (int)utf8_clip(value, SHOWN_BYTES), value, path, must);
}

static int check_range(const struct shape *shape, const char *key, const char *value, size_t n, int64_t max, struct err *e)
{
    char must[80] = "";
    if (shape->min && n < (size_t)shape->min)
        snprintf(must, sizeof must, "have length greater than or equal to %lld", (long long)shape->min);
    else if (max && n > (size_t)max) snprintf(must, sizeof must, "have length less than or equal to %lld", (long long)max);
    return *must ? constraint_fault(shape, key, value, must, e) : 0;
}

/* The compiled form of a pattern; kept for ever, there are few of them. */
static const regex_t *compiled_pattern(const char *pattern)
{
    static struct {
        const char *pattern;
        regex_t regex;
    } known[PATTERNS];
    size_t i = 0;
    while (i < PATTERNS && known[i].pattern && known[i].pattern != pattern) i++;
    assert(i < PATTERNS);
    if (known[i].pattern == NULL) {
        char whole[256];
        int n = snprintf(whole, sizeof whole, "^(%s)$", pattern);
        assert(n < (int)sizeof whole);
        int r = regcomp(&known[i].regex, whole, REG_EXTENDED | REG_NOSUB);
        assert(r == 0);
        (void)n;
        (void)r;
        known[i].pattern = pattern;
    }
    return &known[i].regex;
}

static bool is_enumerated(const struct shape *shape, const char *text)
{
    for (const char *const *v = shape->enumerated; *v; v++)
        if (strcmp(*v, text) == 0) return true;
    return false;
}

static int violated_enum(const struct shape *shape, const char *key, const char *text, struct err *e)
{
    char must[400] = "satisfy enum value set: [";
    for (const char *const *v = shape->enumerated; *v; v++) {
        strncat(must, *v, sizeof must - strlen(must) - 1);
        strncat(must, v[1] ? ", " : "]", sizeof must - strlen(must) - 1);
    }
    return constraint_fault(shape, key, text, must, e);
}

static int check_string(const struct shape *shape, const char *key, const char *text, struct err *e)
{
    if (shape->enumerated && !is_enumerated(shape, text)) return violated_enum(shape, key, text, e);
    int r = check_range(shape, key, text, utf8_length(text), shape->max ? shape->max : LENGTH_MAX, e);
    if (r || shape->pattern == NULL || regexec(compiled_pattern(shape->pattern), text, 0, NULL, 0) == 0) return r;
    char must[300];
    snprintf(must, sizeof must, "satisfy regular expression pattern: %s", shape->pattern);
    return constraint_fault(shape, key, text, must, e);
}

/* The API's integers have 32 bits. */
static bool read_integer(const char *text, struct opt_int *out)
{
    out->set = true;
    return decimal_parse(text, INT32_MIN, INT32_MAX, &out->v);
}

static bool read_boolean(const char *text, struct opt_bool *out)
{
    *out = OPT_BOOL(strcasecmp(text, "true") == 0);
    return out->v || strcasecmp(text, "false") == 0;
}

static bool read_double(const char *text, struct opt_double *out)
{
    char *end;
    if (*text == '\0' || text[strspn(text, "+-.0123456789eE")] != '\0') return false;
    *out = OPT_DOUBLE(strtod(text, &end));
    return *end == '\0' && isfinite(out->v);
}

static bool read_timestamp(const char *text, struct opt_time *out)
{
    out->set = true;
    return timestamp_parse(text, &out->ms);
}

int leaf_read(const struct shape *shape, const char *key, const char *text, void *out, struct err *e)
{
    switch (shape->kind) {
    case SHAPE_STRING: *(const char **)out = text; return check_string(shape, key, text, e);
    case SHAPE_INTEGER: return read_integer(text, out) ? 0 : constraint_fault(shape, key, text, "be an integer of 32 bits", e);
    case SHAPE_BOOLEAN: return read_boolean(text, out) ? 0 : constraint_fault(shape, key, text, "be true or false", e);
    case SHAPE_DOUBLE: return read_double(text, out) ? 0 : constraint_fault(shape, key, text, "be a number", e);
    case SHAPE_TIMESTAMP:
        return read_timestamp(text, out) ? 0 : constraint_fault(shape, key, text, "be an ISO 8601 timestamp", e);
    case SHAPE_WORD: /* of messages alone */
    case SHAPE_STRUCT:
    case SHAPE_LIST: break;
    }
    abort(); /* not a leaf */
}

int leaf_check_count(const struct shape *list, const char *key, size_t n, struct err *e)
{
    return check_range(list, key, n ? "[...]" : "[]", n, list->max, e);
}
