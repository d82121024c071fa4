# A primary that had just died, and was to be saved before its deletion, was held down for another one that nobody made primary: without an end.
seed 5174
+0 ask us-east-1 CreateReplicationGroup ReplicationGroupId=g0&ReplicationGroupDescription=d&Engine=redis&CacheNodeType=cache.r6g.large&NumCacheClusters=2&AutomaticFailoverEnabled=true
+31987 ask us-east-1 TestFailover ReplicationGroupId=g0&NodeGroupId=0001
+28 ask us-east-1 DeleteReplicationGroup ReplicationGroupId=g0&FinalSnapshotIdentifier=f301
