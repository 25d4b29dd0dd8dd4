//go:build !norace

package trace

// TakeSnapShot copies the context for a new goroutine.
func (tc *traceContext) TakeSnapShot() interface{} {
	values := make(map[string]string, len(tc.values))
	for k, v := range tc.values {
		values[k] = v
	}
	return &traceContext{parent: tc, root: tc.root, values: values}
}
