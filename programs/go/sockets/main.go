// Sockets of all kinds that package net has: TLS with HTTP/2, datagrams, names in the file system and without, descriptors that go along, deadlines.
package main

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"time"
)

func must[T any](value T, err error) T {
	if err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
	return value
}

func encrypted() {
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	template := x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "localhost"},
		NotBefore:    time.Unix(0, 0),
		NotAfter:     time.Unix(1<<33, 0),
		DNSNames:     []string{"localhost"},
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der := must(x509.CreateCertificate(rand.Reader, &template, &template, &key.PublicKey, key))
	pool := x509.NewCertPool()
	pool.AddCert(must(x509.ParseCertificate(der)))
	config := &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, NextProtos: []string{"h2", "http/1.1"}}
	listener := must(net.Listen("tcp", ":0"))
	server := &http.Server{TLSConfig: config, ErrorLog: log.New(io.Discard, "", 0), Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for i := 0; i < 5; i++ {
			fmt.Fprintln(w, r.Proto, i)
			w.(http.Flusher).Flush()
		}
	})}
	go server.ServeTLS(listener, "", "")
	client := http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: true}}
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	for _, host := range []string{"localhost", "127.0.0.1"} {
		response := must(client.Get("https://" + host + ":" + port + "/"))
		fmt.Print(string(must(io.ReadAll(response.Body))))
	}
	_, err := http.Get("https://localhost:" + port)
	fmt.Println(strings.Contains(fmt.Sprint(err), "certificate"))
	other, err := net.Listen("tcp", listener.Addr().String())
	fmt.Println(other == nil, strings.Contains(fmt.Sprint(err), "address already in use"))
	server.Close()
}

func datagrams() {
	for _, address := range []string{"127.0.0.1:0", "[::1]:0"} {
		echo := must(net.ListenPacket("udp", address))
		ended := make(chan bool)
		go func() {
			defer close(ended)
			buffer := make([]byte, 100)
			for {
				n, from, err := echo.ReadFrom(buffer)
				if err != nil {
					return
				}
				echo.WriteTo([]byte(strings.ToUpper(string(buffer[:n]))), from)
			}
		}()
		conn := must(net.Dial("udp", echo.LocalAddr().String()))
		for _, word := range []string{"one", "two", ""} {
			conn.Write([]byte(word))
			buffer := make([]byte, 10)
			conn.SetReadDeadline(time.Now().Add(time.Second))
			fmt.Printf("%q\n", buffer[:must(conn.Read(buffer))])
		}
		echo.Close()
		<-ended
		conn.Write([]byte("x"))
		_, err := conn.Read(make([]byte, 1))
		fmt.Println(strings.Contains(fmt.Sprint(err), "connection refused"))
	}
	quiet := must(net.ListenPacket("udp4", "127.0.0.1:0"))
	quiet.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
	_, _, err := quiet.ReadFrom(make([]byte, 1))
	fmt.Println(os.IsTimeout(err))
}

func named() {
	folder := must(os.MkdirTemp("", "r14-sockets"))
	defer os.RemoveAll(folder)
	name := folder + "/socket"
	listener := must(net.Listen("unix", name))
	back := make(chan string)
	go func() {
		conn := must(listener.Accept()).(*net.UnixConn)
		reader, writer, _ := os.Pipe()
		conn.WriteMsgUnix([]byte("fd"), syscall.UnixRights(int(reader.Fd())), nil)
		reader.Close()
		fmt.Fprintln(writer, "through the pipe")
		writer.Close()
		conn.CloseWrite()
		back <- string(must(io.ReadAll(conn)))
	}()
	conn := must(net.Dial("unix", name)).(*net.UnixConn)
	buffer, beside := make([]byte, 10), make([]byte, 100)
	n, length, _, _, err := conn.ReadMsgUnix(buffer, beside)
	messages := must(syscall.ParseSocketControlMessage(beside[:length]))
	descriptors := must(syscall.ParseUnixRights(&messages[0]))
	fmt.Println(string(buffer[:n]), len(descriptors), err)
	fmt.Print(must(bufio.NewReader(os.NewFile(uintptr(descriptors[0]), "pipe")).ReadString('\n')))
	fmt.Fprintln(conn, "back")
	conn.Close()
	fmt.Print(<-back)
	stat := must(os.Stat(name))
	fmt.Println(stat.Mode().Type() == os.ModeSocket)
	listener.Close()
	_, err = os.Stat(name)
	fmt.Println(os.IsNotExist(err))

	records := must(net.Listen("unixpacket", "@r14-records"))
	go func() {
		conn := must(records.Accept())
		conn.Write([]byte("one"))
		conn.Write([]byte("other"))
		conn.Close()
	}()
	packets := must(net.Dial("unixpacket", "@r14-records"))
	for {
		n, err := packets.Read(buffer)
		if err != nil || n == 0 {
			fmt.Println(n, err)
			break
		}
		fmt.Println(string(buffer[:n]))
	}
	_, err = net.Dial("unix", name)
	fmt.Println(strings.Contains(fmt.Sprint(err), "no such file"))
}

// What one connection brings is copied to another, whose reader takes its time: splice(2) finds no room on the way.
func proxied() {
	far := must(net.Listen("tcp", "127.0.0.1:0"))
	near := must(net.Listen("tcp", "127.0.0.1:0"))
	go func() {
		in := must(near.Accept())
		out := must(net.Dial("tcp", far.Addr().String()))
		n, err := io.Copy(out, in)
		out.Close()
		fmt.Println("copied", n, err)
	}()
	go func() {
		conn := must(net.Dial("tcp", near.Addr().String()))
		conn.Write(make([]byte, 8<<20))
		conn.Close()
	}()
	conn := must(far.Accept())
	time.Sleep(20 * time.Millisecond)
	n := must(io.Copy(io.Discard, conn))
	time.Sleep(20 * time.Millisecond)
	fmt.Println("came", n)
}

func main() {
	encrypted()
	datagrams()
	named()
	proxied()
	loopback := must(net.InterfaceByName("lo"))
	fmt.Println(loopback.Index, loopback.Name, loopback.MTU, loopback.Flags&(net.FlagUp|net.FlagLoopback), must(loopback.Addrs()))
	addresses, _ := net.LookupHost("r14.invalid")
	fmt.Println(len(addresses))
}
