using System.Collections.Immutable;
using System.Numerics;
using Serverless.Learning.Text;

namespace Serverless.Learning.Data;

/// <summary>
/// Validates a chat data set and counts its tokens in stretches of bounded time. The result does not depend on where the stretches end.
/// </summary>
/// <param name="fileName">The name that faults give.</param>
/// <param name="encoder">Tokenizer and template of the model to be trained; null to validate without counting tokens.</param>
/// <param name="clock">Measures the budget; the system's if null.</param>
public sealed class DatasetScanner(string fileName, ChatEncoder? encoder = null, TimeProvider? clock = null)
{
    private readonly TimeProvider _clock = clock ?? TimeProvider.System;

    /// <summary>Continues a scan for at least one line and until the budget is used up or the scan has finished.</summary>
    /// <param name="streamFromOffset">The file from byte <see cref="DatasetScan.Offset"/> of the state on; it stays open.</param>
    /// <param name="state">The state to continue from, <see cref="DatasetScan.Start"/> at first.</param>
    /// <param name="budget">How long the stretch may last.</param>
    public async Task<DatasetScan> ContinueAsync(Stream streamFromOffset, DatasetScan state, TimeSpan budget, CancellationToken cancellationToken)
    {
        if (state.Finished)
            return state;
        var begin = _clock.GetTimestamp();
        var faults = new FaultList(state.Faults, state.FaultCount);
        var parser = new ChatLineParser(fileName, faults)
        {
            Conversations = state.Conversations,
            AssistantMessages = state.AssistantMessages,
            TrainedMessages = state.TrainedMessages,
        };
        var sketch = new DuplicateSketch(state.Sketch);
        var lines = new Utf8LineReader(streamFromOffset, state.Offset);
        var ended = false;
        do
        {
            cancellationToken.ThrowIfCancellationRequested();
            ended = !await lines.ReadAsync(cancellationToken);
            if (!ended)
                state = Take(state with { Line = state.Line + 1 }, lines, parser, sketch, faults);
        }
        while (!ended && !lines.LineIsTooLong && _clock.GetElapsedTime(begin) < budget);

        state = state with
        {
            Offset = lines.Offset,
            Conversations = parser.Conversations,
            AssistantMessages = parser.AssistantMessages,
            TrainedMessages = parser.TrainedMessages,
        };
        if (ended && ChatDatasetReader.FileFault(fileName, state.FilledLines, parser) is { } fault)
            faults.AddFirst(fault);
        state = state with { Faults = faults.Listed, FaultCount = faults.Count };
        return ended || lines.LineIsTooLong
            ? state with { Finished = true, Warnings = Warnings(state, sketch), Sketch = null }
            : state with { Sketch = sketch.ToString() };
    }

    /// <summary>The message of a scan's faults, the first one and up to ten more on lines of their own; null if there is none.</summary>
    public static string? ErrorOf(DatasetScan scan) => FaultList.Message(scan.Faults, scan.FaultCount);

    private DatasetScan Take(DatasetScan state, Utf8LineReader lines, ChatLineParser parser, DuplicateSketch sketch, FaultList faults)
    {
        if (lines.LineIsTooLong)
        {
            faults.Add(ChatDatasetReader.TooLong(fileName, state.Line));
            return state;
        }
        if (ChatLineParser.IsBlank(lines.Line.Span, state.Line))
            return state;
        sketch.Add(lines.Line.Span, state.Line);
        state = state with { FilledLines = state.FilledLines + 1 };
        if (parser.Parse(lines.Line, state.Line) is not { } example)
            return state;
        try
        {
            var sequences = encoder?.EncodeExample(example);
            state = state with { Examples = state.Examples + 1 };
            if (example.Tools is not null && encoder is { WritesTools: false })
                state = state with
                {
                    UnwrittenTools = state.UnwrittenTools + 1,
                    FirstUnwrittenToolsLine = state.UnwrittenTools == 0 ? state.Line : state.FirstUnwrittenToolsLine,
                };
            return sequences is null ? state : Count(state, sequences);
        }
        catch (InputError error)
        {
            faults.Add($"{fileName} {error.Message}");
            return state;
        }
    }

    private static DatasetScan Count(DatasetScan state, IReadOnlyList<TrainingSequence> sequences)
    {
        var supervised = sequences.Sum(sequence => sequence.SupervisedCount);
        if (supervised == 0)
            state = state with
            {
                UnsupervisedExamples = state.UnsupervisedExamples + 1,
                FirstUnsupervisedLine = state.UnsupervisedExamples == 0 ? state.Line : state.FirstUnsupervisedLine,
            };
        if (sequences.Count > 1)
            state = state with
            {
                SplitExamples = state.SplitExamples + 1,
                FirstSplitLine = state.SplitExamples == 0 ? state.Line : state.FirstSplitLine,
            };
        var histogram = state.TokenHistogram.ToBuilder();
        foreach (var sequence in sequences)
        {
            var bucket = BitOperations.Log2((uint)Math.Max(1, sequence.Length));
            while (histogram.Count <= bucket)
                histogram.Add(0);
            histogram[bucket]++;
            if (sequence.Length > state.LongestTokens)
                state = state with { LongestTokens = sequence.Length, LongestLine = state.Line };
        }
        return state with
        {
            Sequences = state.Sequences + sequences.Count,
            Tokens = state.Tokens + sequences.Sum(sequence => (long)sequence.Length),
            SupervisedTokens = state.SupervisedTokens + supervised,
            TokenHistogram = histogram.ToImmutable(),
        };
    }

    private ImmutableArray<string> Warnings(DatasetScan state, DuplicateSketch sketch)
    {
        var warnings = ImmutableArray.CreateBuilder<string>();
        if (sketch.Count() is { Repeats: > 0 } duplicates)
            warnings.Add($"{fileName}: {(duplicates.IsEstimate ? "about " : "")}{Lines(duplicates.Repeats)} the same as an earlier one; line {duplicates.FirstLine} is repeated");
        if (state.UnsupervisedExamples > 0)
            warnings.Add($"{fileName} line {state.FirstUnsupervisedLine}: no token is learned, every assistant message has weight 0 ({Lines(state.UnsupervisedExamples)} like this)");
        if (state.SplitExamples > 0)
            warnings.Add($"{fileName} line {state.FirstSplitLine}: split into one sequence per learned turn, because the chat template rewrites earlier turns ({Lines(state.SplitExamples)} like this)");
        if (state.UnwrittenTools > 0)
            warnings.Add($"{fileName} line {state.FirstUnwrittenToolsLine}: the tools are not learned, because the model's chat template does not write them ({Lines(state.UnwrittenTools)} like this)");
        return warnings.ToImmutable();
    }

    private static string Lines(long count) => count == 1 ? "1 line is" : $"{count} lines are";
}
