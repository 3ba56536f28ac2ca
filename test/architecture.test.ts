// The rules of the house, each a sentence that says what to do. They look at source text alone.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { parseSync } from 'oxc-parser';
import { beforeAll, describe, expect, it } from 'vitest';
import { metricTable } from '../src/platform/metrics.ts';

const root = resolve(import.meta.dirname, '..');

interface Import {
  /** As written. */
  readonly from: string;
  /** Relative to the root; undefined for packages. */
  readonly path: string | undefined;
  readonly typeOnly: boolean;
}

interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly lines: number;
  readonly imports: readonly Import[];
  readonly functions: readonly FunctionSize[];
}

interface FunctionSize {
  readonly line: number;
  readonly lines: number;
  readonly parameters: number;
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly params?: readonly unknown[];
  readonly body?: { readonly type: string } | null;
}

let files: readonly SourceFile[] = [];
let sources: readonly SourceFile[] = [];

beforeAll(() => {
  files = ['src', 'test', 'scripts'].flatMap(folder => list(folder)).map(read);
  sources = files.filter(file => file.path.startsWith('src/') && !file.path.endsWith('.test.ts'));
});

function list(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.ts'))
    .map(name => join(folder, name));
}

function read(path: string): SourceFile {
  const text = readFileSync(join(root, path), 'utf8');
  const { module, program, errors } = parseSync(path, text);
  if (errors.length > 0) throw new Error(`${path} cannot be parsed: ${errors[0]?.message}`);
  const statics = module.staticImports.map(entry => ({
    from: entry.moduleRequest.value,
    typeOnly: entry.entries.length > 0 && entry.entries.every(one => one.isType),
  }));
  const reexports = module.staticExports.flatMap(entry =>
    entry.entries.flatMap(one => (one.moduleRequest ? [{ from: one.moduleRequest.value, typeOnly: one.isType }] : [])),
  );
  const dynamics = [...text.matchAll(/\bimport\('([^']+)'\)/g)].map(match => ({
    from: match[1] ?? '',
    typeOnly: false,
  }));
  const imports = [...statics, ...reexports, ...dynamics].map(entry => ({
    ...entry,
    path: entry.from.startsWith('.') ? relative(root, resolve(root, dirname(path), entry.from)) : undefined,
  }));
  return { path, text, lines: text.split('\n').length - 1, imports, functions: functionsOf(program, text) };
}

function functionsOf(program: unknown, text: string): FunctionSize[] {
  const sizes: FunctionSize[] = [];
  const lineOf = (offset: number) => text.slice(0, offset).split('\n').length;
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) return value.forEach(visit);
    if (typeof value !== 'object' || value === null) return;
    const node = value as Node;
    const isFunction = /^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(node.type);
    if (isFunction && node.body?.type !== undefined) {
      const lines = lineOf(node.end) - lineOf(node.start) + 1;
      sizes.push({ line: lineOf(node.start), lines, parameters: node.params?.length ?? 0 });
    }
    Object.values(value).forEach(visit);
  };
  visit(program);
  return sizes;
}

function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(Math.floor(sorted.length * share), sorted.length - 1)] ?? 0;
}

/** The folder below src, or the file's own name. */
function stage(path: string): string {
  return path.split('/')[1] ?? '';
}

const arrow = ['function', 'watch', 'revision', 'decide', 'build', 'serving', 'route'];
/** What any stage may use as values: errors, YAML, and pure logic of the two leftmost stages. */
const sharedValues = ['src/platform/errors.ts', 'src/platform/yaml.ts'];

/** Imports of source files that a rule forbids, as `file → import`. */
function breaches(forbidden: (file: SourceFile, imported: Import) => boolean): string[] {
  return sources.flatMap(file =>
    file.imports.filter(imported => forbidden(file, imported)).map(imported => `${file.path} → ${imported.from}`),
  );
}

function uses(pattern: RegExp, allowed: (path: string) => boolean): string[] {
  return sources.filter(file => !allowed(file.path) && pattern.test(withoutText(file.text))).map(file => file.path);
}

/** Without comments and string literals. */
function withoutText(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|\/\/.*|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/g, '');
}

