"""Every operation with success, and with the faults that rules of the service lead to: lines for conformance.Session.run()."""
from conformance_serverless import SERVERLESS, SERVERLESS_HELD  # noqa: F401


ENGINES = """
DescribeCacheEngineVersions Engine=redis
DescribeEngineDefaultParameters CacheParameterGroupFamily=redis7&MaxRecords=20
DescribeEngineDefaultParameters CacheParameterGroupFamily=memcached1.6
DescribeEngineDefaultParameters CacheParameterGroupFamily=none = InvalidParameterValue
DescribeEvents SourceType=none = InvalidParameterValue
DescribeEvents Duration=1&StartTime=2026-01-01T00:00:00Z = InvalidParameterCombination
DescribeEvents SourceIdentifier=x
DescribeCacheSecurityGroups = InvalidParameterValue
CreateCacheSecurityGroup CacheSecurityGroupName=x&Description=d = InvalidParameterValue
AuthorizeCacheSecurityGroupIngress CacheSecurityGroupName=x&EC2SecurityGroupName=e&EC2SecurityGroupOwnerId=1 = InvalidParameterValue
RevokeCacheSecurityGroupIngress CacheSecurityGroupName=x&EC2SecurityGroupName=e&EC2SecurityGroupOwnerId=1 = InvalidParameterValue
DeleteCacheSecurityGroup CacheSecurityGroupName=x = InvalidParameterValue
"""

PARAMETER_GROUPS = """
CreateCacheParameterGroup {PG}pg&Tags.Tag.1.Key=k&Tags.Tag.1.Value=v
CreateCacheParameterGroup {PG}pg = CacheParameterGroupAlreadyExists
CreateCacheParameterGroup {PG}pg-1&{MANY} = TagQuotaPerResourceExceeded
CreateCacheParameterGroup {PG}1x = InvalidParameterValue
DescribeCacheParameterGroups CacheParameterGroupName=pg
DescribeCacheParameterGroups CacheParameterGroupName=none = CacheParameterGroupNotFound
DescribeCacheParameterGroups MaxRecords=1 = InvalidParameterValue
ModifyCacheParameterGroup CacheParameterGroupName=pg&ParameterNameValues.ParameterNameValue.1.ParameterName=timeout&ParameterNameValues.ParameterNameValue.1.ParameterValue=30
ModifyCacheParameterGroup CacheParameterGroupName=none&ParameterNameValues.ParameterNameValue.1.ParameterName=timeout&ParameterNameValues.ParameterNameValue.1.ParameterValue=30 = CacheParameterGroupNotFound
ModifyCacheParameterGroup CacheParameterGroupName=default.redis7&ParameterNameValues.ParameterNameValue.1.ParameterName=timeout&ParameterNameValues.ParameterNameValue.1.ParameterValue=30 = InvalidParameterValue
DescribeCacheParameters CacheParameterGroupName=pg&MaxRecords=20
DescribeCacheParameters CacheParameterGroupName=pg&Source=user
DescribeCacheParameters CacheParameterGroupName=default.memcached1.6
DescribeCacheParameters CacheParameterGroupName=none = CacheParameterGroupNotFound
DescribeCacheParameters CacheParameterGroupName=pg&Source=none = InvalidParameterValue
ResetCacheParameterGroup CacheParameterGroupName=none&ResetAllParameters=true = CacheParameterGroupNotFound
ResetCacheParameterGroup CacheParameterGroupName=pg&ResetAllParameters=true&ParameterNameValues.ParameterNameValue.1.ParameterName=timeout = InvalidParameterCombination
ResetCacheParameterGroup CacheParameterGroupName=pg&ParameterNameValues.ParameterNameValue.1.ParameterName=none = InvalidParameterValue
ResetCacheParameterGroup CacheParameterGroupName=pg&ResetAllParameters=true
CreateReplicationGroup {RG}pg-user&CacheParameterGroupName=pg
@wait rg pg-user
DeleteCacheParameterGroup CacheParameterGroupName=pg = InvalidCacheParameterGroupState
DeleteCacheParameterGroup CacheParameterGroupName=none = CacheParameterGroupNotFound
DeleteCacheParameterGroup CacheParameterGroupName=default.redis7 = InvalidParameterValue
DeleteReplicationGroup ReplicationGroupId=pg-user
@gone rg pg-user
DeleteCacheParameterGroup CacheParameterGroupName=pg
CreateCacheParameterGroup {PG}held-pg
CreateCacheParameterGroup {PG}other-pg
@start 3600000
CreateReplicationGroup {RG}held-by-pg&CacheParameterGroupName=held-pg
@starting held-by-pg
@start 1
ModifyCacheParameterGroup CacheParameterGroupName=held-pg&ParameterNameValues.ParameterNameValue.1.ParameterName=timeout&ParameterNameValues.ParameterNameValue.1.ParameterValue=30
ResetCacheParameterGroup CacheParameterGroupName=held-pg&ResetAllParameters=true = InvalidCacheParameterGroupState
ModifyCacheParameterGroup CacheParameterGroupName=other-pg&{RESERVED} = InvalidParameterCombination
@region eu-south-1
@many 300 CreateCacheParameterGroup {PG}pg-{i}
CreateCacheParameterGroup {PG}pg-last = CacheParameterGroupQuotaExceeded
@region
"""

