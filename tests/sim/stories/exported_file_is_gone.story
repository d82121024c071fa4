# An agent had no file to export and said nothing about it: the export never ended.
seed 292
+0 ask us-east-1 CreateReplicationGroup ReplicationGroupId=g0&ReplicationGroupDescription=d&Engine=redis&CacheNodeType=cache.r6g.large&NumCacheClusters=3&AutomaticFailoverEnabled=true
+4000 ask us-east-1 CreateGlobalReplicationGroup GlobalReplicationGroupIdSuffix=d0&PrimaryReplicationGroupId=g0
+3000 ask eu-west-1 CreateReplicationGroup ReplicationGroupId=g0&ReplicationGroupDescription=d&GlobalReplicationGroupId=ldgnf-d0&NumCacheClusters=2
+24335 ask eu-west-1 CreateSnapshot SnapshotName=s2&ReplicationGroupId=g0
+3261 spoil eu-west-1 11
+28 ask eu-west-1 CopySnapshot SourceSnapshotName=s2&TargetSnapshotName=s2&TargetBucket=bucket
