#pragma once
#include <stddef.h>
#include <stdint.h>

/* The checksum of Redis: CRC-64 of Jones. 'crc' is that of what comes before, 0 at first. */
uint64_t rdb_crc(uint64_t crc, const void *data, size_t n);
