// node contract/validate.mjs <file> …: validate AsyncAPI documents, and the files they refer to, with AsyncAPI's own parser.
import { fromFile, Parser } from "@asyncapi/parser";

const WARNING = 1; // 0 is an error; what comes after a warning is good advice
const parser = new Parser();
for (const file of process.argv.slice(2)) {
  const { diagnostics } = await fromFile(parser, file).parse();
  for (const { path, message } of diagnostics.filter(({ severity }) => severity <= WARNING)) {
    console.error(`${file}: ${path.join(".")}: ${message}`);
    process.exitCode = 1;
  }
}
