using Serverless.Learning.Adapters;
using Serverless.Learning.Evaluation;
using Serverless.Learning.Formats;
using Serverless.Learning.Models;
using Serverless.Learning.Native;
using Serverless.Learning.Reinforcement;
using Serverless.Learning.Sampling;
using Serverless.Learning.Text;
using TorchSharp;

namespace Serverless.Learning.Training;

/// <summary>
/// One fine-tuning run over a loaded model: wraps the adapter or takes all weights, trains step by step what its task's objective asks,
/// saves and restores checkpoints, exports the result. It changes the model it is given (weights become views of its own memory) and disposes it.
/// </summary>
public sealed class Trainer : IDisposable
{
    private const int SampleTokens = 128;
    private readonly LoraAdapter? adapter;
    private readonly FlatParameters parameters;
    private readonly AdamW optimiser;
    private readonly TrainingLoop loop;
    private readonly IObjective objective;
    private readonly IReadOnlyList<SamplePrompt> asked;
    private readonly torch.Tensor? reference;

    /// <param name="model">The base; ownership passes to the trainer. It may stand beside another one if only an adapter trains.</param>
    /// <param name="task">What is learned from.</param>
    /// <exception cref="InputError">An option is out of range, or an example is longer than the context.</exception>
    public Trainer(LanguageModel model, TrainingTask task, TrainingOptions options)
    {
        options.Validate();
        if (!options.Adapter.IsLowRank && !model.Decoder.OwnsWeights)
            throw new ArgumentException("all weights train, and they are another model's as well", nameof(model));
        Model = model;
        Options = options;
        objective = task.ObjectiveFor(model, options);
        asked = [.. task.Asked.Where(prompt => prompt.Ids.Length < model.MaxLength)];
        if (options.Adapter.Kind == AdapterKind.Qlora) model.Decoder.QuantizeLinears();
        adapter = options.Adapter.IsLowRank ? LoraAdapter.Wrap(model.Decoder, options.Adapter, options.Seed) : null;
        model.Decoder.ComputeType = options.Precision.ScalarType();
        model.Decoder.RecomputesLayers = options.GradientCheckpointing;
        parameters = new FlatParameters(adapter?.Weights ?? model.Decoder.Weights);
        // The policy that the run starts from; a checkpoint is restored over the weights later.
        reference = options.Policy is { Beta: > 0 } ? parameters.Values.clone().DetachFromDisposeScope() : null;
        optimiser = new AdamW(parameters, options.WeightDecay, beta2: 0.99);
        var steps = objective.Batches.TotalSteps;
        var schedule = new LearningRateSchedule(options.LearningRate, (int)Math.Ceiling(options.WarmupFraction * steps), steps);
        loop = new TrainingLoop(model.Decoder, parameters, optimiser, schedule, objective,
            new LoopSettings(options.MaxGradientNorm, options.Seed, adapter is not null && options.Adapter.Dropout > 0));
    }

    /// <summary>The model as trained so far; with an adapter, the base with the adapter wrapped around it.</summary>
    public LanguageModel Model { get; }

    public TrainingOptions Options { get; }

    /// <summary>Steps done.</summary>
    public int Step => loop.Step;

    public int TotalSteps => loop.TotalSteps;

    /// <summary>Tokens read so far, prompts included and padding left out.</summary>
    public long TrainedTokens => loop.TrainedTokens;

    /// <summary>Passes over the data done so far, as a fraction.</summary>
    public double Epoch => loop.Step / objective.Batches.StepsPerEpoch;

    /// <inheritdoc cref="TrainingLoop.TrainStep"/>
    public StepMetrics TrainStep(CancellationToken drop = default)
    {
        var taken = loop.TrainStep(drop);
        if (reference is not null && ResetsReferenceAt(loop.Step)) Copy(parameters.Values, reference);
        return taken;
    }

