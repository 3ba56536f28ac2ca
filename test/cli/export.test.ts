// What `revflow export` writes: files that a cluster without revflow takes, the same for the same Functions.
import { readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { inProcess } from './command.ts';
import { folder, functionFile, stream } from './function-file.ts';

const commit = 'c'.repeat(40);

describe('export', () => {
  it.each([
    ['tekton', ['shop.hello-cccccccc-HASH-run.pipelinerun.yaml']],
    ['shipwright', ['shop.hello-cccccccc-HASH-build.build.yaml', 'shop.hello-cccccccc-HASH-buildrun.buildrun.yaml']],
  ])('for %s writes a file for each object, which no owner is missing for', async (engine, names) => {
    await using files = await folder();
    const path = await files.write('f.yaml', stream(functionFile({ namespace: 'shop' })));
    const written = async (dir: string) => {
      const target = join(files.path, dir, 'runs');
      const args = ['export', engine, '-f', path, '-o', target, '--revision', commit];
      const { code, out, err } = await inProcess(args);
      expect({ code, err }).toEqual({ code: 0, err: '' });
      const found = readdirSync(target);
      expect(out).toBe(found.map(name => `${join(target, name)}\n`).join(''));
      expect(found.map(name => name.replace(/[0-9a-f]{8}(?=-[a-z]+\.)/, 'HASH'))).toEqual(names);
      return found.map(name => readFileSync(join(target, name), 'utf8'));
    };
    const texts = await written('a');
    expect(await written('b')).toEqual(texts);
    expect(texts.join('')).toContain(commit);
    for (const text of texts) {
      const { metadata } = parse(text) as { readonly metadata: { readonly name: string } };
      expect(metadata).toEqual({
        name: expect.any(String),
        namespace: 'shop',
        labels: { 'openfunction.io/function': 'hello' },
      });
    }
    expect(texts.join('')).not.toMatch(/ownerReferences|builder-[0-9a-f]{12}/);
  });

  it('writes nothing for a Function that cannot work, and says why', async () => {
    await using files = await folder();
    const path = await files.write('f.yaml', stream(functionFile({ spec: { image: 7 } })));
    const target = join(files.path, 'runs');
    const { code, err } = await inProcess(['export', 'tekton', '-f', path, '-o', target]);
    expect({ code, told: err.includes('spec.image must be text') }).toEqual({ code: 3, told: true });
    expect(readdirSync(files.path)).toEqual(['f.yaml']);
  });

  it('gives another name to another run, however little differs, and the same name to the same', async () => {
    await using files = await folder();
    const target = join(files.path, 'runs');
    const write = async (spec: object) => {
      const path = await files.write('f.yaml', stream(functionFile({ spec })));
      await inProcess(['export', 'tekton', '-f', path, '-o', target]);
      return readdirSync(target).length;
    };
    expect(await write({})).toBe(1);
    expect(await write({})).toBe(1);
    expect(await write({ image: 'registry.example/hello:v2' })).toBe(2);
    const build = { builder: 'registry.example/builder:1', srcRepo: { url: 'https://git.example/o/hello.git' } };
    expect(await write({ build })).toBe(3);
    expect(await write({ build: { ...build, timeout: '5m' } })).toBe(4);
  });

  it('keeps names apart that begin alike, and in the 63 characters of a label', async () => {
    await using files = await folder();
    const target = join(files.path, 'runs');
    const long = 'a'.repeat(60);
    const both = stream(functionFile({ name: `${long}-one` }), functionFile({ name: `${long}-two` }));
    const path = await files.write('f.yaml', both);
    for (const engine of ['tekton', 'shipwright']) {
      await inProcess(['export', engine, '-f', path, '-o', target, '--revision', commit]);
    }
    const names = readdirSync(target).map(name => name.split('.')[1] ?? '');
    expect(names).toHaveLength(6);
    expect(names.filter(name => name.length > 63)).toEqual([]);
  });

  it('writes over what it wrote, and over nothing else; then no file is there at all', async () => {
    await using files = await folder();
    const target = join(files.path, 'runs');
    const path = await files.write('f.yaml', stream(functionFile()));
    const args = ['export', 'shipwright', '-f', path, '-o', target];
    await inProcess(args);
    const [first = '', second = ''] = readdirSync(target);
    expect((await inProcess(args)).code).toBe(0);
    rmSync(join(target, first));
    writeFileSync(join(target, second), 'mine\n');
    const { code, out, err } = await inProcess(args);
    expect({ code, out, told: err.includes(`${join(target, second)} was not written by revflow`) }).toEqual({
      code: 2,
      out: '',
      told: true,
    });
    expect(readdirSync(target)).toEqual([second]);
    expect(readFileSync(join(target, second), 'utf8')).toBe('mine\n');
    rmSync(join(target, second));
    symlinkSync(path, join(target, second));
    expect((await inProcess(args)).err).toContain('is no ordinary file');
    expect(readFileSync(path, 'utf8')).toContain('kind: Function');
  });

  it('names a directory that cannot be written', async () => {
    await using files = await folder();
    const path = await files.write('f.yaml', stream(functionFile()));
    const { code, err } = await inProcess(['export', 'tekton', '-f', path, '-o', join(path, 'runs')]);
    expect({ code, told: err.includes(`${join(path, 'runs')} cannot be written (ENOTDIR)`) }).toEqual({
      code: 2,
      told: true,
    });
  });

  it.each([
    [
      { name: '../../etc/x' },
      'metadata.name must be lower-case letters, digits, - and ., as in example-1, found "../../etc/x"',
    ],
    [{ namespace: '../..' }, 'metadata.namespace must be at most 63 lower-case letters, digits and -, found "../.."'],
  ])('never leaves its directory for %j', async (parts, told) => {
    await using files = await folder();
    const path = await files.write('f.yaml', stream(functionFile(parts)));
    const { code, err } = await inProcess(['export', 'tekton', '-f', path, '-o', join(files.path, 'runs')]);
    expect({ code, told: err.includes(told) }).toEqual({ code: 3, told: true });
    expect(readdirSync(files.path)).toEqual(['f.yaml']);
  });

  it.each([
    [['export', 'make', '-f', 'x', '-o', 'y'], /shipwright or tekton, found "make"/],
    [['export', 'tekton', '-o', 'y'], /-f FILE/],
    [['export', 'tekton', '-f', 'x'], /-o DIR/],
  ])('refuses %j', async (args, told) => {
    const { code, err } = await inProcess(args);
    expect(code).toBe(2);
    expect(err).toMatch(told);
  });
});
