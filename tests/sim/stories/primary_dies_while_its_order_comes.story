# Serve had just learnt of a primary's replicas when it died: it was started empty, by the order of before, and emptied them.
seed 324
+0 ask us-east-1 CreateReplicationGroup ReplicationGroupId=g0&ReplicationGroupDescription=d&Engine=redis&CacheNodeType=cache.r6g.large&NumCacheClusters=3&AutomaticFailoverEnabled=true
+0 ask eu-west-1 CreateReplicationGroup ReplicationGroupId=g0&ReplicationGroupDescription=d&Engine=redis&CacheNodeType=cache.r6g.large&NumCacheClusters=2&AutomaticFailoverEnabled=true
+5000 trip store_commit 1
+104 kill us-east-1 10 KILL
+7508 kill us-east-1 1 CONT
+14 ask eu-west-1 CreateReplicationGroup ReplicationGroupId=g0&ReplicationGroupDescription=d&Engine=redis&CacheNodeType=cache.r6g.large&NumCacheClusters=1&AutomaticFailoverEnabled=false
+27 ask eu-west-1 CreateSnapshot SnapshotName=s1&ReplicationGroupId=g0
+13 ask eu-west-1 CreateReplicationGroup ReplicationGroupId=g0&ReplicationGroupDescription=d&Engine=redis&CacheNodeType=cache.r6g.large&NumCacheClusters=1&AutomaticFailoverEnabled=false
+22 busy eu-west-1 5 35264
+751 agent us-east-1 STOP
+38 network 0 1
+23 ask ap-southeast-2 CreateReplicationGroup ReplicationGroupId=g0&ReplicationGroupDescription=d&Engine=redis&CacheNodeType=cache.r6g.large&NumCacheClusters=3&AutomaticFailoverEnabled=true
+64 ask eu-west-1 RebootCacheCluster CacheClusterId=g0-001&CacheNodeIdsToReboot.CacheNodeId.1=0001
+12 stranger eu-west-1 0 1701
+15 kill ap-southeast-2 10 KILL
+8 trip crash_after_assign 3
+57 kill ap-southeast-2 9 KILL
+672 trip crash_after_commit 1
+781 kill ap-southeast-2 0 KILL
