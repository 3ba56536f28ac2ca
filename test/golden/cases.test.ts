// What a folder of recorded cases must be like: everything else is refused, with the path and the cause.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findCases, readCase } from './cases.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'revflow-cases-'));
});
afterAll(() => rm(root, { recursive: true }));

const input = 'kind: Function\nmetadata: {name: f}\n';
const whole = {
  'input.yaml': input,
  'function.yaml': input,
  'objects.yaml': 'kind: Builder\nmetadata: {name: b}\n',
  'history.yaml': 'Builder/b:\n- {}\n',
  'events.yaml': '- action: Build\n',
  'status.yaml': '- stage: after-apply\n  Function: {f: {}}\n  Builder: {b: {state: Building}}\n',
};

/** A case folder with these files. */
async function written(name: string, files: Readonly<Record<string, string>>): Promise<string> {
  const folder = join(root, 'cases', name);
  await mkdir(folder, { recursive: true });
  for (const [file, text] of Object.entries(files)) await writeFile(join(folder, file), text);
  return folder;
}

describe('a folder of recorded cases', () => {
  it('holds them at any depth, or is one itself', async () => {
    const folder = await written('whole', whole);
    expect(findCases(folder)).toEqual([folder]);
    expect(findCases(root)).toContain(folder);
    const { name, stages, input: applied } = readCase(folder);
    expect(name).toBe('cases/whole');
    expect(stages.map(stage => stage.name)).toEqual(['after-apply']);
    expect(applied.map(({ kind }) => kind)).toEqual(['Function']);
  });

  it('that cannot be read, or holds none, is refused with its path', async () => {
    const missing = join(root, 'nowhere');
    expect(() => findCases(missing)).toThrow(`${missing}: cannot be read`);
    const empty = join(root, 'empty');
    await mkdir(empty);
    expect(() => findCases(empty)).toThrow(`${empty}: no case here`);
  });

  it.each(Object.keys(whole))('without a needed %s is refused with that path', async file => {
    const { [file]: _left, ...rest } = whole as Readonly<Record<string, string>>;
    const folder = await written(`without-${file}`, rest);
    expect(() => readCase(folder)).toThrow(`${join(folder, file)}: cannot be read`);
  });

  it.each([
    ['input.yaml', 'a: [b', 'not YAML'],
    ['input.yaml', '- a', 'each document must be a mapping'],
    ['input.yaml', 'kind: Function', 'each document needs kind and metadata.name'],
    ['status.yaml', 'a: b', 'must be a list of mappings'],
    ['status.yaml', '- step: x', 'each entry needs "stage"'],
    ['status.yaml', '- stage: x\n  Function: {f: 1}', '"x" must hold statuses by kind and name'],
    ['history.yaml', 'Builder/b: 1', 'must be lists of statuses by object'],
    ['events.yaml', '- 1', 'must be a list of mappings'],
  ])('with a broken %s (%s) is refused: %s', async (file, text, cause) => {
    const folder = await written('broken', { ...whole, [file]: text });
    expect(() => readCase(folder)).toThrow(`${join(folder, file)}: ${cause}`);
  });
});
