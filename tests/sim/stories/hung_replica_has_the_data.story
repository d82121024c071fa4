# A primary died while its only replica stood still: it was started again at once, and its emptiness went to the replica as soon as that went on.
seed 4087
+12237 network 9 113
+256 ask us-east-1 CreateReplicationGroup ReplicationGroupId=g0&ReplicationGroupDescription=d&Engine=redis&CacheNodeType=cache.r6g.large&NumCacheClusters=2&AutomaticFailoverEnabled=true&TransitEncryptionEnabled=true&TransitEncryptionMode=required
+26 ask eu-west-1 DeleteReplicationGroup ReplicationGroupId=g0
+14587 ask us-east-1 CreateReplicationGroup ReplicationGroupId=k0&ReplicationGroupDescription=d&Engine=redis&CacheNodeType=cache.r6g.large&NumNodeGroups=1&ReplicasPerNodeGroup=0&AutomaticFailoverEnabled=true&CacheParameterGroupName=default.redis7.cluster.on
+25679 pause 29627
+412 kill us-east-1 0 KILL
+22439 agent us-east-1 CONT
+7720 ask ap-southeast-2 TestFailover ReplicationGroupId=k0&NodeGroupId=0003
