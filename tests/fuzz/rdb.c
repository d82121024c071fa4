#include "agent/snapshots/rdb.h"
#include "agent/snapshots/rdb_write.h"
#include "agent/snapshots/rdb_split.h"
#include "agent/snapshots/rdb_walk.h"
#include "fuzz.h"
#include <assert.h>
#include <sys/mman.h>
#include <unistd.h>

/* Of what is passed on there is no more than the file has. */
static int count(void *arg, const void *data, size_t n, struct err *e)
{
    (void)data;
    (void)e;
    *(size_t *)arg += n;
    return 0;
}

static bool take(void *arg, const struct rdb_key *k)
{
    (void)arg;
    int slot = slots_of_key(k->name, k->len);
    assert(slot >= 0 && slot < SLOTS);
    return k->len % 2 == 0;
}

static int split_in_two(int fd, struct err *e)
{
    struct rdb_split_file file = {.fd = fd, .name = "a file"};
    struct rdb_split_part parts[2] = {{.room = 1 << 20}, {.room = 0}};
    struct rdb_split x = {.files = &file, .n_files = 1, .parts = parts, .n_parts = 2, .leaves_out = true, .now_ms = 1000};
    slots_add_range(&parts[0].slots, 0, SLOTS / 2 - 1);
    slots_add_range(&parts[1].slots, SLOTS / 2, SLOTS - 1);
    int out[2] = {memfd_create("a", MFD_CLOEXEC), memfd_create("b", MFD_CLOEXEC)};
    int r = rdb_look(fd, &file.facts, e);
    if (!r) r = rdb_split_survey(&x, e);
    if (!r) r = rdb_split_write(&x, out, e);
    rdb_split_fini(&x);
    close(out[0]);
    close(out[1]);
    return r;
}

/* An RDB file: walked through with and without its checksum, and split into two shards. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct err e;
    size_t passed = 0;
    struct rdb_visitor v = {.key = take, .pass = count, .arg = &passed};
    int fd = memfd_create("rdb", MFD_CLOEXEC);
    assert(fd >= 0 && write(fd, data, n) == (ssize_t)n);
    rdb_walk(fd, (int64_t)n, &v, &e);
    assert(passed <= n);
    v.sums = true;
    rdb_walk(fd, (int64_t)n, &v, &e);
    split_in_two(fd, &e);
    close(fd);
    return 0;
}
