// Fields that a JSON text names twice; JSON.parse keeps the last of them and says nothing.

interface Open {
  readonly isObject: boolean;
  /** Where it stands, as refusals write it. */
  readonly path: string;
  readonly names: Set<string>;
  /** Of an object: the field whose value comes next. Of a list: the position of the next item. */
  name: string | undefined;
  index: number;
}

const tokens = /"(?:[^"\\]|\\.)*"|[{}[\],]/g;

/** Their paths, each once, in the order in which they are found twice. `text` is valid JSON. */
export function duplicateFields(text: string): readonly string[] {
  const found = new Set<string>();
  const open: Open[] = [];
  for (const [token] of text.matchAll(tokens)) {
    const top = open.at(-1);
    if (token === '{' || token === '[') {
      open.push({ isObject: token === '{', path: top ? inside(top) : '', names: new Set(), name: undefined, index: 0 });
    } else if (token === '}' || token === ']') {
      open.pop();
    } else if (token === ',') {
      if (top) Object.assign(top, { name: undefined, index: top.index + 1 });
    } else if (top?.isObject && top.name === undefined) {
      const name = JSON.parse(token) as string;
      top.name = name;
      if (top.names.has(name)) found.add(inside(top));
      top.names.add(name);
    }
  }
  return [...found];
}

function inside({ isObject, path, name = '', index }: Open): string {
  if (!isObject) return `${path}[${index}]`;
  return path === '' ? name : `${path}.${name}`;
}
