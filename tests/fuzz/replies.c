#include "agent/redis_cluster/cluster_view.h"
#include "cluster.h"
#include "fuzz.h"
#include <assert.h>

/* Bytes on the connection to an engine: as hiredis takes them apart, and as the answers to CLUSTER INFO and CLUSTER SLOTS. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    _arena_ struct arena a = {0};
    struct cluster_map map;
    void *reply = NULL;
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
