"""--auth verify: who has no key, or another secret, or a key that may not, is refused as the service refuses him; and nobody learns a secret."""
import datetime
import json
import os
import re
import subprocess
import tempfile
import types
import unittest
import unittest.mock
import urllib.error
import urllib.parse
import urllib.request

import boto3
import botocore.auth
import botocore.awsrequest
import botocore.config
import botocore.credentials
import botocore.exceptions
import harness

ACCOUNT, OTHER = "111122223333", "444455556666"
KEYS = {
    "AKIAOWNER0000000001": {"secret": "wJalrXUtnFEMI/K7MDENG+owner", "account": ACCOUNT},
    "AKIAREADER000000001": {"secret": "the-reader's-secret", "account": ACCOUNT, "user": "reader", "read_only": True},
    "AKIALISTER000000001": {"secret": "the-lister's-secret", "account": ACCOUNT, "user": "lister",
                            "actions": ["elasticache:describe*", "sts:*"]},
    "AKIAOTHER0000000001": {"secret": "the-other's-secret", "account": OTHER},
}
OWNER, READER, LISTER, FOREIGNER = KEYS
MINUTE = datetime.timedelta(minutes=1)


def document(keys):
    return json.dumps({"keys": [{"id": name, **key} for name, key in keys.items()]})


def write(path, text):
    with open(path, "w", encoding="utf-8", opener=lambda p, f: os.open(p, f, 0o600)) as f:
        f.write(text)


FOLDER = tempfile.TemporaryDirectory()
FILE = os.path.join(FOLDER.name, "keys.json")
begin, tearDownModule = harness.one_server(flags=["--auth", "verify", "--access-keys", FILE])


def setUpModule():
    write(FILE, document(KEYS))
    begin()


def clock(moment):
    """What botocore signs with."""
    class Fixed(datetime.datetime):
        @classmethod
        def utcnow(cls):
            return moment.replace(tzinfo=None)
    return unittest.mock.patch.object(botocore.auth, "datetime", types.SimpleNamespace(datetime=Fixed))


def client(key, service="elasticache", secret=None, token=None, region="us-east-1"):
    return boto3.session.Session().client(
        service, region_name=region, endpoint_url=harness.shared().url, aws_access_key_id=key, aws_session_token=token,
        aws_secret_access_key=secret or KEYS[key]["secret"], config=botocore.config.Config(retries={"total_max_attempts": 1}))


def signed(body="Action=DescribeCacheClusters", *, method="POST", query="", signer=botocore.auth.SigV4Auth, key=OWNER, secret=None, token=None,
           service="elasticache", region="us-east-1", at=None, headers=None, **options):
    """A request that botocore has signed, as of some moment."""
    request = botocore.awsrequest.AWSRequest(method, harness.shared().url + "/" + query, data=body if method == "POST" else None, headers=dict(headers or {}))
    if method == "POST":
        request.headers["Content-Type"] = "application/x-www-form-urlencoded; charset=utf-8"
    credentials = botocore.credentials.Credentials(key, secret or KEYS[key]["secret"], token)
    moment = at or datetime.datetime.now(datetime.timezone.utc)
    with clock(moment):
        signer(credentials, service, region, **options).add_auth(request)
    return request.prepare()


def send(request, body=None, drop=(), headers=None):
    """Status, error code and text of an answer; '' where it is none."""
    sent = {k: v for k, v in request.headers.items() if k not in (*drop, "Content-Length")} | (headers or {})
    data = body if body is not None else request.body
    try:
        with urllib.request.urlopen(urllib.request.Request(request.url, data=data.encode() if isinstance(data, str) else data, headers=sent,
                                                           method=request.method)) as answer:
            return answer.status, "", answer.read().decode()
    except urllib.error.HTTPError as e:
        text = e.read().decode()
        return e.code, text.partition("<Code>")[2].partition("</Code>")[0], text


class Case(harness.Case):
    def refused(self, code, call, **arguments):
        with self.assertRaises(botocore.exceptions.ClientError) as caught:
            call(**arguments)
        self.assertEqual(code, caught.exception.response["Error"]["Code"])
        return caught.exception.response["Error"]["Message"]

    def answers(self, status, code, request, **more):
        got = send(request, **more)
        self.assertEqual((status, code), got[:2], got[2])
        return got[2]


