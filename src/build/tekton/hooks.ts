// Hooks of a build as tasks of its pipeline: one after the other, those before it on the fetched source, those after it with the image.
import { z } from 'zod';
import { type BuildHook, type BuildHooks, type HookFact, type HookText, nameTask } from '../../function/build-hooks.ts';
import type { KubeObject } from '../../platform/kube/kube.ts';
import type { Texts } from '../texts.ts';
import type { PipelineSpec } from './pipelines.ts';

/** A task of a pipeline that refers to a Task which is not ours. */
interface HookTask {
  readonly name: string;
  readonly runAfter: readonly string[];
  readonly taskRef: object;
  readonly params?: readonly { readonly name: string; readonly value: string | readonly string[] }[];
  readonly workspaces?: readonly object[];
}

type Task = PipelineSpec['tasks'][number];

interface PipelineWithHooks extends Omit<PipelineSpec, 'tasks'> {
  readonly tasks: readonly (Task | HookTask)[];
}

type Stage = keyof BuildHooks;

/** The pipeline with the hooks around its task `build`. Texts of the user stand in parameters alone, written by `texts`. */
export function withHooks(pipeline: PipelineSpec, { before, after }: BuildHooks, texts: Texts): PipelineWithHooks {
  const facts = factsOf(pipeline);
  const chain = (stage: Stage, hooks: readonly BuildHook[], first: string) =>
    hooks.map((hook, at) =>
      hookTask(hook, taskName(stage, at), { after: at === 0 ? first : taskName(stage, at - 1), facts, texts }),
    );
  const last = before.length === 0 ? undefined : taskName('before', before.length - 1);
  const tasks = pipeline.tasks.flatMap(task => {
    if (task.name !== 'build') return [task];
    const build = last === undefined ? task : { ...task, runAfter: [last] };
    return [...chain('before', before, 'fetch'), build, ...chain('after', after, 'build')];
  });
  return { ...pipeline, tasks };
}

function taskName(stage: Stage, at: number): string {
  return `${stage}-${at + 1}`;
}

/** What stands for each fact, as the pipeline's own results have it. */
function factsOf({ results }: PipelineSpec): Readonly<Record<HookFact, string>> {
  const value = (...names: readonly string[]) => {
    const found = results.find(({ name }) => names.includes(name))?.['value'];
    return typeof found === 'string' ? found : '';
  };
  const digest = value('IMAGE_DIGEST');
  return { image: `${value('IMAGE_URL')}@${digest}`, digest, commit: value('CHAINS-GIT_COMMIT', 'bundle-digest') };
}

interface Placing {
  /** Name of the task before it. */
  readonly after: string;
  readonly facts: Readonly<Record<HookFact, string>>;
  readonly texts: Texts;
}

function hookTask(hook: BuildHook, name: string, { after, facts, texts }: Placing): HookTask {
  const write = (text: HookText) => (typeof text === 'string' ? texts.plain(text) : facts[text.from]);
  const params = Object.entries(hook.params).map(([param, value]) => ({
    name: param,
    value: typeof value === 'string' || 'from' in value ? write(value) : value.map(write),
  }));
  const workspaces = Object.entries(hook.workspaces).map(([its, ours]) => ({ name: its, workspace: ours }));
  return {
    name,
    runAfter: [after],
    taskRef: taskRef(hook),
    ...(params.length === 0 ? {} : { params }),
    ...(workspaces.length === 0 ? {} : { workspaces }),
  };
}

function taskRef({ task }: BuildHook): object {
  if ('name' in task) return { name: task.name };
  const params = Object.entries(task.ref).map(([name, value]) => ({ name, value }));
  return { resolver: task.resolver, ...(params.length === 0 ? {} : { params }) };
}

const text = z.string().catch('');
const started = z.object({
  spec: z.object({
    pipelineSpec: z.object({
      tasks: z.array(
        z.object({
          name: text,
          taskRef: z
            .object({ name: text, resolver: text, params: z.array(z.object({ name: text, value: text })).catch([]) })
            .optional(),
        }),
      ),
    }),
  }),
  status: z.object({ childReferences: z.array(z.object({ pipelineTaskName: text })) }),
});

/**
 * The hook that a failed run ended with, in words for people; undefined when it was none. One task follows the other, in the order of the
 * list, so what failed is the last that was begun.
 */
export function failedHook(run: KubeObject): string | undefined {
  const parsed = started.safeParse(run);
  if (!parsed.success) return undefined;
  const { spec, status } = parsed.data;
  const begun = new Set(status.childReferences.map(({ pipelineTaskName }) => pipelineTaskName));
  const last = spec.pipelineSpec.tasks.findLast(({ name }) => begun.has(name));
  const place = /^(before|after)-(\d+)$/.exec(last?.name ?? '');
  if (!last?.taskRef || !place) return undefined;
  const { name, resolver, params } = last.taskRef;
  const ref = Object.fromEntries(params.map(param => [param.name, param.value]));
  const task = nameTask({ task: name ? { name } : { resolver, ref } });
  return `the hook ${place[1]}[${Number(place[2]) - 1}] (Task ${task})`;
}
