// Fails when the script that a browser must load before the inbox shows is larger than the budget.
import { readFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";

const budget = 250 * 1024;
const dist = new URL("../dist/", import.meta.url);
const manifest = JSON.parse(await readFile(new URL(".vite/manifest.json", dist), "utf8"));

const files = new Set();
function collect(key) {
  const chunk = manifest[key];
  if (!chunk || files.has(chunk.file)) return;
  files.add(chunk.file);
  for (const next of chunk.imports ?? []) collect(next);
}
collect("index.html");
collect("src/features/inbox/page.tsx");

let total = 0;
for (const file of files) {
  const size = gzipSync(await readFile(new URL(file, dist)), { level: 9 }).length;
  total += size;
  console.log(`${(size / 1024).toFixed(1).padStart(7)} kB  ${file}`);
}
console.log(`${(total / 1024).toFixed(1).padStart(7)} kB  inbox, first load (budget ${budget / 1024} kB)`);
if (total > budget) process.exit(1);
