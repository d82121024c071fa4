"""The services beside ElastiCache: STS says who somebody is, and EC2 which network there is, consistent with the subnet groups."""
import hashlib
import http.client
import http.server
import json
import os
import socket
import subprocess
import threading
import unittest

import boto3
import botocore.config
import botocore.exceptions
import botocore.parsers
import harness

setUpModule, tearDownModule = harness.one_server()


class Case(harness.Case):
    def client(self, service, region="us-east-1", account="test"):
        return boto3.session.Session().client(service, region_name=region, endpoint_url=self.server.url, aws_access_key_id=account,
                                              aws_secret_access_key="test", config=botocore.config.Config(retries={"total_max_attempts": 1}))

    def aws(self, *arguments):
        run = subprocess.run([harness.AWS, "--endpoint-url", self.server.url, "--output", "text", *arguments], capture_output=True, text=True,
                             check=False, env=self.server.cli_environment(), timeout=120)
        self.assertEqual(0, run.returncode, run.stderr)
        return run.stdout.split()

    def refused(self, code, call, **arguments):
        with self.assertRaises(botocore.exceptions.ClientError) as caught:
            call(**arguments)
        self.assertEqual(code, caught.exception.response["Error"]["Code"])


class Neighbour(http.server.BaseHTTPRequestHandler):
    """Tells what came: the request line, the headers and the size and digest of the body; and answers with a header and bytes of its own."""
    protocol_version = "HTTP/1.1"

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.seen.append((self.requestline, list(self.headers.items()), hashlib.sha256(body).hexdigest()))
        data = b"\x00" * self.server.size
        self.send_response(self.server.status)
        self.send_header("X-Amz-Thing", "kept")
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = answer

    def log_message(self, *_):
        pass


