using System.Collections.Immutable;
using System.Globalization;
using Serverless.Learning.Pretraining;
using Serverless.Learning.Training;
using Spectre.Console;

namespace Serverless.Local.Commands;

/// <summary>Pre-trains a small base model from random weights on a folder of text; run again after an interruption, it continues.</summary>
internal sealed class PretrainCommand(IAnsiConsole console) : ICommand
{
    private const int StepsPerLine = 20;
    private static readonly TimeSpan CheckpointInterval = TimeSpan.FromMinutes(4);

    public string Name => "pretrain";

    public string Summary => "Pre-trains a small base model on your own text: tokenizer, weights, model card, as a Hugging Face folder.";

    public ImmutableArray<CommandOption> Options { get; } =
    [
        new("--corpus", "FOLDER", "*.txt files, UTF-8, documents separated by two blank lines; needed"),
        new("--work", "FOLDER", "tokenizer, checkpoints and curve while it trains; an interrupted run continues from here; needed"),
        new("--to", "FOLDER", "where the finished model goes; needed"),
        new("--name", "NAME", "the model's name on its card (the last part of --to)"),
        new("--about-data", "FILE", "Markdown about sources and licences of the text, for the card"),
        new("--tokens", "COUNT", "tokens to train on in all (9,400,000)"),
        new("--vocabulary", "COUNT", "size of the tokenizer's vocabulary (8192)"),
        new("--layers", "COUNT", "blocks of the decoder (7)"),
        new("--seed", "NUMBER", "seed of weights and order of data (1)"),
    ];

    public Task<int> RunAsync(CommandArguments arguments, CancellationToken ct)
    {
        var target = Path.GetFullPath(arguments.Required("--to"));
        var about = arguments.Text("--about-data") is null ? null : File.ReadAllText(arguments.RequiredFile("--about-data"));
        var defaults = new PretrainingOptions();
        var options = defaults with
        {
            Tokens = arguments.WholeNumber("--tokens", defaults.BatchTokens, int.MaxValue) ?? defaults.Tokens,
            VocabularySize = arguments.WholeNumber("--vocabulary", 259, 1 << 20) ?? defaults.VocabularySize,
            Layers = arguments.WholeNumber("--layers", 1, 200) ?? defaults.Layers,
            Seed = arguments.WholeNumber("--seed", 0, int.MaxValue) ?? (int)defaults.Seed,
            Precision = ComputePrecisions.OfThisProcessor,
        };
        using var run = new PretrainingRun(arguments.Required("--corpus"), arguments.Required("--work"), options);
        console.MarkupLineInterpolated(CultureInfo.InvariantCulture,
            $"{run.TokensPerEpoch:N0} tokens in the corpus, {run.TotalSteps:N0} steps, continuing at {run.Step:N0}");
        run.Train(CheckpointInterval, Report, ct);
        ct.ThrowIfCancellationRequested();

        var bitsPerByte = run.HeldOutBitsPerByte();
        run.Export(target);
        var name = arguments.Text("--name") ?? Path.GetFileName(target.TrimEnd(Path.DirectorySeparatorChar));
        File.WriteAllText(Path.Combine(target, "README.md"), run.Card(name, bitsPerByte, about));
        console.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"held-out documents: {bitsPerByte:F3} bits per byte");
        console.MarkupLineInterpolated($"the model is at {target}");
        return Task.FromResult(0);

        void Report(StepMetrics metrics)
        {
            if (metrics.Step % StepsPerLine != 0) return;
            var rate = metrics.Tokens / metrics.Elapsed.TotalSeconds;
            var left = TimeSpan.FromSeconds((options.Tokens - (long)metrics.Step * options.BatchTokens) / rate);
            console.MarkupLineInterpolated(CultureInfo.InvariantCulture,
                $"step {metrics.Step:N0}/{run.TotalSteps:N0}  loss {metrics.Loss:F3}  {rate:N0} tokens/s  {left:hh\\:mm\\:ss} left");
        }
    }
}
