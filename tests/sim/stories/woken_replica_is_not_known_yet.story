# The same with an agent that had died, too: it had not asked the woken replica yet who it was, and that counted as nobody.
seed 5382
+0 ask us-east-1 CreateReplicationGroup ReplicationGroupId=g0&ReplicationGroupDescription=d&Engine=redis&CacheNodeType=cache.r6g.large&NumCacheClusters=2&AutomaticFailoverEnabled=true
+24819 ask us-east-1 CreateCacheParameterGroup CacheParameterGroupName=p1&CacheParameterGroupFamily=memcached1.6&Description=d
+0 ask us-east-1 CreateCacheCluster CacheClusterId=m0&Engine=memcached&CacheNodeType=cache.t4g.small&NumCacheNodes=2&CacheParameterGroupName=p1
+15614 ask us-east-1 CreateReplicationGroup ReplicationGroupId=k0&ReplicationGroupDescription=d&Engine=redis&CacheNodeType=cache.r6g.large&NumNodeGroups=2&ReplicasPerNodeGroup=2&AutomaticFailoverEnabled=true&CacheParameterGroupName=default.redis7.cluster.on
+22991 kill us-east-1 10 KILL
+25520 kill us-east-1 11 KILL
+1 pause 16964
