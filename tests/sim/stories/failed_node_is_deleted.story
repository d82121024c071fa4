# A node that had failed was named as failed after its row had gone: the plans did not come to rest.
seed 46
+0 ask us-east-1 CreateReplicationGroup ReplicationGroupId=g0&ReplicationGroupDescription=d&Engine=redis&CacheNodeType=cache.r6g.large&NumCacheClusters=3&AutomaticFailoverEnabled=true
+0 ask eu-west-1 CreateReplicationGroup ReplicationGroupId=k0&ReplicationGroupDescription=d&Engine=redis&CacheNodeType=cache.r6g.large&NumNodeGroups=2&ReplicasPerNodeGroup=1&AutomaticFailoverEnabled=true&CacheParameterGroupName=default.redis7.cluster.on
+0 ask eu-west-1 CreateReplicationGroup ReplicationGroupId=g0&ReplicationGroupDescription=d&Engine=redis&CacheNodeType=cache.r6g.large&NumCacheClusters=2&AutomaticFailoverEnabled=true
+5702 kill eu-west-1 3 STOP
+8 kill eu-west-1 4 KILL
+347 ask ap-southeast-2 ModifyReplicationGroupShardConfiguration ReplicationGroupId=k0&ApplyImmediately=true&NodeGroupCount=4
+494 trip crash_after_assign 3
+312 ask us-east-1 CreateReplicationGroup ReplicationGroupId=k0&ReplicationGroupDescription=d&Engine=redis&CacheNodeType=cache.r6g.large&NumNodeGroups=3&ReplicasPerNodeGroup=0&AutomaticFailoverEnabled=true&CacheParameterGroupName=default.redis7.cluster.on
+28 kill eu-west-1 5 KILL
+58 kill eu-west-1 3 KILL
+1220 ask eu-west-1 DecreaseReplicaCount ReplicationGroupId=k0&ApplyImmediately=true&NewReplicaCount=0
