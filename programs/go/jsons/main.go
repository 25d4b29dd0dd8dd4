// Command jsons encodes and decodes JSON: structs with tags, maps, interfaces, numbers, errors.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
)

type address struct {
	Street string `json:"street"`
	Number int    `json:"number,omitempty"`
}

type person struct {
	Name    string            `json:"name"`
	Age     uint8             `json:"age"`
	Emails  []string          `json:"emails"`
	Home    *address          `json:"home"`
	Extra   map[string]any    `json:"extra"`
	Scores  [3]float64        `json:"scores"`
	Labels  map[string]string `json:"labels,omitempty"`
	private int
}

type temperature float64

func (t temperature) MarshalJSON() ([]byte, error) {
	return []byte(fmt.Sprintf(`"%.1f C"`, float64(t))), nil
}

func main() {
	p := person{
		Name: "Zoë \"Z\" <z>", Age: 41, Emails: []string{"a@b", "c@d"}, Home: &address{Street: "Long\tRoad"},
		Extra: map[string]any{"pi": 3.14159, "list": []int{1, 2}, "none": nil, "yes": true}, Scores: [3]float64{1, 2.5, 1e21}, private: 1,
	}
	text, err := json.Marshal(p)
	fmt.Println(string(text), err)
	var back person
	err = json.Unmarshal(text, &back)
	fmt.Println(back.Name, back.Age, back.Emails, *back.Home, back.Extra, back.Scores, err)

	pretty, _ := json.MarshalIndent(map[string]any{"t": temperature(21.55), "nested": map[string]int{"b": 2, "a": 1}}, "", "  ")
	fmt.Println(string(pretty))

	var anything any
	for _, s := range []string{`[1, 2.5, "three", null, {"four": [4]}]`, `{"open": `, `{"a": 1,}`, `"\u00e9\ud83d\ude00"`, `1e400`, `nul`} {
		err := json.Unmarshal([]byte(s), &anything)
		fmt.Println(anything, err)
	}
	err = json.Unmarshal([]byte(`{"age": 300}`), &back)
	fmt.Println(err)
	err = json.Unmarshal([]byte(`{"name": 1}`), &back)
	fmt.Println(err)

	decoder := json.NewDecoder(strings.NewReader(`{"street": "x", "number": 1} {"street": "y", "other": 2}`))
	decoder.DisallowUnknownFields()
	for i := 0; i < 2; i++ {
		var a address
		err := decoder.Decode(&a)
		fmt.Println(a, err)
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	encoder.Encode([]any{"<&>", 1 << 40, -0.5, json.Number("12.50")})
}
