package main

import (
	"fmt"
	"os"

	"github.com/gomodule/redigo/redis"
	"github.com/mna/redisc"
)

func main() {
	cluster := redisc.Cluster{StartupNodes: []string{os.Args[1] + ":" + os.Args[2]}}
	if err := cluster.Refresh(); err != nil {
		panic(err)
	}
	for i := 0; i < 50; i++ {
		conn, err := redisc.RetryConn(cluster.Get(), 5, 0)
		if err != nil {
			panic(err)
		}
		if _, err := conn.Do("SET", fmt.Sprint("key-", i), i); err != nil {
			panic(err)
		}
		if got, err := redis.Int(conn.Do("GET", fmt.Sprint("key-", i))); err != nil || got != i {
			panic(fmt.Sprint("key-", i, ": ", got, err))
		}
		conn.Close()
	}
	fmt.Println("served")
}
