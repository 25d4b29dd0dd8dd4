// Command hashes computes digests, a cipher, encodings and a compressed round trip.
package main

import (
	"bytes"
	"compress/gzip"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash/adler32"
	"hash/crc32"
	"hash/crc64"
	"hash/fnv"
	"io"
	"strings"
)

func main() {
	text := []byte(strings.Repeat("The quick brown fox jumps over the lazy dog. ", 50))
	for _, n := range []int{0, 1, 55, 64, 119, len(text)} {
		fmt.Printf("%x\n", sha256.Sum256(text[:n]))
	}
	fmt.Printf("%x\n%x\n%x\n", md5.Sum(text), sha1.Sum(text), sha512.Sum512(text))
	mac := hmac.New(sha256.New, []byte("key"))
	mac.Write(text)
	fmt.Println(hex.EncodeToString(mac.Sum(nil)))
	fmt.Println(crc32.ChecksumIEEE(text), crc32.Checksum(text, crc32.MakeTable(crc32.Castagnoli)), adler32.Checksum(text))
	fmt.Println(crc64.Checksum(text, crc64.MakeTable(crc64.ECMA)))
	h := fnv.New64a()
	h.Write(text)
	fmt.Println(h.Sum64())

	block, err := aes.NewCipher([]byte("sixteen byte key"))
	if err != nil {
		panic(err)
	}
	encrypted := make([]byte, 64)
	cipher.NewCTR(block, make([]byte, 16)).XORKeyStream(encrypted, text[:64])
	fmt.Printf("%x\n", encrypted)
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		panic(err)
	}
	fmt.Printf("%x\n", gcm.Seal(nil, make([]byte, 12), text[:40], []byte("extra")))

	fmt.Println(base64.StdEncoding.EncodeToString(text[:40]))
	buffer := &bytes.Buffer{}
	binary.Write(buffer, binary.BigEndian, struct {
		A uint16
		B int32
		C float32
	}{1, -2, 1.5})
	fmt.Printf("%x\n", buffer.Bytes())

	compressed := &bytes.Buffer{}
	z := gzip.NewWriter(compressed)
	z.Write(text)
	z.Close()
	r, err := gzip.NewReader(compressed)
	if err != nil {
		panic(err)
	}
	plain, err := io.ReadAll(r)
	fmt.Println(bytes.Equal(plain, text), err)
}
