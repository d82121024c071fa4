#include "agent/redis_cluster/cluster_nodes.h"
#include <criterion/criterion.h>
#include <string.h>

#define A "a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1"
#define B "b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1"
#define X "0101010101010101010101010101010101010101"
#define ME A " 127.0.0.1:6379@16379 myself,master - 0 1795262213475 5 connected 0-92 94-8191\n"
#define OTHER B " 127.0.0.2:6379@16379 slave " A " 0 1795262213274 5 connected\n"
/* The line of another node, from its address on. */
#define LIKE(rest) ME B " " rest "\n"

static struct arena memory;
static struct cluster_nodes all;
static struct err e;

static void teardown(void)
{
    arena_fini(&memory);
}

TestSuite(cluster_nodes, .fini = teardown);

static bool reads(const char *text, int64_t known)
{
    return cluster_nodes_read(text, strlen(text), known, &memory, &all, &e) == 0;
}

Test(cluster_nodes, are_read_word_by_word)
{
    cr_assert(reads(OTHER ME X " :0@0 master,noaddr - 0 0 9 disconnected 9000\n", 3), "%s", e.msg);
    cr_assert_eq(all.n, 3);
    cr_assert_eq(all.myself, &all.lines[1]);
    cr_assert_str_eq(all.lines[0].name, B);
    cr_assert_str_eq(all.lines[0].address, "127.0.0.2:6379");
    cr_assert_str_eq(all.lines[0].master, A);
    cr_assert_str_eq(all.lines[0].slots, "");
    cr_assert(!all.lines[0].is_master && all.lines[1].is_master);
    cr_assert_null(all.lines[1].master);
    cr_assert_eq(all.lines[1].epoch, 5);
    cr_assert_str_eq(all.lines[1].slots, "0-92 94-8191");
    cr_assert_str_eq(all.lines[2].address, ":0");
    cr_assert_eq(slots_count(&all.assigned), 8192);
}

Test(cluster_nodes, tell_of_slots_in_flight_where_they_are_their_own)
{
    cr_assert(reads(A " ::1:6379@16379 myself,master - 0 1 5 connected 0-5 [3->-" B "] [77-<-" X "]\n", 1), "%s", e.msg);
    cr_assert_eq(all.n_open, 2);
    cr_assert(all.open[0].slot == 3 && all.open[0].leaves && strcmp(all.open[0].name, B) == 0);
    cr_assert(all.open[1].slot == 77 && !all.open[1].leaves && strcmp(all.open[1].name, X) == 0);
    cr_assert_str_eq(all.lines[0].slots, "0-5");
    cr_assert(reads(A " 127.0.0.1:6379@16379 myself,master - 0 1 5 connected [16383-<-" B "]\n", 1), "%s", e.msg);
    cr_assert_eq(all.n_open, 1);
    cr_assert_eq(slots_count(&all.assigned), 0);
}

Test(cluster_nodes, of_other_forms_of_lines_are_read)
{
    static const char *const texts[] = {LIKE("127.0.0.2:6379@16379,a-host.example slave " A " 0 0 0 connected"),
        LIKE("127.0.0.2:6379@16379, slave " A " 0 0 0 connected"), LIKE("127.0.0.2:6379@16379 handshake - 0 0 0 disconnected"),
        LIKE("127.0.0.2:6379@16379 master,fail? - 0 0 0 connected"), LIKE("127.0.0.2:6379@16379 slave,fail - 0 0 0 connected"),
        LIKE("127.0.0.2:6379@16379 slave,nofailover " X " 0 0 0 connected"), LIKE(":0@0 noflags - 0 0 0 disconnected")};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) cr_expect(reads(texts[i], 2), "%s: %s", texts[i], e.msg);
}

