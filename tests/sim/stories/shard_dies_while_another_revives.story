# A shard died while another got its data back: its dead nodes kept the first from being held for whole, and no one got further.
seed 63
+0 ask us-east-1 CreateReplicationGroup ReplicationGroupId=g0&ReplicationGroupDescription=d&Engine=redis&CacheNodeType=cache.r6g.large&NumNodeGroups=2&ReplicasPerNodeGroup=1&AutomaticFailoverEnabled=true&CacheParameterGroupName=default.redis7.cluster.on
+4000 ask us-east-1 CreateGlobalReplicationGroup GlobalReplicationGroupIdSuffix=d0&PrimaryReplicationGroupId=g0
+3000 ask eu-west-1 CreateReplicationGroup ReplicationGroupId=g0&ReplicationGroupDescription=d&GlobalReplicationGroupId=ldgnf-d0&ReplicasPerNodeGroup=1
+84487 ask us-east-1 DecreaseReplicaCount ReplicationGroupId=g0&ApplyImmediately=true&NewReplicaCount=0
+9946 kill us-east-1 6 KILL
+23 trip crash_after_assign 3
+900 kill us-east-1 0 KILL
