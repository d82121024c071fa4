#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
/* The dice that a storm is thrown with: the same from the same seed. They are not the machine's, which are thrown while it runs. */

void dice_begin(uint64_t seed);
/* 0 to n - 1. */
int64_t dice_below(int64_t n);
bool dice_chance(int percent);
const char *dice_word(const char *const *words, size_t n);
#define DICE_PICK(...) dice_word((const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))
