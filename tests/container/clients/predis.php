<?php
require "Predis/Autoloader.php";
Predis\Autoloader::register();
$client = new Predis\Client(["tcp://$argv[1]:$argv[2]"], ["cluster" => "redis"]);
for ($i = 0; $i < 50; $i++) $client->set("key-$i", $i);
for ($i = 0; $i < 50; $i++) if ($client->get("key-$i") !== "$i") exit("key-$i");
echo "served\n";