    /// <summary>
    /// How the model does on the task's validation examples with the weights as they are; null without any. It changes nothing, so an interrupted one is repeated.
    /// </summary>
    public ValidationScores? Validate(CancellationToken cancellation) => objective.Validate(Model, cancellation);

    /// <summary>
    /// Preferences only: what the model says about the pairs that a step of the first epoch takes, by their index, computed as that step's
    /// forward pass is. Before the first step this scores the reference policy, and the first step's margins are exactly 0.
    /// </summary>
    /// <exception cref="InvalidOperationException">A step was taken, or the task is of another method.</exception>
    public IReadOnlyDictionary<int, PairScore> ScoreReference(int step, CancellationToken cancellation = default) =>
        Reference().Score(Model.Decoder, step, cancellation);

    /// <summary>Preferences only: the same of all validation pairs, in their order.</summary>
    /// <exception cref="InvalidOperationException">A step was taken, or the task is of another method.</exception>
    public IReadOnlyList<PairScore> ScoreValidationReference(CancellationToken cancellation = default) => Reference().ScoreValidation(Model.Decoder, cancellation);

    /// <summary>Reinforcement only: what has to be rolled out before the next step, answers to validation prompts among it; null if nothing has.</summary>
    public RolloutRequest? NextRollout => Policy?.Next(Step);

    /// <summary>
    /// Draws what is to be rolled out and scores it where several updates or a reference need that, and grades it unless <see cref="GradesLater"/>. The
    /// result is a function of the weights, the seed and the request alone; it counts once it is given to <see cref="AddRollouts"/>.
    /// </summary>
    /// <exception cref="InputError">A prompt leaves no room in the model's context.</exception>
    public RolloutBatch Roll(RolloutRequest request, CancellationToken cancellation)
    {
        var policy = (PolicyObjective)objective.Method;
        var drawn = policy.Draw(Model, request, cancellation);
        if (request.Evaluates) return new RolloutBatch(request.Number, request.Micro, request.Round, drawn) { Evaluates = true };
        var scored = policy.ScoresDraws ? policy.Score(Model.Decoder, drawn, cancellation) : null;
        var referenced = reference is null ? null : WithReference(() => policy.Score(Model.Decoder, drawn, cancellation));
        return new RolloutBatch(request.Number, request.Micro, request.Round, [.. drawn.Select((rollout, index) => rollout with
        {
            LogProbabilities = scored?[index] ?? [],
            ReferenceLogProbabilities = referenced?[index],
        })]);
    }

    /// <summary>Reinforcement only: whether answers have to go through <see cref="GradeAsync"/> before they are added.</summary>
    public bool GradesLater => Policy?.GradesLater == true;

    /// <summary>Answers with what the task's <see cref="PolicyTask.Judge"/> says they are worth. Touches no tensor.</summary>
    public Task<RolloutBatch> GradeAsync(RolloutBatch drawn, CancellationToken cancellation) => Policy!.GradeAsync(drawn, cancellation);

    /// <summary>Takes answers to learn from, drawn just now or before an interruption.</summary>
    /// <exception cref="ArgumentException">They are not those that come next.</exception>
    public void AddRollouts(RolloutBatch batch) => ((PolicyObjective)objective.Method).Add(Step, batch);

    /// <summary>
    /// What the model answers at present, for its owner to read along: of a policy, the best and the worst answer to one prompt of the rollout that
    /// the last step learned from; otherwise its greedy answers to the task's <see cref="TrainingTask.Asked"/>.
    /// </summary>
    public IReadOnlyList<SampleAnswer> Samples(CancellationToken cancellation)
    {
        if (Policy is { } policy) return policy.Samples();
        if (asked.Count == 0) return [];
        var answers = new TextGenerator(Model).Generate([.. asked.Select(prompt => prompt.Ids)], SamplingOptions.Greedy(SampleTokens), cancellation);
        return [.. asked.Zip(answers, (prompt, answer) => new SampleAnswer(prompt.Text, Thought.Whole(Model.Chat, prompt.Ids, answer.Text)))];
    }

