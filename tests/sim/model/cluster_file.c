#include "base/arena.h"
#include "cluster.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* nodes.conf, and the lines of CLUSTER NODES, which are nearly the same. */

static void put_flags(const struct cnode *n, struct buf *out)
{
    static const struct {
        unsigned flag;
        const char *name;
    } names[] = {{NODE_MYSELF, "myself"}, {NODE_MASTER, "master"}, {NODE_SLAVE, "slave"}, {NODE_PFAIL, "fail?"},
        {NODE_FAIL, "fail"}, {NODE_HANDSHAKE, "handshake"}, {NODE_NOADDR, "noaddr"}};
    bool any = false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        bool hidden = names[i].flag == NODE_PFAIL && (n->flags & NODE_FAIL);
        if (!(n->flags & names[i].flag) || hidden) continue;
        if (any) buf_putc(out, ',');
        buf_puts(out, names[i].name);
        any = true;
    }
    if (!any) buf_puts(out, "noflags");
}

/* The last slot of the range that begins with 'first': whole words at a time. */
static int range_end(const struct slots *s, int first)
{
    int at = first / 64;
    uint64_t gaps = ~s->words[at] & ~(uint64_t)0 << (first % 64);
    while (gaps == 0 && ++at < SLOTS_ALL / 64) gaps = ~s->words[at];
    return gaps ? at * 64 + __builtin_ctzll(gaps) - 1 : SLOTS_ALL - 1;
}

void cluster_line(const struct cluster *c, const struct cnode *n, struct buf *out)
{
    int64_t wall = c->e->w->wall_us;
    const struct cnode *of_epoch = n->master ? n->master : n;
    buf_puts(out, n->name);
    buf_putc(out, ' ');
    buf_puts(out, n->host);
    buf_putc(out, ':');
    buf_put_int(out, n->port);
    buf_putc(out, '@');
    buf_put_int(out, n->bus);
    buf_putc(out, ' ');
    put_flags(n, out);
    buf_putc(out, ' ');
    buf_puts(out, n->master ? n->master->name : "-");
    buf_putc(out, ' ');
    buf_put_int(out, n->pinged_at ? (wall + n->pinged_at) / MS : 0);
    buf_putc(out, ' ');
    buf_put_int(out, n->ponged_at && !(n->flags & (NODE_MYSELF | NODE_NOADDR)) ? (wall + n->ponged_at) / MS : 0);
    buf_putc(out, ' ');
    buf_put_int(out, (int64_t)of_epoch->epoch);
    buf_puts(out, n->linked || (n->flags & NODE_MYSELF) ? " connected" : " disconnected");
    int first = n->n_slots ? slots_next(&n->slots, 0) : SLOTS_ALL;
    for (int last; first < SLOTS_ALL; first = slots_next(&n->slots, last + 1)) {
        last = range_end(&n->slots, first);
        buf_putc(out, ' ');
        buf_put_int(out, first);
        if (last > first) buf_putc(out, '-');
        if (last > first) buf_put_int(out, last);
    }
    for (size_t i = 0; (n->flags & NODE_MYSELF) && i < c->n_moves; i++) {
        const struct move *m = &c->moves[i];
        buf_printf(out, " [%d-%s-%s]", m->slot, m->to ? ">" : "<", m->to ? m->to->name : m->from->name);
    }
    buf_putc(out, '\n');
}

/* In place, and so through one descriptor for as long as it runs: slots that move one by one save it hundreds of times. */
void cluster_save(struct cluster *c)
{
    struct buf *out = &c->e->w->text;
    out->len = 0;
    c->unsaved = false;
    for (size_t i = 0; i < c->n; i++)
        if (!(c->nodes[i]->flags & NODE_HANDSHAKE)) cluster_line(c, c->nodes[i], out);
    buf_printf(
        out, "vars currentEpoch %llu lastVoteEpoch %llu\n", (unsigned long long)c->epoch, (unsigned long long)c->last_vote);
    if (out->len < c->file_size && ftruncate(c->file, (off_t)out->len) != 0) abort();
    if (pwrite(c->file, out->data, out->len, 0) != (ssize_t)out->len) abort();
    c->file_size = out->len;
}

/* ---- reading ---- */

static struct cnode *find_or_add(struct cluster *c, const char *name, int64_t now)
{
    struct cnode *n = cluster_node(c, name);
    return n ? n : cluster_add(c, name, 0, now);
}

