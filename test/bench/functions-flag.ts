// How many Functions a benchmark is asked for: `--functions N`. What is no count ends the process with 2 and says why.
import { parseArgs } from 'node:util';

/** Reads the command line; `usual` where it says nothing. */
export function functionsFlag(usual: number): number {
  const text = readFlag() ?? String(usual);
  if (/^[1-9][0-9]{0,5}$/.test(text)) return Number(text);
  return refuse(`--functions must be a whole number from 1 to 999999, found "${text}"`);
}

function readFlag(): string | undefined {
  try {
    return parseArgs({ options: { functions: { type: 'string' } } }).values.functions;
  } catch (error) {
    return refuse(`${error instanceof Error ? error.message : String(error)}; the one flag is --functions N`);
  }
}

function refuse(message: string): never {
  console.error(message);
  process.exit(2);
}
