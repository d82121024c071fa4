#include "agent/snapshots/rdb_crc.h"
#include <string.h>
#include <uv.h>

static uint64_t tables[8][256];
static uv_once_t tables_once = UV_ONCE_INIT;

/* Eight bytes at a time. The polynomial is 0xad93d23594c935a9, its bits turned round. */
static void fill_tables(void)
{
    uint64_t(*t)[256] = tables;
    for (uint64_t i = 0; i < 256; i++) {
        uint64_t crc = i;
        for (int bit = 0; bit < 8; bit++) crc = crc & 1 ? crc >> 1 ^ 0x95ac9329ac4bc9b5ULL : crc >> 1;
        t[0][i] = crc;
    }
    for (int i = 0; i < 256; i++)
        for (int k = 1; k < 8; k++) t[k][i] = t[0][t[k - 1][i] & 0xff] ^ t[k - 1][i] >> 8;
}

uint64_t rdb_crc(uint64_t crc, const void *data, size_t n)
{
    uint64_t(*t)[256] = tables;
    const unsigned char *p = data;
    uv_once(&tables_once, fill_tables);
    for (; n >= 8; n -= 8, p += 8) {
        uint64_t word;
        memcpy(&word, p, sizeof word); /* little-endian, as every machine that this runs on */
        crc ^= word;
        crc = t[7][crc & 0xff] ^ t[6][crc >> 8 & 0xff] ^ t[5][crc >> 16 & 0xff] ^ t[4][crc >> 24 & 0xff] ^
              t[3][crc >> 32 & 0xff] ^ t[2][crc >> 40 & 0xff] ^ t[1][crc >> 48 & 0xff] ^ t[0][crc >> 56];
    }
    for (; n > 0; n--, p++) crc = t[0][(crc ^ *p) & 0xff] ^ crc >> 8;
    return crc;
}
