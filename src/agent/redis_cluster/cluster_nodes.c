#include "agent/redis_cluster/cluster_nodes.h"
#include "base/decimal.h"
#include <stdlib.h>
#include <string.h>

/* Source: the manual of CLUSTER NODES, "Serialization format": "NAME HOST:PORT@BUS[,HOSTNAME] FLAGS MASTER PINGED PONGED EPOCH LINK
 * [SLOTS…]", with one space between two words. */
enum word { NAME, ADDRESS, FLAGS, MASTER, PINGED, PONGED, EPOCH, LINK, WORDS_MIN };
/* No line is shorter than LINE_MIN, which bounds how many nodes a text can have. */
enum { LINE_MIN = CLUSTER_NAME + 24, HOSTNAME_MAX = 255 };

static const char *const flag_names[] = {
    "myself", "master", "slave", "fail?", "fail", "handshake", "noaddr", "nofailover", "noflags"};
enum flag { MYSELF = 1 << 0, IS_MASTER = 1 << 1, IS_SLAVE = 1 << 2, HANDSHAKE = 1 << 5 };

struct reading {
    struct cluster_nodes *out;
    struct arena *a;
    size_t most;
    struct err *e;
};

static int set_odd(struct reading *r, const char *what)
{
    return err_set(r->e, ERR_PARSE, "node %zu of CLUSTER NODES has no proper %s", r->out->n + 1, what);
}

/* Cuts the next word off at the separator; NULL once there is nothing left. */
static char *cut_word(char **rest, char separator)
{
    char *word = *rest, *end = word != NULL ? strchr(word, separator) : NULL;
    *rest = end != NULL ? end + 1 : NULL;
    if (end != NULL) *end = '\0';
    return word;
}

static bool read_port(const char *text)
{
    int64_t port;
    return decimal_parse(text, 0, UINT16_MAX, &port);
}