static void read_flags(struct cnode *n, char *text)
{
    static const struct {
        const char *name;
        unsigned flag;
    } names[] = {{"myself", NODE_MYSELF}, {"master", NODE_MASTER}, {"slave", NODE_SLAVE}, {"fail?", NODE_PFAIL},
        {"fail", NODE_FAIL}, {"handshake", NODE_HANDSHAKE}, {"noaddr", NODE_NOADDR}};
    char *rest = NULL;
    for (char *w = strtok_r(text, ",", &rest); w; w = strtok_r(NULL, ",", &rest))
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
            if (strcmp(w, names[i].name) == 0) n->flags |= names[i].flag;
}

static void read_slots(struct cluster *c, struct cnode *n, char *word, int64_t now)
{
    int first, last;
    char name[HEX_ID + 1];
    if (sscanf(word, "[%d->-%40[0-9a-f]]", &first, name) == 2) return cluster_set_move(c, first, find_or_add(c, name, now), NULL);
    if (sscanf(word, "[%d-<-%40[0-9a-f]]", &first, name) == 2) return cluster_set_move(c, first, NULL, find_or_add(c, name, now));
    int found = sscanf(word, "%d-%d", &first, &last);
    if (found == 1) last = first;
    for (int slot = first; found >= 1 && slot <= last; slot++) cluster_give_slot(c, slot, n);
}

static void read_node(struct cluster *c, char *words[], int n_words, int64_t now)
{
    struct cnode *n = find_or_add(c, words[0], now);
    char *colon = strrchr(words[1], ':');
    if (colon) {
        snprintf(n->host, sizeof n->host, "%.*s", (int)(colon - words[1]), words[1]);
        sscanf(colon + 1, "%d@%d", &n->port, &n->bus);
    }
    read_flags(n, words[2]);
    if (n->flags & NODE_MYSELF) c->myself = n;
    n->flags &= ~(unsigned)NODE_PFAIL;
    if (n->flags & NODE_FAIL) n->failed_at = now;
    if (strcmp(words[3], "-") != 0) n->master = find_or_add(c, words[3], now);
    n->epoch = strtoull(words[6], NULL, 10);
    for (int i = 8; i < n_words; i++) read_slots(c, n, words[i], now);
}

static bool read_all(struct cluster *c, char *text, int64_t now)
{
    char *lines = NULL;
    for (char *line = strtok_r(text, "\n", &lines); line; line = strtok_r(NULL, "\n", &lines)) {
        char **words = malloc((strlen(line) / 2 + 2) * sizeof *words), *rest = NULL;
        int n = 0;
        if (words == NULL) abort();
        for (char *w = strtok_r(line, " ", &rest); w; w = strtok_r(NULL, " ", &rest)) words[n++] = w;
        if (n >= 5 && strcmp(words[0], "vars") == 0) {
            c->epoch = strtoull(words[2], NULL, 10);
            c->last_vote = strtoull(words[4], NULL, 10);
        } else if (n >= 8) read_node(c, words, n, now);
        free(words);
    }
    return c->myself != NULL;
}

bool cluster_load(struct model_engine *e, int64_t now)
{
    char path[700], part[4096];
    struct cluster *c = e->cluster = calloc(1, sizeof *c);
    struct buf text = {0};
    if (c == NULL) abort();
    c->e = e;
    c->size = 1;
    snprintf(path, sizeof path, "%s/%s", e->dir, conf_text(&e->conf, S_CLUSTER_FILE));
    c->file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (c->file < 0) abort();
    for (ssize_t got; (got = read(c->file, part, sizeof part)) > 0;) buf_add(&text, part, (size_t)got);
    c->file_size = text.len;
    if (text.len && !read_all(c, text.data, now)) {
        engine_log(e, '#', "Unrecoverable error: corrupted cluster config file.");
        buf_fini(&text);
        engine_exit(e, 1, 0, now);
        return false;
    }
    buf_fini(&text);
    if (c->myself == NULL) c->myself = cluster_add(c, NULL, NODE_MYSELF | NODE_MASTER, now);
    int64_t bus = conf_number(&e->conf, S_CLUSTER_PORT), port = conf_number(&e->conf, S_PORT),
            announced = conf_number(&e->conf, S_CLUSTER_ANNOUNCE_PORT);
    if (port == 0) port = conf_number(&e->conf, S_TLS_PORT);
    snprintf(c->myself->host, sizeof c->myself->host, "%.47s", conf_text(&e->conf, S_CLUSTER_ANNOUNCE_IP));
    c->myself->port = (int)(announced ? announced : port);
    c->myself->bus = (int)(bus ? bus : port + 10000);
    c->epoch = cluster_greatest_epoch(c);
    c->version = 1;
    cluster_save(c);
    return true;
}
