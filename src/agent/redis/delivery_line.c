#include "agent/redis/delivery_line.h"
#include "attach/image.h"
#include "base/buf.h"
#include "model/json.h"
#include <hiredis/hiredis.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ID, TIMESTAMP, DURATION, ARGUMENTS, ADDRESS, NAME, PARTS };

static void begin_object(struct json_writer *j, const char *cluster, const char *node)
{
    json_open(j, NULL, '{');
    json_write_text(j, "CacheClusterId", cluster);
    json_write_text(j, "CacheNodeId", node);
}

/* "GET ... (1 more arguments)". The engine itself cuts long commands off, and says so in place of the last argument that it keeps. */
static void put_command(struct buf *out, const struct redisReply *arguments)
{
    size_t more = arguments->elements - 1;
    const char *last = arguments->element[more]->str, *cut = last ? strstr(last, "... (") : NULL;
    if (more > 0 && cut == last && cut != NULL && strstr(cut, " more arguments)")) more += strtoul(cut + 5, NULL, 10) - 1;
    buf_puts(out, arguments->element[0]->str ? arguments->element[0]->str : "");
    if (more > 0) buf_printf(out, " ... (%zu more arguments)", more);
}

static bool is_entry(const struct redisReply *e)
{
    if (e->type != REDIS_REPLY_ARRAY || e->elements < PARTS) return false;
    return e->element[ARGUMENTS]->type == REDIS_REPLY_ARRAY && e->element[ARGUMENTS]->elements > 0 && e->element[ADDRESS]->str &&
           e->element[NAME]->str;
}

bool delivery_slow_line(struct buf *out, const char *cluster, const char *node, bool json, const struct redisReply *entry)
{
    _buf_ struct buf command = {0};
    struct json_writer j = {.out = out};
    if (!is_entry(entry)) return false;
    int64_t at = entry->element[TIMESTAMP]->integer, took = entry->element[DURATION]->integer;
    const char *address = entry->element[ADDRESS]->str, *name = entry->element[NAME]->str;
    put_command(&command, entry->element[ARGUMENTS]);
    if (!json) {
        buf_printf(out, "%s,%s,%" PRId64 ",%" PRId64 ",%s,%s,%s\n", cluster, node, at, took, command.data, address, name);
        return true;
    }
    begin_object(&j, cluster, node);
    json_write_int(&j, "Id", entry->element[ID]->integer);
    json_write_int(&j, "Timestamp", at);
    json_write_int(&j, "Duration (us)", took);
    json_write_text(&j, "Command", command.data);
    json_write_text(&j, "ClientAddress", address);
    json_write_text(&j, "ClientName", name);
    json_close(&j, '}');
    buf_putc(out, '\n');
    return true;
}

/* The engine writes the time of its time zone, as 29 Nov 2026 03:24:56.123. */
static bool put_utc(struct buf *out, const char *time)
{
    struct tm local = {.tm_isdst = -1}, utc;
    char text[40];
    const char *rest = strptime(time, "%d %b %Y %H:%M:%S", &local);
    time_t at = rest && *rest == '.' ? mktime(&local) : -1;
    if (at < 0 || strlen(rest) != 4 || gmtime_r(&at, &utc) == NULL) return false;
    strftime(text, sizeof text, "%d %b %Y %H:%M:%S", &utc);
    buf_printf(out, "%s%s UTC", text, rest);
    return true;
}

/* Users don't see the module that engines load. */
static bool is_of_module(const char *message)
{
    static const char *const begins[] = {"<" ATTACH_NAME ">", "Module '" ATTACH_NAME "'"};
    return strncmp(message, begins[0], strlen(begins[0])) == 0 || strncmp(message, begins[1], strlen(begins[1])) == 0;
}

bool delivery_log_line(struct buf *out, const char *cluster, const char *node, bool json, const char *line, size_t n)
{
    _buf_ struct buf text = {0}, time = {0};
    struct json_writer j = {.out = out};
    char role, stamp[25], sign[2];
    int at = 0;
    buf_add(&text, line, n);
    if (sscanf(text.data, "%*d:%c %24[0-9A-Za-z :.] %1[#*.-] %n", &role, stamp, sign, &at) != 3 || at == 0 ||
        is_of_module(text.data + at) || !put_utc(&time, stamp))
        return false;
    if (!json) {
        buf_printf(out, "%s/%s:%c %s %s %s\n", cluster, node, role, time.data, sign, text.data + at);
        return true;
    }
    begin_object(&j, cluster, node);
    json_write_text(&j, "LogLevel", *sign == '#' ? "WARNING" : *sign == '*' ? "NOTICE" : *sign == '-' ? "VERBOSE" : "DEBUG");
    json_write_text(&j, "Role", (const char[]){role, '\0'});
    json_write_text(&j, "Time", time.data);
    json_write_text(&j, "Message", text.data + at);
    json_close(&j, '}');
    buf_putc(out, '\n');
    return true;
}
