// Texts that people may write, made of all that Tekton, Kubernetes, YAML and shells give a meaning to.
import fc from 'fast-check';

const parts = [
  '$',
  '$$',
  '$(',
  ')',
  '$(date)',
  '$(HOME)',
  '$(A)',
  '$(REVFLOW_DOLLAR)',
  '$(params.image)',
  '$(params["image"])',
  '$(workspaces.source.path)',
  '$(context.pipelineRun.name)',
  '$(tasks.fetch.results.commit-author)',
  '${SECRET_VALUE}',
  '#',
  "'",
  '"',
  '`id`',
  '\\',
  '\n',
  '\r\n',
  '\t',
  ' ',
  '=',
  ': ',
  '- ',
  '|',
  'off',
  '0777',
  '1e3',
  '{{ x }}',
  'ü😀',
  'x'.repeat(10_240),
];
/** Anything at all, and often what some reader on the way would take for something of its own. */
export const text = fc.oneof(
  fc.array(fc.constantFrom(...parts), { maxLength: 6 }).map(list => list.join('')),
  fc.string({ unit: 'grapheme' }),
);
