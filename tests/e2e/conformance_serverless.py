"""Calls of the operations of serverless caches, as conformance.py reads them."""

SERVERLESS = """
CreateUser Engine=redis&AccessString=on&NoPasswordRequired=true&UserName=default&UserId=slu
CreateUserGroup Engine=redis&UserGroupId=slg&UserIds.member.1=slu
@wait usergroup slg active
CreateServerlessCache ServerlessCacheName=sl&Engine=redis&UserGroupId=none = UserGroupNotFound
CreateServerlessCache ServerlessCacheName=sl&Engine=redis&UserGroupId=held-ug = InvalidUserGroupState
CreateServerlessCache ServerlessCacheName=sl&Engine=none = InvalidParameterValue
CreateServerlessCache ServerlessCacheName=sl&Engine=redis&MajorEngineVersion=6 = InvalidParameterValue
CreateServerlessCache ServerlessCacheName=sl&Engine=redis&SubnetIds.SubnetId.1=subnet-a = InvalidParameterValue
CreateServerlessCache ServerlessCacheName=sl&Engine=redis&CacheUsageLimits.ECPUPerSecond.Maximum=5 = InvalidParameterValue
CreateServerlessCache ServerlessCacheName=sl&Engine=redis&CacheUsageLimits.ECPUPerSecond.Minimum=3000&CacheUsageLimits.ECPUPerSecond.Maximum=2000 = InvalidParameterCombination
CreateServerlessCache ServerlessCacheName=sl&Engine=redis&{MANY} = TagQuotaPerResourceExceeded
CreateServerlessCache ServerlessCacheName=sl&Engine=redis&Description=d&KmsKeyId=k&UserGroupId=slg&CacheUsageLimits.DataStorage.Minimum=1&CacheUsageLimits.DataStorage.Maximum=2&CacheUsageLimits.DataStorage.Unit=GB&CacheUsageLimits.ECPUPerSecond.Minimum=1000&CacheUsageLimits.ECPUPerSecond.Maximum=2000
CreateServerlessCache ServerlessCacheName=sl&Engine=redis = ServerlessCacheAlreadyExistsFault
DeleteUserGroup UserGroupId=slg = InvalidUserGroupState
@wait serverless sl
DescribeServerlessCaches
DescribeServerlessCaches ServerlessCacheName=none = ServerlessCacheNotFoundFault
DescribeServerlessCaches MaxResults=51 = InvalidParameterValue
CreateServerlessCache ServerlessCacheName=sl2&Engine=redis&SnapshotArnsToRestore.SnapshotArn.1=arn:aws:elasticache:us-east-1:000000000000:snapshot:none = InvalidParameterValue
ModifyServerlessCache ServerlessCacheName=none = ServerlessCacheNotFoundFault
ModifyServerlessCache ServerlessCacheName=sl = InvalidParameterCombination
ModifyServerlessCache ServerlessCacheName=sl&Engine=redis = InvalidParameterValue
ModifyServerlessCache ServerlessCacheName=sl&UserGroupId=none = UserGroupNotFound
ModifyServerlessCache ServerlessCacheName=sl&UserGroupId=held-ug = InvalidUserGroupState
ModifyServerlessCache ServerlessCacheName=sl&Description=e
CreateServerlessCacheSnapshot ServerlessCacheName=none&ServerlessCacheSnapshotName=sls = ServerlessCacheNotFoundFault
CreateServerlessCacheSnapshot ServerlessCacheName=sl&ServerlessCacheSnapshotName=-s = InvalidParameterValue
CreateServerlessCacheSnapshot ServerlessCacheName=sl&ServerlessCacheSnapshotName=sls&{MANY} = TagQuotaPerResourceExceeded
CreateServerlessCacheSnapshot ServerlessCacheName=sl&ServerlessCacheSnapshotName=sls
CreateServerlessCacheSnapshot ServerlessCacheName=sl&ServerlessCacheSnapshotName=sls = ServerlessCacheSnapshotAlreadyExistsFault
@wait slsnapshot sls
DescribeServerlessCacheSnapshots ServerlessCacheSnapshotName=none = ServerlessCacheSnapshotNotFoundFault
DescribeServerlessCacheSnapshots ServerlessCacheName=none = ServerlessCacheNotFoundFault
DescribeServerlessCacheSnapshots SnapshotType=none = InvalidParameterValue
DescribeServerlessCacheSnapshots
CopyServerlessCacheSnapshot SourceServerlessCacheSnapshotName=none&TargetServerlessCacheSnapshotName=slc = ServerlessCacheSnapshotNotFoundFault
CopyServerlessCacheSnapshot SourceServerlessCacheSnapshotName=sls&TargetServerlessCacheSnapshotName=sls = ServerlessCacheSnapshotAlreadyExistsFault
CopyServerlessCacheSnapshot SourceServerlessCacheSnapshotName=sls&TargetServerlessCacheSnapshotName=-c = InvalidParameterValue
CopyServerlessCacheSnapshot SourceServerlessCacheSnapshotName=sls&TargetServerlessCacheSnapshotName=slc&{MANY} = TagQuotaPerResourceExceeded
CopyServerlessCacheSnapshot SourceServerlessCacheSnapshotName=sls&TargetServerlessCacheSnapshotName=slc&KmsKeyId=k
@wait slsnapshot slc
ExportServerlessCacheSnapshot ServerlessCacheSnapshotName=none&S3BucketName=b = ServerlessCacheSnapshotNotFoundFault
ExportServerlessCacheSnapshot ServerlessCacheSnapshotName=sls&S3BucketName=b = InvalidParameterValue
DeleteServerlessCacheSnapshot ServerlessCacheSnapshotName=none = ServerlessCacheSnapshotNotFoundFault
DeleteServerlessCacheSnapshot = InvalidParameterValue
ListTagsForResource {ARN}serverlesscache:sl
ListTagsForResource {ARN}serverlesscachesnapshot:sls
@slsnapshots 23 sl
CreateServerlessCacheSnapshot ServerlessCacheName=sl&ServerlessCacheSnapshotName=slmore = ServerlessCacheSnapshotQuotaExceededFault
DeleteServerlessCache ServerlessCacheName=none = ServerlessCacheNotFoundFault
DeleteServerlessCache ServerlessCacheName=sl&FinalSnapshotName=sls = ServerlessCacheSnapshotAlreadyExistsFault
DeleteServerlessCache ServerlessCacheName=sl&FinalSnapshotName=-s = InvalidParameterValue
@start 3600000
CreateServerlessCache ServerlessCacheName=sl3&Engine=redis
ModifyServerlessCache ServerlessCacheName=sl3&Description=e = InvalidServerlessCacheStateFault
CreateServerlessCacheSnapshot ServerlessCacheName=sl3&ServerlessCacheSnapshotName=slx = InvalidServerlessCacheStateFault
DeleteServerlessCache ServerlessCacheName=sl3&FinalSnapshotName=slx = InvalidServerlessCacheStateFault
@start 1
DeleteServerlessCacheSnapshot ServerlessCacheSnapshotName=sls
DeleteServerlessCache ServerlessCacheName=sl
@region eu-south-2
@many 40 CreateServerlessCache ServerlessCacheName=many-{i}&Engine=redis
CreateServerlessCache ServerlessCacheName=last&Engine=redis = ServerlessCacheQuotaForCustomerExceededFault
@region
"""

