#include "shrink.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { LIMIT_S = 55 };

/* What fails is the same where the words are: numbers and names differ with what is left out. */
static void words_of(const char *text, char *out, size_t size)
{
    size_t n = 0;
    for (const char *p = text; *p && n + 1 < size;) {
        size_t len = strcspn(p, " ");
        bool plain = true;
        for (size_t i = 0; i < len; i++) plain &= islower((unsigned char)p[i]) || p[i] == ',' || p[i] == ':' || p[i] == ';';
        if (plain && n + len + 1 < size) {
            memcpy(out + n, p, len);
            n += len;
            out[n++] = ' ';
        }
        p += len + (p[len] == ' ');
    }
    out[n] = '\0';
}

static bool same_failure(const struct outcome *a, const struct outcome *b)
{
    char x[300], y[300];
    words_of(a->failure, x, sizeof x);
    words_of(b->failure, y, sizeof y);
    return !a->done && strncmp(x, y, 40) == 0;
}

static bool fails_without(struct steps *s, size_t from, size_t n, const char *dir, const struct outcome *failed)
{
    struct outcome out;
    size_t left = 0;
    bool was[4096];
    for (size_t i = from; i < from + n && i < s->n && i - from < sizeof was; i++) {
        was[i - from] = s->items[i].left_out;
        left += !s->items[i].left_out;
        s->items[i].left_out = true;
    }
    bool same = false;
    if (left) {
        run_steps(s, dir, &out, NULL);
        same = same_failure(&out, failed);
    }
    for (size_t i = from; !same && i < from + n && i < s->n && i - from < sizeof was; i++) s->items[i].left_out = was[i - from];
    return same;
}

void shrink(struct steps *s, const char *dir, const struct outcome *failed)
{
    time_t began = time(NULL);
    for (size_t part = (s->n + 1) / 2; part > 0; part /= 2)
        for (size_t at = s->n; at > 0 && time(NULL) - began < LIMIT_S;) {
            at = at > part ? at - part : 0;
            fails_without(s, at, part, dir, failed);
        }
}
