#include "control/dry_run.h"
#include "base/arena.h"
#include "protocol/protocol.gen.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct dry_run_fault *find_fault(struct dry_run *d, const char *region, int64_t pid)
{
    for (size_t i = 0; i < d->n_faults; i++)
        if (d->faults[i].pid == pid && strcmp(d->faults[i].region, region) == 0) return &d->faults[i];
    return NULL;
}

static struct dry_run_fault *add_fault(struct dry_run *d, const char *region, int64_t pid)
{
    d->faults = realloc(d->faults, (d->n_faults + 1) * sizeof *d->faults);
    if (d->faults == NULL) abort();
    struct dry_run_fault *f = &d->faults[d->n_faults++];
    *f = (struct dry_run_fault){.pid = pid};
    snprintf(f->region, sizeof f->region, "%s", region);
    return f;
}

void dry_run_forget(struct dry_run *d, const char *region, int64_t pid)
{
    struct dry_run_fault *f = find_fault(d, region, pid);
    if (f == NULL) return;
    *f = d->faults[--d->n_faults];
    d->edits++;
}

void dry_run_set_times(struct dry_run *d, const struct dry_run_times *t)
{
    d->times = *t;
    d->edits++;
}

void dry_run_set_fault(struct dry_run *d, const char *region, int64_t pid, enum node_deed deed)
{
    if (deed == NODE_DEED_RESUME) {
        dry_run_forget(d, region, pid);
        return;
    }
    struct dry_run_fault *f = find_fault(d, region, pid);
    if (f == NULL) f = add_fault(d, region, pid);
    f->hangs = deed == NODE_DEED_HANG;
    d->edits++;
}

void dry_run_order(const struct dry_run *d, struct arena *a, const char *region, struct proto_assignment *out)
{
    struct proto_dry_run_order *o = arena_new(a, struct proto_dry_run_order);
    *o = (struct proto_dry_run_order){OPT_INT(d->times.start_ms), OPT_INT(d->times.switch_ms), OPT_INT(d->times.life_ms),
        {true, 0, arena_array(a, struct proto_dry_run_fault, d->n_faults)}};
    for (size_t i = 0; i < d->n_faults; i++) {
        const struct dry_run_fault *f = &d->faults[i];
        if (strcmp(f->region, region) != 0) continue;
        o->faults.items[o->faults.n++] = (struct proto_dry_run_fault){OPT_INT(f->pid), OPT_BOOL(f->hangs)};
    }
    out->dry_run = o;
}

void dry_run_fini(struct dry_run *d)
{
    free(d->faults);
}
