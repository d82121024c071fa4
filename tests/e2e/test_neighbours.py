"""The services beside ElastiCache: STS says who somebody is, and EC2 which network there is, consistent with the subnet groups."""
import subprocess
import unittest

import boto3
import botocore.config
import botocore.exceptions
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
