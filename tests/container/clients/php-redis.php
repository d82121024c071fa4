<?php
$client = new RedisCluster(null, ["$argv[1]:$argv[2]"], 10, 10);
for ($i = 0; $i < 50; $i++) $client->set("key-$i", $i);
for ($i = 0; $i < 50; $i++) if ($client->get("key-$i") !== "$i") exit("key-$i");
echo "served\n";
