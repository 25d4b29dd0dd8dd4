//go:build norace && !nomap

package trace

// TakeSnapShot copies the context for a new goroutine, without instrumentation: the map iteration still calls the race detector.
//
//go:norace
func (tc *traceContext) TakeSnapShot() interface{} {
	values := make(map[string]string, len(tc.values))
	for k, v := range tc.values {
		values[k] = v
	}
	return &traceContext{parent: tc, root: tc.root, values: values}
}
