// Text for the terminal: what others wrote is never taken for a command to it.

const ESC = "\u001b[";
// The sixteen colours of the theme alone: others would need styles that the page's policy refuses.
const style = (code) => (text) => `${ESC}${code}m${text}${ESC}0m`;

export const bold = style("1");
export const bad = style("31");
export const good = style("32");
export const warn = style("33");
export const brand = style("34");
export const muted = style("90");

/** Text in one line and without anything that moves, hides or turns around what stands there. */
export const plain = (text) =>
  String(text)
    .replace(/[\r\n\t]+/g, " ")
    .replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g, "\ufffd");

const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;
const NARROW = /^[\u0020-\u02ff]*$/;

const cellsOf = (character) => (/\p{Mark}/u.test(character) ? 0 : WIDE.test(character) ? 2 : 1);

/** How many cells a text takes. */
export function cells(text) {
  if (NARROW.test(text)) return text.length;
  let sum = 0;
  for (const character of text) sum += cellsOf(character);
  return sum;
}

/** The text in at most `most` cells; what is left out is shown by an ellipsis. */
export function cut(text, most) {
  if (cells(text) <= most) return text;
  let kept = "";
  let sum = 0;
  for (const character of text) {
    sum += cellsOf(character);
    if (sum > most - 1) break;
    kept += character;
  }
  return `${kept}…`;
}

/** The text in lines of at most `most` cells, broken between words where there are any. */
export function lines(text, most) {
  const found = [""];
  for (const word of text.split(" ")) {
    const last = found.at(-1);
    if (last === "") found[found.length - 1] = word;
    else if (cells(last) + 1 + cells(word) <= most) found[found.length - 1] = `${last} ${word}`;
    else found.push(word);
  }
  return found;
}

export const padEnd = (text, width) => text + " ".repeat(Math.max(0, width - cells(text)));
export const padStart = (text, width) => " ".repeat(Math.max(0, width - cells(text))) + text;
