#!/usr/bin/env node
// The command `revflow`. Plain JavaScript, so that an older Node can still say what it needs.
const [major] = process.versions.node.split('.').map(Number);
if (major < 24) {
  console.error(
    `revflow needs Node 24 or later, and this is ${process.version}. In its clone, "npm ci" brings one along: ` +
      'run "npx revflow" there, or put node_modules/.bin first in PATH.',
  );
  process.exitCode = 2;
} else {
  await import('../src/main.ts');
}
