#include "catalog/parameter.h"
#include "base/decimal.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { NEW_NAME_MAX = 20 }; /* characters of a renamed command; Amazon's limit */

/* Whether the n bytes at 'word' are an item of the comma-separated list. */
static bool is_listed(const char *list, const char *word, size_t n)
{
    for (const char *item = list; *item;) {
        size_t length = strcspn(item, ",");
        if (length == n && strncmp(item, word, n) == 0) return true;
        item += length + (item[length] == ',');
    }
    return false;
}

/* Whether v lies in one of the items 5, 1-75, 0- of the list. */
static bool in_ranges(const char *list, double v)
{
    for (const char *item = list; *item;) {
        char *end;
        double low = strtod(item, &end), high = low;
        if (*end == '-') {
            const char *after = end + 1;
            bool open = *after == '\0' || *after == ',';
            high = open ? v : strtod(after, &end);
            if (open) end = (char *)after;
        }
        if (v >= low && v <= high) return true;
        item = end + (*end == ',');
    }
    return false;
}

static bool integer_fits(const char *allowed, const char *value)
{
    int64_t v;
    if (!decimal_parse(value, INT64_MIN, INT64_MAX, &v)) return false;
    return *allowed == '\0' || strcmp(allowed, "-") == 0 || in_ranges(allowed, (double)v);
}

static bool float_fits(const char *allowed, const char *value)
{
    if (!isdigit((unsigned char)*value) || strspn(value, "0123456789.") != strlen(value)) return false;
    char *end;
    double v = strtod(value, &end);
    return *end == '\0' && (*allowed == '\0' || in_ranges(allowed, v));
}

static bool new_name_fits(const char *name, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)name[i])) return false;
    return n >= 1 && n <= NEW_NAME_MAX;
}

/* "from to from to", of commands in the list in upper or lower case. A new name of 'blocked' is one like any other here. */
static bool pairs_fit(const char *allowed, const char *value)
{
    char upper[NEW_NAME_MAX + 1];
    bool old_name = true;
    for (const char *p = value + strspn(value, " "); *p; p += strspn(p, " ")) {
        size_t n = strcspn(p, " ");
        if (n >= sizeof upper) return false;
        for (size_t i = 0; i < n; i++) upper[i] = (char)toupper((unsigned char)p[i]);
        if (old_name ? !is_listed(allowed, upper, n) : !new_name_fits(p, n)) return false;
        old_name = !old_name;
        p += n;
    }
    return old_name;
}

static bool value_fits(const struct parameter *p, const char *value)
{
    switch ((enum parameter_type)p->type) {
    case PARAMETER_INTEGER: return integer_fits(p->allowed, value);
    case PARAMETER_FLOAT: return float_fits(p->allowed, value);
    case PARAMETER_BOOLEAN: return *value && is_listed(p->allowed, value, strlen(value));
    case PARAMETER_STRING: break;
    }
    switch ((enum parameter_format)p->format) {
    case PARAMETER_LETTERS: return strspn(value, "KEg$lshzxetmdnA") == strlen(value); /* notify-keyspace-events of Redis 7.0 */
    case PARAMETER_PAIRS: return pairs_fit(p->allowed, value);
    case PARAMETER_PLAIN: break;
    }
    return *p->allowed == '\0' || (*value && is_listed(p->allowed, value, strlen(value)));
}

int parameter_check(const struct parameter *p, const char *value, struct err *e)
{
    if (value_fits(p, value)) return 0;
    if (*p->allowed == '\0' || p->format == PARAMETER_PAIRS)
        return err_set(e, ERR_USAGE, "Invalid parameter value: %s for: %s", value, p->name);
    return err_set(e, ERR_USAGE, "Invalid parameter value: %s for: %s allowed values are: %s", value, p->name, p->allowed);
}