Test(cluster_nodes, with_a_word_that_has_not_its_form_are_none)
{
    static const char *const texts[] = {
        LIKE("127.0.0.2:6379@16379 slave " A " 0 0 0 connected "),
        LIKE("127.0.0.2:6379@16379 slave " A " 0 0 0  connected"),
        LIKE("127.0.0.2:6379@16379 slave " A " 0 0 0"),
        LIKE("127.0.0.2:6379@16379 slave " A " 0 0 0 linked"),
        LIKE("127.0.0.2:6379@16379 slave a1 0 0 0 connected"),
        LIKE("127.0.0.2:6379@16379 slave " A " -1 0 0 connected"),
        LIKE("127.0.0.2:6379@16379 slave " A " 0 99999999999999999999 0 connected"),
        LIKE("127.0.0.2:6379@16379 slave " A " 0 0 18446744073709551615 connected"),
        LIKE("127.0.0.2:6379@16379 slave " A " 0 0 -1 connected"),
        LIKE("127.0.0.2:6379@16379 slave,master - 0 0 0 connected"),
        LIKE("127.0.0.2:6379@16379 slave,slave - 0 0 0 connected"),
        LIKE("127.0.0.2:6379@16379 slave, - 0 0 0 connected"),
        LIKE("127.0.0.2:6379@16379 king - 0 0 0 connected"),
        LIKE("127.0.0.2:65536@16379 master - 0 0 0 connected"),
        LIKE("127.0.0.2:6379@165536 master - 0 0 0 connected"),
        LIKE("127.0.0.2:6379 master - 0 0 0 connected"),
        LIKE("127.0.0.2@16379 master - 0 0 0 connected"),
        LIKE("host.example:6379@16379 master - 0 0 0 connected"),
        LIKE("127.0.0.2:6379@16379,a_host master - 0 0 0 connected"),
        LIKE("127.0.0.2:6379@16379,a,b master - 0 0 0 connected"),
        LIKE("127.0.0.2:6379@16379 master - 0 0 0 connected 99999"),
        LIKE("127.0.0.2:6379@16379 master - 0 0 0 connected 8192-16384"),
        LIKE("127.0.0.2:6379@16379 master - 0 0 0 connected 8192,8193"),
        LIKE("127.0.0.2:6379@16379 master - 0 0 0 connected 8192 "),
        LIKE("127.0.0.2:6379@16379 master - 0 0 0 connected 8191-8192"),
        LIKE("127.0.0.2:6379@16379 master - 0 0 0 connected [9000->-" A "]"),
        LIKE("127.0.0.2:6379@16379 master - 0 0 0 connected\r"),
        ME "B1" B " 127.0.0.2:6379@16379 master - 0 0 0 connected\n",
        ME "\n",
        ME "ERR something\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) cr_expect(!reads(texts[i], 2), "%s", texts[i]);
}

Test(cluster_nodes, with_a_slot_in_flight_that_is_none_are_none)
{
    static const char *const words[] = {"[99999-<-" B "]", "[16384->-" B "]", "[-1->-" B "]", "[->-" B "]", "[1->-" B,
        "[1->-" B "] ", "[1->-b1]", "[1-x-" B "]", "[1->-" B "]]", "[1->-" B "] 5", "[1->-B1" B "]",
        "[99999999999999999999->-" B "]", "[", "[ ["};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const char *text = arena_printf(&memory, A " 127.0.0.1:6379@16379 myself,master - 0 1 5 connected 0-5 %s\n", words[i]);
        cr_expect(!reads(text, 1), "%s", text);
    }
}

Test(cluster_nodes, count_only_as_a_whole)
{
    cr_assert(reads(ME OTHER, 2));
    cr_assert(!reads(ME OTHER, 1), "more nodes than the engine counts");
    cr_assert(!reads(ME OTHER, 3));
    cr_assert(!reads(ME OTHER, 0) && !reads(ME OTHER, -2));
    cr_assert(!reads("", 0));
    cr_assert(!reads(OTHER, 1), "nobody answers");
    cr_assert(!reads(ME B " 127.0.0.2:6379@16379 myself,slave " A " 0 0 0 connected\n", 2), "two answer");
    cr_assert(!reads(ME OTHER OTHER, 3), "one is there twice");
    cr_assert(!reads(ME B " 127.0.0.2:6379@16379 slave " A " 0 1795262213274 5 connected", 2), "no end");
    cr_assert(cluster_nodes_read(ME "\0", sizeof ME, 1, &memory, &all, &e) != 0);
}

/* All that this hostname puts there has the right form, and only the count tells. */
Test(cluster_nodes, that_a_hostname_puts_there_are_one_too_many)
{
    const char *text = LIKE("127.0.0.2:6379@16379,x slave " A " 0 0 5 connected\n" X " 127.0.0.3:6379@16379,y slave " A
                            " 0 1795262213274 5 connected");
    cr_assert(!reads(text, 2));
    cr_assert(reads(text, 3), "%s", e.msg);
}
