// Values of every kind, held by package variables, locals, parameters and captured variables, then a stop in runtime.Breakpoint.
package main

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"time"
	"unsafe"

	"r14/programs/values/inner"
)

type Color int

const (
	Red Color = iota
	Green
	Blue
)

const (
	Flag1  = 1 << iota
	Flag2  = 1 << iota
	Answer = 42
	Ratio  = 1.5
	Motto  = "steady"
)

type U struct{ Name string }

type T struct {
	A int
	B *U
}

func (t *T) Error() string { return "T" }
func (t *T) Twice() int    { return 2 * t.A }

type Celsius float64

type Shape interface{ Area() float64 }

type Square struct{ Side float64 }

func (s Square) Area() float64 { return s.Side * s.Side }

type Tree struct {
	Left, Right *Tree
	Value       int
}

type Wide struct {
	Flags  [4]bool
	Inner  struct{ P, Q int8 }
	Names  []string
	Any    any
	Err    error
	Func   func(int) int
	Chan   chan int
	M      map[string]int
	Ptr    *int
	Unsafe unsafe.Pointer
	U
}

type Key struct {
	X, Y int
}

type Stack[E any] struct{ items []E }

func (s *Stack[E]) Push(e E) { s.items = append(s.items, e) }

//go:noinline
func Map[A, B any](in []A, f func(A) B) []B {
	out := make([]B, 0, len(in))
	for _, a := range in {
		out = append(out, f(a))
	}
	return out
}

type big [200]byte

var (
	b        = true
	i8       = int8(-5)
	i16      = int16(-300)
	i32      = int32(70000)
	i64      = int64(math.MinInt64)
	u8       = uint8(200)
	u16      = uint16(65000)
	u32      = uint32(4000000000)
	u64      = uint64(math.MaxUint64)
	up       = uintptr(0x1234)
	r        = 'é'
	f32      = float32(0.1)
	f64      = 1.0 / 3
	huge     = 1e300
	tiny     = 5e-324
	inf      = math.Inf(1)
	ninf     = math.Inf(-1)
	nan      = math.NaN()
	negzero  = math.Copysign(0, -1)
	c64      = complex64(complex(1, 2))
	c128     = complex(1.5, -2.5)
	color    = Green
	odd      = Color(7)
	temp     = Celsius(36.6)
	str      = "three\n\"four\"\té\x00\xff"
	empty    = ""
	long     = "0123456789012345678901234567890123456789012345678901234567890123456789"
	strs     = []string{"three", "four"}
	nilstrs  []string
	noints   = []int{}
	ints     = []int{10, 20, 30, 40, 50}
	manyints = make([]int, 100)
	bytes    = []byte("hello")
	arr      = [3]int{1, 2, 3}
	arr2     = [2][2]int{{1, 2}, {3, 4}}
	arr0     [0]int
	t        = T{A: 1, B: &U{"inner"}}
	tn       = T{A: 2}
	pt       = &t
	ppt      = &pt
	nilt     *T
	pint     = &ints[1]
	ts       = []T{{A: 1}, {A: 2, B: &U{"x"}}}
	pts      = []*T{&t, nil}
	tree     = &Tree{Left: &Tree{Value: 1, Left: &Tree{Value: 3}}, Right: &Tree{Value: 2}, Value: 7}
	loop     = &Tree{Value: 9}
	wide     = Wide{Names: []string{"n"}, Any: 5, Err: &t, Func: double, U: U{"emb"}, M: map[string]int{"k": 1}}
	eface    any
	efint    any = 42
	efstr    any = "dynamic"
	eft      any = t
	efpt     any = &t
	efnilp   any = nilt
	efslice  any = []int{1, 2}
	efmap    any = map[string]int{"a": 1}
	effunc   any = double
	err      error
	errt     error = &t
	errnew         = errors.New("plain")
	errwrap        = fmt.Errorf("outer: %w", errnew)
	shape    Shape = Square{2.5}
	m              = map[string]int{"a": 1}
	mnil     map[string]int
	mint     = map[int]string{7: "seven"}
	mkey     = map[Key]*T{{1, 2}: &t}
	mempty   = map[string]bool{}
	mbig     = map[int]int{}
	mlarge   = map[big]big{{1}: {2}}
	miface   = map[any]string{1: "one"}
	mstruct  = map[string]T{"z": {A: 26}}
	mfloat   = map[float64]int{1.5: 3}
	mptr     = map[*T]int{&t: 4}
	ch       = make(chan int, 11)
	chnil    chan int
	chs      = make(chan struct{})
	fn       = double
	fnnil    func(int) int
	uptr     = unsafe.Pointer(&ints[0])
	uptrnil  unsafe.Pointer
	point        = inner.Point{X: 1, Y: 2}
	ppoint       = &inner.Point{X: 5, Y: 6}
	ipoint   any = inner.Point{X: 8, Y: 9}
	ippoint  any = &inner.Point{X: 8, Y: 9}
	list         = inner.List[int]{Head: 1, Next: &inner.List[int]{Head: 2}}
	stack        = Stack[string]{items: []string{"s"}}
	lpoint       = inner.List[inner.Point]{Head: inner.Point{X: 1}}
	anon         = struct {
		X int
		s string
	}{1, "q"}
	method = pt.Twice
	clock  = time.Unix(1700000000, 0).UTC()
	pp     = &point
	many   = make([]T, 70)
	stop   struct{}
	bad    *T
	nested = map[string]map[string]int{"o": {"i": 1}}
	wides  = []Wide{wide}
	cube   = [][][]int{{{1, 2}, {3}}, {}, nil}
	deep   = map[string]map[string]map[string]int{"a": {"b": {"c": 1}}}
	anys   = []any{1, "s", &t, t, nil, nilt, inner.Point{X: 1}, &inner.Point{X: 2}, []int{3}, 2.5}
	holder = struct {
		W  Wide
		P  *Wide
		Is []any
		Pi *inner.Point
		Pp **T
	}{W: wide, P: &wide, Is: []any{t, &t}, Pi: &inner.Point{X: 3}, Pp: &pt}
	pinners = []*inner.List[inner.Point]{{Next: &inner.List[inner.Point]{}}}
	funcs   = []func(int) int{double, nil}
	chans   = []chan int{ch, nil}
	uptrs   = []unsafe.Pointer{uptr, nil}
	cplx    = []complex128{1i, 2}
	perr    = &errt
	pm      = &m
	pstr    = &str
	parr    = &arr
)

