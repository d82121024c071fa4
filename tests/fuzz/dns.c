#include "dns/zone.h"
#include "fuzz.h"
#include <assert.h>
#include <string.h>

/* Whatever comes, what is answered is an answer, to that question, and fits where it is sent. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct zone z = {.domains = {"cache.test"}};
    const char *const addresses[] = {"127.1.0.1", "127.1.0.2", "fd00::1"};
    const struct zone_record record = {"orders.h.use1.cache.test", addresses, 3, false};
    uint8_t out[ZONE_REPLY_MAX];
    zone_put(&z, "g", &record, 1);
    for (int tcp = 0; tcp <= 1; tcp++) {
        size_t size = zone_answer(&z, data, n, tcp, out);
        if (size == 0) continue;
        assert(n >= DNS_HEADER && !(data[2] & 0x80) && size >= DNS_HEADER && size <= sizeof out);
        assert(memcmp(out, data, 2) == 0 && (out[2] & 0x80));
        assert(tcp || size <= DNS_UDP_MAX);
        if (out[5]) assert(memcmp(out + DNS_HEADER, data + DNS_HEADER, 5) == 0);
    }
    zone_clear(&z);
    return 0;
}
