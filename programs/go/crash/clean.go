//go:build !injected

package main

func setContext(context interface{}) {}
