// Command text works on strings, bytes, runes and formatted numbers.
package main

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

func main() {
	s := "Grüße, 世界! \U0001F600 end"
	fmt.Println(len(s), utf8.RuneCountInString(s), strings.ToUpper(s), strings.Title("two words"))
	for i, r := range s {
		if r > 127 {
			fmt.Print(i, ":", string(r), " ", unicode.IsLetter(r), " ")
		}
	}
	fmt.Println()
	fmt.Println(strings.Index(s, "世"), strings.LastIndex(s, "e"), strings.Count("cheese", "e"), strings.Contains(s, "😀"), strings.IndexByte(s, '!'))
	long := strings.Repeat("abcdefghij", 100) + "needle" + strings.Repeat("z", 77)
	fmt.Println(strings.Index(long, "needle"), strings.IndexAny(long, "xyz"), bytes.IndexByte([]byte(long), 'n'), bytes.Count([]byte(long), []byte("e")))
	fmt.Println(strings.Fields("  a  b c "), strings.Split("a,b,,c", ","), strings.SplitN("a=b=c", "=", 2), strings.TrimFunc("123abc456", unicode.IsDigit))
	fmt.Println(strings.Map(func(r rune) rune {
		if r == 'a' {
			return -1
		}
		return r + 1
	}, "banana"), strings.NewReplacer("<", "&lt;", ">", "&gt;").Replace("<b>"), strings.EqualFold("Go", "GO"))
	for i := 0; i < 70; i += 7 {
		a, b := strings.Repeat("x", i)+"a", strings.Repeat("x", i)+"b"
		fmt.Print(strings.Compare(a, b), a == b, bytes.Compare([]byte(b), []byte(a)), " ")
	}
	fmt.Println()
	var b strings.Builder
	for i := 0; i < 1000; i++ {
		b.WriteString(strconv.Itoa(i))
	}
	fmt.Println(b.Len(), b.String()[500:520])
	copied := make([]byte, 300)
	for i := range copied {
		copied[i] = byte(i)
	}
	copy(copied[1:], copied)
	copy(copied, copied[100:])
	fmt.Println(copied[:3], copied[199:203], bytes.Equal(copied[:10], copied[200:210]))
	fmt.Printf("%08.3f|%-10s|%+d|%x|%X|%o|%b|%c|%q|%U|%e|%t|%v|%5d|%-5d|%05d|% x|%#x|%T\n",
		3.14159, "left", 42, 255, "hex", 8, 5, 'Ж', "quo\"te", 0x1F600, 123456.789, true, []string{"a"}, 42, 42, 42, "ab", 255, 1i)
	fmt.Printf("%[2]d %[1]d %d %z %s\n", 1, 2, 3, "extra")
	n, err := strconv.Atoi("12x")
	fmt.Println(n, err)
	i64, err := strconv.ParseInt("-9223372036854775809", 10, 64)
	fmt.Println(i64, err, strconv.Quote("tab\there\x00\xff"), strconv.FormatInt(-255, 2))
	var name string
	var age int
	fmt.Sscanf("bob is 42", "%s is %d", &name, &age)
	fmt.Println(name, age, string([]rune{72, 105}), []byte("é"), []rune("é"))
	fmt.Println(utf8.ValidString("\xff"), strings.ToValidUTF8("a\xffb", "?"))
}
