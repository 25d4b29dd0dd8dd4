// Starts itself again and again, as services and their tests do: pipes, statuses, signals, a crash, environment, what cannot be started.
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

func main() {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "echo":
			fmt.Println("child says", strings.Join(os.Args[2:], " "), "env", os.Getenv("X"))
		case "cat":
			io.Copy(os.Stdout, os.Stdin)
		case "exit":
			fmt.Fprintln(os.Stderr, "bye")
			os.Exit(7)
		case "crash":
			var p *int
			*p = 1
		case "sleep":
			fmt.Println("sleeping")
			time.Sleep(time.Hour)
		case "grand":
			out, err := exec.Command(os.Args[0], "echo", "grandchild").CombinedOutput()
			fmt.Printf("%s%v\n", out, err)
		}
		return
	}
	self, err := os.Executable()
	fmt.Println(err)
	cmd := exec.Command(self, "echo", "a", "b")
	cmd.Env = append(os.Environ(), "X=1")
	out, err := cmd.CombinedOutput()
	fmt.Printf("%q %v\n", out, err)
	cmd = exec.Command(self, "cat")
	cmd.Stdin = strings.NewReader(strings.Repeat("hello\n", 30000))
	out, err = cmd.Output()
	fmt.Println(len(out), err)
	err = exec.Command(self, "exit").Run()
	fmt.Println(err)
	_, err = exec.Command(self, "exit").Output()
	fmt.Println(string(err.(*exec.ExitError).Stderr))
	err = exec.Command(self, "crash").Run()
	fmt.Println(err)
	cmd = exec.Command(self, "sleep")
	p, _ := cmd.StdoutPipe()
	cmd.Start()
	line, err := bufio.NewReader(p).ReadString('\n')
	fmt.Printf("%q %v\n", line, err)
	cmd.Process.Signal(syscall.SIGTERM)
	fmt.Println(cmd.Wait())
	cmd = exec.Command(self, "sleep")
	cmd.Start()
	cmd.Process.Kill()
	err = cmd.Wait()
	fmt.Println(err, cmd.ProcessState.Sys().(syscall.WaitStatus).Signal())
	out, err = exec.Command(self, "grand").CombinedOutput()
	fmt.Printf("%q %v\n", out, err)
	err = exec.Command("/no/such/file").Run()
	fmt.Println(err)
	err = exec.Command("/etc").Run()
	fmt.Println(err)
	_, err = exec.LookPath("nosuchprogram")
	fmt.Println(err)
}
