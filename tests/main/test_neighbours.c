#include "asking.h"
#include "scratch.h"
#include "serving.h"
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
/* What is signed for other services: STS and EC2 are answered here, or all of it goes to another endpoint. */

TestSuite(neighbours, .init = serving_setup, .fini = scratch_close, .timeout = 30);

#define SIGNED(service)                                                                                     \
    "Authorization: AWS4-HMAC-SHA256 Credential=111111111111/20260101/eu-west-1/" service "/aws4_request, " \
    "SignedHeaders=host, Signature=0\r\nContent-Type: application/x-www-form-urlencoded\r\n"

static void expect_sts(const char *body, int status, const char *part)
{
    serving_expect_with(SIGNED("sts"), "POST", "/", body, status, part);
}

static void expect_ec2(const char *body, int status, const char *part)
{
    serving_expect_with(SIGNED("ec2"), "POST", "/", body, status, part);
}

#define ROLE "Action=AssumeRole&RoleArn=arn:aws:iam::222222222222:role/path/worker"

Test(neighbours, sts_says_who_somebody_is)
{
    serving_start("");
    expect_sts("Action=GetCallerIdentity", 200, "<Account>111111111111</Account>");
    expect_sts(ROLE "&RoleSessionName=job", 200, "<AccessKeyId>222222222222</AccessKeyId>");
    expect_sts(ROLE "&RoleSessionName=job", 200, "arn:aws:sts::222222222222:assumed-role/worker/job");
    expect_sts("Action=AssumeRole&RoleArn=worker&RoleSessionName=job", 400, "worker is invalid");
    expect_sts("Action=AssumeRole&RoleSessionName=job", 400, "RoleArn is invalid");
    expect_sts(ROLE "&RoleSessionName=a job", 400, "roleSessionName");
    expect_sts(ROLE "&RoleSessionName=job&DurationSeconds=10", 400, "between 900 and 43200");
    expect_sts("Action=GetSessionToken", 400, "InvalidAction");
    serving_expect_with(SIGNED("s3"), "POST", "/", "Action=ListBuckets", 400, "InvalidAction");
    cr_expect_eq(serving_stop(), EXIT_SUCCESS);
}

Test(neighbours, ec2_says_which_network_there_is)
{
    serving_start("");
    expect_ec2("Action=DescribeVpcs", 200, "<isDefault>true</isDefault>");
    expect_ec2("Action=DescribeVpcs&VpcId.1=vpc-1", 200, "<vpcId>vpc-1</vpcId>");
    expect_ec2("Action=DescribeVpcs&VpcId.1=subnet-1", 400, "InvalidVpcID.NotFound");
    expect_ec2("Action=DescribeVpcs&Filter.1.Name=vpc-id&Filter.1.Value.1=vpc-2", 200, "<isDefault>false</isDefault>");
    expect_ec2("Action=DescribeVpcs&Filter.1.Name=isDefault&Filter.1.Value.1=false", 200, "<vpcSet></vpcSet>");
    expect_ec2("Action=DescribeVpcs&Filter.1.Name=tag:Name&Filter.1.Value.1=a", 200, "<vpcSet></vpcSet>");
    expect_ec2("Action=DescribeVpcs&Filter.1.Name=color&Filter.1.Value.1=red", 400, "The filter 'color' is invalid");
    expect_ec2("Action=DescribeVpcAttribute&VpcId=vpc-1&Attribute=enableDnsSupport", 200, "<enableDnsSupport><value>true");
    expect_ec2("Action=DescribeVpcAttribute&VpcId=vpc-1&Attribute=size", 400, "Value (size) for parameter attribute is invalid");
    expect_ec2("Action=DescribeVpcAttribute", 400, "MissingParameter");
    expect_ec2(
        "Action=DescribeRouteTables&Filter.1.Name=vpc-id&Filter.1.Value.1=vpc-3", 200, "<routeTableId>rtb-3</routeTableId>");
    expect_ec2("Action=DescribeSubnets", 200, "<availabilityZone>eu-west-1b</availabilityZone>");
    expect_ec2("Action=DescribeSubnets&SubnetId.1=subnet-1", 200, "<defaultForAz>false</defaultForAz>");
    expect_ec2("Action=DescribeSubnets&SubnetId.1=1", 400, "InvalidSubnetID.NotFound");
    expect_ec2("Action=DescribeSecurityGroups", 200, "default VPC security group");
    expect_ec2("Action=DescribeSecurityGroups&GroupId.1=sg-1", 200, "<groupName>sg-1</groupName>");
    expect_ec2("Action=DescribeSecurityGroups&GroupId.1=1", 400, "InvalidGroup.NotFound");
    expect_ec2("Action=DescribeAvailabilityZones", 200, "<zoneName>eu-west-1a</zoneName>");
    expect_ec2("Action=RunInstances", 400, "InvalidAction");
    cr_expect_eq(serving_stop(), EXIT_SUCCESS);
}

/* ---- another endpoint ---- */

static int listener(uint16_t *port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert(bind(fd, (struct sockaddr *)&at, size) == 0 && listen(fd, 4) == 0);
    cr_assert_eq(getsockname(fd, (struct sockaddr *)&at, &size), 0);
    *port = ntohs(at.sin_port);
    return fd;
}

/* Takes a connection of serve's, reads the request as it came, and answers. */
static void answer_as(int fd, const char *wire, char *asked, size_t room)
{
    int c = accept(fd, NULL, NULL);
    size_t n = 0;
    cr_assert_geq(c, 0);
    for (ssize_t got; n < room - 1 && (got = recv(c, asked + n, room - 1 - n, 0)) > 0;) {
        asked[n += (size_t)got] = '\0';
        if (strstr(asked, "Action=ListThings") != NULL) break;
    }
    cr_assert_eq(send(c, wire, strlen(wire), MSG_NOSIGNAL), (ssize_t)strlen(wire));
    close(c);
}

Test(neighbours, everything_goes_to_the_endpoint_that_is_named)
{
    char more[100], asked[4096];
    uint16_t port;
    int other = listener(&port);
    _buf_ struct buf answer = {0};
    snprintf(more, sizeof more, "--forward http://127.0.0.1:%d", port);
    serving_start(more);
    int fd = asking_dial_port(serving_port);
    asking_send(fd, "POST", "/?x=1", SIGNED("sqs") "X-Mine: 7\r\n", "Action=ListThings");
    answer_as(other, "HTTP/1.1 418 Teapot\r\nContent-Length: 5\r\nX-Theirs: 8\r\n\r\nhello", asked, sizeof asked);
    cr_expect_eq(asking_hear(fd, &answer), 418);
    cr_expect_str_eq(answer.data, "hello");
    close(fd);
    cr_expect(
        strncmp(asked, "POST /?x=1 HTTP/1.1\r\n", 21) == 0 && strstr(asked, "X-Mine: 7") && strstr(asked, "Via: "), "%s", asked);
    close(other);
    serving_expect_with(SIGNED("sqs"), "POST", "/", "Action=ListThings", 502, "BadGateway");
    serving_expect("POST", "/", "Action=DescribeUsers", 200, "<UserId>default</UserId>");
    cr_expect_eq(serving_stop(), EXIT_SUCCESS);
}
