#include "discovery/discovery.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void discovery_add(struct buf *list, const char *name, const char *ip, int port)
{
    buf_printf(list, "%s%s|%s|%d", list->len ? " " : "", name, ip, port);
}

void discovery_place(struct buf *out, const char *list, const char *here)
{
    for (const char *star; (star = strstr(list, DISCOVERY_HERE)) != NULL; list = star + 1) {
        buf_add(out, list, (size_t)(star - list));
        buf_puts(out, here);
    }
    buf_puts(out, list);
}

void discovery_store(struct buf *out, int64_t version, const char *list)
{
    buf_printf(out, "%" PRId64 " %s", version, list);
}

bool discovery_load(const char *text, int64_t *version, const char **list)
{
    int at = 0;
    if (sscanf(text, "%" SCNd64 " %n", version, &at) != 1 || at == 0) return false;
    *list = text + at;
    return true;
}

/* The two lines of the answer are one value, whose length goes before it, and 'rest' behind that. */
static void put_config_value(struct buf *out, const char *head, const char *rest, int64_t version, const char *list)
{
    _buf_ struct buf value = {0};
    buf_printf(&value, "%" PRId64 "\n%s\n", version, list);
    buf_printf(out, "%s 0 %zu%s\r\n", head, value.len, rest);
    buf_add(out, value.data, value.len);
    buf_puts(out, "\r\nEND\r\n");
}

enum discovery discovery_answer(const char *line, int64_t version, const char *list, const char *engine, struct buf *out)
{
    static const char value[] = "VALUE AmazonElastiCache:cluster";
    char unique[24];
    snprintf(unique, sizeof unique, " %" PRId64, version);
    if (strcmp(line, "config get cluster") == 0) put_config_value(out, "CONFIG cluster", "", version, list);
    else if (strcmp(line, "get AmazonElastiCache:cluster") == 0) put_config_value(out, value, "", version, list);
    else if (strcmp(line, "gets AmazonElastiCache:cluster") == 0) put_config_value(out, value, unique, version, list);
    else if (strcmp(line, "version") == 0) buf_printf(out, "VERSION %s\r\n", engine);
    else return strcmp(line, "quit") == 0 ? DISCOVERY_QUIT : DISCOVERY_OTHER;
    return DISCOVERY_ANSWERED;
}
