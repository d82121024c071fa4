#include "faults.h"
#include "machine.h"
#include "record.h"
#include <stdio.h>
#include <string.h>

enum { STRANGERS_MAX = 16 };

static int64_t full_until_ms;
static struct stranger {
    char address[48];
    int64_t port, until_ms;
} strangers[STRANGERS_MAX];

void faults_fill_disk(int64_t for_ms)
{
    full_until_ms = machine_ms() + for_ms;
}

bool faults_disk_is_full(void)
{
    return machine_ms() < full_until_ms;
}

void faults_put_stranger(const char *address, int64_t port, int64_t for_ms)
{
    for (int i = 0; i < STRANGERS_MAX; i++) {
        struct stranger *s = &strangers[i];
        if (machine_ms() < s->until_ms) continue;
        snprintf(s->address, sizeof s->address, "%s", address);
        s->port = port;
        s->until_ms = machine_ms() + for_ms;
        record("a stranger listens at %s:%lld for %lld ms", address, (long long)port, (long long)for_ms);
        return;
    }
}

bool faults_stranger_at(const char *address, int64_t port)
{
    for (int i = 0; address && i < STRANGERS_MAX; i++)
        if (machine_ms() < strangers[i].until_ms && strangers[i].port == port && strcmp(strangers[i].address, address) == 0)
            return true;
    return false;
}

void faults_end(void)
{
    full_until_ms = 0;
    memset(strangers, 0, sizeof strangers);
}
