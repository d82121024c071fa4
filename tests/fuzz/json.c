#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "fuzz.h"
#include "model/json.h"
#include "protocol/protocol.gen.h"
#include <assert.h>

/* What was read is written, and read again as the same. */
static void read_as(const struct shape *shape, const uint8_t *data, size_t n, void *first, void *second)
{
    struct err e;
    _arena_ struct arena a = {0};
    _buf_ struct buf text = {0};
    if (json_decode(shape, (const char *)data, n, &a, first, &e) != 0) return;
    json_encode(&text, shape, first);
    assert(json_decode(shape, text.data, text.len, &a, second, &e) == 0);
    assert(shape_same(shape, first, second));
}

/* A message between serve and its agents. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct proto_assignment assignments[2] = {0};
    struct proto_sighting sightings[2] = {0};
    read_as(&shape_proto_assignment, data, n, &assignments[0], &assignments[1]);
    read_as(&shape_proto_sighting, data, n, &sightings[0], &sightings[1]);
    return 0;
}
