// Command files reads its arguments, its environment, standard input and its own executable, and what it may not read.
package main

import (
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

func main() {
	fmt.Println("arguments", len(os.Args)-1, os.Args[1:])
	fmt.Printf("R14_TEST=%q\n", os.Getenv("R14_TEST"))
	_, set := os.LookupEnv("R14_ABSENT")
	fmt.Println("absent", set)

	input, err := io.ReadAll(os.Stdin)
	fmt.Printf("stdin %q %v\n", input, err)

	path, err := os.Executable()
	if err != nil {
		fmt.Println("executable:", err)
		os.Exit(1)
	}
	f, err := os.Open(path)
	if err != nil {
		fmt.Println("open:", err)
		os.Exit(1)
	}
	defer f.Close()
	magic := make([]byte, 4)
	n, err := f.Read(magic)
	fmt.Printf("%d %q %v\n", n, magic, err)
	at := make([]byte, 2)
	_, err = f.ReadAt(at, 18)
	fmt.Println("machine", elf.Machine(at[0]), err)
	offset, err := f.Seek(-1, io.SeekEnd)
	info, statErr := f.Stat()
	fmt.Println("size", offset+1 == info.Size(), info.Mode().IsRegular(), err, statErr)
	rest, err := io.ReadAll(f)
	fmt.Println("rest", len(rest), err)

	whole, err := os.ReadFile(path)
	fmt.Println("whole", int64(len(whole)) == info.Size(), bytes.HasPrefix(whole, magic), err)

	_, err = os.Open("/proc/self/nonexistent")
	fmt.Println(errors.Is(err, fs.ErrNotExist))
	_, err = os.Stat("/proc/self/nonexistent")
	fmt.Println(errors.Is(err, fs.ErrNotExist))
	err = os.WriteFile("/no such directory/file", []byte("x"), 0o644)
	fmt.Println(err != nil)
	_, err = f.Write([]byte("x"))
	fmt.Println(err != nil)
	r, w, err := os.Pipe()
	fmt.Println(err)
	go func() {
		fmt.Fprint(w, "through a pipe")
		w.Close()
	}()
	piped, err := io.ReadAll(r)
	fmt.Printf("%s %v\n", piped, err)
}
