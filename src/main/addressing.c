#include "main/addressing.h"
#include "base/arena.h"
#include "base/err.h"
#include "main/data_dir.h"
#include "store/queries.gen.h"
#include <stdio.h>
#include <string.h>

#define NOTE "addressing"

static const char *const words[] = {[ADDRESSING_LOOPBACK] = "loopback", [ADDRESSING_PORTS] = "ports"};

/* A data directory of an earlier version has no note. Where nodes had ports, they all listened on one of these hosts. */
static const char *guess_addressing(const struct row_node *n)
{
    bool one_host = n->address && (strncmp(n->address, "127.0.0.", 8) == 0 || strncmp(n->address, "127.", 4) != 0);
    return words[one_host ? ADDRESSING_PORTS : ADDRESSING_LOOPBACK];
}

int addressing_check(struct store *s, const char *data_dir, enum addressing now, struct err *e)
{
    _arena_ struct arena a = {0};
    char noted[16], line[20];
    struct row_node *nodes;
    size_t n;
    bool known = data_dir_read(data_dir, NOTE, noted, sizeof noted);
    if (known && strcmp(noted, words[now]) == 0) return 0;
    int r = q_node_all(s, &a, &nodes, &n, e);
    if (r) return r;
    const char *was = known ? noted : n ? guess_addressing(&nodes[0]) : words[now];
    if (n && strcmp(was, words[now]) != 0)
        return err_set(e, ERR_USAGE,
            "the nodes in %s were made with --addressing %s, and keep their addresses: start with that, or choose another "
            "--data-dir",
            data_dir, was);
    snprintf(line, sizeof line, "%s\n", words[now]);
    return data_dir_write(data_dir, NOTE, line, e);
}
