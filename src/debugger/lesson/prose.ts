/** A lesson's prose in lines of a width. */

/** Markdown reads well as it is; only emphasis goes, and paragraphs are filled anew for `width` columns (not where code stands among them). */
export function proseLines(text: string, width: number): readonly string[] {
  if (/^(?:```|~~~)/m.test(text)) return text.split('\n');
  return text
    .replace(/\*\*([^*\n]+)\*\*/g, '$1')
    .split(/\n(?=\n)|(?<=^#.*)\n|\n(?=- )/m)
    .flatMap(block => (/^\n?(?: {4}|\|)/.test(block) ? block.split('\n') : filled(block, width)));
}

/** A paragraph or list item in lines of at most `width` columns, as far as its words allow. */
function filled(block: string, width: number): readonly string[] {
  const indent = /^\s*- /.test(block) ? '  ' : '';
  const lines: string[] = [];
  for (const word of block.trim().split(/\s+/)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(lines.length === 0 ? word : `${indent}${word}`);
  }
  return block.startsWith('\n') ? ['', ...lines] : lines;
}