SUBNET_GROUPS = """
CreateCacheSubnetGroup {SG}sg&Tags.Tag.1.Key=k
CreateCacheSubnetGroup {SG}sg = CacheSubnetGroupAlreadyExists
CreateCacheSubnetGroup {SG}sg-1&{MANY} = TagQuotaPerResourceExceeded
CreateCacheSubnetGroup {SG}sg-2&{SUBNETS} = CacheSubnetQuotaExceededFault
CreateCacheSubnetGroup {SG}sg-3&SubnetIds.SubnetIdentifier.2=subnet-other-b = InvalidSubnet
CreateCacheSubnetGroup {SG}sg-4&SubnetIds.SubnetIdentifier.2=subnet-outpost-b = SubnetNotAllowedFault
DescribeCacheSubnetGroups CacheSubnetGroupName=sg
DescribeCacheSubnetGroups CacheSubnetGroupName=none = CacheSubnetGroupNotFoundFault
CreateReplicationGroup {RG}sg-user&CacheSubnetGroupName=sg
ModifyCacheSubnetGroup CacheSubnetGroupName=sg&CacheSubnetGroupDescription=e
ModifyCacheSubnetGroup CacheSubnetGroupName=none&CacheSubnetGroupDescription=e = CacheSubnetGroupNotFoundFault
ModifyCacheSubnetGroup CacheSubnetGroupName=sg&SubnetIds.SubnetIdentifier.1=subnet-b = SubnetInUse
ModifyCacheSubnetGroup CacheSubnetGroupName=sg&{SUBNETS} = CacheSubnetQuotaExceededFault
ModifyCacheSubnetGroup CacheSubnetGroupName=sg&SubnetIds.SubnetIdentifier.1=subnet-other-b = InvalidSubnet
ModifyCacheSubnetGroup CacheSubnetGroupName=sg&SubnetIds.SubnetIdentifier.1=subnet-outpost-b = SubnetNotAllowedFault
DeleteCacheSubnetGroup CacheSubnetGroupName=sg = CacheSubnetGroupInUse
DeleteCacheSubnetGroup CacheSubnetGroupName=none = CacheSubnetGroupNotFoundFault
@wait rg sg-user
DeleteReplicationGroup ReplicationGroupId=sg-user
@gone rg sg-user
DeleteCacheSubnetGroup CacheSubnetGroupName=sg
@region eu-south-1
@many 300 CreateCacheSubnetGroup {SG}sg-{i}
CreateCacheSubnetGroup {SG}sg-last = CacheSubnetGroupQuotaExceeded
@region
"""

USERS = """
CreateUser {U}ann&Tags.Tag.1.Key=k
CreateUser {U}bob
CreateUser {U}ann = UserAlreadyExists
CreateUser Engine=redis&AccessString=on&UserId=cid&UserName=cid = InvalidParameterValue
CreateUser Engine=redis&AccessString=on&UserId=cid&UserName=other&AuthenticationMode.Type=iam = InvalidParameterCombination
CreateUser {U}cid&{MANY} = TagQuotaPerResourceExceeded
DescribeUsers UserId=ann
DescribeUsers UserId=none = UserNotFound
DescribeUsers Filters.member.1.Name=Colour&Filters.member.1.Values.member.1=red = InvalidParameterCombination
CreateUser Engine=redis&AccessString=on&Passwords.member.1=0123456789abcdef&UserName=eve&UserId=eve
ModifyUser UserId=eve&AccessString=off
DeleteUser UserId=eve
ModifyUser UserId=ann&AccessString=off
ModifyUser UserId=none&AccessString=off = UserNotFound
ModifyUser UserId=ann&AccessString=nonsense = InvalidParameterValue
CreateUserGroup UserGroupId=ug&Engine=redis&UserIds.member.1=default&UserIds.member.2=bob&Tags.Tag.1.Key=k
CreateUserGroup UserGroupId=ug&Engine=redis&UserIds.member.1=default = UserGroupAlreadyExists
CreateUserGroup UserGroupId=ug2&Engine=redis&UserIds.member.1=none = UserNotFound
CreateUserGroup UserGroupId=ug2&Engine=redis&UserIds.member.1=bob = DefaultUserRequired
CreateUser Engine=redis&AccessString=on&NoPasswordRequired=true&UserName=default&UserId=second-default
CreateUserGroup UserGroupId=ug2&Engine=redis&UserIds.member.1=default&UserIds.member.2=second-default = DuplicateUserName
CreateUserGroup UserGroupId=1x&Engine=redis&UserIds.member.1=default = InvalidParameterValue
CreateUserGroup UserGroupId=ug2&Engine=redis&UserIds.member.1=default&{MANY} = TagQuotaPerResourceExceeded
@wait usergroup ug active
DescribeUserGroups UserGroupId=ug
DescribeUserGroups UserGroupId=none = UserGroupNotFound
ModifyUserGroup UserGroupId=none&UserIdsToAdd.member.1=ann = UserGroupNotFound
ModifyUserGroup UserGroupId=ug&UserIdsToAdd.member.1=none = UserNotFound
ModifyUserGroup UserGroupId=ug&UserIdsToAdd.member.1=second-default = DuplicateUserName
ModifyUserGroup UserGroupId=ug&UserIdsToRemove.member.1=default = DefaultUserRequired
ModifyUserGroup UserGroupId=ug&UserIdsToRemove.member.1=ann = InvalidParameterValue
ModifyUserGroup UserGroupId=ug = InvalidParameterCombination
DeleteUser UserId=second-default
CreateUser Engine=redis&AccessString=on&NoPasswordRequired=true&UserName=default&UserId=own-default
CreateUserGroup UserGroupId=ug3&Engine=redis&UserIds.member.1=own-default
@wait usergroup ug3 active
DeleteUser UserId=own-default = DefaultUserAssociatedToUserGroup
DeleteUser UserId=none = UserNotFound
DeleteUser UserId=default = InvalidParameterValue
CreateReplicationGroup {HA}rbac&TransitEncryptionEnabled=true&UserGroupIds.member.1=ug
@wait rg rbac
DeleteUserGroup UserGroupId=ug = InvalidUserGroupState
CreateUser {U}dan
CreateUserGroup UserGroupId=held-ug&Engine=redis&UserIds.member.1=default&UserIds.member.2=dan
@wait usergroup held-ug active
CreateReplicationGroup {HA}secret-2&TransitEncryptionEnabled=true
@wait rg secret-2
@start 3600000
CreateReplicationGroup {HA}held-by-ug&TransitEncryptionEnabled=true&UserGroupIds.member.1=held-ug
@starting held-by-ug
@start 1
ModifyUser UserId=dan&AccessString=off
ModifyUser UserId=dan&AccessString=on = InvalidUserState
DeleteUser UserId=dan = InvalidUserState
ModifyUser UserId=ann&NoPasswordRequired=true&Passwords.member.1=0123456789abcdef = InvalidParameterCombination
ModifyUserGroup UserGroupId=held-ug&UserIdsToAdd.member.1=ann
ModifyUserGroup UserGroupId=held-ug&UserIdsToRemove.member.1=ann = InvalidUserGroupState
CreateReplicationGroup {HA}x&TransitEncryptionEnabled=true&UserGroupIds.member.1=held-ug = InvalidUserGroupState
ModifyReplicationGroup ReplicationGroupId=secret-2&UserGroupIdsToAdd.member.1=held-ug = InvalidUserGroupState
DeleteUserGroup UserGroupId=none = UserGroupNotFound
DeleteUserGroup = InvalidParameterValue
@wait usergroup ug active
DeleteUserGroup UserGroupId=ug3
@region eu-south-1
@many 1000 CreateUser {U}u{i}
CreateUser {U}last = UserQuotaExceeded
@many 100 CreateUserGroup UserGroupId=ug{i}&Engine=redis&UserIds.member.1=default
CreateUserGroup UserGroupId=last&Engine=redis&UserIds.member.1=default = UserGroupQuotaExceeded
@region
"""

