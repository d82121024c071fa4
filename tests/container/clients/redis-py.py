import sys

from redis.cluster import RedisCluster

client = RedisCluster(host=sys.argv[1], port=int(sys.argv[2]), decode_responses=True)
for i in range(50):
    client.set("key-%d" % i, i)
assert [client.get("key-%d" % i) for i in range(50)] == [str(i) for i in range(50)]
print("served")
