#include "behaviour_int.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The texts of behaviours: patterns, words, and what stands in braces. */

bool text_matches(const char *pattern, const char *text)
{
    for (; *pattern && *pattern != '*'; pattern++, text++)
        if (*text != *pattern) return false;
    if (*pattern == '\0') return *text == '\0';
    for (;; text++) {
        if (text_matches(pattern + 1, text)) return true;
        if (*text == '\0') return false;
    }
}

void text_of_reply(const struct redisReply *r, struct buf *out)
{
    switch (r->type) {
    case REDIS_REPLY_STATUS: buf_printf(out, "+%s", r->str); break;
    case REDIS_REPLY_ERROR: buf_printf(out, "-%s", r->str); break;
    case REDIS_REPLY_INTEGER: buf_printf(out, ":%lld", r->integer); break;
    case REDIS_REPLY_STRING: buf_printf(out, "$%s", r->str); break;
    case REDIS_REPLY_NIL: buf_puts(out, "nil"); break;
    default:
        buf_putc(out, '[');
        for (size_t i = 0; i < r->elements; i++) {
            if (i) buf_putc(out, ' ');
            text_of_reply(r->element[i], out);
        }
        buf_putc(out, ']');
    }
}

static bool line_matches(const char *pattern, const char *text)
{
    char line[1024];
    for (const char *p = text; *p;) {
        size_t n = strcspn(p, "\r\n");
        snprintf(line, sizeof line, "%.*s", (int)n, p);
        if (text_matches(pattern, line)) return true;
        p += n;
        p += strspn(p, "\r\n");
    }
    return false;
}

bool text_has_line(const char *lines, const char *pattern)
{
    return line_matches(pattern, lines);
}

void lines_of_reply(const struct redisReply *r, struct buf *out)
{
    for (size_t i = 0; i < r->elements; i++) lines_of_reply(r->element[i], out);
    if (r->str) buf_puts(out, r->str);
    if (r->type == REDIS_REPLY_INTEGER) buf_printf(out, "%lld", r->integer);
    buf_putc(out, '\n');
}

int text_words(char *line, char *words[], int most)
{
    int n = 0;
    for (char *p = line; n < most;) {
        while (*p == ' ') p++;
        if (*p == '\0') break;
        char quote = *p == '"' || *p == '\'' ? *p++ : ' ';
        words[n++] = p;
        while (*p && *p != quote) p++;
        if (*p) *p++ = '\0';
    }
    return n;
}

static void put_variable(const struct stage *s, const char *name, struct buf *out)
{
    char base[64];
    const char *plus = strpbrk(name, "+-"), *dot = strchr(name, '.');
    snprintf(base, sizeof base, "%.*s", (int)(plus ? plus - name : (long)strlen(name)), name);
    if (dot && dot - name == 1) {
        int at = name[0] - 'a';
        if (strcmp(dot, ".host") == 0) buf_printf(out, "127.77.0.%d", at + 1);
        else if (strcmp(dot, ".port") == 0) buf_printf(out, "%d", STAGE_PORT);
        else if (strcmp(dot, ".bus") == 0) buf_printf(out, "%d", STAGE_BUS);
        else
            for (int i = 0; i < 40; i++) buf_putc(out, "0123456789abcdef"[(at + 1) & 15]);
        return;
    }
    if (strcmp(name, "kilo") == 0)
        for (int i = 0; i < STAGE_KILO; i++) buf_putc(out, 'x');
    if (strcmp(name, "kilo") == 0) return;
    for (int i = 0; i < s->n_variables; i++) {
        if (strcmp(s->variables[i].name, base) != 0) continue;
        if (plus) buf_printf(out, "%lld", strtoll(s->variables[i].value, NULL, 10) + strtoll(plus, NULL, 10));
        else buf_puts(out, s->variables[i].value);
        return;
    }
    buf_printf(out, "{%s}", name);
}

void text_expand(const struct stage *s, const char *line, struct buf *out)
{
    char name[64];
    for (const char *p = line; *p; p++) {
        const char *end = *p == '{' ? strchr(p, '}') : NULL;
        if (end == NULL || end - p > 40 || end == p + 1) {
            buf_putc(out, *p);
            continue;
        }
        snprintf(name, sizeof name, "%.*s", (int)(end - p - 1), p + 1);
        put_variable(s, name, out);
        p = end;
    }
}
