# A service update changed the primary within a region that was to become primary, and the failover between regions took that back: without an end.
seed 281
+0 ask us-east-1 CreateReplicationGroup ReplicationGroupId=g0&ReplicationGroupDescription=d&Engine=redis&CacheNodeType=cache.r6g.large&NumCacheClusters=3&AutomaticFailoverEnabled=true
+0 ask eu-west-1 CreateReplicationGroup ReplicationGroupId=other&ReplicationGroupDescription=d&Engine=redis&CacheNodeType=cache.r6g.large&NumCacheClusters=2&AutomaticFailoverEnabled=true
+4000 ask us-east-1 CreateGlobalReplicationGroup GlobalReplicationGroupIdSuffix=d0&PrimaryReplicationGroupId=g0
+6000 ask ap-southeast-2 CreateReplicationGroup ReplicationGroupId=g0&ReplicationGroupDescription=d&GlobalReplicationGroupId=ldgnf-d0&NumCacheClusters=2
+43145 ask ap-southeast-2 FailoverGlobalReplicationGroup GlobalReplicationGroupId=ldgnf-d0&PrimaryRegion=ap-southeast-2&PrimaryReplicationGroupId=g0
+6 ask ap-southeast-2 BatchApplyUpdateAction ServiceUpdateName=elc-20251208-001&ReplicationGroupIds.member.1=g0
