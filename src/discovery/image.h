#pragma once
#include <stddef.h>
/* The library that memcached loads (preload.c) as the program carries it: the bytes of the shared object. */
extern const unsigned char discovery_image[];
extern const size_t discovery_image_size;
