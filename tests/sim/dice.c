#include "dice.h"

static uint64_t state;

void dice_begin(uint64_t seed)
{
    state = seed * 0x2545f4914f6cdd1d + 99;
}

/* splitmix64 */
int64_t dice_below(int64_t n)
{
    uint64_t x = state += 0x9e3779b97f4a7c15;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    return (int64_t)((x ^ (x >> 31)) % (uint64_t)n);
}

bool dice_chance(int percent)
{
    return dice_below(100) < percent;
}

const char *dice_word(const char *const *words, size_t n)
{
    return words[dice_below((int64_t)n)];
}