describe('imports', () => {
  it('point left along the arrow; move what is shared to the left, or pass it in from the loop', () => {
    const wrong = breaches(({ path }, imported) => {
      const [from, to] = [arrow.indexOf(stage(path)), arrow.indexOf(stage(imported.path ?? ''))];
      return from >= 0 && to > from;
    });
    expect(wrong).toEqual([]);
  });

  it('of one stage by another are types; only function/ and watch/ are used as values', () => {
    const wrong = breaches(({ path }, imported) => {
      const [from, to] = [stage(path), stage(imported.path ?? '')];
      if (!arrow.includes(from) || !arrow.includes(to) || from === to) return false;
      return !imported.typeOnly && to !== 'function' && to !== 'watch';
    });
    expect(wrong).toEqual([]);
  });

  it('of the platform by a stage are types; ports are passed in', () => {
    const wrong = breaches(({ path }, imported) => {
      if (!arrow.includes(stage(path)) || !imported.path?.startsWith('src/platform/')) return false;
      return !imported.typeOnly && !sharedValues.includes(imported.path);
    });
    // KubeError is the kube port's error: who writes objects must be able to tell a conflict.
    expect(wrong.filter(line => !line.endsWith('platform/kube/kube.ts'))).toEqual([]);
  });

  it('do not leave platform/: it knows nothing of Functions', () => {
    expect(
      breaches(
        ({ path }, imported) => stage(path) === 'platform' && imported.path?.startsWith('src/platform/') === false,
      ),
    ).toEqual([]);
  });

  it('of the loop and the edges stay there: stages do not see reconcile/, app/ or local/', () => {
    const edges = ['reconcile', 'app', 'local', 'main.ts'];
    expect(
      breaches(({ path }, imported) => arrow.includes(stage(path)) && edges.includes(stage(imported.path ?? ''))),
    ).toEqual([]);
  });

  it('of a provider stay in its folder; share through the contract file of the family', () => {
    const families = ['src/revision/', 'src/build/', 'src/serving/'];
    const wrong = breaches(({ path }, imported) => {
      const family = families.find(folder => path.startsWith(folder) && path.slice(folder.length).includes('/'));
      if (!family || !imported.path?.startsWith(family)) return false;
      const own = `${family}${path.slice(family.length).split('/')[0]}/`;
      return imported.path.slice(family.length).includes('/') && !imported.path.startsWith(own);
    });
    expect(wrong).toEqual([]);
  });

  it('of tests stay out of the product', () => {
    expect(breaches((_, imported) => /^(test|scripts)\//.test(imported.path ?? ''))).toEqual([]);
  });

  it('name files with their ending, and no folder', () => {
    expect(breaches((_, imported) => imported.path !== undefined && !/\.(ts|json)$/.test(imported.from))).toEqual([]);
  });

  it('let each package enter at one place', () => {
    const places: Readonly<Record<string, RegExp>> = {
      '@kubernetes/client-node': /^src\/platform\/kube\//,
      undici: /^src\/platform\/kube\//,
      bullmq: /^src\/platform\/queue\//,
      ioredis: /^src\/platform\/(queue|state|redis)\//,
      '@octokit/rest': /^src\/revision\/github\//,
      '@gitbeaker/rest': /^src\/revision\/gitlab\//,
      'oci-registry-client': /^src\/(revision\/oci|local\/oci)\//,
      '@bufbuild/cel': /^src\/local\/api-server\/cel\//,
      selfsigned: /^src\/local\//,
      pino: /^src\/platform\/logger\.ts$/,
      '@prometheus-io/client': /^src\/platform\/metrics/,
      commander: /^src\/(main\.ts|app\/cli)/,
      yaml: /^src\/platform\/yaml\.ts$/,
      zod: /^src\//,
    };
    const wrong = breaches(({ path }, imported) => {
      if (imported.path !== undefined || imported.from.startsWith('node:')) return false;
      const name = imported.from
        .split('/')
        .slice(0, imported.from.startsWith('@') ? 2 : 1)
        .join('/');
      return !places[name]?.test(path);
    });
    expect(wrong).toEqual([]);
  });
});

describe('the outside world', () => {
  const edge = (path: string) => /^src\/(platform|local)\//.test(path);

  it('gives its environment to app/config.ts alone; take settings as parameters', () => {
    expect(uses(/\bprocess\.env\b/, path => path === 'src/app/config.ts')).toEqual([]);
  });

  it('gives time through the Clock port', () => {
    expect(uses(/\bDate\.now\(|\bnew Date\(\)|\bset(Timeout|Interval)\(/, edge)).toEqual([]);
  });

  it('gives randomness, fetch and child processes to platform/ and local/ alone', () => {
    expect(uses(/\bMath\.random\(|(?<![.\w])fetch\(|\brandomBytes\(|\brandomUUID\(/, edge)).toEqual([]);
    expect(breaches(({ path }, imported) => imported.from === 'node:child_process' && !edge(path))).toEqual([]);
  });
});

describe('sizes', () => {
  it('of files: at most 350 lines, nine of ten at most 220; split what is larger by subject', () => {
    expect(files.filter(file => file.lines > 350).map(file => `${file.path}: ${file.lines}`)).toEqual([]);
    expect(
      percentile(
        sources.map(file => file.lines),
        0.9,
      ),
    ).toBeLessThanOrEqual(220);
  });

  it('of functions: at most 60 lines and 3 parameters, nine of ten at most 35 lines', () => {
    const wrong = sources.flatMap(({ path, functions }) =>
      functions
        .filter(({ lines, parameters }) => lines > 60 || parameters > 3)
        .map(({ line, lines, parameters }) => `${path}:${line}: ${lines} lines, ${parameters} parameters`),
    );
    expect(wrong).toEqual([]);
    expect(
      percentile(
        sources.flatMap(file => file.functions.map(one => one.lines)),
        0.9,
      ),
    ).toBeLessThanOrEqual(35);
  });
});

describe('texts', () => {
  it('begin with a comment that says what the file is for', () => {
    expect(
      files
        .filter(file => !file.path.endsWith('.test.ts') && !/^(#!.*\n)?\/\/ \S/.test(file.text))
        .map(file => file.path),
    ).toEqual([]);
  });

  it('say above each exported function and class what it is for, and what it throws', () => {
    const bare = sources.flatMap(({ path, text }) => {
      const lines = text.split('\n');
      const exported = lines.flatMap((line, at) => (/^export (?:async )?(?:function|class)\b/.test(line) ? [at] : []));
      return exported.filter(at => !lines[at - 1]?.endsWith('*/')).map(at => `${path}:${at + 1}`);
    });
    expect(bare).toEqual([]);
  });

  it('hold no any, no non-null assertion and no suppressed error', () => {
    expect(uses(/(:|<|as) any\b|@ts-(ignore|expect-error|nocheck)|[\w)\]]!(\.|\[|;|,|\))/, () => false)).toEqual([]);
  });

  it('name no machine path and no unfinished work', () => {
    const wrong = files.filter(file =>
      /\/work\/|\bTODO\b|\bFIXME\b/.test(file.text.replace(/\\bTODO.*|.*work\\\/.*/g, '')),
    );
    expect(wrong.map(file => file.path)).toEqual([]);
  });

  it('name each metric where it is recorded: one that nobody records is a promise not kept', () => {
    const recorded = sources.map(file => [...file.text.matchAll(/\.(?:count|gauge|observe)\('(\w+)'/g)]).flat();
    const names = new Set(recorded.map(match => match[1]));
    expect(Object.keys(metricTable).filter(name => !names.has(name))).toEqual([]);
  });

  it('of tests contain no mocks and no naps', () => {
    const tests = files.filter(file => file.path.startsWith('test/') || file.path.endsWith('.test.ts'));
    const wrong = tests.filter(
      ({ text, path }) =>
        path !== 'test/architecture.test.ts' && /\bvi\.(mock|spyOn|fn)\(|setTimeout\(resolve, \d/.test(text),
    );
    expect(wrong.map(file => file.path)).toEqual([]);
  });

  it('have names in kebab case that say a subject', () => {
    const drawer = /(^|\/)(utils?|helpers?|common|misc|manager|impl|types|index)\.ts$/;
    const wrong = files.filter(
      file => !/^([a-z0-9-]+\/)*[a-z0-9-]+(\.test)?\.ts$/.test(file.path) || drawer.test(file.path),
    );
    expect(wrong.map(file => file.path)).toEqual([]);
  });
});