class Signatures(Case):
    def test_a_key_of_the_file_is_of_its_account(self):
        name = harness.name("whose")
        made = client(OWNER).create_user(UserId=name, UserName=name, Engine="redis", NoPasswordRequired=True, AccessString="on ~* +@all")
        self.assertEqual("arn:aws:elasticache:us-east-1:%s:user:%s" % (ACCOUNT, name), made["ARN"])
        client(OWNER).delete_user(UserId=name)

    def test_who_signs_nothing_or_with_an_unknown_key_is_refused(self):
        bare = botocore.awsrequest.AWSRequest("GET", self.server.url + "/?Action=DescribeCacheClusters").prepare()
        self.assertIn("Request is missing Authentication Token", self.answers(403, "MissingAuthenticationToken", bare))
        message = self.refused("InvalidClientTokenId", client("AKIANOBODY", secret="x").describe_cache_clusters)
        self.assertEqual("The security token included in the request is invalid.", message)
        self.refused("InvalidClientTokenId", client(OWNER, token="M1/x/y").describe_cache_clusters)

    def test_another_secret_is_told_what_should_have_been_signed(self):
        message = self.refused("SignatureDoesNotMatch", client(OWNER, secret="another").describe_cache_clusters)
        self.assertIn("The Canonical String for this request should have been\n'POST\n/\n\ncontent-type:application/x-www-form-urlencoded", message)
        self.assertIn("The String-to-Sign should have been\n'AWS4-HMAC-SHA256\n", message)

    def test_headers_and_urls_can_be_signed(self):
        self.answers(200, "", signed())
        self.answers(200, "", signed(headers={"X-Amz-Meta-Spaces": "  a   b "}))
        for query in ("?Action=DescribeCacheClusters&Version=2015-02-02", "?Version=2015-02-02&Action=DescribeEvents&SourceIdentifier=a%20b%2Bc"):
            with self.subTest(query):
                self.answers(200, "", signed(method="GET", query=query))
                self.answers(200, "", signed(method="GET", query=query, signer=botocore.auth.SigV4QueryAuth))

    def test_whatever_was_changed_on_the_way_is_seen(self):
        request = signed("Action=DescribeCacheClusters")
        self.answers(403, "SignatureDoesNotMatch", request, body="Action=DescribeSnapshots")
        self.answers(403, "SignatureDoesNotMatch", request, headers={"Content-Type": "text/plain"})
        self.answers(403, "SignatureDoesNotMatch", signed(headers={"X-Amz-Content-SHA256": "UNSIGNED-PAYLOAD"}))
        self.answers(403, "SignatureDoesNotMatch",
                     signed(headers={"X-Amz-Content-SHA256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"}))
        url = signed(method="GET", query="?Action=DescribeCacheClusters", signer=botocore.auth.SigV4QueryAuth)
        url.url = url.url.replace("DescribeCacheClusters", "DescribeSnapshots")
        self.answers(403, "SignatureDoesNotMatch", url)

    def test_there_is_one_way_to_sign_and_each_name_counts_once(self):
        url = signed(method="GET", query="?Action=DescribeCacheClusters", signer=botocore.auth.SigV4QueryAuth, expires=1)
        signature = url.url.partition("&X-Amz-Signature=")
        header = signed(method="GET", query=signature[0].partition("?")[1] + signature[0].partition("?")[2])
        self.answers(400, "IncompleteSignature", header)
        self.answers(400, "IncompleteSignature", url, headers={"Authorization": header.headers["Authorization"]})
        url.url = url.url.replace("X-Amz-", "X%2DAmz-").replace("X%2DAmz-Signature", "ignored")
        self.answers(400, "IncompleteSignature", url, headers={"Authorization": header.headers["Authorization"]})
        request = signed()
        for names in ("host;" * 3000 + "x-amz-date", "x-amz-date;host", "host;host;x-amz-date"):
            authorization = re.sub("SignedHeaders=[^,]*", "SignedHeaders=" + names, request.headers["Authorization"])
            self.answers(400, "IncompleteSignature", request, headers={"Authorization": authorization})
        long = self.answers(403, "SignatureDoesNotMatch", signed(headers={"X-Long": "<" * 12000}, secret="another"))
        self.assertLess(len(long), 40000)

    def test_another_region_service_or_day_is_refused(self):
        self.assertIn("Credential should be scoped to a valid region.", self.answers(403, "SignatureDoesNotMatch", signed(region="mars-1")))
        self.assertIn("Credential should be scoped to correct service: &apos;elasticache&apos;.".replace("&apos;", "'"),
                      self.answers(403, "SignatureDoesNotMatch", signed(service="s3")).replace("&apos;", "'").replace("&#39;", "'"))
        request = signed()
        for old, new in (("aws4_request", "aws3_request"), ("Credential=", "Credentials="),
                         ("Signature=", "Sign="), ("SignedHeaders=", "Headers="), ("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256")):
            with self.subTest(old):
                self.answers(400, "IncompleteSignature", request, headers={"Authorization": request.headers["Authorization"].replace(old, new, 1)})
        self.answers(400, "IncompleteSignature", request, drop=["X-Amz-Date"])
        self.answers(403, "SignatureDoesNotMatch", request, headers={"X-Amz-Date": "19990101T000000Z"})
        unsigned_host = request.headers["Authorization"].replace("host;", "")
        self.answers(403, "SignatureDoesNotMatch", request, headers={"Authorization": unsigned_host})

    def test_signatures_are_good_for_a_quarter_of_an_hour(self):
        now = datetime.datetime.now(datetime.timezone.utc)
        self.answers(200, "", signed(at=now - 14 * MINUTE))
        self.answers(200, "", signed(at=now + 14 * MINUTE))
        self.answers(400, "RequestExpired", signed(at=now - 16 * MINUTE))
        self.answers(400, "RequestExpired", signed(at=now + 16 * MINUTE))
        presigned = {"method": "GET", "query": "?Action=DescribeCacheClusters", "signer": botocore.auth.SigV4QueryAuth}
        self.answers(200, "", signed(at=now - 50 * MINUTE, expires=3600, **presigned))
        self.answers(400, "RequestExpired", signed(at=now - 2 * MINUTE, expires=60, **presigned))
        self.answers(400, "IncompleteSignature", signed(expires=604801, **presigned))

    def test_the_services_clock_may_be_elsewhere(self):
        self.server.admin("POST", "clock?advance_ms=86400000")
        self.answers(200, "", signed())