CACHE_CLUSTERS = """
CreateCacheCluster {LATER}{CC}one&Tags.Tag.1.Key=k&NotificationTopicArn=arn:aws:sns:us-east-1:000000000000:t&SnapshotRetentionLimit=1
CreateCacheCluster {CC}one = CacheClusterAlreadyExists
CreateCacheCluster {CC}1x = InvalidParameterValue
CreateCacheCluster {CC}x&PreferredAvailabilityZones.PreferredAvailabilityZone.1=us-east-1a = InvalidParameterCombination
CreateCacheCluster {CC}x&CacheSubnetGroupName=none = CacheSubnetGroupNotFoundFault
CreateCacheCluster {CC}x&CacheParameterGroupName=none = CacheParameterGroupNotFound
CreateCacheCluster {CC}x&{MANY} = TagQuotaPerResourceExceeded
CreateCacheCluster CacheClusterId=x&ReplicationGroupId=none = ReplicationGroupNotFoundFault
CreateCacheCluster {MC}x&NumCacheNodes=41 = NodeQuotaForClusterExceeded
CreateCacheSubnetGroup {SG}only-a
CreateCacheCluster {CC}x&CacheSubnetGroupName=only-a&PreferredAvailabilityZone=us-east-1b = InvalidVPCNetworkStateFault
CreateCacheCluster {MC}mem&NumCacheNodes=2&AZMode=cross-az
CreateCacheCluster {MC}mem-a&NumCacheNodes=1&CacheSubnetGroupName=only-a
@wait cluster one
@wait cluster mem
@wait cluster mem-a
@start 3600000
CreateCacheCluster {CC}young
CreateReplicationGroup {HA}young-rg
@starting young
@starting young-rg
@start 1
CreateCacheCluster CacheClusterId=x&ReplicationGroupId=young-rg = InvalidReplicationGroupState
DescribeCacheClusters CacheClusterId=one&ShowCacheNodeInfo=true
DescribeCacheClusters CacheClusterId=mem&ShowCacheNodeInfo=true
DescribeCacheClusters ShowCacheNodeInfo=true&ShowCacheClustersNotInReplicationGroups=true
DescribeCacheClusters CacheClusterId=none = CacheClusterNotFound
DescribeCacheClusters MaxRecords=1 = InvalidParameterValue
ModifyCacheCluster CacheClusterId=one&CacheNodeType=cache.r7g.xlarge&EngineVersion=7.1
ModifyCacheCluster CacheClusterId=one&SecurityGroupIds.SecurityGroupId.1=sg-1
ModifyCacheCluster CacheClusterId=mem&NumCacheNodes=1&CacheNodeIdsToRemove.CacheNodeId.1=0002
ModifyCacheCluster CacheClusterId=none&{NOW} = CacheClusterNotFound
ModifyCacheCluster CacheClusterId=one&{NOW}CacheNodeType=none = InvalidParameterValue
ModifyCacheCluster CacheClusterId=mem&NumCacheNodes=3&CacheNodeIdsToRemove.CacheNodeId.1=0002 = InvalidParameterCombination
ModifyCacheCluster CacheClusterId=mem&NumCacheNodes=41 = NodeQuotaForClusterExceeded
ModifyCacheCluster CacheClusterId=one&CacheParameterGroupName=none = CacheParameterGroupNotFound
ModifyCacheCluster CacheClusterId=young&AutoMinorVersionUpgrade=false = InvalidCacheClusterState
ModifyCacheCluster CacheClusterId=mem-a&NumCacheNodes=2&NewAvailabilityZones.PreferredAvailabilityZone.1=us-east-1b = InvalidVPCNetworkStateFault
RebootCacheCluster CacheClusterId=young&CacheNodeIdsToReboot.CacheNodeId.1=0001 = InvalidCacheClusterState
RebootCacheCluster CacheClusterId=none&CacheNodeIdsToReboot.CacheNodeId.1=0001 = CacheClusterNotFound
RebootCacheCluster CacheClusterId=mem&CacheNodeIdsToReboot.CacheNodeId.1=0001
@wait cluster mem
ListAllowedNodeTypeModifications CacheClusterId=one
ListAllowedNodeTypeModifications CacheClusterId=none = CacheClusterNotFound
ListAllowedNodeTypeModifications ReplicationGroupId=none = ReplicationGroupNotFoundFault
ListAllowedNodeTypeModifications = InvalidParameterCombination
CreateSnapshot CacheClusterId=one&SnapshotName=of-one
@wait snapshot of-one
CreateCacheCluster CacheClusterId=again&SnapshotName=of-one
@wait cluster again
DescribeCacheClusters CacheClusterId=again&ShowCacheNodeInfo=true
DeleteCacheCluster CacheClusterId=none = CacheClusterNotFound
DeleteCacheCluster CacheClusterId=one&FinalSnapshotIdentifier=of-one = SnapshotAlreadyExistsFault
DeleteCacheCluster CacheClusterId=one&FinalSnapshotIdentifier=1x = InvalidParameterValue
DeleteCacheCluster CacheClusterId=mem&FinalSnapshotIdentifier=of-mem = SnapshotFeatureNotSupportedFault
CreateReplicationGroup {HA}members
@wait rg members
DeleteCacheCluster CacheClusterId=members-001 = InvalidCacheClusterState
DeleteCacheCluster CacheClusterId=members-002&FinalSnapshotIdentifier=of-member = InvalidCacheClusterState
DeleteCacheCluster CacheClusterId=one&FinalSnapshotIdentifier=final-of-one
@gone cluster one
DeleteCacheCluster CacheClusterId=again
@region eu-south-2
@many 7 CreateCacheCluster {MC}m{i}&NumCacheNodes=40
CreateCacheCluster {MC}m7&NumCacheNodes=20
@wait cluster m7
CreateCacheCluster {CC}last = NodeQuotaForCustomerExceeded
CreateReplicationGroup {RG}last = NodeQuotaForCustomerExceeded
ModifyCacheCluster CacheClusterId=m7&NumCacheNodes=21 = NodeQuotaForCustomerExceeded
@region
"""

