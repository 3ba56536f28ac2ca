// What may be given with -f, and what is said about files that are something else. Nothing of a file's content is repeated: it may be secret.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { inProcess, revflow } from './command.ts';
import { type Folder, folder, functionFile, stream } from './function-file.ts';

let files: Folder;
beforeAll(async () => {
  files = await folder();
});
afterAll(() => files[Symbol.asyncDispose]());

const secret = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'token' },
  stringData: { password: 'hidden-one' },
};
const commit = 'c'.repeat(40);
const digest = `sha256:${'d'.repeat(64)}`;

describe('a file that is', () => {
  const bad: readonly (readonly [what: string, content: string | Uint8Array, told: RegExp])[] = [
    ['empty', '', /there is no Function of core.openfunction.io\/v1beta2 in what -f names, found nothing at all/],
    ['only comments', '# nothing\n---\n# still nothing\n', /found nothing at all/],
    ['of other kinds', stream(secret), /there is no Function .* found Secret\n/],
    [
      'broken YAML',
      `${stream(secret)}---\npassword: hidden-one: x\n`,
      /bad.yaml, line 8: the document is no YAML: .* at line 8, column 11\n/,
    ],
    [
      'an alias without an anchor',
      'password: *hidden-one\n',
      /bad.yaml, line 1: the document has an alias without an anchor/,
    ],
    ['a bomb of aliases', bomb(), /bad.yaml, line 1: the document has too many aliases/],
    ['nested without end', `${'['.repeat(20_000)}`, /bad.yaml, line 1: the document (is nested too deeply|is no YAML)/],
    ['a text', 'hidden-one', /line 1: must be an object with apiVersion, kind and metadata, found a text\n/],
    ['a list', '- a\n- b\n', /line 1: must be an object .* found a list\n/],
    ['without kind', 'apiVersion: v1\n', /line 1: kind must be a text, found nothing\n/],
    ['of a kind that is a number', 'apiVersion: v1\nkind: 7\n', /line 1: kind must be a text, found a number\n/],
    [
      'without metadata',
      'apiVersion: v1\nkind: Secret\n',
      /line 1: metadata of this Secret must be an object, found nothing/,
    ],
    [
      'without a name',
      'apiVersion: v1\nkind: Secret\nmetadata: {}\n',
      /line 1, metadata: name must be a text, found nothing/,
    ],
    [
      'a List with something else in it',
      stringify({ apiVersion: 'v1', kind: 'List', items: [secret, 5] }),
      /line 1, items\[1\]: must be an object/,
    ],
    ['no text at all', Uint8Array.from([0xff, 0xfe, 0x00]), /bad.yaml is no text in UTF-8\n/],
    ['longer than anybody writes', 'a'.repeat(8 * 1024 * 1024 + 1), /bad.yaml is longer than 8 MiB/],
    [
      'one Function twice',
      stream(functionFile(), functionFile()),
      /line \d+: Function default\/hello was there before; keep one/,
    ],
  ];

  it.each(bad)('%s is a mistake, told with its place', async (_, content, told) => {
    const path = await files.write('bad.yaml', content);
    const { code, out, err } = await inProcess(['render', '-f', path]);
    expect(err).toMatch(told);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).not.toContain('hidden-one');
    expect(err.split('\n')).toHaveLength(2);
  });

  it('not there is a mistake', async () => {
    const { code, err } = await inProcess(['render', '-f', `${files.path}/absent.yaml`]);
    expect({ code, err }).toEqual({ code: 2, err: `revflow: there is no file ${files.path}/absent.yaml\n` });
  });

  it('a directory without manifests is a mistake', async () => {
    await using empty = await folder();
    const { code, err } = await inProcess(['render', '-f', empty.path]);
    expect({ code, err }).toEqual({
      code: 2,
      err: `revflow: the directory ${empty.path} holds no .yaml, .yml or .json file\n`,
    });
  });

  it('an endless stream is given up', async () => {
    const { code, err } = await inProcess(['render', '-f', '/dev/zero']);
    expect(code).toBe(2);
    expect(err).toMatch(/\/dev\/zero is longer than 8 MiB/);
  });
});

describe('a Function that can never work', () => {
  const wrong: readonly (readonly [object: object, told: string])[] = [
    [functionFile({ spec: { image: 7 } }), 'spec.image must be text (put it in quotes), found 7'],
    [functionFile({ spec: { build: { builder: 'b' } } }), 'spec.build.srcRepo is missing'],
    [
      functionFile({ spec: { build: { builder: 'b', srcRepo: {} } } }),
      'spec.build.srcRepo must have url or bundleContainer, found {}',
    ],
    [
      { ...functionFile(), apiVersion: 'core.openfunction.io/v1beta1' },
      'apiVersion must be core.openfunction.io/v1beta2, found core.openfunction.io/v1beta1',
    ],
    [{ ...functionFile(), spec: [] }, 'spec must be an object, found []'],
  ];

  it.each(wrong)('%j ends with 3, and field and value are named', async (object, told) => {
    const path = await files.write('wrong.yaml', stream(object));
    const rendered = await inProcess(['render', '-f', path]);
    expect(rendered.err).toContain(`${path}, line 1: Function default/hello: ${told}`);
    expect({ code: rendered.code, out: rendered.out }).toEqual({ code: 3, out: '' });
    const checked = await inProcess(['check', '-f', path]);
    expect(checked.out).toContain(told);
    expect({ code: checked.code, err: checked.err }).toEqual({ code: 3, err: '' });
  });
});

