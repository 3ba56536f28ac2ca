// README against the code, both ways: what it lists is there, and what is there is listed. And the first screen is enough to begin.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createProgram } from '../../src/app/cli/program.ts';
import { annotations } from '../../src/function/names.ts';
import { reasons } from '../../src/function/reasons.ts';
import { defaultWatchParams, paramNames, parseWatchParams } from '../../src/function/watch-params.ts';
import { metricTable } from '../../src/platform/metrics.ts';

const root = resolve(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const readme = read('README.md');
const manifest: {
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: object;
  readonly devDependencies: object;
} = JSON.parse(read('package.json'));
const silent = { write: () => true };
const commands = createProgram(() => {}, { out: silent, err: silent }).commands;

/** The cells of the table whose first head is this, without the head. */
function tableOf(text: string, head: string): readonly (readonly string[])[] {
  const lines = text.split('\n');
  const at = lines.findIndex(line => line.startsWith(`| ${head} |`));
  const end = lines.findIndex((line, index) => index > at && !line.startsWith('|'));
  return lines.slice(at + 2, end).map(line =>
    line
      .slice(1, -1)
      .split('|')
      .map(cell => cell.trim()),
  );
}

/** Words in code type in the first cells of a table. */
function namesIn(text: string, head: string): readonly string[] {
  return tableOf(text, head).flatMap(([first = '']) => [...first.matchAll(/`([^`]+)`/g)].map(match => match[1] ?? ''));
}

const sorted = (words: Iterable<string>) => [...words].toSorted();

describe('the first screen of README', () => {
  const [beginning = ''] = readme.split('\n## ');
  const screen = beginning.split('\n');
  const commandLines = screen.filter(line => line.startsWith('    ')).map(line => line.trim());

  it('holds two commands and no other: the main job, and the tests', () => {
    expect(commandLines).toEqual(['npm ci && npm run demo', 'npm test']);
    expect(screen.length).toBeLessThanOrEqual(24);
  });

  it('names scripts that are there, and need nothing that npm ci does not bring', () => {
    expect(manifest.scripts).toMatchObject({ demo: expect.any(String), test: expect.any(String) });
    const programs = ['demo', 'test'].map(name => manifest.scripts[name]?.split(' ')[0]);
    expect(programs).toEqual(['node', 'node']);
    expect(Object.keys(manifest.devDependencies)).toContain('node');
  });

  it('says what it is in the first sentences', () => {
    expect(screen.slice(0, 10).join(' ')).toMatch(/control plane for .*OpenFunction.* Functions on Kubernetes/);
  });
});

describe('the tables of README', () => {
  it('list every verb', () => {
    expect(namesIn(readme, 'Verb')).toEqual(commands.map(command => command.name()));
  });

  it('list every param with its default', () => {
    expect(namesIn(readme, 'Param')).toEqual(paramNames);
    for (const [param = '', value = ''] of tableOf(readme, 'Param')) {
      const text = /^`(.*)`$/.exec(value)?.[1];
      const { params, problems } = parseWatchParams(text === undefined ? '' : `${param.replaceAll('`', '')}: ${text}`);
      expect({ param, params, problems }).toEqual({ param, params: defaultWatchParams, problems: [] });
    }
  });

  it('list every annotation that means something', () => {
    const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
      .filter(path => path.endsWith('.ts') && !path.endsWith('.test.ts') && path !== 'function/names.ts')
      .map(path => read(join('src', path)));
    const used = Object.entries(annotations).filter(([word]) =>
      sources.some(text => new RegExp(`\\b(annotations|keys)\\.${word}\\b`).test(text)),
    );
    expect(sorted(namesIn(readme, 'Annotation'))).toEqual(sorted(used.map(([, key]) => key)));
  });

  it('list every overlay', () => {
    expect(sorted(namesIn(readme, 'Overlay'))).toEqual(sorted(readdirSync(join(root, 'deploy/overlays'))));
  });

  it('list every dependency with a reason', () => {
    const packages = { ...manifest.dependencies, ...manifest.devDependencies };
    expect(sorted(namesIn(readme, 'Package'))).toEqual(sorted(Object.keys(packages)));
    expect(tableOf(readme, 'Package').filter(([, reason = '']) => reason.length < 3)).toEqual([]);
  });

  it('and texts list every npm script', () => {
    const told = [...readme.matchAll(/npm (?:run )?([a-z]+(?::[a-z]+)?)/g)].map(([, name = '']) => name);
    const scripts = told.filter(name => !['ci', 'brings'].includes(name));
    expect(sorted(new Set(scripts))).toEqual(sorted(Object.keys(manifest.scripts)));
  });
});

describe('the pages below docs', () => {
  it('list every reason', () => {
    expect(namesIn(read('docs/reasons.md'), 'Reason')).toEqual(Object.keys(reasons));
  });

  it('list every metric with its kind and labels', () => {
    const rows = tableOf(read('docs/metrics.md'), 'Metric').map(([name = '', kind, labels = '']) => [
      name.replaceAll('`', ''),
      kind,
      labels.replaceAll('`', ''),
    ]);
    const wanted = Object.entries(metricTable).map(([name, { kind, labels }]) => [name, kind, labels.join(' ')]);
    expect(rows).toEqual(wanted);
  });

  it('show the help of every verb with every flag', () => {
    const page = read('docs/cli.md');
    const titles = [...page.matchAll(/^## revflow (\w+)$/gm)].map(match => match[1]);
    expect(titles).toEqual(commands.map(command => command.name()));
    for (const command of commands) {
      const [, section = ''] = page.split(`## revflow ${command.name()}\n`);
      const [own = ''] = section.split('\n## ');
      const shown = [...own.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map(match => match[1] ?? '');
      const flags = command.options.map(option => option.long ?? '');
      expect({ verb: command.name(), flags: sorted(shown) }).toEqual({
        verb: command.name(),
        flags: sorted([...flags, '--help']),
      });
    }
  });
});

describe('README', () => {
  it('names files and folders that are there', () => {
    const linked = [...readme.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map(match => match[1] ?? '');
    const quoted = [...readme.matchAll(/`((?:src|test|deploy|docs|scripts|bin)\/[\w./-]*)`/g)].map(
      match => match[1] ?? '',
    );
    expect([...linked, ...quoted].filter(path => !existsSync(join(root, path)))).toEqual([]);
  });

  it('names flags that some verb has', () => {
    const ours = new Set(commands.flatMap(command => command.options.map(option => option.long)));
    const foreign = new Set(['--server-side', '--from-literal']);
    const told = [...readme.matchAll(/(?<![\w-])(--[a-z][a-z-]+)/g)].map(match => match[1] ?? '');
    expect(told.filter(flag => !ours.has(flag) && !foreign.has(flag))).toEqual([]);
  });

  it('names the packages that tests need, and so does what installs them', () => {
    const tests = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' }).filter(path =>
      path.endsWith('.ts'),
    );
    const texts = tests.map(path => read(join('test', path)));
    const needed = new Set(
      texts.flatMap(text => [...text.matchAll(/the Debian package ([a-z0-9-]+)/g)].map(match => match[1] ?? '')),
    );
    expect(needed.size).toBeGreaterThan(1);
    const [, section = ''] = readme.split("from Debian's packages ");
    const named = [...(section.split(';')[0] ?? '').matchAll(/`([^`]+)`/g)].map(match => match[1] ?? '');
    const installed = [...read('scripts/test.ts').matchAll(/^ {2}'?([a-z0-9-]+)'?: '\/usr\//gm)];
    expect(installed.map(match => match[1])).toEqual(named);
    expect(named).toEqual(expect.arrayContaining([...needed]));
  });

  it('fits: nobody reads more than 200 lines', () => {
    expect(readme.split('\n').length).toBeLessThanOrEqual(200);
  });
});