REPLICATION_GROUPS = """
CreateCacheSubnetGroup {SG}only-a2
CreateCacheSecurityGroup CacheSecurityGroupName=x&Description=d = InvalidParameterValue
CreateUser {U}rick
CreateUserGroup UserGroupId=busy-ug&Engine=redis&UserIds.member.1=default
CreateReplicationGroup {LATER}{HA}rg&Tags.Tag.1.Key=k&MultiAZEnabled=true&SnapshotRetentionLimit=1&AtRestEncryptionEnabled=true&KmsKeyId=alias/k
CreateReplicationGroup {HA}rg = ReplicationGroupAlreadyExists
CreateReplicationGroup {RG}1x = InvalidParameterValue
CreateReplicationGroup {RG}x&AutomaticFailoverEnabled=true = InvalidParameterCombination
CreateReplicationGroup ReplicationGroupDescription=d&ReplicationGroupId=x&PrimaryClusterId=none = CacheClusterNotFound
CreateReplicationGroup ReplicationGroupDescription=d&ReplicationGroupId=x&PrimaryClusterId=young = InvalidCacheClusterState
CreateReplicationGroup {RG}x&TransitEncryptionEnabled=true&UserGroupIds.member.1=none = UserGroupNotFound
CreateReplicationGroup {RG}x&CacheSubnetGroupName=none = CacheSubnetGroupNotFoundFault
CreateReplicationGroup {RG}x&CacheParameterGroupName=none = CacheParameterGroupNotFound
CreateReplicationGroup {RG}x&CacheSubnetGroupName=only-a2&PreferredCacheClusterAZs.AvailabilityZone.1=us-east-1b = InvalidVPCNetworkStateFault
CreateReplicationGroup {RG}x&{MANY} = TagQuotaPerResourceExceeded
CreateReplicationGroup {CM}x&NumNodeGroups=46 = NodeQuotaForClusterExceeded
CreateReplicationGroup {RG}x&AutomaticFailoverEnabled=true&NumNodeGroups=91 = NodeGroupsPerReplicationGroupQuotaExceeded
CreateReplicationGroup ReplicationGroupDescription=d&ReplicationGroupId=x&GlobalReplicationGroupId=ldgnf-none = GlobalReplicationGroupNotFoundFault
CreateReplicationGroup {CM}cm&NumNodeGroups=2
@wait rg rg
@wait rg cm
@start 3600000
CreateReplicationGroup {CM}young-cm&NumNodeGroups=2
@starting young-cm
@start 1
CreateReplicationGroup {CM}cm-a&NumNodeGroups=2&CacheSubnetGroupName=only-a2
CreateReplicationGroup {HA}two-a&CacheSubnetGroupName=only-a2
CreateReplicationGroup {HA}secret&TransitEncryptionEnabled=true&AuthToken=0123456789abcdef
CreateReplicationGroup {CM}locked&NumNodeGroups=2&AtRestEncryptionEnabled=true&KmsKeyId=alias/disabled
@wait rg cm-a
@wait rg two-a
@wait rg secret
@wait rg locked
DescribeReplicationGroups ReplicationGroupId=rg
DescribeReplicationGroups ReplicationGroupId=cm
DescribeReplicationGroups ReplicationGroupId=secret
DescribeReplicationGroups
DescribeReplicationGroups ReplicationGroupId=none = ReplicationGroupNotFoundFault
DescribeReplicationGroups MaxRecords=1 = InvalidParameterValue
DescribeCacheClusters CacheClusterId=secret-001&ShowCacheNodeInfo=true
ListAllowedNodeTypeModifications ReplicationGroupId=rg
ModifyReplicationGroup ReplicationGroupId=rg&ReplicationGroupDescription=e&NotificationTopicArn=arn:aws:sns:us-east-1:000000000000:t
ModifyReplicationGroup ReplicationGroupId=none&{NOW} = ReplicationGroupNotFoundFault
ModifyReplicationGroup ReplicationGroupId=young-rg&ReplicationGroupDescription=e = InvalidReplicationGroupState
ModifyReplicationGroup ReplicationGroupId=rg = InvalidParameterCombination
ModifyReplicationGroup ReplicationGroupId=rg&CacheNodeType=none = InvalidParameterValue
ModifyReplicationGroup ReplicationGroupId=rg&CacheParameterGroupName=none = CacheParameterGroupNotFound
ModifyReplicationGroup ReplicationGroupId=rg&SnapshottingClusterId=none = CacheClusterNotFound
ModifyReplicationGroup ReplicationGroupId=secret&UserGroupIdsToAdd.member.1=none = UserGroupNotFound
ModifyReplicationGroup ReplicationGroupId=locked&ReplicationGroupDescription=e = InvalidKMSKeyFault
ModifyReplicationGroup ReplicationGroupId=rg&CacheNodeType=cache.r7g.xlarge&AutomaticFailoverEnabled=false&MultiAZEnabled=false
DescribeReplicationGroups ReplicationGroupId=rg
DescribeCacheClusters CacheClusterId=rg-001&ShowCacheNodeInfo=true
ModifyReplicationGroup ReplicationGroupId=rg&CacheNodeType=cache.r7g.large&AutomaticFailoverEnabled=true&MultiAZEnabled=true
@wait rg rg
ModifyReplicationGroup ReplicationGroupId=secret&{NOW}AuthToken=abcdef0123456789&AuthTokenUpdateStrategy=ROTATE
DescribeReplicationGroups ReplicationGroupId=secret
@wait rg secret
IncreaseReplicaCount ReplicationGroupId=rg&{NOW}NewReplicaCount=2
@wait rg rg
IncreaseReplicaCount ReplicationGroupId=none&{NOW}NewReplicaCount=2 = ReplicationGroupNotFoundFault
IncreaseReplicaCount ReplicationGroupId=young-rg&{NOW}NewReplicaCount=2 = InvalidReplicationGroupState
IncreaseReplicaCount ReplicationGroupId=rg&{NOW}NewReplicaCount=2 = NoOperationFault
IncreaseReplicaCount ReplicationGroupId=rg&{NOW}NewReplicaCount=6 = InvalidParameterValue
IncreaseReplicaCount ReplicationGroupId=rg&{NOW} = InvalidParameterCombination
IncreaseReplicaCount ReplicationGroupId=locked&{NOW}NewReplicaCount=2 = InvalidKMSKeyFault
IncreaseReplicaCount ReplicationGroupId=two-a&{NOW}ReplicaConfiguration.ConfigureShard.1.NodeGroupId=0001&ReplicaConfiguration.ConfigureShard.1.NewReplicaCount=2&ReplicaConfiguration.ConfigureShard.1.PreferredAvailabilityZones.PreferredAvailabilityZone.1=us-east-1a&ReplicaConfiguration.ConfigureShard.1.PreferredAvailabilityZones.PreferredAvailabilityZone.2=us-east-1a&ReplicaConfiguration.ConfigureShard.1.PreferredAvailabilityZones.PreferredAvailabilityZone.3=us-east-1b = InvalidVPCNetworkStateFault
DecreaseReplicaCount ReplicationGroupId=rg&{NOW}NewReplicaCount=1
@wait rg rg
DecreaseReplicaCount ReplicationGroupId=none&{NOW}NewReplicaCount=1 = ReplicationGroupNotFoundFault
DecreaseReplicaCount ReplicationGroupId=young-rg&{NOW}NewReplicaCount=1 = InvalidReplicationGroupState
DecreaseReplicaCount ReplicationGroupId=rg&{NOW}NewReplicaCount=1 = NoOperationFault
DecreaseReplicaCount ReplicationGroupId=rg&{NOW}NewReplicaCount=0 = InvalidParameterValue
DecreaseReplicaCount ReplicationGroupId=rg&{NOW} = InvalidParameterCombination
ModifyReplicationGroupShardConfiguration ReplicationGroupId=cm&{NOW}NodeGroupCount=3
DescribeReplicationGroups ReplicationGroupId=cm
@wait rg cm
ModifyReplicationGroupShardConfiguration ReplicationGroupId=none&{NOW}NodeGroupCount=3 = ReplicationGroupNotFoundFault
ModifyReplicationGroupShardConfiguration ReplicationGroupId=young-cm&{NOW}NodeGroupCount=3 = InvalidReplicationGroupState
ModifyReplicationGroupShardConfiguration ReplicationGroupId=rg&{NOW}NodeGroupCount=3 = InvalidParameterValue
ModifyReplicationGroupShardConfiguration ReplicationGroupId=cm&{NOW}NodeGroupCount=2 = InvalidParameterCombination
ModifyReplicationGroupShardConfiguration ReplicationGroupId=cm&{NOW}NodeGroupCount=91 = NodeGroupsPerReplicationGroupQuotaExceeded
ModifyReplicationGroupShardConfiguration ReplicationGroupId=locked&{NOW}NodeGroupCount=3 = InvalidKMSKeyFault
ModifyReplicationGroupShardConfiguration ReplicationGroupId=cm-a&{NOW}NodeGroupCount=3&ReshardingConfiguration.ReshardingConfiguration.1.PreferredAvailabilityZones.AvailabilityZone.1=us-east-1a&ReshardingConfiguration.ReshardingConfiguration.1.PreferredAvailabilityZones.AvailabilityZone.2=us-east-1a&ReshardingConfiguration.ReshardingConfiguration.2.PreferredAvailabilityZones.AvailabilityZone.1=us-east-1a&ReshardingConfiguration.ReshardingConfiguration.2.PreferredAvailabilityZones.AvailabilityZone.2=us-east-1a&ReshardingConfiguration.ReshardingConfiguration.3.PreferredAvailabilityZones.AvailabilityZone.1=us-east-1b&ReshardingConfiguration.ReshardingConfiguration.3.PreferredAvailabilityZones.AvailabilityZone.2=us-east-1b = InvalidVPCNetworkStateFault
TestFailover ReplicationGroupId=young-rg&NodeGroupId=0001 = InvalidReplicationGroupState
TestFailover ReplicationGroupId=none&NodeGroupId=0001 = ReplicationGroupNotFoundFault
TestFailover ReplicationGroupId=cm&NodeGroupId=0009 = NodeGroupNotFoundFault
TestFailover ReplicationGroupId=rg&NodeGroupId=00012 = InvalidParameterValue
TestFailover ReplicationGroupId=locked&NodeGroupId=0001 = InvalidKMSKeyFault
CreateReplicationGroup {RG}lone
@wait rg lone
TestFailover ReplicationGroupId=lone&NodeGroupId=0001 = TestFailoverNotAvailableFault
@rehearse 15 rg
TestFailover ReplicationGroupId=cm-a&NodeGroupId=0001 = APICallRateForCustomerExceeded
CreateReplicationGroup ReplicationGroupDescription=d&ReplicationGroupId=adopter&PrimaryClusterId=mem = InvalidParameterValue
@region eu-south-2
DeleteCacheCluster CacheClusterId=m7
@gone cluster m7
CreateReplicationGroup {CM}big&NumNodeGroups=8
@wait rg big
CreateReplicationGroup {HA}pair
@wait rg pair
IncreaseReplicaCount ReplicationGroupId=pair&{NOW}NewReplicaCount=5 = NodeQuotaForCustomerExceeded
ModifyReplicationGroupShardConfiguration ReplicationGroupId=big&{NOW}NodeGroupCount=12 = NodeQuotaForCustomerExceeded
@region
DeleteReplicationGroup ReplicationGroupId=none = ReplicationGroupNotFoundFault
CreateSnapshot ReplicationGroupId=lone&SnapshotName=of-lone
@wait snapshot of-lone
@wait rg lone
DeleteReplicationGroup ReplicationGroupId=lone&FinalSnapshotIdentifier=of-lone = SnapshotAlreadyExistsFault
DeleteReplicationGroup ReplicationGroupId=lone&FinalSnapshotIdentifier=1x = InvalidParameterValue
DeleteReplicationGroup ReplicationGroupId=cm&RetainPrimaryCluster=true = InvalidParameterCombination
DeleteReplicationGroup ReplicationGroupId=young-rg&FinalSnapshotIdentifier=of-young = InvalidReplicationGroupState
DeleteReplicationGroup ReplicationGroupId=cm
"""