//go:noinline
func double(n int) int { return 2 * n }

//go:noinline
func callee(n int, s string, list []int, tt T, p *T, e error, x float64) (int, error) {
	local := n * 3
	other := s + "!"
	counter := 0
	add := func(by int) int {
		counter += by
		if n < 0 {
			return local
		}
		return captured(&counter, other, by)
	}
	sum := add(2)
	shadow := "outer"
	{
		shadow := 5
		use(shadow)
		runtime.Breakpoint()
	}
	use(shadow)
	return sum + local + len(other) + len(list) + tt.A + p.A + int(x), e
}

//go:noinline
func captured(counter *int, text string, by int) int { return *counter + len(text) + by }

//go:noinline
func use(any) {}

func main() {
	runtime.LockOSThread()
	loop.Left = loop
	for i := range manyints {
		manyints[i] = i
	}
	for i := 0; i < 300; i++ {
		mbig[i] = i * i
	}
	for i := 0; i < 4; i++ {
		ch <- i
	}
	bad = (*T)(unsafe.Pointer(uintptr(0x10)))
	mlarge[big{3}] = big{4}
	stack.Push("top")
	doubled := Map(ints, double)
	strings := Map(ints, func(i int) string { return fmt.Sprint(i) })
	n, e := callee(7, "hi", doubled, t, pt, errt, 2.5)
	use(all())
	fmt.Println(n, e, strings)
}

//go:noinline
func all() any {
	return []any{
		b, i8, i16, i32, i64, u8, u16, u32, u64, up, r, f32, f64, huge, tiny, inf, ninf, nan, negzero, c64, c128, color, odd, temp, str, empty, long,
		strs, nilstrs, noints, ints, manyints, bytes, arr, arr2, arr0, t, tn, pt, ppt, nilt, pint, ts, pts, tree, loop, wide, eface, efint, efstr, eft,
		efpt, efnilp, efslice, efmap, effunc, err, errt, errnew, errwrap, shape, m, mnil, mint, mkey, mempty, mbig, mlarge, miface, mstruct, mfloat, mptr,
		ch, chnil, chs, fn, fnnil, uptr, uptrnil, point, ppoint, ipoint, ippoint, list, stack, lpoint, anon, method, clock, pp, many, stop, bad, nested, wides, cube, deep,
		anys, holder, pinners, funcs, chans, uptrs, cplx, perr, pm, pstr, parr,
		inner.Origin, Red, Blue, Flag1, Flag2, Answer, Ratio, Motto, inner.Limit, any(inner.List[string]{}), (*inner.Point).Scale, inner.Point.Sum,
	}
}

// Defined types of what else has no name of its own: an array, a pointer, a function.
type (
	Hash [4]byte
	Ref  *T
	Op   func(int) int
)

var (
	hash   = Hash{1, 2, 3, 4}
	phash  = &hash
	hashes = []Hash{hash}
	rows   [2]Hash
	ref    Ref = pt
	op     Op  = double
	pop        = &op
)

//go:noinline
func hashed(h Hash, p *Hash) Hash {
	h[0] = p[1]
	return h
}

func init() {
	rows[1] = hashed(hash, phash)
	use([]any{hashes, ref, op, pop})
}
