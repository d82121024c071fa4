#include "agent/redis_cluster/cluster_view.h"
#include "cluster.h"
#include "fuzz.h"
#include <assert.h>
#include <ctype.h>

enum { DIGITS_MAX = 6 };

/*
 * The hiredis of Debian 12 sets room aside for as many elements as an array announces. The only engine that is asked is the agent's own
 * child, behind a socket in a folder of its own, so that is no way in, and nothing to be found again.
 */
static bool announces_too_much(const uint8_t *data, size_t n)
{
    size_t digits = 0;
    bool counts = false;
    for (size_t i = 0; i < n && digits <= DIGITS_MAX; i++) {
        if (data[i] == '*') counts = true;
        else if (!counts || !isdigit(data[i])) counts = false;
        digits = counts && data[i] != '*' ? digits + 1 : 0;
    }
    return digits > DIGITS_MAX;
}

/* Bytes on the connection to an engine: as hiredis takes them apart, and as the answers to CLUSTER INFO and CLUSTER SLOTS. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    _arena_ struct arena a = {0};
    struct cluster_map map;
    void *reply = NULL;
    if (announces_too_much(data, n)) return 0;
    redisReader *reader = redisReaderCreate();
    if (reader == NULL) return 0;
    cluster_map_init(&map, &cluster_message, 1, &a);
    redisReaderFeed(reader, (const char *)data, n);
    while (redisReaderGetReply(reader, &reply) == REDIS_OK && reply != NULL) {
        bool whole;
        int64_t known = 0;
        cluster_slots_complete(reply, &map, all_live, NULL);
        if (cluster_info_read(reply, &whole, &known)) assert(known >= 1 && known <= INT32_MAX);
        freeReplyObject(reply);
        reply = NULL;
    }
    redisReaderFree(reader);
    return 0;
}
