#!/usr/bin/env python3
"""The contract checker finds what it is there to find, and nothing in answers that are right."""
import os
import sys
import unittest

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, TESTS)
from contract import Contract  # noqa: E402 (the path comes first)

CONTRACT = Contract(os.path.join(os.path.dirname(TESTS), "api"))
ID = "<RequestId>f3b7b32d-b9d2-11e3-8a16-7978bb24ffdf</RequestId>"
XMLNS = 'xmlns="http://elasticache.amazonaws.com/doc/2015-02-02/"'


def success(action, result):
    metadata = f"<ResponseMetadata>{ID}</ResponseMetadata>"
    return f"<{action}Response {XMLNS}>{result}{metadata}</{action}Response>"


def groups(content):
    action = "DescribeReplicationGroups"
    return action, 200, "text/xml", success(action, f"<{action}Result>{content}</{action}Result>")


def group(members):
    return groups(f"<ReplicationGroups><ReplicationGroup>{members}</ReplicationGroup></ReplicationGroups>")


def error(action, status, code, side="Sender", message="why", request_id=ID):
    body = f"<Error><Type>{side}</Type><Code>{code}</Code><Message>{message}</Message></Error>{request_id}"
    return action, status, "text/xml", f"<ErrorResponse {XMLNS}>{body}</ErrorResponse>"


GOOD = {
    "an empty result": groups(""),
    "an empty list": groups("<ReplicationGroups/><Marker/>"),
    "leaves of all kinds": group("<Status>available</Status><SnapshotRetentionLimit>0</SnapshotRetentionLimit>"
                                 "<MultiAZ>enabled</MultiAZ><ClusterEnabled>false</ClusterEnabled>"
                                 "<ReplicationGroupCreateTime>2018-02-26T21:06:43.420Z</ReplicationGroupCreateTime>"
                                 "<MemberClusters><ClusterId>a</ClusterId></MemberClusters>"
                                 "<UserGroupIds><member>u</member></UserGroupIds><GlobalReplicationGroupInfo/>"),
    "no result element": ("DeleteCacheSubnetGroup", 200, "text/xml", success("DeleteCacheSubnetGroup", "")),
    "a bare result": ("CreateUser", 200, "text/xml; charset=utf-8",
                      success("CreateUser", "<CreateUserResult><UserId>u</UserId></CreateUserResult>")),
    "a declared fault": error("DescribeReplicationGroups", 404, "ReplicationGroupNotFoundFault"),
    "a common fault": error("DescribeReplicationGroups", 400, "Throttling"),
    "an unknown operation": error("NoSuchThing", 400, "InvalidAction"),
}

BAD = {
    "not XML": ("DescribeEvents", 200, "application/json", "{}"),
    "stands twice": group("<Status>a</Status><Status>b</Status>"),
    "unknown element": group("<Colour>red</Colour>"),
    "not one of": group("<MultiAZ>maybe</MultiAZ>"),
    "says boolean": group("<ClusterEnabled>True</ClusterEnabled>"),
    "says integer": group("<SnapshotRetentionLimit></SnapshotRetentionLimit>"),
    "says timestamp": group("<ReplicationGroupCreateTime>1519679203</ReplicationGroupCreateTime>"),
    "says ClusterId": group("<MemberClusters><member>a</member></MemberClusters>"),
    "text in the structure": group("x"),
    "text in the list": group("<MemberClusters>a</MemberClusters>"),
    "says string": group("<Status><b/></Status>"),
    "has attributes": group('<Status a="b">x</Status>'),
    "not in the service's namespace": group('<Status xmlns="">x</Status>'),
    "no DescribeEventsResult": ("DescribeEvents", 200, "text/xml", success("DescribeEvents", "")),
    "the root element is": ("DescribeEvents", 200, "text/xml", success("DescribeUsers", "")),
    "no ResponseMetadata": ("DeleteCacheSubnetGroup", 200, "text/xml", f"<DeleteCacheSubnetGroupResponse {XMLNS}/>"),
    "is not in the model": ("NoSuchThing", 200, "text/xml", success("NoSuchThing", "")),
    "is not declared": error("DescribeReplicationGroups", 404, "UserNotFound"),
    "came with status 404": error("DescribeReplicationGroups", 404, "InvalidParameterValue"),
    "without a message": error("DescribeReplicationGroups", 400, "InvalidParameterValue", message=""),
    "has the type": error("DescribeReplicationGroups", 400, "InvalidParameterValue", side="Receiver"),
    "no RequestId": error("DescribeReplicationGroups", 400, "InvalidParameterValue", request_id=""),
    "the server failed": error("DescribeReplicationGroups", 500, "InternalFailure", side="Receiver"),
    "status 400 with the root element": ("DescribeEvents", 400, "text/xml", success("DescribeEvents", "")),
}


class TestContract(unittest.TestCase):
    def test_right_answers_pass(self):
        for name, answer in GOOD.items():
            with self.subTest(name):
                self.assertEqual(CONTRACT.check(*answer), [])

    def test_each_violation_is_told(self):
        for text, answer in BAD.items():
            with self.subTest(text):
                violations = CONTRACT.check(*answer)
                self.assertTrue(any(text in v for v in violations), violations)
                self.assertTrue(all(v.startswith(answer[0] + ": ") for v in violations))

    def test_a_body_of_bytes_will_do(self):
        action, status, content_type, body = groups("")
        self.assertEqual(CONTRACT.check(action, status, content_type, body.encode()), [])


if __name__ == "__main__":
    unittest.main()
