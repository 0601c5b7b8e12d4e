using System.Runtime.InteropServices;
using Serverless.Learning.Data;
using Serverless.Learning.Models;
using Serverless.Learning.Training;
using static TorchSharp.torch;

namespace Serverless.Learning.Reinforcement;

/// <summary>
/// Group-relative policy optimisation over the answers of the present rollout. Where answers were scored beforehand each batch of them is laid out
/// as it was then, so the first update finds a ratio of exactly 1 and a divergence of exactly 0; otherwise only those that move something are read.
/// </summary>
internal sealed class PolicyObjective : IObjective, IBatchSource
{
    private const int MicroBatchTokens = 4096;

    /// <summary>About so many tokens, those of prompts among them, are read of a step's answers that nothing is learned from.</summary>
    private const int LookedAtTokens = 2048;
    private readonly PolicyTask task;
    private readonly PolicyOptions options;
    private readonly EpochOrder order;
    private readonly int epochs;
    private readonly RolloutSampler sampler;
    private RolloutSet? set;
    private EvaluationSet? evaluation;
    private TokenTerm[] terms = [];
    private int[] unread = [];

    public PolicyObjective(PolicyTask task, TrainingOptions options)
    {
        this.task = task;
        this.options = options.Policy ?? throw new ArgumentException("a policy is optimised with its options", nameof(options));
        order = new EpochOrder(task.Prompts.Count, options.BatchSize, options.Seed);
        epochs = options.Epochs;
        sampler = new RolloutSampler(task, options);
    }

    public IBatchSource Batches => this;

    public IEnumerable<int[]> Texts() => order.ExamplesOf(0).Select(prompt => task.Prompts[prompt].Ids);

    public int TotalSteps => order.StepsPerEpoch * epochs * options.UpdatesPerRollout;

    public double StepsPerEpoch => order.StepsPerEpoch * options.UpdatesPerRollout;

    /// <summary>What has to be rolled out before a step can be taken, validation prompts that are due first; null if nothing has.</summary>
    public RolloutRequest? Next(int step) => EvaluationOf(step)?.Next() ?? SetOf(step).Next();

    /// <summary>Takes answers of the present rollout or evaluation, drawn now or before an interruption.</summary>
    /// <exception cref="ArgumentException">They are not those that come next.</exception>
    public void Add(int step, RolloutBatch batch)
    {
        if (batch.Evaluates)
        {
            (EvaluationOf(step) ?? throw new ArgumentException($"no evaluation comes before step {step + 1}", nameof(batch))).Add(batch);
            return;
        }
        SetOf(step).Add(batch);
        terms = [];
    }

    /// <summary>Whether what is drawn is still to be graded, by <see cref="GradeAsync"/>.</summary>
    public bool GradesLater => task.Reward is null;

    /// <summary>The answers with what they are worth.</summary>
    public async Task<RolloutBatch> GradeAsync(RolloutBatch drawn, CancellationToken cancellation)
    {
        var prompts = task.PromptsOf(drawn.Evaluates);
        var rewards = await task.Judge!([.. drawn.Rollouts.Select(answer => (prompts[answer.Prompt], answer.Text))], cancellation);
        return drawn with { Rollouts = [.. drawn.Rollouts.Zip(rewards, (answer, reward) => answer.Graded(reward, options))] };
    }

    /// <summary>Answers to what has to be rolled out, drawn from the model as it is, and graded unless that is done later.</summary>
    public List<Rollout> Draw(LanguageModel model, RolloutRequest request, CancellationToken cancellation) => sampler.Draw(model, request, cancellation);

    /// <summary>
    /// Whether answers have to be scored when they are drawn. With a single update the forward pass that learns from them is the one that
    /// would score them: the ratio is 1.
    /// </summary>
    public bool ScoresDraws => options.UpdatesPerRollout > 1;

    /// <summary>A grammar takes probability from what it forbids: what was drawn with it is not what the training forward says.</summary>
    private bool ComparesDraws => task.Grammar is null;

    private bool LaysFreely => !ScoresDraws && options.Beta == 0;

