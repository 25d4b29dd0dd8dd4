// A server and its clients in one program: net/http over this machine's own network, with keep-alive, timeouts, large bodies, hijacking and an end. With a
// port it is a server for whoever comes, until somebody asks for /quit.
package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"
)

func handlers() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/hello", func(w http.ResponseWriter, r *http.Request) {
		done := make(chan string)
		go func() { done <- "hello " + r.URL.Query().Get("n") }()
		fmt.Fprint(w, <-done)
	})
	mux.HandleFunc("/echo", func(w http.ResponseWriter, r *http.Request) { io.Copy(w, r.Body) })
	mux.HandleFunc("/slow", func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	mux.HandleFunc("/stream", func(w http.ResponseWriter, r *http.Request) {
		for i := 0; i < 5; i++ {
			fmt.Fprintln(w, "part", i)
			w.(http.Flusher).Flush()
		}
	})
	mux.HandleFunc("/hijack", func(w http.ResponseWriter, r *http.Request) {
		conn, rw, err := w.(http.Hijacker).Hijack()
		if err != nil {
			fmt.Println(err)
			return
		}
		defer conn.Close()
		fmt.Fprint(rw, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: lines\r\nConnection: Upgrade\r\n\r\n")
		rw.Flush()
		for {
			line, err := rw.ReadString('\n')
			if err != nil {
				return
			}
			fmt.Fprint(rw, strings.ToUpper(line))
			rw.Flush()
		}
	})
	return mux
}

func get(client *http.Client, url string) string {
	response, err := client.Get(url)
	if err != nil {
		return err.Error()
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return fmt.Sprint(response.Status, " ", string(body), err)
}

func serve(port string) {
	listener, err := net.Listen("tcp", "127.0.0.1:"+port)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("listening on", listener.Addr())
	mux := http.NewServeMux()
	mux.Handle("/", handlers())
	mux.HandleFunc("/quit", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "3")
		fmt.Fprint(w, "bye")
		w.(http.Flusher).Flush()
		os.Exit(3)
	})
	fmt.Println(http.Serve(listener, mux))
}

func main() {
	if len(os.Args) > 1 {
		serve(os.Args[1])
		return
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	server := &http.Server{Handler: handlers(), ErrorLog: log.New(io.Discard, "", 0)}
	ended := make(chan error)
	go func() { ended <- server.Serve(listener) }()
	address := listener.Addr().String()
	base := "http://" + address

	answers := make([]string, 30)
	var all sync.WaitGroup
	for i := range answers {
		all.Add(1)
		go func(i int) {
			defer all.Done()
			answers[i] = get(http.DefaultClient, fmt.Sprintf("%s/hello?n=%d", base, i))
		}(i)
	}
	all.Wait()
	for _, answer := range answers {
		fmt.Println(answer)
	}
	fmt.Print(get(http.DefaultClient, base+"/stream"), "\n")
	fmt.Println(get(http.DefaultClient, base+"/none"))

	large := strings.Repeat("0123456789abcdef", 100_000)
	response, err := http.Post(base+"/echo", "text/plain", strings.NewReader(large))
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	body, _ := io.ReadAll(response.Body)
	fmt.Println(len(body), string(body) == large)

	client := &http.Client{Timeout: 20 * time.Millisecond}
	fmt.Println(strings.Contains(get(client, base+"/slow"), "Client.Timeout exceeded"))
	fmt.Println(strings.Contains(get(http.DefaultClient, "http://localhost:1/"), "connection refused"))

	conn, err := net.Dial("tcp", address)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Fprintf(conn, "GET /hijack HTTP/1.1\r\nHost: %s\r\n\r\n", address)
	reader := bufio.NewReader(conn)
	for {
		line, err := reader.ReadString('\n')
		if err != nil || line == "\r\n" {
			break
		}
		fmt.Print(line)
	}
	for _, word := range []string{"one", "two"} {
		fmt.Fprintln(conn, word)
		line, err := reader.ReadString('\n')
		fmt.Printf("%q %v\n", line, err)
	}
	conn.(*net.TCPConn).CloseWrite()
	rest, err := io.ReadAll(reader)
	fmt.Println(len(rest), err)

	http.DefaultClient.CloseIdleConnections()
	fmt.Println(server.Shutdown(context.Background()), <-ended)
	_, err = net.Dial("tcp", address)
	fmt.Println(strings.Contains(fmt.Sprint(err), "connection refused"))
}
