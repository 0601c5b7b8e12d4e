// The fields of the form for a run: which there are, and for which method.
import { h } from './dom.js';

export const methods = {
  supervised: ['Supervised', 'learns the assistant’s answers of conversations', ['chat', 'prompt_completion']],
  dpo: ['DPO', 'learns which of two answers is preferred', ['preference']],
  reinforcement: ['Reinforcement', 'learns what a grader rewards', ['reinforcement']],
  distillation: ['Distillation', 'learns the answers of a teacher, a larger model', []],
  pretraining: ['Pre-training', 'goes on reading texts', ['text', 'plain_text']],
};

const firstGrader = JSON.stringify({ type: 'string_check', name: 'right', input: '{{sample.output_text}}', reference: '{{item.answer}}', operation: 'eq' }, null, 2);

// name, label, what stands in it while it is empty, for which method only, hint
const numbers = [
  ['n_epochs', 'Epochs', 'auto', null, 'passes over the data'],
  ['batch_size', 'Batch size', 'auto', null, 'examples a step'],
  ['learning_rate', 'Learning rate', 'auto', null, 'such as 0.001'],
  ['beta', 'Beta', 'auto', 'dpo', 'how closely it stays to the reference'],
  ['group_size', 'Group size', 'auto', 'reinforcement', 'answers to each prompt'],
  ['n', 'Answers', '1', 'distillation', 'of the teacher to each prompt'],
  ['max_completion_tokens', 'Answer tokens', 'auto', 'reinforcement distillation', 'at most'],
];
const finer = [
  ['alpha', 'Alpha', 'auto', null, 'of LoRA'],
  ['weight_decay', 'Weight decay', 'auto', null, '0 to 1'],
  ['max_sequence_length', 'Sequence length', 'auto', null, 'tokens, at most'],
  ['early_stopping_patience', 'Stop early after', 'never', null, 'epochs without a lower validation loss'],
  ['eval_interval', 'Evaluate every', 'auto', 'reinforcement', 'steps, on the validation file'],
  ['eval_samples', 'Evaluated answers', 'auto', 'reinforcement', 'to each validation prompt'],
  ['seed', 'Seed', 'random', null, ''],
  ['budget', 'Budget', 'none', null, 'in the currency of the settings; the run pauses there'],
];

/** The form's elements; `field(name)` finds one. */
export function fields() {
  const select = (name, ...options) => h('select', { name, id: `f-${name}` }, options);
  const row = (name, label, input, hint, only) => h('div', { class: 'field', 'data-only': only }, h('label', { for: `f-${name}` }, label), input, hint && h('span', { class: 'hint' }, hint));
  const text = ([name, label, placeholder, only, hint]) => row(name, label, h('input', { name, id: `f-${name}`, placeholder, inputmode: 'decimal', autocomplete: 'off' }), hint, only);
  return [
    h('fieldset', {}, h('legend', {}, 'What'),
      row('model', 'Base model', select('model')), row('training_file', 'Training file', select('training_file')), row('validation_file', 'Validation file', select('validation_file'), 'both models are compared on it'),
      h('div', { class: 'beside' }, row('replay', 'Text to replay', select('replay'), 'general text, as pre-training takes it, that keeps the model from forgetting'),
        text(['share', 'Its share', '0.1', null, 'of the loss; 0: measured only'])),
      row('suffix', 'Name', h('input', { name: 'suffix', id: 'f-suffix', maxlength: 64, placeholder: 'optional', autocomplete: 'off' }), 'letters, digits, -, _ and .; becomes a part of the model’s name')),
    h('fieldset', {}, h('legend', {}, 'How'),
      row('method', 'Method', select('method', Object.entries(methods).map(([value, [label]]) => h('option', { value }, label))), h('span', { id: 'method-hint' })),
      row('adapter', 'Weights', select('adapter', [['', 'auto'], ['lora', 'LoRA: low-rank updates'], ['qlora', 'QLoRA: the same, base in 4 bits'], ['full', 'all weights']].map(([value, label]) => h('option', { value }, label)))),
      row('teacher', 'Teacher', h('input', { name: 'teacher', id: 'f-teacher', autocomplete: 'off', spellcheck: 'false' }), 'a model of this service, or a name of the setting Teachers', 'distillation'),
      h('div', { class: 'grid' }, text(['rank', 'Rank', 'auto', null, 'of LoRA']), numbers.map(text)),
      row('grader', 'Grader', h('textarea', { name: 'grader', id: 'f-grader', rows: 8, spellcheck: 'false', class: 'mono' }, firstGrader), 'a JSON object that scores an answer', 'reinforcement'),
      row('pass_grader', 'Grader', h('textarea', { name: 'pass_grader', id: 'f-pass_grader', rows: 4, spellcheck: 'false', class: 'mono', placeholder: 'none: every answer is learned' }), 'a JSON object; answers that it does not pass are left out', 'distillation'),
      h('details', {}, h('summary', {}, 'More settings'), h('div', { class: 'grid' }, finer.map(text)))),
  ];
}
