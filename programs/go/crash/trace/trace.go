// Package trace is a tracing context as instrumentation tools have it: it is copied when a goroutine starts another.
package trace

type traceContext struct {
	parent *traceContext
	root   *traceContext
	values map[string]string
}

// New returns a context with one value.
func New(name string) interface{} {
	tc := &traceContext{values: map[string]string{"name": name}}
	tc.root = tc
	return tc
}
