package main

import (
	"fmt"
	"os"

	"gopkg.in/redis.v5"
)

func main() {
	client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{os.Args[1] + ":" + os.Args[2]}})
	for i := 0; i < 50; i++ {
		if err := client.Set(fmt.Sprint("key-", i), i, 0).Err(); err != nil {
			panic(err)
		}
	}
	for i := 0; i < 50; i++ {
		if got, err := client.Get(fmt.Sprint("key-", i)).Result(); err != nil || got != fmt.Sprint(i) {
			panic(fmt.Sprint("key-", i, ": ", got, err))
		}
	}
	fmt.Println("served")
}
