#include "asking.h"
#include "base/arena.h"
#include "scratch.h"
#include "serving.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* What the paths of the administration API answer, and what they refuse. */

TestSuite(administration, .init = serving_setup, .fini = scratch_close, .timeout = 30);

#define CREATE_USER "Action=CreateUser&UserId=u&UserName=u&Engine=redis&AccessString=on&NoPasswordRequired=true"

Test(administration, links_are_slow_narrow_and_cut)
{
    serving_start("");
    serving_expect("GET", "/_meridian/links", "", 200, "{\"links\":[]}");
    serving_expect("PUT", "/_meridian/links/us-east-1/eu-west-1?latency_ms=40&jitter_ms=2&one_way=true", "", 200,
        "{\"from\":\"us-east-1\",\"to\":\"eu-west-1\",\"state\":\"up\",\"latency_ms\":40,\"jitter_ms\":2,\"bandwidth_mbit\":0,"
        "\"persist\":false}");
    serving_expect("GET", "/_meridian/links/eu-west-1/us-east-1", "", 200, "\"latency_ms\":0");
    serving_expect("GET", "/_meridian/links", "", 200, "{\"links\":[{\"from\":\"us-east-1\",\"to\":\"eu-west-1\"");
    serving_expect(
        "PUT", "/_meridian/links/us-east-1/eu-west-1?state=blackhole&persist=true", "", 200, "\"state\":\"blackhole\"");
    serving_expect("GET", "/_meridian/links/eu-west-1/us-east-1", "", 200, "\"state\":\"blackhole\"");
    serving_expect("PUT", "/_meridian/links?preset=none", "", 200, "{\"links\":[]}");
    serving_expect("PUT", "/_meridian/links?preset=aws", "", 200, "\"to\":\"us-east-1\"");
    serving_expect("PUT", "/_meridian/links?preset=far", "", 400, "preset must be aws or none.");
    serving_expect("PUT", "/_meridian/links/us-east-1/eu-west-1?state=gone", "", 400, "state must be up, down or blackhole.");
    serving_expect("PUT", "/_meridian/links/us-east-1/eu-west-1?latency_ms=-1", "", 400, "latency_ms must be a whole number");
    serving_expect("PUT", "/_meridian/links/us-east-1/eu-west-1?one_way=maybe", "", 400, "one_way must be true or false.");
    serving_expect("PUT", "/_meridian/links/us-east-1/us-east-1", "", 400, "from one region to another");
    serving_expect("GET", "/_meridian/links/us-east-1", "", 400, "A link has two ends");
    serving_expect("GET", "/_meridian/links/nowhere/us-east-1", "", 400, "There is no region \\\"nowhere\\\"");
    serving_expect("GET", "/_meridian/links/us-east-1/nowhere", "", 400, "There is no region \\\"nowhere\\\"");
    cr_expect_eq(serving_stop(), EXIT_SUCCESS);
}

Test(administration, regions_zones_and_nodes_are_out_of_order)
{
    serving_start("");
    serving_expect("GET", "/_meridian/regions", "", 200, "{\"regions\":[]}");
    serving_expect("PUT", "/_meridian/regions/eu-west-1?state=isolated", "", 200,
        "{\"region\":\"eu-west-1\",\"state\":\"isolated\",\"persist\":false}");
    serving_expect("PUT", "/_meridian/zones/us-east-1a?state=down", "", 200,
        "{\"zone\":\"us-east-1a\",\"state\":\"down\",\"persist\":false}");
    serving_expect("GET", "/_meridian/regions", "", 200, "{\"regions\":[{\"region\":\"eu-west-1\"");
    serving_expect("GET", "/_meridian/zones", "", 200, "{\"zones\":[{\"zone\":\"us-east-1a\"");
    serving_expect("PUT", "/_meridian/zones/us-east-1a?state=up", "", 200, "\"state\":\"up\"");
    serving_expect("GET", "/_meridian/zones/us-east-1a", "", 200, "\"state\":\"up\"");
    serving_expect("GET", "/_meridian/regions/eu-west-1", "", 200, "\"state\":\"isolated\"");
    serving_expect("PUT", "/_meridian/regions/us-west-2?state=isolated&persist=true", "", 400, "for longer than serve runs");
    serving_expect("PUT", "/_meridian/zones/us-east-1a?state=isolated", "", 400, "state must be up or down.");
    serving_expect("PUT", "/_meridian/regions/eu-west-1?state=gone", "", 400, "state must be up, down or isolated.");
    serving_expect("GET", "/_meridian/regions/nowhere", "", 400, "There is no region \\\"nowhere\\\"");
    serving_expect("GET", "/_meridian/zones/us-east-1z", "", 400, "us-east-1 has us-east-1a");
    serving_expect("GET", "/_meridian/zones/z", "", 400, "it is the name of a region and a letter");
    serving_expect("PUT", "/_meridian/nodes/n?region=us-east-1&do=kill", "", 404, "n");
    serving_expect("PUT", "/_meridian/nodes/n?region=us-east-1&do=dance", "", 400, "do must be kill, hang or resume.");
    serving_expect("PUT", "/_meridian/nodes/n?region=nowhere&do=kill", "", 400, "There is no region");
    cr_expect_eq(serving_stop(), EXIT_SUCCESS);
}

