#include "discovery/hearing.h"
#include <string.h>

/* Longer reads are of values, in which nothing is looked for. */
enum { COMMANDS_MAX = 16384 };

static const char config[] = "config get cluster\r";
enum { CONFIG_LENGTH = sizeof config - 2 /* the line may end without the \r */ };

static const struct known {
    const char *line, *answer; /* what memcached says to it */
} known[] = {
    [QUESTION_CONFIG] = {"config get cluster", "ERROR\r\n"},
    [QUESTION_GET] = {"get AmazonElastiCache:cluster", "END\r\n"},
    [QUESTION_GETS] = {"gets AmazonElastiCache:cluster", "END\r\n"},
};

/* True if that line is all there is. */
static bool is_line(const char *line, const char *data, size_t n)
{
    size_t length = strlen(line);
    return n == length + 2 && memcmp(data, line, length) == 0 && memcmp(data + length, "\r\n", 2) == 0;
}

/* Goes on with a line, of which these are the next bytes before its end, if that has come. */
static void hear_part(struct hearing *h, const char *data, size_t n, bool ends)
{
    size_t all = h->matched + n;
    bool fits = h->matched != HEARING_OTHER && all < sizeof config && memcmp(config + h->matched, data, n) == 0;
    if (ends && fits && all >= CONFIG_LENGTH) h->configs++;
    h->matched = ends ? 0 : fits ? (unsigned char)all : HEARING_OTHER;
}

void hearing_take(struct hearing *h, const char *data, size_t n)
{
    if (h->spoke) h->configs = 0;
    h->spoke = false;
    h->alone = QUESTION_NONE;
    if (n > COMMANDS_MAX) {
        h->matched = data[n - 1] == '\n' ? 0 : HEARING_OTHER;
        return;
    }
    for (int q = QUESTION_GET; q <= QUESTION_GETS && h->matched == 0; q++)
        if (is_line(known[q].line, data, n)) h->alone = (unsigned char)q;
    for (const char *end = data + n, *nl; data < end; data = nl ? nl + 1 : end) {
        nl = memchr(data, '\n', (size_t)(end - data));
        hear_part(h, data, (size_t)((nl ? nl : end) - data), nl != NULL);
    }
}

bool hearing_awaits(const struct hearing *h)
{
    return h->configs > 0 || h->alone != QUESTION_NONE;
}

enum question hearing_recognise(const struct hearing *h, const char *answer, size_t n, size_t *size)
{
    enum question q = h->alone != QUESTION_NONE ? h->alone : h->configs > 0 ? QUESTION_CONFIG : QUESTION_NONE;
    if (q == QUESTION_NONE) return q;
    *size = strlen(known[q].answer);
    return n >= *size && memcmp(answer, known[q].answer, *size) == 0 ? q : QUESTION_NONE;
}

void hearing_answered(struct hearing *h, enum question q)
{
    if (q == QUESTION_CONFIG) h->configs--;
    h->alone = QUESTION_NONE;
    h->spoke = true;
}

const char *question_line(enum question q)
{
    return known[q].line;
}