class Rights(Case):
    def test_who_may_only_read_changes_nothing(self):
        client(READER).describe_replication_groups()
        message = self.refused("AccessDenied", client(READER).create_replication_group, ReplicationGroupId="Mine", ReplicationGroupDescription="d")
        self.assertEqual(
            "User: arn:aws:iam::%s:user/reader is not authorized to perform: elasticache:CreateReplicationGroup on resource: "
            "arn:aws:elasticache:us-east-1:%s:replicationgroup:Mine because no identity-based policy allows the "
            "elasticache:CreateReplicationGroup action" % (ACCOUNT, ACCOUNT), message)

    def test_actions_are_allowed_by_their_patterns(self):
        lister = client(LISTER)
        lister.describe_users()
        self.assertIn("elasticache:ListTagsForResource on resource: arn:x",
                      self.refused("AccessDenied", lister.list_tags_for_resource, ResourceName="arn:x"))
        self.assertIn("on resource: * because",
                      self.refused("AccessDenied", client(LISTER).purchase_reserved_cache_nodes_offering, ReservedCacheNodesOfferingId="o"))
        self.refused("AccessDenied", client(LISTER, "ec2").describe_vpcs)
        client(OWNER, "ec2").describe_vpcs()
        experiments = client(LISTER, "fis")
        self.refused("AccessDeniedException", experiments.list_experiments)
        client(OWNER, "fis").list_experiments()

    def test_sts_says_who_somebody_is_and_gives_keys_that_work(self):
        self.assertEqual("arn:aws:iam::%s:user/reader" % ACCOUNT, client(READER, "sts").get_caller_identity()["Arn"])
        self.assertEqual("arn:aws:iam::%s:root" % OTHER, client(FOREIGNER, "sts").get_caller_identity()["Arn"])
        self.refused("InvalidClientTokenId", client("AKIANOBODY", "sts", secret="x").get_caller_identity)
        role = "arn:aws:iam::%s:role/deploy/er" % ACCOUNT
        given = client(LISTER, "sts").assume_role(RoleArn=role, RoleSessionName="ci@home", DurationSeconds=900)["Credentials"]
        keys = {"secret": given["SecretAccessKey"], "token": given["SessionToken"]}
        self.assertLess(given["Expiration"] - datetime.datetime.now(datetime.timezone.utc), 16 * MINUTE)
        who = client(given["AccessKeyId"], "sts", **keys).get_caller_identity()
        self.assertEqual(("arn:aws:sts::%s:assumed-role/er/ci@home" % ACCOUNT, ACCOUNT), (who["Arn"], who["Account"]))
        client(given["AccessKeyId"], **keys).describe_users()
        self.refused("AccessDenied", client(given["AccessKeyId"], **keys).create_user, UserId="u", UserName="u", Engine="redis", AccessString="on")
        self.refused("SignatureDoesNotMatch", client(given["AccessKeyId"], secret="x", token=keys["token"]).describe_users)
        self.refused("InvalidClientTokenId", client(LISTER, token=keys["token"]).describe_users)
        later = keys["token"].split("/")
        later[3] = str(int(later[3]) + 1000)
        self.refused("InvalidClientTokenId", client(given["AccessKeyId"], secret=keys["secret"], token="/".join(later)).describe_users)
        self.refused("AccessDenied", client(FOREIGNER, "sts").assume_role, RoleArn=role, RoleSessionName="foreign")
        for name in ("x" * 65, "a<b", "a b"):
            self.refused("ValidationError", client(LISTER, "sts").assume_role, RoleArn="arn:aws:iam::%s:role/%s" % (ACCOUNT, name), RoleSessionName="ci")

    def test_a_session_ends_where_its_key_becomes_another_accounts(self):
        self.addCleanup(write, FILE, document(KEYS))
        given = client(LISTER, "sts").assume_role(RoleArn="arn:aws:iam::%s:role/r" % ACCOUNT, RoleSessionName="ci")["Credentials"]
        keys = {"secret": given["SecretAccessKey"], "token": given["SessionToken"]}
        client(given["AccessKeyId"], **keys).describe_users()
        write(FILE, document(KEYS | {LISTER: KEYS[LISTER] | {"account": OTHER}}))
        self.refused("InvalidClientTokenId", client(given["AccessKeyId"], **keys).describe_users)