describe('render', () => {
  it('gives what a commit creates, pinned to it, the same every time', async () => {
    const path = await files.write('f.yaml', stream(functionFile({ params: 'type: source' })));
    const args = ['render', '-f', path, '--revision', commit];
    const [first, again] = [await revflow(args), await inProcess(args)];
    expect(first).toEqual(again);
    expect(first.code).toBe(0);
    const objects = parseAllDocuments(first.out).map(document => document.toJS());
    expect(
      objects.map(({ kind, metadata }) => `${kind} ${metadata.namespace}/${metadata.name}`),
    ).toMatchInlineSnapshot(`
      [
        "Builder default/builder-767e7c715401-1",
        "Build default/builder-767e7c715401-1-build",
        "BuildRun default/builder-767e7c715401-1-buildrun",
        "Serving default/serving-767e7c715401-2",
      ]
    `);
    expect(objects[0].spec.srcRepo.revision).toBe(commit);
    expect(objects[1].spec.source.git.revision).toBe(commit);
    expect(objects[3].spec.image).toBe('registry.example/hello:v1');
    expect(first.err).toContain('is known when its build has ended');
  });

  it('names everything after namespace and name', async () => {
    const path = await files.write('f.yaml', stream(functionFile()));
    const names = async (namespace: string) => (await inProcess(['render', '-f', path, '-n', namespace])).out;
    expect(await names('a')).toBe(await names('a'));
    expect(await names('b')).not.toBe((await names('a')).replaceAll('namespace: a', 'namespace: b'));
  });

  it('pins a bundle to a digest', async () => {
    const srcRepo = { bundleContainer: { image: 'registry.example/bundle:v1' } };
    const fn = functionFile({ params: 'type: source-image', spec: { build: { builder: 'b', srcRepo } } });
    const path = await files.write('bundle.yaml', stream(fn));
    const { code, out } = await inProcess(['render', '-f', path, '--revision', digest]);
    expect(code).toBe(0);
    expect(out).toContain(`image: registry.example/bundle:v1@${digest}`);
  });

  it('serves the digest of a watched function image, and builds nothing for it', async () => {
    const path = await files.write('image.yaml', stream(functionFile({ params: 'type: image' })));
    const { out, err } = await inProcess(['render', '-f', path, '--revision', digest]);
    const [serving, ...others] = parseAllDocuments(out).map(document => document.toJS());
    expect(others).toEqual([]);
    expect(serving).toMatchObject({ kind: 'Serving', spec: { image: `registry.example/hello:v1@${digest}` } });
    expect(err).not.toContain('undefined');
  });

  it.each([
    ['type: source', digest, /comes from a Git repository: --revision must be a commit id/],
    ['type: image', commit, /comes from an image: --revision must be a digest/],
  ])('refuses an id that says nothing about its source: %s', async (params, revision, told) => {
    const path = await files.write('other.yaml', stream(functionFile({ params })));
    const { code, out, err } = await inProcess(['render', '-f', path, '--revision', revision]);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(told);
  });

  it('reads a List out of a pipe beside directories, and gives a List in JSON', async () => {
    await using more = await folder();
    await more.write('a.yml', stream(functionFile({ name: 'a' })));
    await more.write('b.json', JSON.stringify(functionFile({ name: 'b', namespace: 'n' })));
    await more.write('notes.txt', 'not read');
    const input = stringify({ apiVersion: 'v1', kind: 'FunctionList', items: [functionFile({ name: 'c' })] });
    const { code, out } = await revflow(['render', '-f', more.path, '-', '-o', 'json'], { input });
    expect(code).toBe(0);
    const { kind, items } = JSON.parse(out);
    const serving = items.filter((item: { kind: string }) => item.kind === 'Serving');
    expect(kind).toBe('List');
    expect(serving.map((item: { metadata: { labels: object } }) => Object.values(item.metadata.labels)[0])).toEqual([
      'a',
      'b',
      'c',
    ]);
  });

  it('shows the run of the engine that a Function names', async () => {
    const fn = functionFile() as { metadata: object };
    const metadata = { ...fn.metadata, annotations: { 'openfunction.io/build-engine': 'tekton' } };
    const path = await files.write('engine.yaml', stream({ ...fn, metadata }));
    const { code, out } = await inProcess(['render', '-f', path]);
    const kinds = parseAllDocuments(out).map(document => (document.toJS() as { readonly kind: string }).kind);
    expect({ code, kinds }).toEqual({ code: 0, kinds: ['Builder', 'PipelineRun', 'Serving'] });
  });

  it('says what an engine cannot do for a Function', async () => {
    const fn = functionFile() as { metadata: object; spec: { build: object } };
    const metadata = { ...fn.metadata, annotations: { 'openfunction.io/build-engine': 'tekton' } };
    const build = { ...fn.spec.build, shipwright: { strategy: { name: 'mine' } } };
    const path = await files.write('engine.yaml', stream({ ...fn, metadata, spec: { ...fn.spec, build } }));
    const { code, out, err } = await inProcess(['render', '-f', path]);
    expect({ code, out }).toEqual({ code: 3, out: '' });
    expect(err).toContain('the strategy mine is not known to Tekton builds');
  });
});

describe('revflow crd', () => {
  it('prints the three definitions', async () => {
    const { code, out } = await revflow(['crd']);
    expect(code).toBe(0);
    const names = out.split('---\n').map(text => parse(text).metadata.name);
    const group = 'core.openfunction.io';
    expect(new Set(names)).toEqual(new Set([`builders.${group}`, `functions.${group}`, `servings.${group}`]));
  });
});

/** Nine levels of nine aliases each. */
function bomb(): string {
  const levels = 'abcdefghi'.split('');
  return levels
    .map(
      (name, at) =>
        `${name}: &${name} [${Array(9)
          .fill(at === 0 ? 'x' : `*${levels[at - 1]}`)
          .join(',')}]\n`,
    )
    .join('');
}
