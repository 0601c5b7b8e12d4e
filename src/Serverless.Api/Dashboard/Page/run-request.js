// The body of a request for a job, from what the form holds; what is left empty is left to the service.

const inForm = ['n_epochs', 'batch_size', 'learning_rate', 'weight_decay', 'max_sequence_length', 'early_stopping_patience', 'beta', 'group_size', 'max_completion_tokens', 'eval_interval', 'eval_samples'];
const adapterInForm = ['type', 'rank', 'alpha'];

/**
 * @param values by the names of the fields
 * @param kept what an earlier run had besides, see `keptOf`
 */
export function requestOf(values, kept = null) {
  const { method } = values;
  const own = kept?.method === method ? kept : null;
  const hyperparameters = defined({
    ...own?.hyperparameters,
    n_epochs: number(values.n_epochs), batch_size: number(values.batch_size), learning_rate: number(values.learning_rate),
    weight_decay: number(values.weight_decay), max_sequence_length: number(values.max_sequence_length),
    early_stopping_patience: values.validation_file ? number(values.early_stopping_patience) : undefined,
    ...(method === 'dpo' && { beta: number(values.beta) }),
    ...(method === 'reinforcement' && { group_size: number(values.group_size), max_completion_tokens: number(values.max_completion_tokens) }),
    ...(method === 'reinforcement' && values.validation_file && { eval_interval: number(values.eval_interval), eval_samples: number(values.eval_samples) }),
  });
  const adapter = defined(values.adapter === 'full' ? { type: 'full' } : { ...kept?.adapter, type: text(values.adapter), rank: number(values.rank), alpha: number(values.alpha) });
  return defined({
    model: values.model, training_file: values.training_file, validation_file: text(values.validation_file), suffix: text(values.suffix), seed: number(values.seed),
    budget: number(values.budget), merge_dtype: kept?.merge_dtype, metadata: kept?.metadata, ...(values.validation_file && kept?.comparison),
    method: defined({
      type: method, adapter: some(adapter), replay: text(values.replay) && defined({ file: values.replay, share: number(values.share) }),
      [method]: defined({
        ...own?.own, hyperparameters: some(hyperparameters),
        ...(method === 'reinforcement' && { grader: grader(values.grader) }),
        ...(method === 'distillation' && {
          teacher: text(values.teacher), n: number(values.n), max_completion_tokens: number(values.max_completion_tokens), grader: text(values.pass_grader) && grader(values.pass_grader),
        }),
      }),
    }),
  });
}

/** The fields of the form from a job that was run before. */
export function valuesOf(job) {
  const [type, own, adapter] = partsOf(job);
  const known = own.hyperparameters ?? {};
  return {
    model: job.model, training_file: job.training_file, validation_file: job.validation_file ?? '', suffix: job.user_provided_suffix ?? '', method: type,
    adapter: adapter.type ?? '', rank: String(adapter.rank ?? ''), alpha: String(adapter.alpha ?? ''),
    [type === 'distillation' ? 'pass_grader' : 'grader']: own.grader ? JSON.stringify(own.grader, null, 2) : '',
    replay: job.method?.replay?.file ?? '', share: String(job.method?.replay?.share ?? ''), teacher: own.teacher ?? '', n: String(own.n ?? ''), seed: String(job.seed ?? ''), budget: String(job.budget ?? ''),
    ...Object.fromEntries(inForm.map((name) => [name, known[name] ?? own[name] ?? 'auto']).map(([name, value]) => [name, value === 'auto' ? '' : String(value)])),
  };
}

/** What a job had that the form has no fields for. A rate stands for the factor that it was made with: both together are refused. */
export function keptOf(job) {
  const [method, own, adapter] = partsOf(job);
  const without = (object, names) => Object.fromEntries(Object.entries(object ?? {}).filter(([name]) => !names.includes(name)));
  return {
    method, own: without(own, ['teacher', 'n', 'max_completion_tokens', 'grader', 'hyperparameters']), hyperparameters: without(own.hyperparameters, [...inForm.filter((name) => name !== 'beta' || method === 'dpo'), 'learning_rate_multiplier']),
    adapter: adapter.type === 'full' ? {} : without(adapter, adapterInForm), metadata: some(job.metadata ?? {}), comparison: defined({ evaluation: job.evaluation, publish_if: job.publish_if }), ...(job.merge_dtype && { merge_dtype: job.merge_dtype }),
  };
}

const shownOnly = ['status', 'model', 'first_step', 'last_step', 'fine_tuned_model', 'figures'];

/** The body that asks for a recipe once more, which no form holds. */
export function recipeOf(job) {
  const stages = job.method.recipe.stages.map((stage) => {
    const own = { ...stage[stage.type] };
    const { learning_rate_multiplier: factor, ...others } = own.hyperparameters ?? {};
    own.hyperparameters = others.learning_rate === undefined && factor !== undefined ? { ...others, learning_rate_multiplier: factor } : others;
    // A teacher that was the stage before is shown as the model that it led to.
    if (own.teacher && own.teacher === stage.model) own.teacher = 'previous';
    return { ...Object.fromEntries(Object.entries(stage).filter(([name]) => !shownOnly.includes(name))), [stage.type]: own };
  });
  return defined({
    model: job.model, training_file: job.training_file, validation_file: job.validation_file ?? undefined, suffix: job.user_provided_suffix ?? undefined, seed: job.seed,
    budget: job.budget, merge_dtype: job.merge_dtype, metadata: some(job.metadata ?? {}), evaluation: job.evaluation, publish_if: job.publish_if, method: { type: 'recipe', recipe: { stages } },
  });
}

function partsOf(job) {
  const type = job.method?.type ?? 'supervised';
  return [type, job.method?.[type] ?? {}, job.method?.adapter ?? {}];
}

const text = (value) => (value?.trim() ? value.trim() : undefined);

/** A number, or what was typed instead, which the service then refuses with its own words. */
const number = (value) => (text(value) === undefined ? undefined : Number.isFinite(Number(value)) ? Number(value) : value.trim());

/** The grader's object; text that is none goes as it is. */
function grader(value) {
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

const defined = (object) => Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));

const some = (object) => (Object.keys(object).length > 0 ? object : undefined);
