package trace

// What a tracing agent keeps for a goroutine.
type traceContext struct {
	sw   *uint64
	lcs  *uint64
	data *runtime.hmap
}

// The descriptor of *traceContext: the first word of an interface that holds one.
//
//r14:type *traceContext
var traceContextType runtime._type

func TakeSnapShot(tc *traceContext) any
