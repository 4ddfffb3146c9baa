// Tables in lines of text: aligned, and never wider than the terminal.

import { bytesText, duration, integer, timeWithSeconds } from "../../lib/format.js";
import { knows, t } from "../../lib/i18n.js";
import { boot } from "../../lib/boot.js";
import { bold, cells, cut, lines, muted, padEnd, padStart, plain } from "./paint.js";

const GAP = "  ";
/** A column of text is not made narrower than this: rows then become blocks. */
const LEAST = 8;
const DAY_MS = 86_400_000;
const day = new Intl.DateTimeFormat(boot.lang, { day: "2-digit", month: "2-digit", year: "2-digit" });
const number = new Intl.NumberFormat(boot.lang, { maximumFractionDigits: 2 });

const word = (key) => (knows(`terminal.column.${key}`) ? t(`terminal.column.${key}`) : key.replaceAll("_", " "));

function time(text) {
  const at = new Date(text);
  return Date.now() - at < DAY_MS / 2 ? timeWithSeconds(at) : `${day.format(at)} ${timeWithSeconds(at)}`;
}

/** A value as it is shown. */
function shown(kind, value) {
  if (value === null || value === "") return "–";
  if (typeof value === "boolean") return t(value ? "terminal.yes" : "terminal.no");
  if (kind === "time") return time(value);
  if (kind === "number" || typeof value === "number") return number.format(value);
  return plain(value);
}

/** The widths of columns in `room` cells, or null when there is no room: wide texts give first. */
function widths(columns, rows, room) {
  const natural = columns.map(({ label }, at) => Math.max(cells(label), ...rows.map((row) => cells(row[at]))));
  const found = [...natural];
  const total = () => found.reduce((sum, width) => sum + width, 0) + GAP.length * (columns.length - 1);
  while (total() > room) {
    let widest = -1;
    columns.forEach(({ key, kind }, at) => {
      // How a verb is written says nothing when it is cut.
      if (kind === "text" && key !== "usage" && found[at] > LEAST && (widest < 0 || found[at] > found[widest])) widest = at;
    });
    if (widest < 0) return null;
    found[widest] -= 1;
  }
  return found;
}

/** One below the other, for a terminal that is too narrow for a row. */
function blocks(columns, rows, room) {
  const label = Math.min(Math.max(...columns.map((column) => cells(column.label))), Math.floor(room / 3));
  const value = Math.max(8, room - label - GAP.length);
  const part = (column, text) => {
    const name = muted(padEnd(cut(column.label, label), label));
    // Ids are copied: on a line of their own rather than in two pieces.
    if (column.kind === "id" && cells(text) > value) return [name, text];
    return wrapped(text, value).map((piece, line) => (line === 0 ? name : " ".repeat(label)) + GAP + piece);
  };
  return rows.flatMap((row, place) => [
    ...(place === 0 ? [] : [""]),
    ...columns.flatMap((column, at) => part(column, row[at])),
  ]);
}

/** The text in pieces of at most `most` cells, between words where there are any. */
const wrapped = (text, most) => lines(text, most).flatMap((line) => pieces(line, most));

function pieces(text, most) {
  const found = [""];
  for (const character of text) {
    if (cells(found.at(-1) + character) > most) found.push("");
    found[found.length - 1] += character;
  }
  return found;
}

/** Names and values, the value over several lines where it must. */
function pairs(rows, room) {
  const named = rows.map(([name, value]) => [word(name), pair(name, value, rows)]);
  const label = Math.min(Math.max(...named.map(([name]) => cells(name))), Math.floor(room / 2));
  return named.flatMap(([name, value]) =>
    wrapped(value, Math.max(8, room - label - GAP.length)).map(
      (part, line) => `${muted(padEnd(line === 0 ? cut(name, label) : "", label))}${GAP}${part}`,
    ),
  );
}

/** A value by its name. */
function pair(name, value, rows) {
  if (value === null) return shown("text", value);
  if (name === "summary") return summary(rows.find(([other]) => other === "usage")[1], value);
  if (name === "since" || name.endsWith("_until")) return time(value);
  if (name.endsWith("_bytes")) return bytesText(value);
  if (name === "uptime_seconds") return duration(value);
  return shown("text", value);
}

/** What a verb does, in the page's language. */
function summary(usage, text) {
  const key = `terminal.verb.${usage.split(" ")[0]}`;
  return knows(key) ? t(key) : text;
}

/** The lines of a table of the console. */
export function tableLines({ columns, rows, total }, room) {
  if (columns.length === 2 && columns[0].key === "name" && columns[1].key === "value") return pairs(rows, room);
  if (rows.length === 0) return [muted(t("terminal.nothing"))];
  const usage = columns.findIndex(({ key }) => key === "usage");
  const texts = rows.map((row) =>
    row.map((value, at) => shown(columns[at].kind, columns[at].key === "summary" ? summary(row[usage], value) : value)),
  );
  const labelled = columns.map(({ key, kind }) => ({ key, kind, label: word(key) }));
  const sizes = widths(labelled, texts, room);
  const shownLines = [];
  if (sizes === null) {
    shownLines.push(...blocks(labelled, texts, room));
  } else {
    const line = (row, paint) => {
      const parts = row.map((text, at) => {
        const short = cut(text, sizes[at]);
        return (labelled[at].kind === "number" ? padStart : padEnd)(short, sizes[at]);
      });
      return paint(parts.join(GAP).trimEnd());
    };
    shownLines.push(line(labelled.map(({ label }) => label), bold));
    shownLines.push(...texts.map((row) => line(row, (text) => text)));
  }
  if (total > rows.length) shownLines.push(muted(t("terminal.more", { shown: integer(rows.length), total: integer(total) })));
  return shownLines;
}
