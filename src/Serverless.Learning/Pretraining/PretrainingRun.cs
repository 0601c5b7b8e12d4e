using System.Diagnostics;
using System.Globalization;
using Serverless.Learning.Models;
using Serverless.Learning.Native;
using Serverless.Learning.Text;
using Serverless.Learning.Training;
using TorchSharp;

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
    private const int StepsPerCurveLine = 10;
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
            Heads = options.Heads, KeyValueHeads = options.KeyValueHeads, HeadSize = options.HeadSize, NormEpsilon = 1e-6, RotaryBase = 10000,
            MaxLength = options.MaxLength, TiedHead = true, EndIds = [tokenizer.IdOf("<|im_end|>")!.Value, endId],
        };
        decoder = new Decoder(Config, InitialWeights.Draw(Config, options.Seed));
        parameters = new FlatParameters(decoder.Weights);
        optimiser = new Muon(parameters, options.WeightDecay);
        var text = new TokenStream(Encode(corpus.Training, parseSpecial: false), endId, options.Time, options.Seed, "text");
        var chat = new TokenStream(Encode(corpus.Training.Select(Conversations.Format), parseSpecial: true), endId, options.ConversationTime, options.Seed, "chat");
        TokensPerEpoch = text.TokensPerEpoch;
        var batches = new PretrainingBatches(options, text, chat);
        var schedule = new LearningRateSchedule(options.LearningRate, options.WarmupSteps, batches.TotalSteps, options.DecayFraction);
        loop = new TrainingLoop(decoder, parameters, optimiser, schedule, batches, new LoopSettings(1.0, options.Seed, Dropout: false));
        if (Directory.Exists(CheckpointFolder)) CheckpointFiles.Restore(CheckpointFolder, parameters, optimiser, loop);
    }

    public DecoderConfig Config { get; }

    /// <summary>Tokens in one pass over the training documents.</summary>
    public long TokensPerEpoch { get; }

    /// <inheritdoc cref="Decoder.ComputeType"/>
    public torch.ScalarType ComputeType
    {
        get => decoder.ComputeType;
        set => decoder.ComputeType = value;
    }

    public int Step => loop.Step;

    public int TotalSteps => loop.TotalSteps;

    private string CheckpointFolder => Path.Combine(workFolder, "checkpoint");

    /// <summary>Trains until the end or until cancelled; either way the last step is in a checkpoint afterwards.</summary>
    public void Train(TimeSpan checkpointInterval, Action<StepMetrics> onStep, CancellationToken cancellation)
    {
        var sinceCheckpoint = Stopwatch.StartNew();
        using var curve = new StreamWriter(Path.Combine(workFolder, "curve.csv"), append: true);
        while (loop.Step < loop.TotalSteps && !cancellation.IsCancellationRequested)
        {
            var metrics = loop.TrainStep();
            if (metrics.Step % StepsPerCurveLine == 0)
                curve.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"{metrics.Step},{loop.TrainedTokens},{metrics.Loss:F4},{metrics.Accuracy:F4},{metrics.LearningRate:G4},{metrics.GradientNorm:F3},{metrics.Elapsed.TotalSeconds:F3}"));
            onStep(metrics);
            if (sinceCheckpoint.Elapsed < checkpointInterval) continue;
            SaveCheckpoint();
            curve.Flush();
            sinceCheckpoint.Restart();
        }
        SaveCheckpoint();
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
