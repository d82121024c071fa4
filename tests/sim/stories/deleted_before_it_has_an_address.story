seed 2080
+9095 ask us-east-1 CreateReplicationGroup ReplicationGroupId=g0&ReplicationGroupDescription=d&Engine=redis&CacheNodeType=cache.r6g.large&NumCacheClusters=1&AutomaticFailoverEnabled=false
+0 ask us-east-1 DeleteReplicationGroup ReplicationGroupId=g0
