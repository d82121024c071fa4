#include "model_int.h"
#include "handlers.h"
#include <string.h>

#define C(name, arity, flags, categories, first, last, step) \
    {name, arity, flags, categories, first, last, step, 0, 0, 0, false, NULL},
static struct row rows[] = {
#include "commands.h"
};
#undef C
enum { N_ROWS = sizeof rows / sizeof *rows, INDEX = 2048 };

static const struct {
    const char *name;
    unsigned bit;
} flag_names[] = {{"write", CMD_WRITE}, {"readonly", CMD_READONLY}, {"denyoom", CMD_DENYOOM}, {"admin", CMD_ADMIN},
    {"noscript", CMD_NOSCRIPT}, {"loading", CMD_LOADING}, {"stale", CMD_STALE}, {"no_auth", CMD_NO_AUTH},
    {"allow_busy", CMD_ALLOW_BUSY}, {"no_multi", CMD_NO_MULTI}, {"asking", CMD_ASKING},
    {"no_async_loading", CMD_NO_ASYNC_LOADING}};

/* Source: the engine's "MAY_REPLICATE" in its own description of commands, which COMMAND does not show. */
static const char *const may_replicate[] = {"eval", "evalsha", "fcall", "publish", "spublish", "pfcount"};

static const char *const categories[] = {"keyspace", "read", "write", "set", "sortedset", "list", "hash", "string", "bitmap",
    "hyperloglog", "geo", "stream", "pubsub", "admin", "fast", "slow", "blocking", "dangerous", "connection", "transaction",
    "scripting"};

static uint16_t index_of_names[INDEX];
static bool is_ready;

static bool has_word(const char *list, const char *word)
{
    size_t n = strlen(word);
    for (const char *p = list; (p = strstr(p, word)) != NULL; p += n)
        if ((p == list || p[-1] == ' ') && (p[n] == ' ' || p[n] == '\0')) return true;
    return false;
}

uint32_t category_bit(const char *name)
{
    for (size_t i = 0; i < sizeof categories / sizeof *categories; i++)
        if (strcasecmp(categories[i], name) == 0) return 1u << i;
    return 0;
}

static uint32_t name_hash(const char *a, size_t len, const char *b, size_t b_len)
{
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < len; i++) h = (h ^ (unsigned char)(a[i] | 32)) * 16777619u;
    for (size_t i = 0; b && i < b_len; i++) h = (h ^ (unsigned char)(b[i] | 32)) * 16777619u;
    return h;
}

static uint32_t hash_of_row(const char *name)
{
    const char *bar = strchr(name, '|');
    return bar ? name_hash(name, (size_t)(bar - name), bar + 1, strlen(bar + 1)) : name_hash(name, strlen(name), NULL, 0);
}

static void row_prepare(struct row *r)
{
    for (size_t i = 0; i < sizeof flag_names / sizeof *flag_names; i++)
        if (has_word(r->flags, flag_names[i].name)) r->bits |= flag_names[i].bit;
    for (size_t i = 0; i < sizeof may_replicate / sizeof *may_replicate; i++)
        if (strcmp(r->name, may_replicate[i]) == 0) r->bits |= CMD_MAY_REPLICATE;
    for (size_t i = 0; i < sizeof categories / sizeof *categories; i++)
        if (has_word(r->categories, categories[i])) r->category_bits |= 1u << i;
    r->index = (int)(r - rows);
    r->container =
        r + 1 < rows + N_ROWS && strncmp(r[1].name, r->name, strlen(r->name)) == 0 && r[1].name[strlen(r->name)] == '|';
    r->run = handler_of(r->name);
    uint32_t at = hash_of_row(r->name) % INDEX;
    while (index_of_names[at]) at = (at + 1) % INDEX;
    index_of_names[at] = (uint16_t)(r->index + 1);
}

static void table_prepare(void)
{
    if (is_ready) return;
    for (struct row *r = rows; r < rows + N_ROWS; r++) row_prepare(r);
    is_ready = true;
}

static bool is_named(const struct row *r, const char *word, size_t len, const char *second, size_t second_len)
{
    if (strncasecmp(r->name, word, len) != 0) return false;
    if (second == NULL) return r->name[len] == '\0';
    return r->name[len] == '|' && strlen(r->name + len + 1) == second_len &&
           strncasecmp(r->name + len + 1, second, second_len) == 0;
}

static const struct row *row_look(const char *word, size_t len, const char *second, size_t second_len)
{
    uint32_t at = name_hash(word, len, second, second_len) % INDEX;
    for (; index_of_names[at]; at = (at + 1) % INDEX)
        if (is_named(&rows[index_of_names[at] - 1], word, len, second, second_len)) return &rows[index_of_names[at] - 1];
    return NULL;
}

const struct row *row_find(const char *word, size_t len, const char *second, size_t second_len, const struct row **container)
{
    table_prepare();
    const struct row *r = row_look(word, len, NULL, 0);
    *container = r;
    if (r == NULL || !r->container || second == NULL) return r;
    return row_look(word, len, second, second_len);
}

const struct row *row_named(const char *name)
{
    const char *bar = strchr(name, '|');
    table_prepare();
    return bar ? row_look(name, (size_t)(bar - name), bar + 1, strlen(bar + 1)) : row_look(name, strlen(name), NULL, 0);
}

const struct row *row_at(int index)
{
    table_prepare();
    return &rows[index];
}

int row_count(void)
{
    return N_ROWS;
}
