#include "conf_int.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* redis.conf and its settings: what each may be, and what the program says of one that is none. */

#define S(id, ...) [id] = {__VA_ARGS__},
#define O(...) {__VA_ARGS__},
static const struct setting_row rows[] = {
#include "settings.h"
};
#undef S
#undef O
enum { N_SETTINGS = sizeof rows / sizeof *rows };
_Static_assert((int)N_SETTINGS <= (int)SETTINGS_MAX, "an engine has room for all settings");

int setting_count(void)
{
    return N_SETTINGS;
}

const struct setting_row *setting_row(int s)
{
    return &rows[s];
}

int setting_find(const char *name)
{
    for (int i = 0; i < N_SETTINGS; i++)
        if (strcasecmp(rows[i].name, name) == 0 || (*rows[i].alias && strcasecmp(rows[i].alias, name) == 0)) return i;
    return -1;
}

const char *conf_text(const struct conf *c, enum setting s)
{
    return c->values[s] ? c->values[s] : rows[s].otherwise;
}

int64_t conf_number(const struct conf *c, enum setting s)
{
    return strtoll(conf_text(c, s), NULL, 10);
}

bool conf_is(const struct conf *c, enum setting s, const char *value)
{
    return strcmp(conf_text(c, s), value) == 0;
}

bool conf_yes(const struct conf *c, enum setting s)
{
    return conf_text(c, s)[0] == 'y';
}

void conf_put(struct conf *c, enum setting s, const char *value)
{
    char *copy = strdup(value);
    if (copy == NULL) abort();
    free(c->values[s]);
    c->values[s] = copy;
}

void conf_free(struct conf *c)
{
    for (int i = 0; i < N_SETTINGS; i++) free(c->values[i]);
    free(c->users);
    *c = (struct conf){0};
}

/* ---- values ---- */

/* "64mb": units of a thousand, and with a "b" of 1024. */
static bool read_bytes(const char *text, int64_t *out)
{
    static const struct {
        const char *unit;
        int64_t times;
    } units[] = {
        {"", 1}, {"b", 1}, {"k", 1000}, {"kb", 1024}, {"m", 1000000}, {"mb", 1 << 20}, {"g", 1000000000}, {"gb", 1 << 30}};
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || !number_of(text, digits, out)) return false;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strcasecmp(units[i].unit, text + digits) == 0) return !__builtin_mul_overflow(*out, units[i].times, out);
    return false;
}

static bool word_in(const char *words, const char *word)
{
    size_t n = strlen(word);
    for (const char *p = words; *p; p += strcspn(p, ",") + (p[strcspn(p, ",")] == ',')) {
        while (*p == ' ') p++;
        if (strcspn(p, ",") == n && strncasecmp(p, word, n) == 0) return true;
    }
    return false;
}

static const char *set_number(struct conf *c, int s, const char *value)
{
    static char why[120];
    char text[24];
    int64_t n;
    bool bytes = rows[s].kind == K_BYTES;
    if (bytes && !read_bytes(value, &n)) return "argument must be a memory value";
    if (!bytes && !number_of(value, strlen(value), &n)) return "argument couldn't be parsed into an integer";
    if (n < rows[s].low || n > rows[s].high) {
        snprintf(
            why, sizeof why, "argument must be between %lld and %lld inclusive", (long long)rows[s].low, (long long)rows[s].high);
        return why;
    }
    snprintf(text, sizeof text, "%lld", (long long)n);
    conf_put(c, (enum setting)s, text);
    return NULL;
}

static const char *set_word(struct conf *c, int s, const char *value)
{
    static char why[240];
    char lower[200];
    snprintf(lower, sizeof lower, "%s", value);
    for (char *p = lower; *p; p++) *p = (char)tolower((unsigned char)*p);
    char *rest = NULL, copy[200];
    strcpy(copy, lower);
    bool known = *lower;
    for (char *w = strtok_r(copy, rows[s].kind == K_WORDS ? " " : "", &rest); w; w = strtok_r(NULL, " ", &rest))
        known &= word_in(rows[s].words, w);
    snprintf(why, sizeof why, "argument(s) must be one of the following: %s", rows[s].words);
    if (!known) return why;
    conf_put(c, (enum setting)s, lower);
    return NULL;
}

/* "replica 0 0 0 pubsub …": those classes that are named. */
static const char *set_limits(struct conf *c, int s, const char *value)
{
    struct {
        const char *name, *other;
        int64_t n[3];
    } classes[] = {{"normal", "", {0}}, {"slave", "replica", {0}}, {"pubsub", "", {0}}};
    char copy[400], *rest = NULL, word[16];
    const char *p = conf_text(c, (enum setting)s);
    for (int i = 0; i < 3; i++) {
        long long n[3];
        int used = 0;
        sscanf(p, "%15s %lld %lld %lld %n", word, &n[0], &n[1], &n[2], &used);
        p += used;
        for (int k = 0; k < 3; k++) classes[i].n[k] = n[k];
    }
    snprintf(copy, sizeof copy, "%s", value);
    char *w = strtok_r(copy, " ", &rest);
    if (w == NULL) return "Wrong number of arguments in buffer limit configuration.";
    for (; w; w = strtok_r(NULL, " ", &rest)) {
        int i = 0;
        while (i < 3 && strcasecmp(w, classes[i].name) != 0 && strcasecmp(w, classes[i].other) != 0) i++;
        if (i == 3) return "Invalid client class specified in buffer limit configuration.";
        for (int k = 0; k < 3; k++) {
            w = strtok_r(NULL, " ", &rest);
            if (w == NULL) return "Wrong number of arguments in buffer limit configuration.";
            if (!read_bytes(w, &classes[i].n[k]))
                return "Error in hard, soft or soft_seconds setting in buffer limit configuration.";
        }
    }
    snprintf(copy, sizeof copy, "normal %lld %lld %lld slave %lld %lld %lld pubsub %lld %lld %lld", (long long)classes[0].n[0],
        (long long)classes[0].n[1], (long long)classes[0].n[2], (long long)classes[1].n[0], (long long)classes[1].n[1],
        (long long)classes[1].n[2], (long long)classes[2].n[0], (long long)classes[2].n[1], (long long)classes[2].n[2]);
    conf_put(c, (enum setting)s, copy);
    return NULL;
}

