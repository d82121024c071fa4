set -e
for i in $(seq 50); do test "$(redis-cli -c -h "$1" -p "$2" set key-$i $i)" = OK; done
for i in $(seq 50); do test "$(redis-cli -c -h "$1" -p "$2" get key-$i)" = $i; done
echo served