SNAPSHOTS = """
CreateSnapshot ReplicationGroupId=lone&SnapshotName=snap&Tags.Tag.1.Key=k
@wait snapshot snap
@wait rg lone
CreateSnapshot ReplicationGroupId=lone&SnapshotName=snap = SnapshotAlreadyExistsFault
CreateSnapshot CacheClusterId=none&SnapshotName=x = CacheClusterNotFound
CreateSnapshot ReplicationGroupId=none&SnapshotName=x = ReplicationGroupNotFoundFault
CreateSnapshot CacheClusterId=young&SnapshotName=x = InvalidCacheClusterState
CreateSnapshot ReplicationGroupId=young-rg&SnapshotName=x = InvalidReplicationGroupState
CreateSnapshot CacheClusterId=mem&SnapshotName=x = SnapshotFeatureNotSupportedFault
CreateSnapshot ReplicationGroupId=lone&SnapshotName=x&{MANY} = TagQuotaPerResourceExceeded
CreateSnapshot SnapshotName=x = InvalidParameterCombination
CreateSnapshot ReplicationGroupId=lone&SnapshotName=1x = InvalidParameterValue
CreateReplicationGroup {CM}cm2&NumNodeGroups=2
@wait rg cm2
CreateSnapshot ReplicationGroupId=cm2&SnapshotName=shards
@wait snapshot shards
DescribeSnapshots SnapshotName=shards&ShowNodeGroupConfig=true
DescribeSnapshots SnapshotName=snap
DescribeSnapshots SnapshotSource=user
DescribeSnapshots SnapshotName=none = SnapshotNotFoundFault
DescribeSnapshots MaxRecords=1 = InvalidParameterValue
DeleteSnapshot = InvalidParameterValue
CopySnapshot SourceSnapshotName=snap&TargetSnapshotName=copied
@wait snapshot copied
CopySnapshot SourceSnapshotName=snap&TargetSnapshotName=copied = SnapshotAlreadyExistsFault
CopySnapshot SourceSnapshotName=none&TargetSnapshotName=x = SnapshotNotFoundFault
CopySnapshot SourceSnapshotName=snap&TargetSnapshotName=1x = InvalidParameterValue
CopySnapshot SourceSnapshotName=snap&TargetSnapshotName=x&{MANY} = TagQuotaPerResourceExceeded
DeleteSnapshot SnapshotName=none = SnapshotNotFoundFault
CreateReplicationGroup ReplicationGroupDescription=d&CacheNodeType=cache.r7g.large&ReplicationGroupId=back&SnapshotName=snap
@wait rg back
@start 3600000
CreateReplicationGroup ReplicationGroupDescription=d&CacheNodeType=cache.r7g.large&ReplicationGroupId=never-back&SnapshotName=snap
@starting never-back
@start 1
CopySnapshot SourceSnapshotName=snap&TargetSnapshotName=x = InvalidSnapshotState
DeleteSnapshot SnapshotName=snap = InvalidSnapshotState
@snapshots 18 rg lone
CreateSnapshot ReplicationGroupId=lone&SnapshotName=x = SnapshotQuotaExceededFault
DeleteReplicationGroup ReplicationGroupId=lone&FinalSnapshotIdentifier=x = SnapshotQuotaExceededFault
CreateCacheCluster {CC}solo
@wait cluster solo
@snapshots 20 cluster solo
DeleteCacheCluster CacheClusterId=solo&FinalSnapshotIdentifier=x = SnapshotQuotaExceededFault
DeleteSnapshot SnapshotName=copied
@gone snapshot copied
"""