/* "HOST:PORT@BUS[,HOSTNAME]": cut behind the port. */
static bool read_address(char *text)
{
    char *rest = text, *address = cut_word(&rest, '@'), *bus = cut_word(&rest, ','), *hostname = rest;
    char *colon = strrchr(address, ':');
    if (colon == NULL || bus == NULL || !read_port(colon + 1) || !read_port(bus)) return false;
    size_t host = (size_t)(colon - address);
    if (strspn(address, "0123456789abcdefABCDEF.:") < host) return false;
    if (hostname == NULL) return true;
    size_t proper = strspn(hostname, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-");
    return proper <= HOSTNAME_MAX && hostname[proper] == '\0';
}

static bool read_flags(char *text, unsigned *flags)
{
    *flags = 0;
    for (char *word; (word = cut_word(&text, ',')) != NULL;) {
        size_t i = 0, n = sizeof flag_names / sizeof *flag_names;
        while (i < n && strcmp(word, flag_names[i]) != 0) i++;
        if (i == n || (*flags & 1u << i)) return false;
        *flags |= 1u << i;
    }
    return (*flags & (IS_MASTER | IS_SLAVE)) != (IS_MASTER | IS_SLAVE);
}

/* "[93->-NAME]" or "[93-<-NAME]". */
static bool read_open(struct cluster_open *out, const char *word)
{
    int64_t slot;
    if (*word++ != '[' || !decimal_take(&word, 0, SLOTS - 1, &slot)) return false;
    bool leaves = strncmp(word, "->-", 3) == 0;
    if ((!leaves && strncmp(word, "-<-", 3) != 0) || strlen(word) != 3 + CLUSTER_NAME + 1) return false;
    if (word[3 + CLUSTER_NAME] != ']') return false;
    *out = (struct cluster_open){.slot = (int)slot, .leaves = leaves};
    memcpy(out->name, word + 3, CLUSTER_NAME);
    return cluster_name_ok(out->name);
}

/* The slots in flight stand behind the others, and only on the line of the node that answers. */
static int read_slots(struct reading *r, char *text, bool myself, const char **slots)
{
    struct cluster_nodes *out = r->out;
    char *open = text[0] == '[' ? text : strstr(text, " [");
    *slots = text == open ? "" : text;
    if (open != NULL && open > text) *open++ = '\0';
    if (slots_read(&out->assigned, *slots) != SLOTS_OK || strchr(*slots, ',') != NULL) return set_odd(r, "slots");
    if (open == NULL) return 0;
    if (!myself) return set_odd(r, "slots");
    out->open = arena_array(r->a, struct cluster_open, strlen(open) / CLUSTER_NAME + 1);
    for (char *word; (word = cut_word(&open, ' ')) != NULL;)
        if (strlen(word) < CLUSTER_NAME || !read_open(&out->open[out->n_open++], word)) return set_odd(r, "slot in flight");
    return 0;
}

static int read_words(struct reading *r, char **words, struct cluster_line *l, unsigned *flags)
{
    int64_t ignored;
    if (!cluster_name_ok(words[NAME])) return set_odd(r, "name");
    if (!read_address(words[ADDRESS])) return set_odd(r, "address");
    if (!read_flags(words[FLAGS], flags)) return set_odd(r, "flags");
    bool follows = strcmp(words[MASTER], "-") != 0;
    if (follows && !cluster_name_ok(words[MASTER])) return set_odd(r, "master");
    if (!decimal_parse(words[PINGED], 0, INT64_MAX, &ignored) || !decimal_parse(words[PONGED], 0, INT64_MAX, &ignored))
        return set_odd(r, "time");
    if (!decimal_parse(words[EPOCH], 0, INT64_MAX, &l->epoch)) return set_odd(r, "epoch");
    if (strcmp(words[LINK], "connected") != 0 && strcmp(words[LINK], "disconnected") != 0) return set_odd(r, "link");
    l->name = words[NAME];
    l->address = words[ADDRESS];
    l->master = follows ? words[MASTER] : NULL;
    l->is_master = *flags & IS_MASTER;
    l->shakes_hands = *flags & HANDSHAKE;
    return 0;
}

static int read_line(struct reading *r, char *text)
{
    struct cluster_line *l = &r->out->lines[r->out->n];
    char *words[WORDS_MIN];
    unsigned flags = 0;
    for (int i = 0; i < WORDS_MIN; i++)
        if ((words[i] = cut_word(&text, ' ')) == NULL) return set_odd(r, "number of words");
    int ret = read_words(r, words, l, &flags);
    if (ret) return ret;
    l->slots = "";
    if (text != NULL && *text == '\0') return set_odd(r, "end");
    if (text != NULL && (ret = read_slots(r, text, flags & MYSELF, &l->slots)) != 0) return ret;
    if (flags & MYSELF) {
        if (r->out->myself != NULL || !(flags & (IS_MASTER | IS_SLAVE))) return set_odd(r, "flags");
        r->out->myself = l;
    }
    r->out->n++;
    return 0;
}

static int by_name(const void *a, const void *b)
{
    const char *const *left = a, *const *right = b;
    return strcmp(*left, *right);
}

static bool has_twice(const struct cluster_nodes *nodes, struct arena *a)
{
    const char **names = arena_array(a, const char *, nodes->n);
    for (size_t i = 0; i < nodes->n; i++) names[i] = nodes->lines[i].name;
    qsort(names, nodes->n, sizeof *names, by_name);
    for (size_t i = 1; i < nodes->n; i++)
        if (strcmp(names[i - 1], names[i]) == 0) return true;
    return false;
}

int cluster_nodes_read(const char *text, size_t len, int64_t known, struct arena *a, struct cluster_nodes *out, struct err *e)
{
    *out = (struct cluster_nodes){0};
    struct reading r = {.out = out, .a = a, .most = len / LINE_MIN + 1, .e = e};
    if (len == 0 || text[len - 1] != '\n' || memchr(text, '\0', len) != NULL)
        return err_set(e, ERR_PARSE, "CLUSTER NODES has no proper end");
    char *rest = arena_strndup(a, text, len - 1);
    out->lines = arena_array(a, struct cluster_line, r.most);
    for (char *line; (line = cut_word(&rest, '\n')) != NULL;) {
        int ret = out->n < r.most ? read_line(&r, line) : set_odd(&r, "size");
        if (ret) return ret;
    }
    if (out->n != (uint64_t)known)
        return err_set(e, ERR_PARSE, "CLUSTER NODES has %zu nodes where the engine counts %lld", out->n, (long long)known);
    if (out->myself == NULL) return err_set(e, ERR_PARSE, "CLUSTER NODES does not say which node answers");
    if (has_twice(out, a)) return err_set(e, ERR_PARSE, "CLUSTER NODES names a node twice");
    return 0;
}
