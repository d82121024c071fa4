#include "control/steady.h"
#include "base/arena.h"
#include "base/clock.h"
#include "store/queries.gen.h"
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* The id of this start of the system; "" where it has none: then every start of serve counts as one of the system. */
static const char *boot_id(void)
{
    static char id[64];
    int fd = id[0] ? -1 : open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    if (fd < 0) return id;
    ssize_t n = read(fd, id, sizeof id - 1);
    close(fd);
    id[n > 0 ? n : 0] = '\0';
    id[strcspn(id, "\n")] = '\0';
    return id;
}

/* CLOCK_MONOTONIC may be another in a container of the same system: what was reached counts in any case. */
int steady_continue(struct store *s, struct err *e)
{
    _arena_ struct arena a = {0};
    struct row_steady_clock *rows;
    size_t n;
    int r = q_steady_clock_all(s, &a, &rows, &n, e);
    if (r || n == 0) return r;
    const char *boot = boot_id();
    int64_t mono_ms = clock_mono_ns() / 1000000;
    int64_t offset_ms = boot[0] && strcmp(rows[0].boot, boot) == 0 ? rows[0].offset_ms : rows[0].reached_ms - mono_ms;
    if (mono_ms + offset_ms < rows[0].reached_ms) offset_ms = rows[0].reached_ms - mono_ms;
    clock_steady_continue(offset_ms);
    return 0;
}

int steady_note(struct store *s, int64_t now_ms, struct err *e)
{
    struct row_steady_clock row = {1, boot_id(), clock_steady_offset_ms(), now_ms};
    return q_steady_clock_put(s, &row, e);
}