Test(administration, calls_are_refused_on_request)
{
    serving_start("");
    serving_expect("PUT", "/_meridian/refusals/CreateUser?code=UserQuotaExceeded&region=us-east-1&message=too%20many", "", 200,
        "{\"refusals\":[{\"operation\":\"CreateUser\",\"code\":\"UserQuotaExceeded\",\"region\":\"us-east-1\","
        "\"message\":\"too many\",\"left\":1}]}");
    serving_expect("PUT", "/_meridian/refusals/DescribeUsers?code=Throttling&count=-1", "", 200, "\"left\":-1");
    serving_expect("POST", "/", CREATE_USER, 400, "<Code>UserQuotaExceeded</Code><Message>too many</Message>");
    serving_expect("POST", "/", CREATE_USER, 200, "<UserId>u</UserId>");
    for (int i = 0; i < 3; i++) serving_expect("POST", "/", "Action=DescribeUsers", 400, "<Code>Throttling</Code>");
    serving_expect("PUT", "/_meridian/refusals/DescribeUsers?code=Throttling&count=0", "", 200, "\"refusals\":[]");
    serving_expect("POST", "/", "Action=DescribeUsers", 200, "<UserId>u</UserId>");
    serving_expect("PUT", "/_meridian/refusals/CreateUser?code=CacheClusterNotFound", "", 400, "CreateUser does not answer");
    serving_expect("PUT", "/_meridian/refusals/CreateUser", "", 400, "CreateUser does not answer");
    serving_expect("PUT", "/_meridian/refusals/MakeUser?code=Throttling", "", 404, "MakeUser is no operation.");
    serving_expect("PUT", "/_meridian/refusals/CreateUser?code=Throttling&region=nowhere", "", 400, "There is no region");
    serving_expect("PUT", "/_meridian/refusals/CreateUser?code=Throttling&count=x", "", 400, "count must be a whole number");
    serving_expect("PUT", "/_meridian/refusals/CreateUser?cod=Throttling", "", 400, "There is no parameter");
    serving_expect("PUT", "/_meridian/refusals/CreateUser?code=Throttling", "", 200, "Throttling");
    serving_expect("DELETE", "/_meridian/refusals", "", 200, "{\"refusals\":[]}");
    serving_expect("GET", "/_meridian/refusals", "", 200, "{\"refusals\":[]}");
    cr_expect_eq(serving_stop(), EXIT_SUCCESS);
}

Test(administration, what_is_there_is_waited_for_and_reset)
{
    serving_start("");
    serving_expect("POST", "/", CREATE_USER, 200, "<UserId>u</UserId>");
    serving_expect("POST", "/", "Action=CreateUserGroup&UserGroupId=g&Engine=valkey&UserIds.member.1=u", 400, "");
    serving_expect("GET", "/_meridian/wait?id=u&region=us-east-1", "", 200, "{\"id\":\"u\",\"status\":\"active\"}");
    serving_expect("GET", "/_meridian/wait?id=x&region=us-east-1", "", 404, "\"status\":\"deleted\"");
    serving_expect("GET", "/_meridian/wait?id=x&region=us-east-1&for=deleted", "", 200, "\"status\":\"deleted\"");
    serving_expect("GET", "/_meridian/wait?id=u&region=us-east-1&for=deleted&limit_ms=1", "", 504, "\"status\":\"active\"");
    serving_expect("GET", "/_meridian/wait?region=us-east-1", "", 400, "id or region is missing");
    serving_expect("GET", "/_meridian/wait?id=u&region=us-east-1&limit_ms=x", "", 400, "limit_ms must be a whole number.");
    serving_expect("GET", "/_meridian/wait?id=u&region=nowhere", "", 400, "There is no region nowhere.");
    serving_expect("GET", "/_meridian/wait?id=u&region=us-east-1&for=availble", "", 400, "Nothing ever has the status availble.");
    serving_expect("GET", "/_meridian/wait?id=u&region=us-east-1&fro=deleted", "", 400, "There is no parameter \\\"fro\\\" here");
    serving_expect("POST", "/_meridian/reset?regoin=us-east-1", "", 400,
        "There is no parameter \\\"regoin\\\" here; there are: region account.");
    serving_expect("GET", "/_meridian/wait?id=u&region=us-east-1", "", 200, "active");
    serving_expect("POST", "/_meridian/reset?region=nowhere", "", 400, "There is no region nowhere.");
    serving_expect("POST", "/_meridian/reset?account=12", "", 400, "account must have twelve digits.");
    serving_expect(
        "POST", "/_meridian/reset?account=111111111111", "", 200, "{\"reset\":{\"region\":null,\"account\":\"111111111111\"}}");
    serving_expect("GET", "/_meridian/wait?id=u&region=us-east-1", "", 200, "active");
    serving_expect("PUT", "/_meridian/zones/us-east-1a?state=down&persist=true", "", 200, "down");
    serving_expect("PUT", "/_meridian/links/us-east-1/eu-west-1?latency_ms=20", "", 200, "20");
    serving_expect(
        "PUT", "/_meridian/links/us-east-1/eu-west-1?latency=20", "", 400, "There is no parameter \\\"latency\\\" here");
    serving_expect("POST", "/_meridian/reset", "", 200, "{\"reset\":{\"region\":null,\"account\":null}}");
    serving_expect("GET", "/_meridian/zones", "", 200, "[]");
    serving_expect("GET", "/_meridian/links", "", 200, "{\"links\":[]}");
    serving_expect("GET", "/_meridian/wait?id=u&region=us-east-1&for=deleted", "", 200, "deleted");
    cr_expect_eq(serving_stop(), EXIT_SUCCESS);
}

