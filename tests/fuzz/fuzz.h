#pragma once
#include <stddef.h>
#include <stdint.h>
/*
 * A target reads 'n' foreign bytes by one reader of the program and checks what must
 * hold whatever they are. libFuzzer calls it (./dev fuzz), or replay.c with what
 * libFuzzer has found before. It keeps nothing, and returns 0.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
