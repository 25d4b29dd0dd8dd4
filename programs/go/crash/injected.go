//go:build injected

package main

// setContext sets the tracing context of the running goroutine. The overlay's file in package runtime pushes its body here.
func setContext(context interface{})