# With an engine, and an agent that stands still: what is begun stays as it is.
SERVERLESS_HELD = """
CreateServerlessCache ServerlessCacheName=held&Engine=redis
CreateServerlessCache ServerlessCacheName=leaving&Engine=redis
@wait serverless held
@wait serverless leaving
CreateServerlessCacheSnapshot ServerlessCacheName=held&ServerlessCacheSnapshotName=going
@wait slsnapshot going
@wait serverless held
@hold us-east-1
CreateServerlessCacheSnapshot ServerlessCacheName=held&ServerlessCacheSnapshotName=coming
CopyServerlessCacheSnapshot SourceServerlessCacheSnapshotName=coming&TargetServerlessCacheSnapshotName=x = InvalidServerlessCacheSnapshotStateFault
ExportServerlessCacheSnapshot ServerlessCacheSnapshotName=coming&S3BucketName=b = InvalidServerlessCacheSnapshotStateFault
DeleteServerlessCacheSnapshot ServerlessCacheSnapshotName=coming = InvalidServerlessCacheSnapshotStateFault
DeleteServerlessCacheSnapshot ServerlessCacheSnapshotName=going
DeleteServerlessCache ServerlessCacheName=leaving
"""
for _operation, _rest in (("AddTagsToResource", "&Tags.Tag.1.Key=k"), ("ListTagsForResource", ""), ("RemoveTagsFromResource", "&TagKeys.member.1=k")):
    SERVERLESS_HELD += "%s {ARN}serverlesscachesnapshot:going%s = InvalidServerlessCacheSnapshotStateFault\n" % (_operation, _rest)
    SERVERLESS_HELD += "%s {ARN}serverlesscache:leaving%s = InvalidServerlessCacheStateFault\n" % (_operation, _rest)
SERVERLESS_HELD += "@release us-east-1\n"
