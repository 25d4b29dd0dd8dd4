// Package inner lends the program types whose path has slashes.
package inner

type Point struct{ X, Y int }

func (p Point) Sum() int     { return p.X + p.Y }
func (p *Point) Scale(n int) { p.X *= n; p.Y *= n }

const Limit = 12

var Origin = Point{X: 3, Y: 4}

type List[T any] struct {
	Head T
	Next *List[T]
}
