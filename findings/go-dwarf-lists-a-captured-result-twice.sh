#!/usr/bin/env bash
# A named result that a deferred function captures, in optimised code: one would expect one entry for it in the function's debug information, as for
# any other, so that the entries marked as results, in their order, are the signature. Go lists it twice, with the same name, line and type, and both
# without a place. A debugger that assigns registers to results by counting entries reads all that come behind it from the wrong ones, without
# anything looking odd. With -N -l each is there once, and in Go 1.27 each is.
# Seen with Go 1.26.8, gone in 1.27.3, on linux/amd64. Needs go (1.21 or later); the entries are read with Go's own debug/dwarf.
set -eu
command -v go >/dev/null || { echo 'skip: go is missing'; exit 0; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
fail() { echo "changed: $*" >&2; exit 1; }
cd "$tmp"
unset GORACE GODEBUG GOEXPERIMENT GOAMD64
export GOENV=off GOWORK=off GO111MODULE=on CGO_ENABLED=0 GOOS=linux GOARCH=amd64 GOMODCACHE="$tmp/mod" GOFLAGS='-modcacherw -trimpath -buildvcs=false'
cat >go.mod <<'END'
module shelf
go 1.21
END
mkdir saved entries
cat >saved/main.go <<'END'
package main

import "fmt"

//go:noinline
func saved(n int) (first int, second error) {
	defer func() {
		if recover() != nil {
			first = -1
		}
	}()
	if n > 0 {
		panic(n)
	}
	return n, nil
}

func main() { fmt.Println(saved(1)) }
END
cat >entries/main.go <<'END'
package main

import (
	"debug/dwarf"
	"debug/elf"
	"fmt"
	"os"
)

func main() {
	file, err := elf.Open(os.Args[1])
	if err != nil {
		panic(err)
	}
	data, err := file.DWARF()
	if err != nil {
		panic(err)
	}
	inside := false
	for reader := data.Reader(); ; {
		entry, err := reader.Next()
		if err != nil || entry == nil {
			return
		}
		if entry.Tag == dwarf.TagSubprogram {
			inside = entry.Val(dwarf.AttrName) == "main.saved"
		}
		if result, _ := entry.Val(dwarf.AttrVarParam).(bool); inside && result && entry.Tag == dwarf.TagFormalParameter {
			fmt.Print(entry.Val(dwarf.AttrName), " ")
		}
	}
}
END
while read -r version expected; do
  export GOTOOLCHAIN=$version
  go build -o entries.bin ./entries >build.txt 2>&1 || fail "$version: $(cat build.txt)"
  go build -o optimised ./saved >build.txt 2>&1 || fail "$version: $(cat build.txt)"
  go build -gcflags='all=-N -l' -o plain ./saved >build.txt 2>&1 || fail "$version: $(cat build.txt)"
  seen="$(./entries.bin optimised)/ $(./entries.bin plain)"
  [ "$seen" = "$expected / first second " ] || fail "$version: $seen"
done <<'END'
go1.26.8 first first second
go1.27.3 first second
END
echo 'ok: of (first int, second error), first captured by a deferred function, DWARF of Go 1.26.8 has first, first, second; that of 1.27.3 and with -N -l first, second'
