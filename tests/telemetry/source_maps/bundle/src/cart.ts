/** What somebody is about to buy. */
export interface Line {
  article?: { name: string; cents: number };
  count: number;
}

function costOf(line: Line): number {
  // Nobody checked that the article is still there.
  return line.article!.cents * line.count;
}

export function totalOf(lines: Line[]): number {
  let total = 0;
  for (const line of lines) {
    total += costOf(line);
  }
  return total;
}
