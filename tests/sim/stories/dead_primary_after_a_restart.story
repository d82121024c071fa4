# An agent that had just been started obeyed an order of before its replica was ready: the dead primary came back empty.
seed 508
+0 ask us-east-1 CreateReplicationGroup ReplicationGroupId=g0&ReplicationGroupDescription=d&Engine=redis&CacheNodeType=cache.r6g.large&NumCacheClusters=2&AutomaticFailoverEnabled=true
+0 ask eu-west-1 CreateReplicationGroup ReplicationGroupId=other&ReplicationGroupDescription=d&Engine=redis&CacheNodeType=cache.r6g.large&NumCacheClusters=2&AutomaticFailoverEnabled=true
+4000 ask us-east-1 CreateGlobalReplicationGroup GlobalReplicationGroupIdSuffix=d0&PrimaryReplicationGroupId=g0
+3000 ask eu-west-1 CreateReplicationGroup ReplicationGroupId=g0&ReplicationGroupDescription=d&GlobalReplicationGroupId=ldgnf-d0&NumCacheClusters=2&AutomaticFailoverEnabled=true
+3000 ask ap-southeast-2 CreateReplicationGroup ReplicationGroupId=g0&ReplicationGroupDescription=d&GlobalReplicationGroupId=ldgnf-d0&NumCacheClusters=2&AutomaticFailoverEnabled=true
+5000 restart
+195 serve KILL
+2 ask ap-southeast-2 FailoverGlobalReplicationGroup GlobalReplicationGroupId=ldgnf-d0&PrimaryRegion=ap-southeast-2&PrimaryReplicationGroupId=g0
+29 ask us-east-1 FailoverGlobalReplicationGroup GlobalReplicationGroupId=ldgnf-d0&PrimaryRegion=ap-southeast-2&PrimaryReplicationGroupId=g0
+16 agent eu-west-1 KILL
+847 agent eu-west-1 KILL
+120 ask eu-west-1 DecreaseReplicaCount ReplicationGroupId=g0&ApplyImmediately=true&NewReplicaCount=1
+16 kill eu-west-1 1 KILL
+1067 kill us-east-1 7 KILL
+650 ask ap-southeast-2 CreateGlobalReplicationGroup GlobalReplicationGroupIdSuffix=d0&PrimaryReplicationGroupId=g0
+531 ask us-east-1 FailoverGlobalReplicationGroup GlobalReplicationGroupId=ldgnf-d0&PrimaryRegion=eu-west-1&PrimaryReplicationGroupId=g0
+18 ask eu-west-1 CreateReplicationGroup ReplicationGroupId=g0&ReplicationGroupDescription=d&GlobalReplicationGroupId=ldgnf-d0&NumCacheClusters=1&AutomaticFailoverEnabled=true
+26 serve KILL
+16 kill us-east-1 2 KILL
+441 ask eu-west-1 FailoverGlobalReplicationGroup GlobalReplicationGroupId=ldgnf-d0&PrimaryRegion=ap-southeast-2&PrimaryReplicationGroupId=g0
+22 kill ap-southeast-2 11 CONT
+10 ask eu-west-1 FailoverGlobalReplicationGroup GlobalReplicationGroupId=ldgnf-d0&PrimaryRegion=us-east-1&PrimaryReplicationGroupId=g0
+674 kill ap-southeast-2 10 CONT
+293 ask us-east-1 DeleteGlobalReplicationGroup GlobalReplicationGroupId=ldgnf-d0&RetainPrimaryReplicationGroup=true
+26 kill us-east-1 4 KILL
+386 ask us-east-1 ModifyReplicationGroup ReplicationGroupId=g0&ApplyImmediately=true&CacheNodeType=cache.r6g.xlarge
+13143 ask eu-west-1 IncreaseReplicaCount ReplicationGroupId=g0&ApplyImmediately=true&NewReplicaCount=2
+446 agent us-east-1 KILL
+24 ask us-east-1 CreateGlobalReplicationGroup GlobalReplicationGroupIdSuffix=d0&PrimaryReplicationGroupId=g0
+856 ask ap-southeast-2 CreateReplicationGroup ReplicationGroupId=g0&ReplicationGroupDescription=d&GlobalReplicationGroupId=ldgnf-d0&NumCacheClusters=1&AutomaticFailoverEnabled=true
+14 ask ap-southeast-2 CreateReplicationGroup ReplicationGroupId=g0&ReplicationGroupDescription=d&GlobalReplicationGroupId=ldgnf-d0&NumCacheClusters=1&AutomaticFailoverEnabled=true
+26 kill us-east-1 1 KILL
+311 restart
+3 ask us-east-1 CreateGlobalReplicationGroup GlobalReplicationGroupIdSuffix=d0&PrimaryReplicationGroupId=g0
+0 ask us-east-1 ModifyGlobalReplicationGroup GlobalReplicationGroupId=ldgnf-d0&ApplyImmediately=true&AutomaticFailoverEnabled=false
+320 kill eu-west-1 0 KILL
+25 ask eu-west-1 DeleteReplicationGroup ReplicationGroupId=g0
+656 ask eu-west-1 ModifyGlobalReplicationGroup GlobalReplicationGroupId=ldgnf-d0&ApplyImmediately=true&AutomaticFailoverEnabled=true
+27 kill us-east-1 9 KILL
+501 kill us-east-1 0 STOP
+120 ask eu-west-1 DeleteGlobalReplicationGroup GlobalReplicationGroupId=ldgnf-d0&RetainPrimaryReplicationGroup=true
+16 kill us-east-1 1 KILL
+27 ask us-east-1 ModifyGlobalReplicationGroup GlobalReplicationGroupId=ldgnf-d0&ApplyImmediately=true&AutomaticFailoverEnabled=false
+21 ask ap-southeast-2 ModifyReplicationGroup ReplicationGroupId=g0&ApplyImmediately=true&EngineVersion=7.0
+27 kill eu-west-1 3 KILL
+4 ask ap-southeast-2 DecreaseReplicaCount ReplicationGroupId=g0&ApplyImmediately=true&NewReplicaCount=0
+7 ask ap-southeast-2 CreateGlobalReplicationGroup GlobalReplicationGroupIdSuffix=d0&PrimaryReplicationGroupId=g0
+134 ask eu-west-1 CreateReplicationGroup ReplicationGroupId=g0&ReplicationGroupDescription=d&GlobalReplicationGroupId=ldgnf-d0&NumCacheClusters=2&AutomaticFailoverEnabled=false
+73 ask us-east-1 CreateReplicationGroup ReplicationGroupId=g0&ReplicationGroupDescription=d&GlobalReplicationGroupId=ldgnf-d0&NumCacheClusters=1&AutomaticFailoverEnabled=false
+500 kill ap-southeast-2 11 KILL
+346 ask us-east-1 CreateReplicationGroup ReplicationGroupId=g0&ReplicationGroupDescription=d&GlobalReplicationGroupId=ldgnf-d0&NumCacheClusters=1&AutomaticFailoverEnabled=true
+17 ask us-east-1 FailoverGlobalReplicationGroup GlobalReplicationGroupId=ldgnf-d0&PrimaryRegion=eu-west-1&PrimaryReplicationGroupId=g0
+0 kill eu-west-1 8 CONT
+777 ask ap-southeast-2 DisassociateGlobalReplicationGroup GlobalReplicationGroupId=ldgnf-d0&ReplicationGroupRegion=us-east-1&ReplicationGroupId=g0
+19 kill us-east-1 4 STOP
+21 ask us-east-1 ModifyGlobalReplicationGroup GlobalReplicationGroupId=ldgnf-d0&ApplyImmediately=true&AutomaticFailoverEnabled=false
+11 ask ap-southeast-2 CreateReplicationGroup ReplicationGroupId=g0&ReplicationGroupDescription=d&Engine=redis&CacheNodeType=cache.r6g.large&NumCacheClusters=2&AutomaticFailoverEnabled=true&SnapshotName=s2
+187 kill eu-west-1 2 CONT
+490 kill us-east-1 11 KILL
+73 ask us-east-1 ModifyGlobalReplicationGroup GlobalReplicationGroupId=ldgnf-d0&ApplyImmediately=true&AutomaticFailoverEnabled=true
+590 ask eu-west-1 ModifyReplicationGroup ReplicationGroupId=g0&ApplyImmediately=true&PrimaryClusterId=g0-003
+2956 ask ap-southeast-2 CreateReplicationGroup ReplicationGroupId=g0&ReplicationGroupDescription=d&GlobalReplicationGroupId=ldgnf-d0&NumCacheClusters=2&AutomaticFailoverEnabled=false
+115 ask eu-west-1 IncreaseReplicaCount ReplicationGroupId=g0&ApplyImmediately=true&NewReplicaCount=1
+8 ask us-east-1 IncreaseReplicaCount ReplicationGroupId=g0&ApplyImmediately=true&NewReplicaCount=1
+8 trip store_commit 3
+497 ask us-east-1 CreateGlobalReplicationGroup GlobalReplicationGroupIdSuffix=d0&PrimaryReplicationGroupId=g0
+8305 ask us-east-1 CreateReplicationGroup ReplicationGroupId=g0&ReplicationGroupDescription=d&Engine=redis&CacheNodeType=cache.r6g.large&NumCacheClusters=1&AutomaticFailoverEnabled=true
+13 ask us-east-1 FailoverGlobalReplicationGroup GlobalReplicationGroupId=ldgnf-d0&PrimaryRegion=us-east-1&PrimaryReplicationGroupId=g0
+10 kill ap-southeast-2 5 KILL
+11 kill eu-west-1 2 KILL
+26 kill eu-west-1 7 KILL
+10795 ask ap-southeast-2 DecreaseReplicaCount ReplicationGroupId=g0&ApplyImmediately=true&NewReplicaCount=1
+412 kill ap-southeast-2 2 KILL
+24 kill us-east-1 3 KILL
+11 ask us-east-1 ModifyGlobalReplicationGroup GlobalReplicationGroupId=ldgnf-d0&ApplyImmediately=true&AutomaticFailoverEnabled=false
+18 agent eu-west-1 KILL
+2 kill ap-southeast-2 5 KILL
+444 ask eu-west-1 RebootCacheCluster CacheClusterId=g0-002&CacheNodeIdsToReboot.CacheNodeId.1=0001
+23 kill eu-west-1 0 KILL
+834 ask ap-southeast-2 ModifyReplicationGroup ReplicationGroupId=g0&ApplyImmediately=true&EngineVersion=6.2
+786 kill ap-southeast-2 9 KILL
+76 ask ap-southeast-2 FailoverGlobalReplicationGroup GlobalReplicationGroupId=ldgnf-d0&PrimaryRegion=us-east-1&PrimaryReplicationGroupId=g0
+77 ask eu-west-1 FailoverGlobalReplicationGroup GlobalReplicationGroupId=ldgnf-d0&PrimaryRegion=us-east-1&PrimaryReplicationGroupId=g0
+329 ask eu-west-1 ModifyGlobalReplicationGroup GlobalReplicationGroupId=ldgnf-d0&ApplyImmediately=true&AutomaticFailoverEnabled=false
+757 kill ap-southeast-2 6 KILL
+18 ask ap-southeast-2 CreateReplicationGroup ReplicationGroupId=g0&ReplicationGroupDescription=d&GlobalReplicationGroupId=ldgnf-d0&NumCacheClusters=2&AutomaticFailoverEnabled=true
+0 kill eu-west-1 5 KILL
+43 ask eu-west-1 CreateReplicationGroup ReplicationGroupId=g0&ReplicationGroupDescription=d&Engine=redis&CacheNodeType=cache.r6g.large&NumCacheClusters=3&AutomaticFailoverEnabled=true
+45 ask us-east-1 CreateGlobalReplicationGroup GlobalReplicationGroupIdSuffix=d0&PrimaryReplicationGroupId=g0
+81 network 0 23
+3 ask us-east-1 FailoverGlobalReplicationGroup GlobalReplicationGroupId=ldgnf-d0&PrimaryRegion=ap-southeast-2&PrimaryReplicationGroupId=g0
+9 ask us-east-1 CreateReplicationGroup ReplicationGroupId=g0&ReplicationGroupDescription=d&Engine=redis&CacheNodeType=cache.r6g.large&NumCacheClusters=2&AutomaticFailoverEnabled=true
+26 ask eu-west-1 IncreaseReplicaCount ReplicationGroupId=g0&ApplyImmediately=true&NewReplicaCount=3
+23 ask eu-west-1 CreateGlobalReplicationGroup GlobalReplicationGroupIdSuffix=d0&PrimaryReplicationGroupId=g0
+0 ask eu-west-1 CreateReplicationGroup ReplicationGroupId=g0&ReplicationGroupDescription=d&Engine=redis&CacheNodeType=cache.r6g.large&NumCacheClusters=1&AutomaticFailoverEnabled=true
+276 trip crash_after_commit 1
+163 kill us-east-1 10 KILL
+547 kill eu-west-1 3 KILL
+29 kill us-east-1 4 STOP
+23 ask eu-west-1 ModifyReplicationGroup ReplicationGroupId=g0&ApplyImmediately=false&CacheNodeType=cache.r6g.xlarge
+204 network 2 35
+409 ask ap-southeast-2 ModifyReplicationGroup ReplicationGroupId=g0&ApplyImmediately=true&EngineVersion=7.1
+1333 kill eu-west-1 2 STOP
+3 ask us-east-1 ModifyReplicationGroup ReplicationGroupId=g0&ApplyImmediately=true&EngineVersion=6.2
+552 trip store_commit 1
+431 kill eu-west-1 11 KILL
+12 ask us-east-1 ModifyGlobalReplicationGroup GlobalReplicationGroupId=ldgnf-d0&ApplyImmediately=true&AutomaticFailoverEnabled=true
+22 trip crash_after_commit 1
+10247 ask us-east-1 ModifyGlobalReplicationGroup GlobalReplicationGroupId=ldgnf-d0&ApplyImmediately=true&AutomaticFailoverEnabled=true
+28 ask us-east-1 FailoverGlobalReplicationGroup GlobalReplicationGroupId=ldgnf-d0&PrimaryRegion=eu-west-1&PrimaryReplicationGroupId=g0
+19 ask eu-west-1 FailoverGlobalReplicationGroup GlobalReplicationGroupId=ldgnf-d0&PrimaryRegion=us-east-1&PrimaryReplicationGroupId=g0
+406 kill eu-west-1 4 KILL
+40 restart
+746 agent eu-west-1 KILL
