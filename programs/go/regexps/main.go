// Command regexps matches, extracts, replaces and splits with regular expressions, and fills text templates.
package main

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"text/tabwriter"
	"text/template"
)

func main() {
	text := "Ada Lovelace <ada@example.org>, Grace Hopper <grace@navy.mil>; call +44 20 7946 0958 or 555-0199 on 2024-05-17."
	mail := regexp.MustCompile(`(\w+) (\w+) <([a-z]+)@([a-z.]+)>`)
	for _, m := range mail.FindAllStringSubmatch(text, -1) {
		fmt.Printf("%q\n", m)
	}
	fmt.Println(mail.ReplaceAllString(text, "$2, $1 at ${4}"))
	date := regexp.MustCompile(`(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})`)
	fmt.Println(date.FindStringSubmatchIndex(text), date.SubexpNames(), date.FindString(text))
	fmt.Println(regexp.MustCompile(`[;,]\s*`).Split("a, b;c,d", -1))
	fmt.Println(regexp.MustCompile(`a+?b*`).FindAllString("aaabbb ab b a", -1))
	fmt.Println(regexp.MustCompile(`(?i)GRACE`).FindStringIndex(text))
	fmt.Println(regexp.MustCompile(`^(a|b|ab)*c$`).MatchString(strings.Repeat("ab", 200) + "c"))
	fmt.Println(regexp.MustCompile(`(a*)*b`).MatchString(strings.Repeat("a", 300)))
	fmt.Println(regexp.MustCompile(`\p{Greek}+`).FindString("abc αβγ def"))
	upper := regexp.MustCompile(`\b[a-z]`).ReplaceAllStringFunc("some words here", strings.ToUpper)
	fmt.Println(upper)
	_, err := regexp.Compile(`a(b`)
	fmt.Println(err)

	t := template.Must(template.New("t").Funcs(template.FuncMap{"up": strings.ToUpper}).Parse(
		"{{range $i, $p := .}}{{if $i}}, {{end}}{{$p.Name | up | printf \"%-8s\"}}={{len $p.Tags}}{{with $p.Tags}} {{index . 0}}{{end}}{{end}}\n"))
	err = t.Execute(os.Stdout, []struct {
		Name string
		Tags []string
	}{{"first", []string{"x", "y"}}, {"second", nil}})
	fmt.Println(err)
	w := tabwriter.NewWriter(os.Stdout, 0, 8, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "a\tbbb\tc\t")
	fmt.Fprintln(w, "aaaa\tb\tccccc\t")
	w.Flush()
}
