// Runs the script given and prints, as Faro's frames, the stack of the error that it throws.
import { pathToFileURL } from "node:url";

const LINE = /^ *at (?:(?<name>.*) \()?(?<file>.*?):(?<line>\d+):(?<column>\d+)\)?$/;

try {
  await import(pathToFileURL(process.argv[2]));
} catch (error) {
  const found = error.stack.split("\n").map((line) => LINE.exec(line)?.groups);
  const frames = found.filter(Boolean).map(({ name = "", file, line, column }) => {
    return { function: name, filename: file, lineno: Number(line), colno: Number(column) };
  });
  console.log(JSON.stringify({ type: error.name, value: error.message, stacktrace: { frames } }));
}
