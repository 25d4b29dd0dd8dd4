#!/usr/bin/env bash
# GORACE holds a mistake. One would expect the program not to start, with a status that is an error's, whichever option it is. halt_on_error=2
# gives 66, as said. For exitcode=abc the program does not start either, says so on standard error, and ends with status 0: the number that
# could not be read has already become the status. `go test -race` then says ok of a test that fails and was never run. And history_size=99 or
# an option that does not exist are taken without a word. Who sets GORACE for others should check what was printed.
# Seen with Go 1.26.8 and 1.27.3 on linux/amd64. Needs go (1.21 or later) and gcc.
set -eu
command -v go >/dev/null && command -v gcc >/dev/null || { echo 'skip: go or gcc is missing'; exit 0; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
fail() { echo "changed: $*" >&2; exit 1; }
cd "$tmp"
unset GORACE GODEBUG GOEXPERIMENT GOAMD64
export GOENV=off GOWORK=off GO111MODULE=on CGO_ENABLED=1 GOMODCACHE="$tmp/mod" GOFLAGS='-modcacherw -trimpath -buildvcs=false'
cat >go.mod <<'END'
module shelf
go 1.25
END
cat >shelf_test.go <<'END'
package shelf

import "testing"

func TestFails(t *testing.T) { t.Fatal("fails whenever it is run") }
END
for version in go1.26.8 go1.27.3; do
  export GOTOOLCHAIN=$version
  go test -race -c -o shelf.test . 2>build.log || { cat build.log >&2; exit 1; }
  for row in 'history_size=5 1 1' 'history_size=99 1 1' 'nosuch=1 1 1' 'halt_on_error=2 66 0' 'exitcode=abc 0 0'; do
    set -- $row
    status=0
    GORACE=$1 ./shelf.test >out.txt 2>&1 || status=$?
    [ $status = "$2" ] || fail "$version: GORACE=$1: status $status, not $2"
    [ "$(grep -c -- '--- FAIL: TestFails' out.txt)" = "$3" ] || fail "$version: GORACE=$1: the test ran, or did not"
  done
  GORACE=exitcode=abc go test -race -count=1 . >out.txt 2>&1 || fail "$version: go test -race fails with GORACE=exitcode=abc"
  grep -q '^ok' out.txt || fail "$version: go test -race does not say ok"
done
echo 'ok: with GORACE=exitcode=abc no test is run, the status is 0 and go test -race says ok; halt_on_error=2 gives 66'