TAGS = """
AddTagsToResource {ARN}replicationgroup:lone&Tags.Tag.1.Key=k&Tags.Tag.1.Value=v
AddTagsToResource {ARN}replicationgroup:lone&{MANY} = TagQuotaPerResourceExceeded
ListTagsForResource {ARN}replicationgroup:lone
RemoveTagsFromResource {ARN}replicationgroup:lone&TagKeys.member.1=none = TagNotFound
RemoveTagsFromResource {ARN}replicationgroup:lone&TagKeys.member.1=k
"""

TAGGABLE = [
    ("cluster:none", "CacheClusterNotFound"), ("parametergroup:none", "CacheParameterGroupNotFound"), ("securitygroup:none", "CacheSecurityGroupNotFound"),
    ("subnetgroup:none", "CacheSubnetGroupNotFoundFault"), ("replicationgroup:young-rg", "InvalidReplicationGroupState"),
    ("replicationgroup:none", "ReplicationGroupNotFoundFault"), ("reserved-instance:none", "ReservedCacheNodeNotFound"), ("snapshot:none", "SnapshotNotFoundFault"),
    ("user:none", "UserNotFound"), ("usergroup:none", "UserGroupNotFound"), ("serverlesscache:none", "ServerlessCacheNotFoundFault"),
    ("serverlesscachesnapshot:none", "ServerlessCacheSnapshotNotFoundFault"), ("colour:red", "InvalidARN"),
]
for _operation, _rest in (("AddTagsToResource", "&Tags.Tag.1.Key=k"), ("ListTagsForResource", ""), ("RemoveTagsFromResource", "&TagKeys.member.1=k")):
    TAGS += "".join("%s {ARN}%s%s = %s\n" % (_operation, of, _rest, code) for of, code in TAGGABLE)

