// What `revflow export` writes: files that a cluster without revflow takes, the same for the same Functions.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { inProcess } from './command.ts';
import { folder, functionFile, stream } from './function-file.ts';

const commit = 'c'.repeat(40);

describe('export', () => {
  it.each([
    ['tekton', ['shop.hello-cccccccc-run.pipelinerun.yaml']],
    ['shipwright', ['shop.hello-cccccccc-build.build.yaml', 'shop.hello-cccccccc-buildrun.buildrun.yaml']],
  ])('for %s writes a file for each object, which no owner is missing for', async (engine, names) => {
    await using files = await folder();
    const path = await files.write('f.yaml', stream(functionFile({ namespace: 'shop' })));
    const written = async (dir: string) => {
      const target = join(files.path, dir, 'runs');
      const args = ['export', engine, '-f', path, '-o', target, '--revision', commit];
      expect(await inProcess(args)).toEqual({
        code: 0,
        out: names.map(name => `${join(target, name)}\n`).join(''),
        err: '',
      });
      expect(readdirSync(target)).toEqual(names);
      return names.map(name => readFileSync(join(target, name), 'utf8'));
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