Test(administration, the_times_of_dry_runs_are_set)
{
    serving_start("--dry-run");
    serving_expect("GET", "/_meridian/dry-run", "", 200, "{\"dry_run\":true,\"start_ms\":");
    serving_expect("PUT", "/_meridian/dry-run?start_ms=3&switch_ms=4", "", 200, "\"start_ms\":3,\"switch_ms\":4,\"life_ms\":");
    serving_expect("PUT", "/_meridian/dry-run?life_ms=-1", "", 400, "life_ms must be a whole number of milliseconds.");
    cr_expect_eq(serving_stop(), EXIT_SUCCESS);
}

Test(administration, tools_take_it_for_what_they_know)
{
    serving_start("");
    serving_expect("GET", "/_localstack/health", "", 200, "{\"services\":{\"elasticache\":\"running\"}");
    serving_expect("GET", "/_localstack/init", "", 200, "\"READY\":true,\"SHUTDOWN\":false},\"scripts\":[]}");
    serving_expect("GET", "/_localstack/init/ready", "", 200, "{\"completed\":true,\"scripts\":[]}");
    cr_expect_eq(serving_stop(), EXIT_SUCCESS);
}

/* The calls that --init names are made once it serves; /_meridian/wait says when what they make is there. */
Test(administration, calls_are_made_at_the_start)
{
    char more[512];
    scratch_write("init/one.calls", "# a user\n" CREATE_USER "\nRegion=eu-west-1&" CREATE_USER "\n", 0600);
    scratch_write("init/two.calls", "Action=DeleteUser&UserId=nobody\n", 0600);
    scratch_write("init/.hidden", "", 0600);
    snprintf(more, sizeof more, "--init %s", scratch_path("init"));
    serving_start(more);
    for (int i = 0; i < 1000; i++) {
        _buf_ struct buf answer = {0};
        cr_assert_eq(asking_port(serving_port, "GET", "/_localstack/init/ready", "", &answer), 200);
        if (strstr(answer.data, "\"completed\":true")) break;
    }
    serving_expect("GET", "/_meridian/init", "", 200, "\"failed\"");
    serving_expect("GET", "/_meridian/init", "", 200, "UserNotFound");
    serving_expect("GET", "/_localstack/init", "", 200, "\"state\":\"SUCCESSFUL\"");
    serving_expect("GET", "/_localstack/init", "", 200, "\"state\":\"ERROR\"");
    serving_expect("GET", "/_meridian/wait?id=u&region=eu-west-1", "", 200, "active");
    cr_expect_eq(serving_stop(), EXIT_SUCCESS);
}

/* ---- the state ---- */

static const char *token(void)
{
    static char header[200];
    char text[100];
    snprintf(text, sizeof text, "%s", scratch_read("data/secrets/admin-token"));
    text[strcspn(text, "\n")] = '\0';
    snprintf(header, sizeof header, "Authorization: Bearer %s\r\n", text);
    return header;
}

Test(administration, the_state_needs_the_token_and_a_dump_that_is_one)
{
    serving_start("");
    serving_expect("GET", "/_meridian/state", "", 401, "");
    serving_expect("PUT", "/_meridian/state", "nonsense", 401, "");
    serving_expect_with(token(), "GET", "/_meridian/state", "", 200, "SQLite format 3");
    serving_expect_with(token(), "PUT", "/_meridian/state", "nonsense", 400, "");
    cr_expect_eq(serving_stop(), EXIT_SUCCESS);
}
