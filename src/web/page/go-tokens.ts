/** Words of Go assembly and of Go's declarations, for their colours: the first row that matches at a place says what stands there. */

/** A row's name is a tag of @lezer/highlight. */
type Token =
  | 'comment'
  | 'meta'
  | 'string'
  | 'number'
  | 'labelName'
  | 'definitionKeyword'
  | 'keyword'
  | 'atom'
  | 'variableName.special'
  | 'variableName'
  | 'typeName'
  | 'operator'
  | 'punctuation';

export type TokenTable = readonly (readonly [RegExp, Token | null])[];

const COMMON: TokenTable = [
  [/\/\/.*/, 'comment'],
  [/"(?:[^"\\]|\\.)*"?|`[^`]*`?|'(?:[^'\\]|\\.)+'?/, 'string'],
];

export const ASSEMBLY: TokenTable = [
  ...COMMON,
  [/\/\*.*?(?:\*\/|$)/, 'comment'],
  [/#\s*\w+/, 'meta'],
  [/(?:TEXT|DATA|GLOBL|PCDATA|FUNCDATA|PCALIGN)\b/, 'definitionKeyword'],
  [/(?:NOSPLIT|NOFRAME|WRAPPER|NEEDCTXT|TOPFRAME|RODATA|NOPTR|DUPOK|TLSBSS|ABIInternal|ABI0)\b/, 'atom'],
  [/(?:SB|FP|SP|PC|TLS)\b/, 'variableName.special'],
  [/(?:[ABCD][XHL]|[SD]I|BP|R(?:[89]|1[0-5])|g|[XYZ](?:[12]?\d|3[01])|[KM][0-7]|F[0-7]|[CDEFGS]S|[CD]R\d+)\b(?![(<+])/, 'variableName'],
  [/\$?[-+~]?(?:0[xX][\da-fA-F]+|0b[01]+|\d+(?:\.\d+)?(?:e[-+]?\d+)?)\b/, 'number'],
  [/[A-Za-z_][\w]*:/, 'labelName'],
  [/(?:J[A-Z]{1,3}|CALL|RET|UNDEF|SYSCALL|LOOP\w*)\b/, 'keyword'],
  [/[A-Z][A-Z0-9]{1,}\b(?![(·<])/, 'keyword'],
  [/[\p{L}_·∕~.][\p{L}\p{N}_·∕~.]*/u, 'typeName'],
  [/[$+\-*&|^~<>]+/, 'operator'],
  [/[(),;:/]/, 'punctuation'],
];

export const DECLARATIONS: TokenTable = [
  ...COMMON,
  [/(?:package|func|type|struct|interface|map|chan|const|var|import|return)\b/, 'keyword'],
  [/(?:u?int(?:8|16|32|64|ptr)?|float(?:32|64)|complex(?:64|128)|string|bool|byte|rune|error|any)\b/, 'typeName'],
  [/\d+\b/, 'number'],
  [/[\p{L}_][\p{L}\p{N}_]*/u, 'variableName'],
  [/[()[\]{},.*=]/, 'punctuation'],
];
