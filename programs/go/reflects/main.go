// Command reflects looks at types and values through package reflect, calls by reflection and makes types at run time.
package main

import (
	"fmt"
	"reflect"
	"strings"
)

type inner struct {
	X, Y int `unit:"m"`
}

type sample struct {
	Name  string `json:"name" max:"10"`
	Count *int
	inner
	Tags   []string
	Lookup map[string]inner
	Do     func(int) string
	Any    interface{}
	c      chan int
}

func (s sample) Hello(greeting string, n int) string {
	return strings.Repeat(greeting, n) + " " + s.Name
}
func (s *sample) Rename(name string) { s.Name = name }

func walk(depth int, v reflect.Value) {
	pad := strings.Repeat("  ", depth)
	switch v.Kind() {
	case reflect.Struct:
		for i := 0; i < v.NumField(); i++ {
			f := v.Type().Field(i)
			fmt.Printf("%s%s %s offset %d tag %q exported %v\n", pad, f.Name, f.Type, f.Offset, f.Tag, f.IsExported())
			walk(depth+1, v.Field(i))
		}
	case reflect.Slice:
		for i := 0; i < v.Len(); i++ {
			walk(depth+1, v.Index(i))
		}
	case reflect.Ptr, reflect.Interface:
		if !v.IsNil() {
			walk(depth+1, v.Elem())
		}
	case reflect.String, reflect.Int:
		fmt.Printf("%s%v\n", pad, v)
	}
}

func main() {
	n := 7
	s := &sample{Name: "sample", Count: &n, Tags: []string{"a", "b"}, Lookup: map[string]inner{"k": {1, 2}}, Any: 3}
	walk(0, reflect.ValueOf(*s))
	t := reflect.TypeOf(s)
	for i := 0; i < t.NumMethod(); i++ {
		fmt.Println(t.Method(i).Name, t.Method(i).Type)
	}
	out := reflect.ValueOf(s).MethodByName("Hello").Call([]reflect.Value{reflect.ValueOf("hi"), reflect.ValueOf(2)})
	fmt.Println(out[0])
	reflect.ValueOf(s).MethodByName("Rename").Call([]reflect.Value{reflect.ValueOf("renamed")})
	reflect.ValueOf(s).Elem().FieldByName("X").SetInt(99)
	fmt.Println(s.Name, s.X)

	swap := func(in []reflect.Value) []reflect.Value { return []reflect.Value{in[1], in[0]} }
	var f func(int, string) (string, int)
	reflect.ValueOf(&f).Elem().Set(reflect.MakeFunc(reflect.TypeOf(f), swap))
	fmt.Println(f(1, "one"))

	made := reflect.New(reflect.StructOf([]reflect.StructField{
		{Name: "A", Type: reflect.TypeOf(0)}, {Name: "B", Type: reflect.TypeOf(1.5)},
	})).Elem()
	made.Field(1).SetFloat(2.5)
	fmt.Printf("%T %v\n", made.Interface(), made.Interface())
	m := reflect.MakeMap(reflect.MapOf(reflect.TypeOf(""), reflect.TypeOf(0)))
	m.SetMapIndex(reflect.ValueOf("k"), reflect.ValueOf(5))
	fmt.Println(m.Interface(), reflect.DeepEqual(m.Interface(), map[string]int{"k": 5}))
	c := reflect.MakeChan(reflect.TypeOf(make(chan int)), 1)
	c.Send(reflect.ValueOf(8))
	chosen, received, ok := reflect.Select([]reflect.SelectCase{{Dir: reflect.SelectRecv, Chan: c}, {Dir: reflect.SelectDefault}})
	fmt.Println(chosen, received, ok)
	func() {
		defer func() { fmt.Println("recovered:", recover()) }()
		reflect.ValueOf(*s).Field(0).SetString("not addressable")
	}()
	fmt.Printf("%v %+v\n", inner{1, 2}, inner{3, 4})
	fmt.Printf("%#v %T\n", []interface{}{1, "a", nil}, s.Do)
}
