#include "behaviour_int.h"
#include <stdio.h>
#include <string.h>

/* A file of behaviours: its lines, each with those that tell what is expected of it. */

enum { LINE = 2048, EXPECTED = 12 };

struct reader {
    FILE *f;
    int number;
    char line[LINE];
    bool again; /* the line was looked at and not taken */
};

static bool next_line(struct reader *r)
{
    if (r->again) return r->again = false, true;
    while (fgets(r->line, LINE, r->f)) {
        r->number++;
        r->line[strcspn(r->line, "\r\n")] = '\0';
        if (r->line[0] != '\0' && r->line[0] != '#') return true;
    }
    return false;
}

static bool is_expectation(const char *line)
{
    return strncmp(line, "= ", 2) == 0 || strncmp(line, "~ ", 2) == 0 || strncmp(line, "!~ ", 3) == 0;
}

static void run_step(struct stage *s, struct reader *r)
{
    static char texts[EXPECTED][LINE];
    const char *expected[EXPECTED];
    char line[LINE];
    int n = 0;
    snprintf(line, sizeof line, "%s", r->line);
    s->line = r->number;
    while (next_line(r)) {
        if (!is_expectation(r->line) || n == EXPECTED) {
            r->again = true;
            break;
        }
        _buf_ struct buf text = {0};
        text_expand(s, r->line, &text);
        snprintf(texts[n], LINE, "%s", text.data);
        expected[n] = texts[n];
        n++;
    }
    if (s->wrong[0] == '\0' && !s->other) behaviour_line(s, line, expected, n);
}

static void run_behaviour(struct reader *r, enum model_kind kind, bool cluster, struct behaviour_tally *tally)
{
    struct stage s;
    stage_begin(&s, kind, cluster, r->line + 3);
    while (next_line(r)) {
        if (strncmp(r->line, "== ", 3) == 0) {
            r->again = true;
            break;
        }
        run_step(&s, r);
    }
    stage_end(&s);
    if (s.wrong[0] == '\0') {
        tally->passed++;
        return;
    }
    if (tally->failed++ == 0) snprintf(tally->first, sizeof tally->first, "%s", s.wrong);
    fprintf(stderr, "%s\n", s.wrong);
}

void behaviours_run(const char *path, enum model_kind kind, struct behaviour_tally *tally)
{
    struct reader r = {.f = fopen(path, "r")};
    bool cluster = false;
    *tally = (struct behaviour_tally){0};
    if (r.f == NULL) {
        tally->failed = 1;
        snprintf(tally->first, sizeof tally->first, "there is no file %s", path);
        return;
    }
    while (next_line(&r)) {
        if (strncmp(r.line, "== ", 3) == 0) run_behaviour(&r, kind, cluster, tally);
        else cluster |= strcmp(r.line, "engine cluster") == 0;
    }
    fclose(r.f);
}
