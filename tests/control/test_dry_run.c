#include "control/dry_run.h"
#include "base/arena.h"
#include "protocol/protocol.gen.h"
#include <criterion/criterion.h>

static struct arena arena;
static struct dry_run dry;
static struct proto_assignment out;

static void begin(void)
{
    dry = (struct dry_run){.times = {5, 6, 7}};
}

static void end(void)
{
    dry_run_fini(&dry);
    arena_fini(&arena);
}

TestSuite(dry_run, .init = begin, .fini = end);

static size_t faults_of(const char *region)
{
    dry_run_order(&dry, &arena, region, &out);
    return out.dry_run->faults.n;
}

Test(dry_run, a_fault_is_for_one_process_of_one_region_until_that_is_seen_no_more)
{
    dry_run_set_fault(&dry, "us-east-1", 11, NODE_DEED_KILL);
    cr_expect_eq(faults_of("eu-west-1"), 0);
    cr_assert_eq(faults_of("us-east-1"), 1);
    cr_expect(out.dry_run->faults.items[0].pid.v == 11 && !out.dry_run->faults.items[0].hangs.v);
    dry_run_forget(&dry, "eu-west-1", 11);
    cr_assert_eq(faults_of("us-east-1"), 1);
    dry_run_forget(&dry, "us-east-1", 11);
    cr_expect_eq(faults_of("us-east-1"), 0);
}

Test(dry_run, a_process_that_hangs_goes_on_when_it_is_told)
{
    dry_run_set_fault(&dry, "us-east-1", 11, NODE_DEED_KILL);
    dry_run_set_fault(&dry, "us-east-1", 11, NODE_DEED_HANG);
    cr_assert_eq(faults_of("us-east-1"), 1);
    cr_expect(out.dry_run->faults.items[0].hangs.v);
    dry_run_set_fault(&dry, "us-east-1", 11, NODE_DEED_RESUME);
    cr_expect_eq(faults_of("us-east-1"), 0);
}

Test(dry_run, the_times_go_with_every_order)
{
    faults_of("us-east-1");
    cr_expect(out.dry_run->start_ms.v == 5 && out.dry_run->switch_ms.v == 6 && out.dry_run->life_ms.v == 7);
}
