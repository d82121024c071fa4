# All nodes of a member that leaves its datastore die: its first node was held down for data that nobody gave it.
seed 65
+0 ask us-east-1 CreateReplicationGroup ReplicationGroupId=g0&ReplicationGroupDescription=d&Engine=redis&CacheNodeType=cache.r6g.large&NumCacheClusters=3&AutomaticFailoverEnabled=true
+4000 ask us-east-1 CreateGlobalReplicationGroup GlobalReplicationGroupIdSuffix=d0&PrimaryReplicationGroupId=g0
+6000 ask ap-southeast-2 CreateReplicationGroup ReplicationGroupId=g0&ReplicationGroupDescription=d&GlobalReplicationGroupId=ldgnf-d0&NumCacheClusters=2
+15803 kill ap-southeast-2 11 STOP
+5 kill ap-southeast-2 10 KILL
+201 ask us-east-1 DisassociateGlobalReplicationGroup GlobalReplicationGroupId=ldgnf-d0&ReplicationGroupRegion=ap-southeast-2&ReplicationGroupId=g0
+2319 kill ap-southeast-2 4 KILL
+30 kill ap-southeast-2 8 KILL
