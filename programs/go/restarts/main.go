// A server that restarts itself, with its listener, and a client that notices only by what it is told: once by starting its successor, once by
// becoming it. And a crash test as packages have them: what must end the program is tried in a child.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func main() {
	switch os.Getenv("R14_ROLE") {
	case "server":
		server()
	case "crash":
		log.SetFlags(0)
		log.Fatal("fatal, as wanted")
	case "panic":
		panic(errors.New("wanted"))
	default:
		client()
	}
}

func check(err error) {
	if err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
}

// self is a command that starts this program in a role.
func self(role string, more ...string) *exec.Cmd {
	path, err := os.Executable()
	check(err)
	cmd := exec.Command(path)
	cmd.Env = append(append(os.Environ(), "R14_ROLE="+role), more...)
	return cmd
}

func server() {
	generation, _ := strconv.Atoi(os.Getenv("R14_GENERATION"))
	l, err := net.FileListener(os.NewFile(3, "listener"))
	check(err)
	restart := make(chan os.Signal, 2)
	signal.Notify(restart, syscall.SIGHUP, syscall.SIGUSR2)
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "generation %d, asked for %s", generation, r.URL.Path)
	})
	srv := &http.Server{}
	go srv.Serve(l)
	fmt.Println("ready", generation)
	next := "R14_GENERATION=" + strconv.Itoa(generation+1)
	switch <-restart {
	case syscall.SIGHUP:
		f, err := l.(*net.TCPListener).File()
		check(err)
		cmd := self("server", next)
		cmd.ExtraFiles = []*os.File{f}
		cmd.Stdout = os.Stdout
		check(cmd.Start())
		time.Sleep(50 * time.Millisecond)
		srv.Close()
		os.Exit(10 + generation)
	case syscall.SIGUSR2:
		f, err := l.(*net.TCPListener).File()
		check(err)
		check(syscall.Dup2(int(f.Fd()), 3))
		path, _ := os.Executable()
		check(syscall.Exec(path, []string{path}, append(os.Environ(), next)))
	}
}

func client() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	f, err := l.(*net.TCPListener).File()
	check(err)
	l.Close()
	address := "http://" + l.Addr().String()
	out, in, err := os.Pipe()
	check(err)
	cmd := self("server", "R14_GENERATION=1")
	cmd.ExtraFiles = []*os.File{f}
	cmd.Stdout = in
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	check(cmd.Start())
	in.Close()
	lines := bufio.NewReader(out)
	ready := func() {
		line, err := lines.ReadString('\n')
		fmt.Print("server: ", line)
		check(err)
	}
	get := func(path string) {
		r, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Get(address + path)
		check(err)
		body, err := io.ReadAll(r.Body)
		check(err)
		fmt.Println("client:", string(body))
	}
	ready()
	get("/one")
	check(cmd.Process.Signal(syscall.SIGUSR2))
	ready()
	get("/two")
	check(cmd.Process.Signal(syscall.SIGHUP))
	ready()
	fmt.Println("the first:", cmd.Wait())
	get("/three")
	f.Close()
	crashes()
	// Whoever serves now has no parent: it ends when its group is told so.
	rest := make(chan string)
	go func() {
		text, _ := io.ReadAll(lines)
		rest <- string(text)
	}()
	check(syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM))
	fmt.Printf("the last said %q\n", <-rest)
}

func crashes() {
	cmd := self("crash")
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	fmt.Printf("%q %v %v\n", out, err, errors.As(err, &exit) && !exit.Success())
	out, err = self("panic").CombinedOutput()
	fmt.Println(strings.Split(string(out), "\n")[0], err)
}
