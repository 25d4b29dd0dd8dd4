//go:build norace && nomap

package trace

// TakeSnapShot copies the context for a new goroutine, without instrumentation and without touching the map.
//
//go:norace
func (tc *traceContext) TakeSnapShot() interface{} {
	return &traceContext{parent: tc, root: tc.root}
}