    /// <summary>Writes weights, optimiser state and step into a folder, and the reference policy if it is not the one that the run began with; see <see cref="CheckpointFiles"/>.</summary>
    public void Save(string folder) => CheckpointFiles.Save(folder, parameters, optimiser, loop, HasOtherReference ? reference : null);

    /// <summary>Continues where a checkpoint left off: the following steps give the same bits as if there had been no interruption.</summary>
    public void Restore(string folder)
    {
        CheckpointFiles.Restore(folder, parameters, optimiser, loop);
        if (HasOtherReference) CheckpointFiles.RestoreReference(folder, parameters, reference!);
    }

    /// <summary>What the model as trained so far answers to the texts of its first step; to be compared with what is written. The caller's.</summary>
    public LogitSample SampleLogits() => LogitSample.Take(Model, objective.Texts());

    /// <summary>Writes the adapter in PEFT's layout, with the names that its base's folder gives the modules.</summary>
    /// <param name="baseModel">What PEFT shall load it onto: a hub name or a path.</param>
    /// <param name="revision">The commit of a hub name, if it is one.</param>
    /// <exception cref="InvalidOperationException">The run trains all weights and has no adapter.</exception>
    public void ExportAdapter(string folder, string baseModel, string? revision = null)
    {
        if (adapter is null) throw new InvalidOperationException("this run trains all weights and has no adapter to export");
        using var scope = torch.NewDisposeScope();
        using var files = WeightFiles.Open(Model.Folder);
        PeftAdapter.Save(folder, adapter.Options, baseModel, adapter.Tensors(), revision, files.Spelling);
    }

    /// <summary>
    /// Writes a merged Hugging Face folder: the adapter added in float32, onto the weights of the model's folder where those in memory
    /// are quantised, and rounded once to <paramref name="dtype"/>. One weight at a time is made. Interrupted, it leaves no folder.
    /// </summary>
    public void ExportMerged(string folder, torch.ScalarType dtype = torch.ScalarType.BFloat16, CancellationToken cancellation = default)
    {
        using var originals = WeightFiles.Open(Model.Folder);
        ModelFolder.WriteMerged(Model.Folder, folder, Model.Decoder.Weights.Select(weight => new PendingTensor(
            weight.Name, weight.Shape, torch.ScalarType.Float32, () => Merged(weight, originals, cancellation))).ToList(), dtype);
    }

    private torch.Tensor Merged(Weight weight, WeightFiles originals, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var original = weight.Quantized is null ? weight.Value.detach() : originals.Read(weight.Name);
        return adapter?.Fuse(weight.Name, original) ?? original;
    }

    private T WithReference<T>(Func<T> work)
    {
        parameters.Exchange(reference!);
        try
        {
            return work();
        }
        finally
        {
            parameters.Exchange(reference!);
        }
    }

    private static void Copy(torch.Tensor from, torch.Tensor to)
    {
        using var noGradient = torch.no_grad();
        to.copy_(from);
    }

    private bool ResetsReferenceAt(int step) => Options.Policy is { ReferenceResetSteps: > 0 and var every } && step % every == 0;

    /// <summary>Whether the reference was reset at least once.</summary>
    private bool HasOtherReference => reference is not null && Options.Policy is { ReferenceResetSteps: > 0 and var every } && loop.Step >= every;

    private PolicyObjective? Policy => objective.Method as PolicyObjective;

    private PreferenceObjective Reference() => Step == 0 && objective.Method is PreferenceObjective preferences
        ? preferences
        : throw new InvalidOperationException("the reference is scored for preferences, before the first step");

    public void Dispose()
    {
        optimiser.Dispose();
        reference?.Dispose();
        adapter?.Dispose();
        Model.Dispose();
        parameters.Dispose();
        Glibc.GiveBack();
    }
}
