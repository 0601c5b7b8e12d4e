// The body of a request for a job, from what the form holds; what is left empty is left to the service.

/** @param values by the names of the fields */
export function requestOf(values) {
  const method = values.method;
  const hyperparameters = defined({
    n_epochs: number(values.n_epochs), batch_size: number(values.batch_size), learning_rate: number(values.learning_rate),
    max_sequence_length: number(values.max_sequence_length),
    early_stopping_patience: values.validation_file ? number(values.early_stopping_patience) : undefined,
    beta: method === 'dpo' ? number(values.beta) : undefined,
    ...(method === 'reinforcement' && { group_size: number(values.group_size), max_completion_tokens: number(values.max_completion_tokens), loss_type: text(values.loss_type) }),
  });
  const low = values.adapter !== 'full';
  const adapter = values.adapter ? defined({ type: values.adapter, rank: low ? number(values.rank) : undefined, alpha: low ? number(values.alpha) : undefined }) : undefined;
  const own = defined({ hyperparameters: Object.keys(hyperparameters).length ? hyperparameters : undefined, grader: method === 'reinforcement' ? grader(values.grader) : undefined });
  return defined({
    model: values.model, training_file: values.training_file, validation_file: text(values.validation_file), suffix: text(values.suffix), seed: number(values.seed),
    budget: number(values.budget), method: defined({ type: method, [method]: own, adapter }),
  });
}

/** The fields of the form from a job that was run before. */
export function valuesOf(job) {
  const type = job.method?.type ?? 'supervised';
  const own = job.method?.[type] ?? {};
  const known = own.hyperparameters ?? {};
  const value = (name) => (known[name] === 'auto' || known[name] === undefined ? '' : String(known[name]));
  return {
    model: job.model, training_file: job.training_file, validation_file: job.validation_file ?? '', suffix: job.user_provided_suffix ?? '', method: type,
    adapter: job.method?.adapter?.type ?? '', rank: String(job.method?.adapter?.rank ?? ''), alpha: String(job.method?.adapter?.alpha ?? ''),
    grader: own.grader ? JSON.stringify(own.grader, null, 2) : '', seed: String(job.seed ?? ''), budget: String(job.budget ?? ''),
    ...Object.fromEntries(['n_epochs', 'batch_size', 'learning_rate', 'max_sequence_length', 'early_stopping_patience', 'beta', 'group_size', 'max_completion_tokens', 'loss_type']
      .map((name) => [name, value(name)])),
  };
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
