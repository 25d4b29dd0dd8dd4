#!/usr/bin/env bash
# Byte 06 is no instruction in 64-bit mode. A decoder that meets it should call it bad and go on behind it: one would expect a length of 1, as gdb
# and objdump have it. iced-x86 gives "(bad)" a length of 2: it has read a ModRM byte, and a nop that follows is swallowed. The same byte at the
# end of the input is not called invalid but NoMoreBytes, so a reader that waits for more bytes on that error waits for nothing.
# A listing that must not lose instructions should step one byte on from a bad one, whatever length it has.
# Seen with iced-x86 1.21.0. Needs node and npm.
set -eu
command -v node >/dev/null && command -v npm >/dev/null || { echo 'skip: node or npm is missing'; exit 0; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
fail() { echo "changed: $*" >&2; exit 1; }
cd "$tmp"
echo '{ "type": "module" }' >package.json
npm install --prefix "$tmp" --no-audit --no-fund --ignore-scripts --silent iced-x86@1.21.0
cat >look.js <<'END'
import assert from 'node:assert/strict';
import { Code, Decoder, DecoderError, DecoderOptions } from 'iced-x86';

function first(...bytes) {
  const decoder = new Decoder(64, Uint8Array.from(bytes), DecoderOptions.None);
  const { code, length } = decoder.decode();
  return { code, length, error: decoder.lastError };
}
const { INVALID } = Code;
assert.deepEqual(first(0x06, 0x90, 0x90), { code: INVALID, length: 2, error: DecoderError.InvalidInstruction });
assert.deepEqual(first(0x82, 0xc0, 0x01), { code: INVALID, length: 2, error: DecoderError.InvalidInstruction });
assert.deepEqual(first(0x06), { code: INVALID, length: 1, error: DecoderError.NoMoreBytes });
END
node look.js || fail 'iced-x86'
echo 'ok: iced-x86 gives the bad byte 06 a length of 2 with the nop behind it, and calls it NoMoreBytes at the end of the input'