const char *setting_set(struct conf *c, int s, const char *value)
{
    switch (rows[s].kind) {
    case K_BOOL:
        if (strcasecmp(value, "yes") != 0 && strcasecmp(value, "no") != 0) return "argument must be 'yes' or 'no'";
        conf_put(c, (enum setting)s, strcasecmp(value, "yes") == 0 ? "yes" : "no");
        return NULL;
    case K_INT:
    case K_BYTES: return set_number(c, s, value);
    case K_WORD:
    case K_WORDS: return set_word(c, s, value);
    case K_LIMITS: return set_limits(c, s, value);
    default: conf_put(c, (enum setting)s, value); return NULL;
    }
}

/* ---- the file ---- */

enum { LINE_WORDS = 64 };

/* Cuts a line into its words in place, quotes taken off; -1 where they don't match. */
static int cut_line(char *line, char *words[LINE_WORDS])
{
    int n = 0;
    for (char *p = line;;) {
        while (isspace((unsigned char)*p)) p++;
        if (*p == '\0' || n == LINE_WORDS) return n;
        char *out = words[n++] = p, quote = *p == '"' || *p == '\'' ? *p : '\0';
        if (quote) p++;
        for (; *p && (quote ? *p != quote : !isspace((unsigned char)*p)); p++) {
            if (quote == '"' && *p == '\\' && p[1]) p++;
            *out++ = *p;
        }
        if (quote && *p != quote) return -1;
        bool end = *p == '\0';
        if (quote && !isspace((unsigned char)p[1]) && p[1]) return -1;
        *out = '\0';
        if (end) return n;
        p++;
    }
}

static const char *take_user(struct conf *c, const char *line, const char *name)
{
    char begin[80];
    snprintf(begin, sizeof begin, "user %s ", name);
    for (const char *p = c->users; p && *p; p += strcspn(p, "\n") + 1)
        if (strncmp(p, begin, strlen(begin)) == 0)
            return "Error in user declaration: Duplicate user found. A user can only be defined once in config files";
    size_t was = c->users ? strlen(c->users) : 0, more = strlen(line);
    c->users = realloc(c->users, was + more + 2);
    if (c->users == NULL) abort();
    memcpy(c->users + was, line, more);
    memcpy(c->users + was + more, "\n", 2);
    return NULL;
}

/* Words behind the name become the value, with blanks between them. */
static const char *take_words(struct conf *c, int s, char *const words[], int n)
{
    static const char bad[] = "Bad directive or wrong number of arguments";
    bool many = rows[s].kind == K_BIND || rows[s].kind == K_LIMITS || rows[s].kind == K_SAVE || rows[s].kind == K_REPLICAOF ||
                rows[s].kind == K_WORDS;
    char value[600] = "";
    if (n < 2 || (!many && n != 2)) return bad;
    if (rows[s].kind == K_REPLICAOF && n != 3) return "wrong number of arguments";
    for (int i = 1; i < n; i++) snprintf(value + strlen(value), sizeof value - strlen(value), "%s%s", i > 1 ? " " : "", words[i]);
    return setting_set(c, s, value);
}

static const char *take_line(struct conf *c, char *line)
{
    char *words[LINE_WORDS], whole[4096];
    snprintf(whole, sizeof whole, "%s", line);
    int n = cut_line(line, words);
    if (n < 0) return "Unbalanced quotes in configuration line";
    if (n == 0 || words[0][0] == '#') return NULL;
    if (strcasecmp(words[0], "user") == 0) return n < 2 ? NULL : take_user(c, whole, words[1]);
    int s = setting_find(words[0]);
    return s < 0 ? "Bad directive or wrong number of arguments" : take_words(c, s, words, n);
}

static const char *find_contradiction(const struct conf *c)
{
    bool follows = *conf_text(c, S_REPLICAOF) != '\0';
    return conf_yes(c, S_CLUSTER_ENABLED) && follows ? "replicaof directive not allowed in cluster mode" : NULL;
}

bool conf_load(struct conf *c, const char *text, const char *version, struct buf *complaint)
{
    int number = 1;
    const char *why = NULL, *shown = "";
    char line[4096], whole[4096];
    for (const char *p = text; *p && why == NULL; number++) {
        size_t n = strcspn(p, "\n");
        snprintf(line, sizeof line, "%.*s", (int)n, p);
        strcpy(whole, line);
        why = take_line(c, line);
        shown = whole;
        p += n + (p[n] == '\n');
    }
    if (why == NULL && (why = find_contradiction(c)) != NULL) shown = "replicaof";
    if (why == NULL) return true;
    buf_printf(complaint, "\n*** FATAL CONFIG FILE ERROR (%s) ***\nReading the configuration file, at line %d\n>>> '%s'\n%s\n",
        version, number - 1, shown, why);
    return false;
}

/* The words of a line "user NAME RULE…"; for acl.c. */
int conf_cut(char *line, char *words[], int most)
{
    char *all[LINE_WORDS];
    int n = cut_line(line, all);
    for (int i = 0; i < n && i < most; i++) words[i] = all[i];
    return n < most ? n : most;
}
