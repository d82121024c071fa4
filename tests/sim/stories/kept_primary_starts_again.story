seed 208
real agents
+0 ask us-east-1 CreateReplicationGroup ReplicationGroupId=g0&ReplicationGroupDescription=d&Engine=redis&CacheNodeType=cache.r6g.large&NumCacheClusters=2&AutomaticFailoverEnabled=true
+0 ask eu-west-1 CreateReplicationGroup ReplicationGroupId=g0&ReplicationGroupDescription=d&Engine=redis&CacheNodeType=cache.r6g.large&NumCacheClusters=2&AutomaticFailoverEnabled=true
+5000 kill us-east-1 3 KILL
+23 kill ap-southeast-2 3 STOP
+3 ask us-east-1 CreateReplicationGroup ReplicationGroupId=g0&ReplicationGroupDescription=d&Engine=redis&CacheNodeType=cache.r6g.large&NumCacheClusters=2&AutomaticFailoverEnabled=false
+10 ask ap-southeast-2 ModifyReplicationGroup ReplicationGroupId=g0&ApplyImmediately=true&EngineVersion=7.1
+629 kill eu-west-1 2 KILL
+11 kill us-east-1 2 STOP
+26 ask us-east-1 CreateReplicationGroup ReplicationGroupId=g0&ReplicationGroupDescription=d&Engine=redis&CacheNodeType=cache.r6g.large&NumCacheClusters=1&AutomaticFailoverEnabled=true
+7 ask eu-west-1 ModifyReplicationGroup ReplicationGroupId=g0&ApplyImmediately=true&EngineVersion=6.2
+6390 kill us-east-1 2 KILL
+858 ask eu-west-1 ModifyReplicationGroup ReplicationGroupId=g0&ApplyImmediately=false&CacheNodeType=cache.t4g.small
+1 agent us-east-1 STOP
+37 ask eu-west-1 IncreaseReplicaCount ReplicationGroupId=g0&ApplyImmediately=true&NewReplicaCount=2
+105 ask ap-southeast-2 CreateReplicationGroup ReplicationGroupId=g0&ReplicationGroupDescription=d&Engine=valkey&CacheNodeType=cache.r6g.large&NumCacheClusters=1&AutomaticFailoverEnabled=false
+69 kill us-east-1 1 KILL
+15 kill eu-west-1 4 KILL
+671 network 28 1
+1650 ask eu-west-1 TestFailover ReplicationGroupId=g0&NodeGroupId=0001
+15 agent eu-west-1 KILL
+795 ask eu-west-1 DeleteReplicationGroup ReplicationGroupId=g0&RetainPrimaryCluster=true
+223 restart
