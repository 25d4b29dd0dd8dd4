// Command pipes reads standard input line by line, passes it through scanners and pipes, and writes buffered output.
package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
)

func main() {
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	lines := 0
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		lines++
		fmt.Fprintf(out, "%d: %s\n", lines, strings.ToUpper(in.Text()))
	}
	fmt.Fprintln(out, "lines", lines, in.Err())

	r, w := io.Pipe()
	go func() {
		for i := 0; i < 100; i++ {
			fmt.Fprintf(w, "record %d\n", i)
		}
		w.CloseWithError(io.ErrUnexpectedEOF)
	}()
	text, err := io.ReadAll(r)
	fmt.Fprintln(out, bytes.Count(text, []byte("\n")), err)

	words := bufio.NewScanner(strings.NewReader("one two  three\nfour"))
	words.Split(bufio.ScanWords)
	for words.Scan() {
		fmt.Fprint(out, words.Text(), ";")
	}
	fmt.Fprintln(out)
	var copied bytes.Buffer
	n, err := io.Copy(io.MultiWriter(&copied, io.Discard), io.LimitReader(strings.NewReader(strings.Repeat("x", 100000)), 70000))
	fmt.Fprintln(out, n, err, copied.Len())
	tee := io.TeeReader(strings.NewReader("tee"), out)
	io.ReadAll(tee)
	fmt.Fprintln(out)
	reader := bufio.NewReader(strings.NewReader("line\nlast"))
	for {
		line, err := reader.ReadString('\n')
		fmt.Fprintf(out, "%q %v\n", line, err)
		if err != nil {
			break
		}
	}
	// More than a pipe holds, between two goroutines and through the kernel.
	pr, pw, err := os.Pipe()
	if err != nil {
		fmt.Fprintln(out, err)
		return
	}
	go func() {
		pw.Write(bytes.Repeat([]byte("0123456789"), 20000))
		pw.Close()
	}()
	whole, err := io.ReadAll(pr)
	fmt.Fprintln(out, len(whole), err, string(whole[199990:]))
}
