#include "agent/forwarder/discovery.h"
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

/* The two lines of the answer are one value, whose length goes before it. */
static void put_config_value(struct buf *out, const char *head, int64_t version, const char *list)
{
    _buf_ struct buf value = {0};
    buf_printf(&value, "%lld\n%s\n", (long long)version, list);
    buf_printf(out, "%s 0 %zu\r\n", head, value.len);
    buf_add(out, value.data, value.len);
    buf_puts(out, "\r\nEND\r\n");
}

enum discovery discovery_answer(const char *line, int64_t version, const char *list, const char *engine, struct buf *out)
{
    if (strcmp(line, "config get cluster") == 0) put_config_value(out, "CONFIG cluster", version, list);
    else if (strcmp(line, "get AmazonElastiCache:cluster") == 0)
        put_config_value(out, "VALUE AmazonElastiCache:cluster", version, list);
    else if (strcmp(line, "version") == 0) buf_printf(out, "VERSION %s\r\n", engine);
    else return strcmp(line, "quit") == 0 ? DISCOVERY_QUIT : DISCOVERY_OTHER;
    return DISCOVERY_ANSWERED;
}
