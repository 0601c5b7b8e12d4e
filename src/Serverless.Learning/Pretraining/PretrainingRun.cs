using System.Diagnostics;
using Serverless.Learning.Models;
using Serverless.Learning.Models.Positions;
using Serverless.Learning.Native;
using Serverless.Learning.Text;
using Serverless.Learning.Training;

namespace Serverless.Learning.Pretraining;

/// <summary>
/// Pre-trains a small decoder on plain text from random weights: trains its tokenizer, then the weights, with a checkpoint every few
/// minutes from which the same command continues, and writes a Hugging Face folder. Files in the work folder: <c>tokenizer.json</c>,
/// <c>checkpoint/</c>, <c>curve.csv</c> (one line per ten steps).
/// </summary>
public sealed class PretrainingRun : IDisposable
{
    private const string EndOfText = "<|endoftext|>";
    private const int HeldOutWindow = 512;
    private readonly string workFolder;
    private readonly PretrainingOptions options;
    private readonly Corpus corpus;
    private readonly Tokenizer tokenizer;
    private readonly Decoder decoder;
    private readonly FlatParameters parameters;
    private readonly Muon optimiser;
    private readonly TrainingLoop loop;

    /// <exception cref="InputError">The corpus cannot be read, or the work folder's checkpoint is of another run.</exception>
    public PretrainingRun(string corpusFolder, string workFolder, PretrainingOptions options)
    {
        NativeRuntime.EnsureLoaded();
        this.workFolder = workFolder;
        this.options = options;
        Directory.CreateDirectory(workFolder);
        corpus = Corpus.Load(corpusFolder);
        tokenizer = LoadOrTrainTokenizer();
        var endId = tokenizer.IdOf(EndOfText)!.Value;
        Config = new DecoderConfig
        {
            VocabularySize = tokenizer.VocabularySize, Width = options.Width, InnerWidth = options.InnerWidth, Layers = options.Layers,
            Heads = options.Heads, KeyValueHeads = options.KeyValueHeads, HeadSize = options.HeadSize, NormEpsilon = 1e-6, Rotary = new RotarySettings(10000, options.HeadSize),
            MaxLength = options.MaxLength, TiedHead = true, EndIds = [tokenizer.IdOf("<|im_end|>")!.Value, endId],
        };
        decoder = new Decoder(Config, InitialWeights.Draw(Config, options.Seed)) { ComputeType = options.Precision.ScalarType() };
        parameters = new FlatParameters(decoder.Weights);
        optimiser = new Muon(parameters, options.WeightDecay);
        var text = new TokenStream(Encode(corpus.Training, parseSpecial: false), endId, options.Time, options.Seed, "text");
        var chat = new TokenStream(Encode(corpus.Training.Select(Conversations.Format), parseSpecial: true), endId, options.ConversationTime, options.Seed, "chat");
        TokensPerEpoch = text.TokensPerEpoch;
        var batches = new PretrainingBatches(options, text, chat);
        var schedule = new LearningRateSchedule(options.LearningRate, options.WarmupSteps, batches.TotalSteps, options.DecayFraction);
        loop = new TrainingLoop(decoder, parameters, optimiser, schedule, new CrossEntropyObjective(batches, []), new LoopSettings(1.0, options.Seed, Dropout: false));
        if (Directory.Exists(CheckpointFolder)) CheckpointFiles.Restore(CheckpointFolder, parameters, optimiser, loop);
    }

    public DecoderConfig Config { get; }

    /// <summary>Tokens in one pass over the training documents.</summary>
    public long TokensPerEpoch { get; }

    public int Step => loop.Step;

    public int TotalSteps => loop.TotalSteps;

    private string CurvePath => Path.Combine(workFolder, "curve.csv");

    private string CheckpointFolder => Path.Combine(workFolder, "checkpoint");

    /// <summary>Trains until the end or until cancelled, which drops the step under way; either way the last step taken is in a checkpoint afterwards.</summary>
    public void Train(TimeSpan checkpointInterval, Action<StepMetrics> onStep, CancellationToken cancellation)
    {
        var sinceCheckpoint = Stopwatch.StartNew();
        using var curve = new StreamWriter(CurvePath, append: true);
        var line = new List<StepMetrics>();
        while (loop.Step < loop.TotalSteps && TakeStep(cancellation) is { } metrics)
        {
            line.Add(metrics);
            if (metrics.Step % CurvePoint.StepsPerLine == 0)
            {
                curve.WriteLine(new CurvePoint(metrics.Step, loop.TrainedTokens, line.Average(step => step.Loss) ?? double.NaN, metrics.LearningRate, line.Average(step => step.Elapsed.TotalSeconds)));
                line.Clear();
            }
            onStep(metrics);
            if (sinceCheckpoint.Elapsed < checkpointInterval) continue;
            SaveCheckpoint();
            curve.Flush();
            sinceCheckpoint.Restart();
        }
        SaveCheckpoint();
    }

    private StepMetrics? TakeStep(CancellationToken cancellation)
    {
        try
        {
            return loop.TrainStep(cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>Bits per byte on the held-out documents, with the weights as they are.</summary>
    public double HeldOutBitsPerByte() => HeldOutScore.BitsPerByte(
        decoder, corpus.HeldOut, text => tokenizer.Encode(text), tokenizer.IdOf(EndOfText)!.Value, Math.Min(HeldOutWindow, options.MaxLength));

    /// <summary>Writes the Hugging Face folder in bfloat16.</summary>
    public void Export(string folder)
    {
        Directory.CreateDirectory(folder);
        File.Copy(Path.Combine(workFolder, "tokenizer.json"), Path.Combine(folder, "tokenizer.json"), overwrite: true);
        PretrainedFolder.Write(folder, Config, tokenizer, decoder.Weights);
    }

    /// <summary>The model card of the run as it stands.</summary>
    /// <param name="aboutData">Markdown about sources and licences of the text, or null.</param>
    public string Card(string name, double bitsPerByte, string? aboutData) =>
        PretrainingCard.Render(name, options, Config, corpus, TokensPerEpoch, bitsPerByte, File.ReadAllLines(CurvePath), aboutData);

    public void Dispose()
    {
        optimiser.Dispose();
        decoder.Dispose();
        parameters.Dispose();
    }

    private Tokenizer LoadOrTrainTokenizer()
    {
        var path = Path.Combine(workFolder, "tokenizer.json");
        if (!File.Exists(path))
        {
            var json = BpeTrainer.Train(corpus.Training,
                new BpeTrainingOptions(options.VocabularySize, [EndOfText, "<|im_start|>", "<|im_end|>"]));
            File.WriteAllBytes(path + ".new", json);
            File.Move(path + ".new", path);
        }
        return Tokenizer.Load(path);
    }

    private List<int[]> Encode(IEnumerable<string> texts, bool parseSpecial) =>
        texts.AsParallel().AsOrdered().Select(text => tokenizer.Encode(text, parseSpecial)).ToList();

    private void SaveCheckpoint()
    {
        var fresh = CheckpointFolder + ".new";
        if (Directory.Exists(fresh)) Directory.Delete(fresh, recursive: true);
        CheckpointFiles.Save(fresh, parameters, optimiser, loop);
        if (Directory.Exists(CheckpointFolder)) Directory.Delete(CheckpointFolder, recursive: true);
        Directory.Move(fresh, CheckpointFolder);
    }
}
