// Finds keys that a JSON text gives twice; JSON.parse keeps the last and says nothing.

const token = /"(?:[^"\\]|\\.)*"|[{}[\],]|[^\s"{}[\],:]+/g;

/** An object or a list that is being read. */
interface Frame {
  readonly path: string;
  /** The keys so far; undefined for a list. */
  readonly keys: Set<string> | undefined;
  /** The key that a value is awaited for; undefined when a key comes next. */
  key: string | undefined;
  index: number;
}

/** The paths of repeated keys in the order of the text, `spec.steps[0].name`; `json` must be valid; of YAML in JSON's style too. */
export function duplicateFields(json: string): readonly string[] {
  const found: string[] = [];
  const stack: Frame[] = [];
  for (const [text] of json.matchAll(token)) {
    const frame = stack.at(-1);
    if (text === '}' || text === ']') stack.pop();
    else if (text === ',') advance(frame);
    else if (text === '{') stack.push(opened(frame, new Set()));
    else if (text === '[') stack.push(opened(frame, undefined));
    else if (frame?.keys && frame.key === undefined) {
      const key = text.startsWith('"') ? String(JSON.parse(text)) : text;
      if (frame.keys.has(key)) found.push(below(frame.path, key));
      frame.keys.add(key);
      frame.key = key;
    }
  }
  return found;
}

function opened(parent: Frame | undefined, keys: Set<string> | undefined): Frame {
  const path =
    parent === undefined ? '' : parent.keys ? below(parent.path, parent.key ?? '') : `${parent.path}[${parent.index}]`;
  return { path, keys, key: undefined, index: 0 };
}

function advance(frame: Frame | undefined): void {
  if (!frame) return;
  frame.key = undefined;
  frame.index += 1;
}

function below(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}
