#include "fuzz.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/*
 * Gives a target every file of a corpus, and the beginnings of each, in a copy that ends
 * where the input ends, so that AddressSanitizer sees a byte too many being read:
 *
 *     replay FOLDER
 */
enum { BEGINNINGS = 16 };

static void give(const unsigned char *data, size_t n)
{
    unsigned char *copy = malloc(n + (n == 0));
    if (copy == NULL) abort();
    memcpy(copy, data, n);
    LLVMFuzzerTestOneInput(copy, n);
    free(copy);
}

static void replay(const char *path)
{
    struct stat st;
    FILE *f = fopen(path, "rb");
    if (f == NULL || fstat(fileno(f), &st) != 0) abort();
    size_t size = (size_t)st.st_size;
    unsigned char *data = malloc(size + 1);
    if (data == NULL || fread(data, 1, size, f) != size) abort();
    fclose(f);
    for (size_t i = 0; i <= BEGINNINGS; i++) give(data, size * i / BEGINNINGS);
    free(data);
}

int main(int argc, char **argv)
{
    int n = 0;
    char path[4096];
    DIR *d = argc == 2 ? opendir(argv[1]) : NULL;
    if (d == NULL) return fprintf(stderr, "usage: replay FOLDER, with the files of a corpus\n"), 2;
    for (struct dirent *entry; (entry = readdir(d)) != NULL;) {
        if (entry->d_name[0] == '.') continue;
        snprintf(path, sizeof path, "%s/%s", argv[1], entry->d_name);
        replay(path);
        printf("ok %d - %s\n", ++n, entry->d_name);
    }
    closedir(d);
    printf("1..%d\n", n);
    return n == 0;
}
