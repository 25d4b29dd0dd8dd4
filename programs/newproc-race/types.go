package trace

// What a tracing agent keeps for a goroutine.
type traceContext struct {
	sw   *uint64
	lcs  *uint64
	data *runtime.hmap
}

func TakeSnapShot(tc *traceContext) any
