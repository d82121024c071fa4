#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "coverage.h"
#include "record.h"
#include "run.h"
#include "shrink.h"
#include "storm.h"
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
/* simulate: runs storms from seeds, and stories from files. */

static const char usage[] = "usage: simulate [--seed N | --seeds A..B] [--steps N] [--real | --scripted] [--story] [--first] "
                            "[--no-shrink] [--all-moves] [FILE…]\n"
                            "  --seed N       one storm; --seeds A..B: all from A to B\n"
                            "  --steps N      how many steps a storm has (220)\n"
                            "  --real         all with the program's own agents, or (--scripted) none; else one of ten\n"
                            "  --story        print what happens, line by line\n"
                            "  --first        end with the first seed that fails\n"
                            "  --all-moves    fail where a move of a lifecycle was not met\n"
                            "  --no-shrink    do not look for the fewest steps of what fails\n"
                            "  FILE…          stories, as they are printed where a storm fails\n";

static struct {
    uint64_t first, last;
    size_t steps;
    bool real, scripted, story, shrinks, first_only, all_moves;
    char dir[64];
} o = {1, 1, STORM_STEPS, false, false, false, true, false, false, ""};

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void tell_failure(struct steps *s, const struct outcome *first)
{
    _buf_ struct buf text = {0};
    struct outcome last = *first;
    char *story;
    if (o.shrinks) shrink(s, o.dir, first);
    run_steps(s, o.dir, &last, &story);
    steps_write(s, &text);
    printf("%s\n---- the steps ----\n# %s\n%s----\n", story, last.failure, text.data);
    fflush(stdout);
    free(story);
}

/* True if all holds, and twice the same happens where that is asked for. */
static bool run_one(struct steps *s, const char *name)
{
    struct outcome out;
    char *story = NULL;
    run_steps(s, o.dir, &out, o.story ? &story : NULL);
    if (story) fputs(story, stdout);
    free(story);
    if (o.story || !out.done || o.first == o.last)
        printf("%s: %s (%016llx, %llu events, %lld s)\n", name, out.done ? "all holds" : out.failure,
            (unsigned long long)out.hash, (unsigned long long)out.events, (long long)(out.virtual_ms / 1000 - 1000));
    fflush(stdout);
    if (!out.done && !o.story) tell_failure(s, &out);
    return out.done;
}

static size_t run_seeds(void)
{
    size_t failed = 0;
    double began = seconds();
    for (uint64_t seed = o.first; seed <= o.last && !(failed && o.first_only); seed++) {
        struct steps s = {0};
        char name[40];
        snprintf(name, sizeof name, "seed %llu", (unsigned long long)seed);
        storm(seed, o.steps, &s);
        s.real = o.real || (s.real && !o.scripted);
        failed += !run_one(&s, name);
        steps_fini(&s);
    }
    double took = seconds() - began;
    uint64_t n = o.last - o.first + 1;
    printf("%llu seeds, %zu failed, %.1f s: %.0f a minute\n", (unsigned long long)n, failed, took, (double)n * 60 / took);
    size_t missing = n > 1 ? coverage_print() : 0;
    return failed + (o.all_moves ? missing : 0);
}

static size_t run_file(const char *path)
{
    _buf_ struct buf text = {0};
    struct steps s = {0};
    struct err e;
    char bytes[4096];
    FILE *f = fopen(path, "re");
    if (f == NULL) {
        perror(path);
        return 1;
    }
    for (size_t n; (n = fread(bytes, 1, sizeof bytes, f)) > 0;) buf_add(&text, bytes, n);
    fclose(f);
    if (steps_read(&s, text.data ? text.data : "", &e) != 0) {
        fprintf(stderr, "%s: %s\n", path, e.msg);
        return 1;
    }
    bool done = run_one(&s, path);
    steps_fini(&s);
    return !done;
}

static bool read_options(int argc, char **argv)
{
    static const struct option options[] = {{"seed", required_argument, NULL, 's'}, {"seeds", required_argument, NULL, 'r'},
        {"steps", required_argument, NULL, 'n'}, {"real", no_argument, NULL, 'a'}, {"scripted", no_argument, NULL, 'b'},
        {"story", no_argument, NULL, 't'}, {"first", no_argument, NULL, 'f'}, {"no-shrink", no_argument, NULL, 'k'},
        {"all-moves", no_argument, NULL, 'm'}, {0}};
    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        unsigned long long a, b;
        int n = optarg ? sscanf(optarg, "%llu..%llu", &a, &b) : 0;
        if (c == 's' && n == 1) o.first = o.last = a;
        else if (c == 'r' && n == 2 && a <= b) o.first = a, o.last = b;
        else if (c == 'n' && n == 1) o.steps = a;
        else if (c == 'a') o.real = true;
        else if (c == 'b') o.scripted = true;
        else if (c == 't') o.story = true;
        else if (c == 'f') o.first_only = true;
        else if (c == 'k') o.shrinks = false;
        else if (c == 'm') o.all_moves = true;
        else return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    size_t failed = 0;
    if (!read_options(argc, argv)) {
        fputs(usage, stderr);
        return 2;
    }
    snprintf(o.dir, sizeof o.dir, "/dev/shm/simulate-XXXXXX");
    if (mkdtemp(o.dir) == NULL) {
        perror(o.dir);
        return 1;
    }
    record_hide(o.dir);
    run_prepare(o.dir);
    if (optind == argc) failed = run_seeds();
    for (int i = optind; i < argc; i++) failed += run_file(argv[i]);
    char command[100];
    snprintf(command, sizeof command, "rm -rf %s", o.dir);
    if (system(command) != 0) return 1;
    return failed > 0;
}