    /// <summary>The answers with what the model says about their tokens now, at the temperature they were drawn at.</summary>
    /// <returns>[number of answers][tokens].</returns>
    public float[][] Score(Decoder decoder, IReadOnlyList<Rollout> rollouts, CancellationToken cancellation)
    {
        var scores = new float[rollouts.Count][];
        using var noGradient = no_grad();
        foreach (var micro in Lay(rollouts, [.. Enumerable.Range(0, rollouts.Count)]))
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            using var layout = micro.LayoutFor(decoder);
            var values = decoder.LogProbabilities(decoder.Hidden(micro.Ids, layout), micro.Targets, options.Temperature).Values;
            var tokens = MemoryMarshal.Cast<byte, float>(values.bytes);
            var next = 0;
            foreach (var answer in AnswersOf(micro))
            {
                scores[answer] = tokens.Slice(next, rollouts[answer].Ids.Length).ToArray();
                next += rollouts[answer].Ids.Length;
            }
        }
        return scores;
    }

    public IReadOnlyList<MicroBatch> BatchOf(int step)
    {
        var rollouts = SetOf(step);
        if (Next(step) is not null) throw new InvalidOperationException($"step {step + 1} has not been rolled out");
        var all = rollouts.Batches.SelectMany(batch => batch.Rollouts).ToList();
        var counted = TokenTerm.Of(rollouts.Groups(), options).ToDictionary<TokenTerm, Rollout>(term => term.Rollout, ReferenceEqualityComparer.Instance);
        terms = [.. all.Select(rollout => counted.TryGetValue(rollout, out var term) ? term : new TokenTerm(rollout, 0, 0))];
        int[] moving = [.. Enumerable.Range(0, all.Count).Where(Moves)];
        if (LaysFreely)
        {
            unread = [.. Enumerable.Range(0, all.Count).Except(moving)];
            return Lay([.. moving.Select(answer => all[answer])], moving);
        }
        var first = 0;
        var micros = new List<MicroBatch>();
        foreach (var batch in rollouts.Batches)
        {
            micros.AddRange(Lay(batch.Rollouts, [.. Enumerable.Range(first, batch.Rollouts.Count)]).Where(micro => AnswersOf(micro).Any(Moves)));
            first += batch.Rollouts.Count;
        }
        unread = [.. Enumerable.Range(0, all.Count).Except(micros.SelectMany(AnswersOf))];
        return micros;
    }

    /// <inheritdoc/>
    /// <remarks>
    /// What is reported here, entropy (nats a token), clip share, divergence and, with one update, the difference to
    /// the sampler, covers the tokens that <see cref="BatchOf"/> laid out: with beta 0 and one update those of answers that move the weights, which
    /// with a negative weight of 0 are the ones better than their group; otherwise all of a micro-batch one of whose answers does. <see cref="Look"/> adds the others.
    /// </remarks>
    public Tensor ShareOf(Decoder decoder, Tensor hidden, MicroBatch micro, StepReport report)
    {
        var (values, entropies) = decoder.LogProbabilities(hidden, micro.Targets, options.Temperature);
        using var detached = values.detach();
        var policy = MemoryMarshal.Cast<byte, float>(detached.bytes);
        var slopes = new float[policy.Length];
        var (figures, loss) = Read(micro, policy, slopes);
        report.AddLoss(loss);
        Report(figures with { Entropy = entropies.sum(ScalarType.Float64).item<double>() }, report);
        return values.mul(tensor(slopes)).sum();
    }

    /// <inheritdoc/>
    /// <remarks>
    /// The answers that no micro-batch of the step reads, all of them where no group varies: the same figures, measured on some of these answers evenly spread
    /// over the step, for all of their tokens.
    /// </remarks>
    public void Look(Decoder decoder, StepReport report, CancellationToken cancellation)
    {
        if (unread.Length == 0) return;
        var every = 1 + unread.Sum(answer => task.Prompts[terms[answer].Rollout.Prompt].Ids.Length + terms[answer].Rollout.Ids.Length) / LookedAtTokens;
        int[] chosen = [.. unread.Where((_, index) => index % every == 0)];
        var figures = new AnswerFigures();
        using var noGradient = no_grad();
        foreach (var micro in Lay([.. chosen.Select(answer => terms[answer].Rollout)], chosen))
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            using var layout = micro.LayoutFor(decoder);
            var (values, entropies) = decoder.LogProbabilities(decoder.Hidden(micro.Ids, layout), micro.Targets, options.Temperature);
            figures += Read(micro, MemoryMarshal.Cast<byte, float>(values.bytes), []).Figures with { Entropy = entropies.sum(ScalarType.Float64).item<double>() };
        }
        Report(figures, report, unread.Sum(answer => (double)terms[answer].Rollout.Ids.Length) / figures.Tokens);
    }

    private void Report(AnswerFigures figures, StepReport report, double weight = 1) =>
        figures.AddTo(report, options.Beta > 0, compares: !ScoresDraws && ComparesDraws, weight);

    /// <summary>Goes through the tokens of a micro-batch's answers.</summary>
    /// <param name="policy">log pi of each.</param>
    /// <param name="slopes">Takes the derivative of the loss by each of these; empty where that is not wanted.</param>
    private (AnswerFigures Figures, double Loss) Read(MicroBatch micro, ReadOnlySpan<float> policy, Span<float> slopes)
    {
        var (loss, divergence, difference, clipped, next) = (0.0, 0.0, 0.0, 0, 0);
        foreach (var answer in AnswersOf(micro))
        {
            var (rollout, advantage, weight) = terms[answer];
            for (var token = 0; token < rollout.Ids.Length; token++, next++)
            {
                var reference = options.Beta > 0 ? (double?)rollout.ReferenceLogProbabilities![token] : null;
                var old = rollout.LogProbabilities.Length > 0 ? rollout.LogProbabilities[token] : policy[next];
                var term = PolicyLoss.Of(policy[next], old, reference, weight == 0 ? 0 : advantage, options);
                difference += Math.Abs((double)policy[next] - rollout.SampledLogProbabilities[token]);
                loss += weight * term.Value;
                if (!slopes.IsEmpty) slopes[next] = (float)(weight * term.Slope);
                divergence += term.Divergence;
                if (term.Clipped) clipped++;
            }
        }
        return (new AnswerFigures(divergence, difference, 0, clipped, next), loss);
    }

    /// <summary>
    /// The best and the worst answer to that prompt of the present rollout whose rewards lie furthest apart, the first of several; one answer
    /// where all rewards of each prompt are equal.
    /// </summary>
    public IReadOnlyList<SampleAnswer> Samples()
    {
        var group = set!.Groups().MaxBy(answers => answers.Max(answer => answer.Reward) - answers.Min(answer => answer.Reward))!;
        var (best, worst) = (group.MaxBy(answer => answer.Reward)!, group.MinBy(answer => answer.Reward)!);
        return [.. new[] { best, worst }.Distinct().Select(answer => new SampleAnswer(task.Prompts[answer.Prompt].Text, answer.Text, answer.Reward))];
    }

    public void Report(StepReport report)
    {
        RolloutFigures.Report(set!, ComparesDraws, report.Add);
        if (evaluation is { } looked) RolloutFigures.Report(looked, report.Add);
    }

    public ValidationScores? Validate(LanguageModel model, CancellationToken cancellation) => null;

    /// <summary>Whether an answer has a gradient.</summary>
    private bool Moves(int answer) => terms[answer].Weight != 0 && (terms[answer].Advantage != 0 || options.Beta > 0);

    /// <summary>The answers of a micro-batch in the order of their tokens, as indices.</summary>
    private static IEnumerable<int> AnswersOf(MicroBatch micro) => micro.Examples!.Where(example => example >= 0).Distinct();

    /// <summary>The micro-batches of some answers, whose tokens are marked with the numbers that the answers have in the step.</summary>
    private List<MicroBatch> Lay(IReadOnlyList<Rollout> rollouts, int[] numbers)
    {
        if (rollouts.Count == 0) return [];
        var sequences = rollouts.Select(rollout => rollout.After(task.Prompts[rollout.Prompt].Ids)).ToList();
        var micros = PackedBatches.Build(sequences, [.. Enumerable.Range(0, sequences.Count)], MicroBatchTokens);
        return [.. micros.Select(micro => micro with { Examples = [.. micro.Examples!.Select(example => example < 0 ? example : numbers[example])] })];
    }

    /// <summary>The evaluation that comes before a step, or null if none does.</summary>
    private EvaluationSet? EvaluationOf(int step)
    {
        var isDue = options.EvaluationInterval > 0 && task.Validation.Count > 0 && step % options.EvaluationInterval == 0;
        if (!isDue) evaluation = null;
        else if (evaluation?.Step != step) evaluation = new EvaluationSet(step, task.Validation.Count, options);
        return evaluation;
    }

    private RolloutSet SetOf(int step)
    {
        var number = step / options.UpdatesPerRollout;
        if (set?.Number != number) set = new RolloutSet(number, order.ExamplesOf(number), options);
        return set;
    }
}
