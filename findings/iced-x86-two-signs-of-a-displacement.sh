#!/usr/bin/env bash
# mov rax,[rbp-8]: iced-x86 for JavaScript tells the displacement in two places. One would expect the same number in both. The instruction's
# memoryDisplacement is -8n, usedMemory()[0].displacement is 18446744073709551608n: signed there, unsigned here, and both of one type, so that
# nothing complains when they are compared or added to an address. The implicit operand of push has it too, where memoryDisplacement is 0n.
# Take BigInt.asUintN(64, ...) of every sum.
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
import { Decoder, DecoderOptions, InstructionInfoFactory } from 'iced-x86';

const factory = new InstructionInfoFactory();
function both(...bytes) {
  const instruction = new Decoder(64, Uint8Array.from(bytes), DecoderOptions.None).decode();
  return [instruction.memoryDisplacement, factory.info(instruction).usedMemory()[0].displacement];
}
assert.deepEqual(both(0x48, 0x8b, 0x45, 0x08), [8n, 8n]);
assert.deepEqual(both(0x48, 0x8b, 0x45, 0xf8), [-8n, 0xfffffffffffffff8n]);
assert.deepEqual(both(0x50), [0n, 0xfffffffffffffff8n]);
END
node look.js || fail 'iced-x86'
echo 'ok: of mov rax,[rbp-8] iced-x86 says -8n as memoryDisplacement and 18446744073709551608n in usedMemory()'