class File(Case):
    def test_a_changed_file_counts_at_once_and_a_broken_one_does_not(self):
        self.addCleanup(write, FILE, document(KEYS))
        newcomer = {"AKIANEW": {"secret": "new", "account": OTHER}}
        self.refused("InvalidClientTokenId", client("AKIANEW", secret="new").describe_users)
        write(FILE, document(KEYS | newcomer))
        client("AKIANEW", secret="new").describe_users()
        for broken in (document(KEYS)[:-20], "", "[]", document({"AKIABAD": {"secret": "s3cr3t-of-nobody", "account": "12"}})):
            write(FILE, broken)
            client("AKIANEW", secret="new").describe_users()
        write(FILE, document(KEYS))
        os.chmod(FILE, 0o644)
        client("AKIANEW", secret="new").describe_users()
        os.chmod(FILE, 0o600)
        self.refused("InvalidClientTokenId", client("AKIANEW", secret="new").describe_users)
        self.assertIn("the keys that were read before stay in force", self.server.log())
        for secret in [key["secret"] for key in KEYS.values()] + ["s3cr3t-of-nobody"]:
            self.assertNotIn(secret, self.server.log())

    def test_a_file_that_cannot_be_used_ends_the_start_with_one_line(self):
        one = {"AKIAONE": {"secret": "s3cr3t", "account": ACCOUNT}}
        cases = {
            "it must be {\"keys\": [{\"id\": …, \"secret\": …, \"account\": …}, …]}": "{",
            "the key AKIAONE stands there twice": json.dumps({"keys": [{"id": "AKIAONE", **one["AKIAONE"]}] * 2}),
            "key AKIAONE: its account must be 12 digits": document({"AKIAONE": {"secret": "s3cr3t", "account": "1"}}),
            "key AKIAONE: its secret must have 1 to 256 characters": document({"AKIAONE": {"secret": "", "account": ACCOUNT}}),
            "key AKIAONE: its action 1 is none": document({"AKIAONE": {**one["AKIAONE"], "actions": ["a b"]}}),
            "key AKIAONE: its action 2 is none": document({"AKIAONE": {**one["AKIAONE"], "actions": ["sts:*", "Describe*"]}}),
            "it must be {\"keys\"": document({"AKIAONE": {**one["AKIAONE"], "read_only": None}}),
            "key AKIAONE: its user is no name": document({"AKIAONE": {**one["AKIAONE"], "user": "a/b"}}),
        }
        for said, text in cases.items():
            with self.subTest(said), tempfile.TemporaryDirectory() as other:
                path = os.path.join(other, "keys")
                write(path, text)
                self.start_fails(said, other, path)
        with tempfile.TemporaryDirectory() as other:
            path = os.path.join(other, "keys")
            self.start_fails("No such file", other, path)
            write(path, document(one))
            os.chmod(path, 0o640)
            self.start_fails("others may read this file", other, path)
            self.start_fails("need each other", other, None)

    def start_fails(self, said, other, path):
        flags = ["--auth", "verify"] + (["--access-keys", path] if path else [])
        run = subprocess.run([harness.BIN, "serve", "--listen", "127.0.0.1:0", "--data-dir", os.path.join(other, "data"), *flags],
                             capture_output=True, text=True, env=harness.clean_environment(), timeout=60, check=False)
        self.assertNotEqual(0, run.returncode)
        self.assertIn(said, run.stderr)
        self.assertNotIn("s3cr3t", run.stderr)


if __name__ == "__main__":
    unittest.main()