class Forward(Case):
    def setUp(self):
        super().setUp()
        self.neighbour = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Neighbour)
        self.neighbour.seen, self.neighbour.size, self.neighbour.status = [], 10, 200
        threading.Thread(target=self.neighbour.serve_forever, daemon=True).start()
        self.addCleanup(self.neighbour.server_close)
        self.addCleanup(self.neighbour.shutdown)
        self.own_server(flags=["--forward", "http://127.0.0.1:%d/" % self.neighbour.server_port])
        self.server.start()

    def send(self, method, path, body=None, service="s3", **headers):
        connection = http.client.HTTPConnection(self.server.url.split("//")[1], timeout=harness.DEADLINE)
        self.addCleanup(connection.close)
        signed = {"Authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/eu-west-1/%s/aws4_request, SignedHeaders=host, Signature=0" % service}
        connection.request(method, path, body, signed | headers)
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()

    def test_requests_arrive_as_they_were_sent(self):
        body = os.urandom(3 << 20)
        status, headers, data = self.send("PUT", "/bucket/a%2Fb//../c?x=%20y&list-type=2", body, Host="bucket.s3.amazonaws.com", **{"X-Empty": ""})
        self.assertEqual((200, "kept", b"\x00" * 10), (status, headers["X-Amz-Thing"], data))
        line, seen, digest = self.neighbour.seen[0]
        self.assertEqual("PUT /bucket/a%2Fb//../c?x=%20y&list-type=2 HTTP/1.1", line)
        self.assertEqual(hashlib.sha256(body).hexdigest(), digest)
        self.assertEqual({"Host": "bucket.s3.amazonaws.com", "X-Empty": "", "Content-Length": str(len(body)), "Accept-Encoding": "identity"},
                         {k: v for k, v in seen if k not in ("Authorization", "Via")})
        self.assertIn("/eu-west-1/s3/", dict(seen)["Authorization"])

    def resident(self):
        """Bytes of memory that serve holds."""
        return int(harness.reads("/proc/%d/statm" % self.server.process.pid).split()[1]) * os.sysconf("SC_PAGESIZE")

    def test_long_bodies_go_through_piece_by_piece(self):
        size = 200 << 20
        piece = os.urandom(1 << 20)
        digest = hashlib.sha256()
        before = self.resident()

        def pieces():
            for _ in range(size >> 20):
                digest.update(piece)
                yield piece
        self.assertEqual(200, self.send("PUT", "/b/k", pieces(), **{"Content-Length": str(size)})[0])
        self.assertEqual(digest.hexdigest(), self.neighbour.seen[-1][2])
        self.assertLess(self.resident() - before, 64 << 20)
        self.neighbour.size = size
        self.assertEqual(size, len(self.send("GET", "/b/k")[2]))
        self.assertLess(self.resident() - before, 64 << 20)

    def test_a_client_that_leaves_leaves_nothing_behind(self):
        self.neighbour.size = 50 << 20
        host, port = self.server.url.split("//")[1].split(":")
        signed = "Authorization: AWS4-HMAC-SHA256 Credential=test/20260101/eu-west-1/s3/aws4_request, SignedHeaders=host, Signature=0\r\n"
        for head, more in (("GET /x HTTP/1.1\r\nHost: h\r\n%s\r\n", b""), ("PUT /x HTTP/1.1\r\nHost: h\r\n%sContent-Length: 9000000\r\n\r\n", b"x" * 100000)):
            with socket.create_connection((host, int(port))) as client:
                client.sendall((head % signed).encode() + more)
                if not more:
                    client.recv(10)
        self.neighbour.size = 10
        self.assertEqual(200, self.send("GET", "/x")[0])

    def test_an_answer_that_comes_before_the_body_has(self):
        self.neighbour.shutdown()
        self.neighbour.server_close()
        self.assertEqual(502, self.send("PUT", "/b/k", b"x" * (20 << 20))[0])

    def test_every_kind_of_answer_comes_back(self):
        self.neighbour.size, self.neighbour.status = 5 << 20, 404
        self.assertEqual((404, 5 << 20), (lambda a: (a[0], len(a[2])))(self.send("GET", "/x")))
        status, headers, data = self.send("HEAD", "/x")
        self.assertEqual((404, str(5 << 20), b""), (status, headers["Content-Length"], data))
        self.neighbour.size, self.neighbour.status = 0, 204
        self.assertEqual((204, b""), self.send("DELETE", "/x")[::2])
        self.send("POST", "/", b'{"a": "%zz"}', "dynamodb", **{"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "DynamoDB_20120810.ListTables"})
        self.assertEqual("POST / HTTP/1.1", self.neighbour.seen[-1][0])

    def test_everything_signed_for_another_service_goes_there_and_nothing_else(self):
        s3 = self.client("s3")
        self.neighbour.size = 0
        s3.put_object(Bucket="b", Key="k", Body=b"x" * 2_000_000)
        self.neighbour.size = 10
        self.assertEqual(10, len(s3.get_object(Bucket="b", Key="k")["Body"].read()))
        for call in (self.client("sts").get_caller_identity, self.client("ec2").describe_vpcs):
            with self.assertRaises(botocore.parsers.ResponseParserError):
                call()
        self.assertEqual(4, len(self.neighbour.seen))
        self.assertEqual([], self.api().describe_replication_groups()["ReplicationGroups"])
        self.server.admin("GET", "health")
        self.assertEqual(4, len(self.neighbour.seen))

    def test_a_neighbour_that_is_not_there(self):
        self.neighbour.shutdown()
        self.neighbour.server_close()
        status, headers, data = self.send("GET", "/x")
        self.assertEqual((502, "text/xml"), (status, headers["Content-Type"]))
        self.assertIn(b"<Code>BadGateway</Code>", data)
        status, headers, data = self.send("POST", "/", b"{}", "dynamodb", **{"Content-Type": "application/x-amz-json-1.0"})
        self.assertEqual((502, "BadGateway"), (status, json.loads(data)["__type"]))

    def test_a_circle_is_refused(self):
        for url, what in ((self.server.url, None), ("ftp://x", "expected a URL"), ("http://", "expected a URL")):
            command = [harness.BIN, "serve", "--data-dir", self.server.folder + "/other", "--listen",
                       self.server.url.split("//")[1] if what is None else "127.0.0.1:0", "--forward", url]
            if what is None:
                self.server.terminate()
            run = subprocess.run(command, capture_output=True, text=True, check=False, env=harness.clean_environment(), timeout=60)
            self.assertEqual(2 if what else 1, run.returncode, run.stderr)
            self.assertIn(what or "leads to this very server", run.stderr)

    def test_two_that_send_to_each_other_refuse(self):
        other = harness.Server(flags=["--forward", self.server.url])
        self.addCleanup(other.finish)
        other.start()
        self.server.terminate()
        self.server.flags[-1] = other.url
        self.server.flags += ["--listen", self.server.url.split("//")[1]]
        self.server.start()
        status, _, data = self.send("GET", "/x")
        self.assertEqual(508, status)
        self.assertIn(b"LoopDetected", data)


class Sts(Case):
    def test_the_caller_is_the_account_of_the_access_key(self):
        self.assertEqual("arn:aws:iam::000000000000:root", self.client("sts").get_caller_identity()["Arn"])
        self.assertEqual("123456789012", self.client("sts", account="123456789012").get_caller_identity()["Account"])
        self.assertIn("000000000000", self.aws("sts", "get-caller-identity"))
        self.assertTrue(self.client("sts", "cn-north-1").get_caller_identity()["Arn"].startswith("arn:aws-cn:"))

    def test_a_role_has_credentials_of_its_account(self):
        sts = self.client("sts")
        answer = sts.assume_role(RoleArn="arn:aws:iam::123456789012:role/x/deploy", RoleSessionName="job")
        self.assertEqual("arn:aws:sts::123456789012:assumed-role/deploy/job", answer["AssumedRoleUser"]["Arn"])
        key = answer["Credentials"]["AccessKeyId"]
        self.assertEqual("123456789012", self.client("sts", account=key).get_caller_identity()["Account"])
        self.refused("ValidationError", sts.assume_role, RoleArn="arn:aws:iam::1:role/deploy-something", RoleSessionName="job")
        self.refused("ValidationError", sts.assume_role, RoleArn="arn:aws:iam::123456789012:role/x", RoleSessionName="a b")
        self.refused("ValidationError", sts.assume_role, RoleArn="arn:aws:iam::123456789012:role/x", RoleSessionName="job", DurationSeconds=50000)

    def test_other_operations_and_services_are_not_served(self):
        self.refused("InvalidAction", self.client("sts").get_session_token)
        with self.assertRaises(botocore.exceptions.ClientError):
            self.client("sqs").list_queues()


class Ec2(Case):
    def test_the_default_network_is_that_of_the_default_subnet_group(self):
        for region in ("us-east-1", "eu-west-1"):
            ec2 = self.client("ec2", region)
            group = self.api(region).describe_cache_subnet_groups(CacheSubnetGroupName="default")["CacheSubnetGroups"][0]
            vpc = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"][0]
            self.assertEqual(group["VpcId"], vpc["VpcId"])
            subnets = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc["VpcId"]]}])["Subnets"]
            self.assertEqual({(s["SubnetIdentifier"], s["SubnetAvailabilityZone"]["Name"]) for s in group["Subnets"]},
                             {(s["SubnetId"], s["AvailabilityZone"]) for s in subnets})
            zones = ec2.describe_availability_zones()["AvailabilityZones"]
            self.assertEqual([z["ZoneName"] for z in zones], [s["AvailabilityZone"] for s in subnets])
            self.api(region).create_cache_subnet_group(CacheSubnetGroupName="g", CacheSubnetGroupDescription="d",
                                                       SubnetIds=[s["SubnetId"] for s in subnets])
            made = self.api(region).describe_cache_subnet_groups(CacheSubnetGroupName="g")["CacheSubnetGroups"][0]
            self.assertEqual({s["SubnetIdentifier"]: s["SubnetAvailabilityZone"]["Name"] for s in made["Subnets"]},
                             {s["SubnetId"]: s["AvailabilityZone"] for s in subnets})

    def test_literal_ids_are_taken(self):
        ec2 = self.client("ec2")
        self.assertEqual(["us-east-1b"], [s["AvailabilityZone"] for s in ec2.describe_subnets(SubnetIds=["subnet-0b"])["Subnets"]])
        self.assertFalse(ec2.describe_vpcs(VpcIds=["vpc-12"])["Vpcs"][0]["IsDefault"])
        self.assertEqual("sg-1", ec2.describe_security_groups(GroupIds=["sg-1"])["SecurityGroups"][0]["GroupName"])
        self.assertEqual("default", ec2.describe_security_groups()["SecurityGroups"][0]["GroupName"])
        self.assertEqual([], ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": ["other"]}])["SecurityGroups"])
        self.assertEqual([], ec2.describe_subnets(Filters=[{"Name": "tag:Tier", "Values": ["private"]}])["Subnets"])
        self.assertTrue(ec2.describe_vpc_attribute(VpcId="vpc-12", Attribute="enableDnsSupport")["EnableDnsSupport"]["Value"])
        self.assertEqual("vpc-12", ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": ["vpc-12"]}])["RouteTables"][0]["VpcId"])

    def test_bad_ids_and_filters_are_refused(self):
        ec2 = self.client("ec2")
        self.refused("InvalidSubnetID.NotFound", ec2.describe_subnets, SubnetIds=["<x>"])
        self.refused("InvalidVpcID.NotFound", ec2.describe_vpcs, VpcIds=["subnet-1"])
        self.refused("InvalidParameterValue", ec2.describe_vpcs, Filters=[{"Name": "color", "Values": ["red"]}])
        self.refused("InvalidParameterValue", ec2.describe_vpc_attribute, VpcId="vpc-1", Attribute="x&y")
        self.refused("InvalidAction", ec2.describe_instances)


if __name__ == "__main__":
    unittest.main()
