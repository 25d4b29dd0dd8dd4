// Command server is the crash in a server, which serves a plain request and then one with a tracing context, whose handler starts a goroutine.
package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"

	"crash/trace"
)

// setContext is as in the program beside.
func setContext(context interface{})

func serve(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/traced" {
		setContext(trace.New("request"))
	}
	c := make(chan int)
	go func() { c <- 42 }()
	fmt.Fprintln(w, <-c)
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	go http.Serve(listener, http.HandlerFunc(serve))
	for _, path := range []string{"/plain", "/traced"} {
		response, err := http.Get("http://" + listener.Addr().String() + path)
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		io.Copy(os.Stdout, response.Body)
		response.Body.Close()
	}
}