# With engines: their nodes are real, since a Redis Cluster between regions has no model.
GLOBAL = """
CreateReplicationGroup {CM}prim&NumNodeGroups=2
CreateReplicationGroup {RG}young
CreateGlobalReplicationGroup GlobalReplicationGroupIdSuffix=g&PrimaryReplicationGroupId=young = InvalidReplicationGroupState
@wait rg prim
@wait rg young
CreateGlobalReplicationGroup GlobalReplicationGroupIdSuffix=g&PrimaryReplicationGroupId=none = ReplicationGroupNotFoundFault
CreateGlobalReplicationGroup GlobalReplicationGroupIdSuffix=1--x&PrimaryReplicationGroupId=prim = InvalidParameterValue
CreateGlobalReplicationGroup GlobalReplicationGroupIdSuffix=g&PrimaryReplicationGroupId=prim
CreateGlobalReplicationGroup GlobalReplicationGroupIdSuffix=g&PrimaryReplicationGroupId=young = GlobalReplicationGroupAlreadyExistsFault
@wait global ldgnf-g primary-only
DescribeGlobalReplicationGroups GlobalReplicationGroupId=ldgnf-g&ShowMemberInfo=true
DescribeGlobalReplicationGroups GlobalReplicationGroupId=none = GlobalReplicationGroupNotFoundFault
DescribeGlobalReplicationGroups MaxRecords=1 = InvalidParameterValue
DeleteReplicationGroup ReplicationGroupId=prim = InvalidReplicationGroupState
@link down
@region eu-west-1
CreateReplicationGroup ReplicationGroupDescription=d&ReplicationGroupId=sec&GlobalReplicationGroupId=ldgnf-g
@region eu-central-1
CreateReplicationGroup ReplicationGroupDescription=d&ReplicationGroupId=sec&GlobalReplicationGroupId=ldgnf-g = InvalidGlobalReplicationGroupState
@region
"""
for _operation, _form in (
        ("ModifyGlobalReplicationGroup", "GlobalReplicationGroupDescription=e&ApplyImmediately=true"), ("IncreaseNodeGroupsInGlobalReplicationGroup", "NodeGroupCount=3&ApplyImmediately=true"),
        ("DecreaseNodeGroupsInGlobalReplicationGroup", "NodeGroupCount=1&ApplyImmediately=true&GlobalNodeGroupsToRemove.GlobalNodeGroupId.1=ldgnf-g-0002"),
        ("RebalanceSlotsInGlobalReplicationGroup", "ApplyImmediately=true"), ("FailoverGlobalReplicationGroup", "PrimaryRegion=eu-west-1&PrimaryReplicationGroupId=sec"),
        ("DisassociateGlobalReplicationGroup", "ReplicationGroupId=sec&ReplicationGroupRegion=eu-west-1"), ("DeleteGlobalReplicationGroup", "RetainPrimaryReplicationGroup=true")):
    GLOBAL += "%s GlobalReplicationGroupId=ldgnf-none&%s = GlobalReplicationGroupNotFoundFault\n" % (_operation, _form)
    GLOBAL += "%s GlobalReplicationGroupId=ldgnf-g&%s = InvalidGlobalReplicationGroupState\n" % (_operation, _form)
GLOBAL += """
@parameters prim-0001-001
ModifyCacheParameterGroup CacheParameterGroupName={parameters}&ParameterNameValues.ParameterNameValue.1.ParameterName=timeout&ParameterNameValues.ParameterNameValue.1.ParameterValue=30 = InvalidGlobalReplicationGroupState
ResetCacheParameterGroup CacheParameterGroupName={parameters}&ParameterNameValues.ParameterNameValue.1.ParameterName=timeout = InvalidGlobalReplicationGroupState
DeleteGlobalReplicationGroup GlobalReplicationGroupId=ldgnf-g = InvalidParameterValue
@link up
@wait global ldgnf-g available
DescribeGlobalReplicationGroups ShowMemberInfo=true
DescribeReplicationGroups ReplicationGroupId=prim
ModifyGlobalReplicationGroup GlobalReplicationGroupId=ldgnf-g&{NOW}CacheNodeType=none = InvalidParameterValue
IncreaseNodeGroupsInGlobalReplicationGroup GlobalReplicationGroupId=ldgnf-g&{NOW}NodeGroupCount=1 = InvalidParameterValue
DecreaseNodeGroupsInGlobalReplicationGroup GlobalReplicationGroupId=ldgnf-g&{NOW}NodeGroupCount=9 = InvalidParameterValue
DecreaseNodeGroupsInGlobalReplicationGroup GlobalReplicationGroupId=ldgnf-g&{NOW}NodeGroupCount=1 = InvalidParameterCombination
RebalanceSlotsInGlobalReplicationGroup GlobalReplicationGroupId=ldgnf-g&ApplyImmediately=false = InvalidParameterValue
FailoverGlobalReplicationGroup GlobalReplicationGroupId=ldgnf-g&PrimaryRegion=eu-west-1&PrimaryReplicationGroupId=none = InvalidParameterValue
DisassociateGlobalReplicationGroup GlobalReplicationGroupId=ldgnf-g&ReplicationGroupRegion=eu-west-1&ReplicationGroupId=none = InvalidParameterValue
DeleteGlobalReplicationGroup GlobalReplicationGroupId=ldgnf-g&RetainPrimaryReplicationGroup=true = InvalidGlobalReplicationGroupState
ModifyGlobalReplicationGroup GlobalReplicationGroupId=ldgnf-g&{NOW}GlobalReplicationGroupDescription=e
@wait global ldgnf-g available
IncreaseNodeGroupsInGlobalReplicationGroup GlobalReplicationGroupId=ldgnf-g&{NOW}NodeGroupCount=3
@wait global ldgnf-g available
RebalanceSlotsInGlobalReplicationGroup GlobalReplicationGroupId=ldgnf-g&{NOW}
@wait global ldgnf-g available
DecreaseNodeGroupsInGlobalReplicationGroup GlobalReplicationGroupId=ldgnf-g&{NOW}NodeGroupCount=2&GlobalNodeGroupsToRemove.GlobalNodeGroupId.1=ldgnf-g-0003
@wait global ldgnf-g available
FailoverGlobalReplicationGroup GlobalReplicationGroupId=ldgnf-g&PrimaryRegion=eu-west-1&PrimaryReplicationGroupId=sec
@wait global ldgnf-g available
DisassociateGlobalReplicationGroup GlobalReplicationGroupId=ldgnf-g&ReplicationGroupRegion=us-east-1&ReplicationGroupId=prim
@region eu-west-1
@wait global ldgnf-g primary-only
DeleteGlobalReplicationGroup GlobalReplicationGroupId=ldgnf-g&RetainPrimaryReplicationGroup=true
@region
"""

PAGES = """
@region eu-south-1
DescribeCacheParameterGroups MaxRecords=20
DescribeCacheSubnetGroups MaxRecords=20
DescribeUsers MaxRecords=20
DescribeUserGroups MaxRecords=20
@region
DescribeCacheEngineVersions MaxRecords=20
DescribeCacheClusters MaxRecords=20
DescribeSnapshots MaxRecords=20
DescribeReplicationGroups MaxRecords=20
DescribeEvents MaxRecords=20
"""

