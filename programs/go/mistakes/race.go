//go:build race && !go1.27

package main

func paired(v int) int
func unpaired(v int) int
func jumpsOn(v int) int
func replaced(v int) int

//go:norace
func goesOn(v int) int { return v }

// An instrumented function that a panic ends has no racefuncexit, and that is no mistake.
//
//go:noinline
func panics(v int) int { panic(v) }

func recovers(v int) (r int) {
	defer func() { r = recover().(int) }()
	return panics(v)
}

func init() {
	races["race-paired"] = func(v int) int { return paired(v) + recovers(v) - recovers(v) }
	races["race-unpaired"] = func(v int) int { return unpaired(v) }
	races["race-replaced"] = func(v int) int { return replaced(v) }
	races["race-jump"] = func(v int) int { return jumpsOn(v) }
}
