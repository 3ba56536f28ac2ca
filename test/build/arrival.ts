// What a container is given in the end: Tekton and Kubernetes are played, as far as they touch texts, and without mercy.
import type { KubeObject } from '../../src/platform/kube/kube.ts';
import type { Spec } from '../pipelines/manifests.ts';

interface Param {
  readonly name: string;
  readonly value?: string | readonly string[];
  readonly default?: string | readonly string[];
}

interface Variable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: object;
}

interface Step {
  readonly name: string;
  readonly args?: readonly string[];
  readonly env?: readonly Variable[];
}

interface Task {
  readonly name: string;
  readonly params: readonly Param[];
  readonly taskSpec: {
    readonly params: readonly Param[];
    readonly steps: readonly Step[];
    readonly stepTemplate?: { readonly env: readonly Variable[] };
  };
}

type Values = ReadonlyMap<string, string | readonly string[]>;

/** Any other reference that Tekton knows: whatever a user wrote like that is lost. */
const others = /\$\((?:params|context|workspaces|results|tasks|steps|finally|credentials|inputs|outputs)[.[][^)]*\)/g;

/** Arguments and variables of a step of a PipelineRun, as its process sees them. */
export function arrival(run: KubeObject, ofTask: string, ofStep: string): { args: readonly string[]; env: Values } {
  const { pipelineSpec, params } = run['spec'] as {
    readonly pipelineSpec: { readonly params: readonly Param[]; readonly tasks: readonly Task[] };
    readonly params: readonly Param[];
  };
  const task = pipelineSpec.tasks.find(({ name }) => name === ofTask);
  const step = task?.taskSpec.steps.find(({ name }) => name === ofStep);
  if (!task || !step) throw new Error(`there is no step ${ofTask} ${ofStep}`);
  const ofPipeline = valuesOf(pipelineSpec.params, params);
  const passed = task.params.map(({ name, value = '' }) => ({ name, value: fill(value, ofPipeline) }));
  const ofRun = valuesOf(task.taskSpec.params, passed);
  const env = environment([...(task.taskSpec.stepTemplate?.env ?? []), ...(step.env ?? [])], ofRun);
  const args = fill(step.args ?? [], ofRun) as readonly string[];
  return { args: args.map(text => expand(text.replace(others, 'TEKTON'), env)), env };
}

/** Arguments and variables of a step of a strategy of Shipwright, which builds what a Build asks for; the variables follow the step's own. */
export function strategyArrival(build: KubeObject, strategy: Spec, ofStep: string): ReturnType<typeof arrival> {
  const step = strategy.steps?.find(({ name }) => name === ofStep);
  if (!step) throw new Error(`there is no step ${ofStep}`);
  const { paramValues = [], env: variables = [] } = build['spec'] as {
    readonly paramValues?: readonly (Param & { readonly values?: readonly { readonly value: string }[] })[];
    readonly env?: readonly Variable[];
  };
  const declared = (strategy.parameters ?? []).map(({ name, default: one, defaults }) => ({
    name,
    default: one ?? defaults ?? '',
  }));
  const given = paramValues.map(({ name, value = '', values }) => ({
    name,
    value: values?.map(item => item.value) ?? value,
  }));
  const params = valuesOf(declared, given);
  const env = environment([...(step.env ?? []), ...variables], params);
  const args = fill(step.args ?? [], params) as readonly string[];
  return { args: args.map(text => expand(text.replace(others, 'TEKTON'), env)), env };
}

/** Variables of a container, the way Kubernetes reads them: each sees those before it. */
export function environment(variables: readonly Variable[], params: Values = new Map()): ReadonlyMap<string, string> {
  const seen = new Map<string, string>();
  for (const { name, value = '', valueFrom } of variables) {
    const text = (fill(value, params) as string).replace(others, 'TEKTON');
    seen.set(name, valueFrom ? 'FROM' : expand(text, seen));
  }
  return seen;
}

function valuesOf(declared: readonly Param[], given: readonly Param[]): Values {
  const entries = [
    ...declared.map(({ name, default: value }) => [name, value ?? ''] as const),
    ...given.map(({ name, value }) => [name, value ?? ''] as const),
  ];
  return new Map(entries);
}

function fill(value: string | readonly string[], values: Values): string | readonly string[] {
  if (typeof value !== 'string') {
    return value.flatMap(item => {
      const list = /^\$\(params\.([\w.-]+)\[\*\]\)$/.exec(item);
      return list ? (values.get(list[1] ?? '') ?? []) : fill(item, values);
    });
  }
  let text = value;
  // One name after the other, in what was put there too.
  for (const [name, replacement] of values) {
    if (typeof replacement === 'string') text = text.split(`$(params.${name})`).join(replacement);
  }
  return text;
}

/** Kubernetes' own rule for `$$` and `$(NAME)`. */
function expand(text: string, env: Values): string {
  return text.replace(/\$(?:\$|\(([^)]*)\))/g, (whole, name: string | undefined) => {
    if (whole === '$$') return '$';
    const value = env.get(name ?? '');
    return typeof value === 'string' ? value : whole;
  });
}