RESERVED = """
DescribeReservedCacheNodesOfferings CacheNodeType=cache.r7g.large
DescribeReservedCacheNodesOfferings ReservedCacheNodesOfferingId=none = ReservedCacheNodesOfferingNotFound
DescribeReservedCacheNodesOfferings MaxRecords=1 = InvalidParameterValue
PurchaseReservedCacheNodesOffering ReservedCacheNodesOfferingId=none = ReservedCacheNodesOfferingNotFound
DescribeReservedCacheNodes ReservedCacheNodeId=none = ReservedCacheNodeNotFound
DescribeReservedCacheNodes MaxRecords=1 = InvalidParameterValue
DescribeReservedCacheNodes
DescribeServiceUpdates
DescribeServiceUpdates ServiceUpdateName=none = ServiceUpdateNotFoundFault
DescribeServiceUpdates MaxRecords=1 = InvalidParameterValue
DescribeUpdateActions
DescribeUpdateActions MaxRecords=1 = InvalidParameterValue
BatchApplyUpdateAction CacheClusterIds.member.1=x = InvalidParameterValue
BatchStopUpdateAction CacheClusterIds.member.1=x = InvalidParameterValue
BatchApplyUpdateAction ServiceUpdateName=none&CacheClusterIds.member.1=x = ServiceUpdateNotFoundFault
BatchStopUpdateAction ServiceUpdateName=none&CacheClusterIds.member.1=x = ServiceUpdateNotFoundFault
"""

DRY = [ENGINES, PARAMETER_GROUPS, SUBNET_GROUPS, USERS, CACHE_CLUSTERS, REPLICATION_GROUPS, SNAPSHOTS, TAGS, PAGES, RESERVED, SERVERLESS]

# Calls that get as far as a refusal that is asked for: they have what the model requires.
EXAMPLES = {name: form for form, names in {
    "CacheClusterId=x": "CreateCacheCluster ModifyCacheCluster DeleteCacheCluster",
    "CacheParameterGroupName=x&CacheParameterGroupFamily=redis7&Description=d": "CreateCacheParameterGroup DescribeCacheParameters DeleteCacheParameterGroup",
    "CacheParameterGroupName=x&ParameterNameValues.ParameterNameValue.1.ParameterName=timeout": "ModifyCacheParameterGroup ResetCacheParameterGroup",
    "CacheParameterGroupFamily=redis7": "DescribeEngineDefaultParameters",
    "ReplicationGroupId=x&ReplicationGroupDescription=d&ApplyImmediately=true&NodeGroupCount=1&NodeGroupId=0001":
        "CreateReplicationGroup ModifyReplicationGroup ModifyReplicationGroupShardConfiguration DeleteReplicationGroup IncreaseReplicaCount DecreaseReplicaCount "
        "TestFailover",
    "GlobalReplicationGroupId=x&GlobalReplicationGroupIdSuffix=x&PrimaryReplicationGroupId=x&PrimaryRegion=us-east-1&ReplicationGroupId=x&"
    "ReplicationGroupRegion=us-east-1&RetainPrimaryReplicationGroup=true":
        "CreateGlobalReplicationGroup FailoverGlobalReplicationGroup DisassociateGlobalReplicationGroup DeleteGlobalReplicationGroup",
    "CacheSecurityGroupName=x&Description=d&EC2SecurityGroupName=x&EC2SecurityGroupOwnerId=1":
        "CreateCacheSecurityGroup AuthorizeCacheSecurityGroupIngress RevokeCacheSecurityGroupIngress DeleteCacheSecurityGroup",
    "SnapshotName=x&SourceSnapshotName=x&TargetSnapshotName=x": "CopySnapshot DeleteSnapshot",
    "ResourceName=x&Tags.Tag.1.Key=x&TagKeys.member.1=x": "AddTagsToResource RemoveTagsFromResource ListTagsForResource",
    "UserId=x&UserName=x&Engine=redis&AccessString=on": "CreateUser ModifyUser DeleteUser",
    "UserGroupId=x&Engine=redis": "CreateUserGroup ModifyUserGroup DeleteUserGroup",
    "ServiceUpdateName=x&CacheClusterIds.member.1=x": "BatchApplyUpdateAction BatchStopUpdateAction",
    "ServerlessCacheName=x&Engine=redis&ServerlessCacheSnapshotName=x&S3BucketName=x&SourceServerlessCacheSnapshotName=x&TargetServerlessCacheSnapshotName=x":
        "CreateServerlessCache ModifyServerlessCache DeleteServerlessCache CreateServerlessCacheSnapshot CopyServerlessCacheSnapshot "
        "ExportServerlessCacheSnapshot DeleteServerlessCacheSnapshot",
    "ReservedCacheNodesOfferingId=x": "PurchaseReservedCacheNodesOffering",
}.items() for name in names.split()}

# Networks from before VPCs: an account of today gets nothing but this refusal.
REFUSED_ALWAYS = {"CreateCacheSecurityGroup", "DescribeCacheSecurityGroups", "AuthorizeCacheSecurityGroupIngress", "RevokeCacheSecurityGroupIngress",
                  "DeleteCacheSecurityGroup"}

# Answers that are to be the same as JSON.
JSON = """
DescribeCacheClusters ShowCacheNodeInfo=true
DescribeCacheEngineVersions MaxRecords=20
DescribeCacheParameterGroups MaxRecords=20
DescribeCacheParameters CacheParameterGroupName=default.redis7&MaxRecords=20
DescribeCacheSubnetGroups MaxRecords=20
DescribeEngineDefaultParameters CacheParameterGroupFamily=memcached1.6
DescribeEvents MaxRecords=100
DescribeGlobalReplicationGroups ShowMemberInfo=true
DescribeReplicationGroups MaxRecords=100
DescribeServerlessCaches MaxResults=20
DescribeServerlessCacheSnapshots MaxResults=20
DescribeSnapshots ShowNodeGroupConfig=true
DescribeUserGroups MaxRecords=20
DescribeUsers MaxRecords=20
ListAllowedNodeTypeModifications ReplicationGroupId=rg
ListTagsForResource ResourceName=arn:aws:elasticache:us-east-1:000000000000:replicationgroup:lone
DescribeReplicationGroups ReplicationGroupId=none
DescribeUsers MaxRecords=x
"""
