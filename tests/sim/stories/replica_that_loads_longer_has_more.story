seed 2372
+0 ask us-east-1 CreateReplicationGroup ReplicationGroupId=g0&ReplicationGroupDescription=d&Engine=redis&CacheNodeType=cache.r6g.large&NumCacheClusters=2&AutomaticFailoverEnabled=true
+0 ask eu-west-1 CreateReplicationGroup ReplicationGroupId=g0&ReplicationGroupDescription=d&Engine=redis&CacheNodeType=cache.r6g.large&NumCacheClusters=2&AutomaticFailoverEnabled=true
+5000 serve KILL
+1216 kill eu-west-1 6 STOP
+660 ask eu-west-1 DeleteReplicationGroup ReplicationGroupId=k0
+5194 ask us-east-1 ModifyReplicationGroupShardConfiguration ReplicationGroupId=k0&ApplyImmediately=true&NodeGroupCount=4&NodeGroupsToRetain.NodeGroupToRetain.1=0001&NodeGroupsToRetain.NodeGroupToRetain.2=0002
+7571 agent eu-west-1 KILL
+1504 ask us-east-1 CreateSnapshot SnapshotName=s2&ReplicationGroupId=g1
+19 trip store_commit 1
+1204 kill us-east-1 10 KILL
+864 kill eu-west-1 6 KILL
+3746 ask ap-southeast-2 DeleteReplicationGroup ReplicationGroupId=k0
+186 ask us-east-1 CreateReplicationGroup ReplicationGroupId=g0&ReplicationGroupDescription=d&Engine=valkey&CacheNodeType=cache.r6g.large&NumCacheClusters=3&AutomaticFailoverEnabled=false
+43 ask eu-west-1 DecreaseReplicaCount ReplicationGroupId=k0&ApplyImmediately=true&NewReplicaCount=0
+18 ask us-east-1 DeleteUserGroup UserGroupId=ug0
+8 kill us-east-1 6 KILL
+4 ask us-east-1 ModifyReplicationGroupShardConfiguration ReplicationGroupId=k0&ApplyImmediately=true&NodeGroupCount=4
+6519 ask ap-southeast-2 ModifyReplicationGroupShardConfiguration ReplicationGroupId=k0&ApplyImmediately=true&NodeGroupCount=4
+11 ask eu-west-1 CreateCacheParameterGroup CacheParameterGroupName=p0&CacheParameterGroupFamily=redis7&Description=d
+8636 ask ap-southeast-2 CreateReplicationGroup ReplicationGroupId=k0&ReplicationGroupDescription=d&Engine=redis&CacheNodeType=cache.r6g.large&NumNodeGroups=1&ReplicasPerNodeGroup=2&AutomaticFailoverEnabled=true&CacheParameterGroupName=default.redis7.cluster.on
+313 ask ap-southeast-2 ModifyReplicationGroupShardConfiguration ReplicationGroupId=k0&ApplyImmediately=true&NodeGroupCount=1&NodeGroupsToRetain.NodeGroupToRetain.1=0001
+451 kill ap-southeast-2 3 KILL
+720 ask us-east-1 CopySnapshot SourceSnapshotName=s1&TargetSnapshotName=s2
+9798 ask eu-west-1 IncreaseReplicaCount ReplicationGroupId=g0&ApplyImmediately=true&NewReplicaCount=2
+915 network 24 156
+15 ask us-east-1 TestFailover ReplicationGroupId=k0&NodeGroupId=0003
+851 ask us-east-1 ModifyReplicationGroup ReplicationGroupId=g0&ApplyImmediately=true&PrimaryClusterId=g0-001
+653 ask ap-southeast-2 ModifyReplicationGroupShardConfiguration ReplicationGroupId=k0&ApplyImmediately=true&NodeGroupCount=2&NodeGroupsToRetain.NodeGroupToRetain.1=0001&NodeGroupsToRetain.NodeGroupToRetain.2=0002
+495 kill eu-west-1 11 KILL
+7 kill eu-west-1 2 KILL
+23 ask us-east-1 IncreaseReplicaCount ReplicationGroupId=k0&ApplyImmediately=true&NewReplicaCount=1
+409 kill eu-west-1 2 STOP
+806 ask ap-southeast-2 DeleteReplicationGroup ReplicationGroupId=k0
+94 kill eu-west-1 1 KILL
+14 kill ap-southeast-2 2 STOP
+462 kill ap-southeast-2 11 KILL
+25 ask us-east-1 CreateReplicationGroup ReplicationGroupId=k0&ReplicationGroupDescription=d&Engine=redis&CacheNodeType=cache.r6g.large&NumNodeGroups=2&ReplicasPerNodeGroup=1&AutomaticFailoverEnabled=true&CacheParameterGroupName=default.redis7.cluster.on
+1455 restart
+25 ask ap-southeast-2 DecreaseReplicaCount ReplicationGroupId=g0&ApplyImmediately=true&NewReplicaCount=2
+210 cut us-east-1 57599
+792 ask us-east-1 CreateReplicationGroup ReplicationGroupId=g0&ReplicationGroupDescription=d&Engine=valkey&CacheNodeType=cache.r6g.large&NumCacheClusters=3&AutomaticFailoverEnabled=true
+14967 ask us-east-1 DecreaseReplicaCount ReplicationGroupId=g0&ApplyImmediately=true&NewReplicaCount=1
