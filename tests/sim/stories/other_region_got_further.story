# A replica had stood still, and another region had got further: the dead primary waited for the former.
seed 6362
+0 ask us-east-1 CreateReplicationGroup ReplicationGroupId=g0&ReplicationGroupDescription=d&Engine=redis&CacheNodeType=cache.r6g.large&NumCacheClusters=3&AutomaticFailoverEnabled=true
+4000 ask us-east-1 CreateGlobalReplicationGroup GlobalReplicationGroupIdSuffix=d0&PrimaryReplicationGroupId=g0
+3000 ask eu-west-1 CreateReplicationGroup ReplicationGroupId=g0&ReplicationGroupDescription=d&GlobalReplicationGroupId=ldgnf-d0&NumCacheClusters=2
+52876 ask us-east-1 DecreaseReplicaCount ReplicationGroupId=g0&ApplyImmediately=true&NewReplicaCount=1
+33418 cut us-east-1 14968
+7885 kill us-east-1 3 STOP
+1990 kill us-east-1 0 KILL
