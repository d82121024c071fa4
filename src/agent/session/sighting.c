#include "agent/session/sighting.h"
#include "agent/session/fleet.h"
#include <unistd.h>

static void see_stuck(const struct fleet *f, struct arena *mem, struct proto_stuck_seen_list *out)
{
    *out = (struct proto_stuck_seen_list){true, 0, arena_array(mem, struct proto_stuck_seen, f->n_movers)};
    for (size_t i = 0; i < f->n_movers; i++) {
        bool settling;
        const char *why = slot_mover_stuck(f->movers[i], &settling);
        if (why != NULL)
            out->items[out->n++] = (struct proto_stuck_seen){slot_mover_cluster(f->movers[i]), why, OPT_BOOL(settling)};
    }
}

void sighting_write(struct fleet *f, struct buf *out)
{
    _arena_ struct arena mem = {0};
    struct proto_sighting s = {.region = f->region, .pid = OPT_INT(getpid()), .version = OPT_INT(f->version)};
    s.stopped = OPT_BOOL(f->stopped);
    s.nodes = (struct proto_node_seen_list){true, f->n_nodes, arena_array(&mem, struct proto_node_seen, f->n_nodes)};
    s.links = (struct proto_link_seen_list){true, f->n_links, arena_array(&mem, struct proto_link_seen, f->n_links)};
    for (size_t i = 0; i < f->n_nodes; i++) node_see(f->nodes[i], &s.nodes.items[i]);
    for (size_t i = 0; i < f->n_links; i++) link_see(f->links[i], &s.links.items[i]);
    shelf_see(f->node_host.shelf, &mem, &s.snapshots);
    see_stuck(f, &mem, &s.stuck);
    account_write(&f->account, &s, true, out);
}
