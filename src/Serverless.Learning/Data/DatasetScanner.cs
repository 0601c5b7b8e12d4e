using System.Collections.Immutable;
using System.Numerics;
using Serverless.Learning.Text;

namespace Serverless.Learning.Data;

/// <summary>
/// Validates a data set and counts its tokens in stretches of bounded time. The result does not depend on where the stretches end.
/// </summary>
/// <param name="fileName">The name that faults give.</param>
/// <param name="format">What the lines have to hold; null to find out by the rule of <see cref="FormatFinding"/>.</param>
/// <param name="encoder">Tokenizer and template of the model to be trained; null to validate without counting tokens.</param>
/// <param name="clock">Measures the budget; the system's if null.</param>
/// <param name="longest">The tokens that longer sequences are cut to, at their end; null for none to be cut.</param>
public sealed class DatasetScanner(string fileName, DatasetFormat? format = null, ChatEncoder? encoder = null, TimeProvider? clock = null, int? longest = null)
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
        if ((format is { } given ? new FormatFinding(given, "the method asks for it") : FormatFinding.OfName(fileName)) is { } known)
            state = state with { Format = known };
        var faults = new FaultList(state.Faults, state.FaultCount);
        var parser = state.Format is { } found ? ParserOf(found, faults, state) : null;
        var sketch = new DuplicateSketch(state.Sketch);
        var records = new RecordReader(streamFromOffset, state.Offset, state.Line, state.Format?.Format ?? DatasetFormat.Chat);
        var ended = false;
        do
        {
            cancellationToken.ThrowIfCancellationRequested();
            ended = !await records.ReadAsync(cancellationToken);
            if (ended) break;
            if (records.LineIsTooLong)
                faults.Add(DatasetReader.TooLong(fileName, records.Line));
            else if (!LineParser.IsBlank(records.Record.Span, records.Line))
            {
                if (parser is null)
                {
                    state = state with { Format = FormatFinding.OfFirst(records) };
                    parser = ParserOf(state.Format, faults, state);
                }
                state = Take(state, records, parser, sketch, faults);
            }
        }
        while (!records.LineIsTooLong && _clock.GetElapsedTime(begin) < budget);

        state = state with { Offset = records.Offset, Line = records.LinesRead };
        if (parser is ChatLineParser chat)
            state = state with { Conversations = chat.Conversations, AssistantMessages = chat.AssistantMessages, TrainedMessages = chat.TrainedMessages };
        parser ??= DatasetReader.ParserOf(DatasetFormat.Chat, fileName, faults);
        if (ended && parser.FileFault(state.FilledLines) is { } fault)
            faults.AddFirst(fault);
        state = state with { Faults = faults.Listed, FaultCount = faults.Count };
        return ended || records.LineIsTooLong
            ? state with { Finished = true, Warnings = Warnings(state, sketch), Sketch = null }
            : state with { Sketch = sketch.ToString() };
    }

    /// <summary>The message of a scan's faults, the first one and up to ten more on lines of their own; null if there is none.</summary>
    public static string? ErrorOf(DatasetScan scan) => FaultList.Message(scan.Faults, scan.FaultCount);

    private LineParser ParserOf(FormatFinding found, FaultList faults, DatasetScan state)
    {
        var parser = DatasetReader.ParserOf(found.Format, fileName, faults);
        if (parser is ChatLineParser chat)
            (chat.Conversations, chat.AssistantMessages, chat.TrainedMessages) = (state.Conversations, state.AssistantMessages, state.TrainedMessages);
        return parser;
    }

    private DatasetScan Take(DatasetScan state, RecordReader records, LineParser parser, DuplicateSketch sketch, FaultList faults)
    {
        sketch.Add(records.Record.Span, records.Line);
        state = state with { FilledLines = state.FilledLines + 1 };
        if (parser.Parse(records.Record, records.Line) is not { } example)
            return state;
        try
        {
            var sequences = encoder?.Encode(example);
            state = state with { Examples = state.Examples + 1 };
            if (HasTools(example) && encoder is { WritesTools: false })
                state = state with
                {
                    UnwrittenTools = state.UnwrittenTools + 1,
                    FirstUnwrittenToolsLine = state.UnwrittenTools == 0 ? example.Line : state.FirstUnwrittenToolsLine,
                };
            if (sequences is null)
                return state;
            if (longest is not { } limit || sequences.All(sequence => sequence.Length <= limit))
                return Count(state, example, sequences);
            state = state with
            {
                TruncatedExamples = state.TruncatedExamples + 1,
                FirstTruncatedLine = state.TruncatedExamples == 0 ? example.Line : state.FirstTruncatedLine,
                TruncatedTokens = state.TruncatedTokens + sequences.Sum(sequence => (long)Math.Max(0, sequence.Length - limit)),
            };
            return Count(state, example, Learned([.. sequences.Select(sequence => sequence.CutAt(limit))]));
        }
        catch (InputError error)
        {
            faults.Add($"{fileName} {error.Message}");
            return state;
        }
    }

    private static bool HasTools(DatasetExample example) => example switch
    {
        ChatExample chat => chat.Tools is not null,
        PreferenceExample preference => preference.Tools is not null,
        PromptExample prompt => prompt.Tools is not null,
        _ => false,
    };

    /// <summary>What has a target still; if nothing has, all of it.</summary>
    private static IReadOnlyList<TrainingSequence> Learned(IReadOnlyList<TrainingSequence> cut) =>
        cut.Any(sequence => sequence.SupervisedCount > 0) ? [.. cut.Where(sequence => sequence.SupervisedCount > 0)] : cut;

    private static DatasetScan Count(DatasetScan state, DatasetExample example, IReadOnlyList<TrainingSequence> sequences)
    {
        var supervised = sequences.Sum(sequence => sequence.SupervisedCount);
        if (supervised == 0 && example is ChatExample)
            state = state with
            {
                UnsupervisedExamples = state.UnsupervisedExamples + 1,
                FirstUnsupervisedLine = state.UnsupervisedExamples == 0 ? example.Line : state.FirstUnsupervisedLine,
            };
        if (sequences.Count > 1 && example is ChatExample)
            state = state with
            {
                SplitExamples = state.SplitExamples + 1,
                FirstSplitLine = state.SplitExamples == 0 ? example.Line : state.FirstSplitLine,
            };
        var histogram = state.TokenHistogram.ToBuilder();
        foreach (var sequence in sequences)
        {
            var bucket = BitOperations.Log2((uint)Math.Max(1, sequence.Length));
            while (histogram.Count <= bucket)
                histogram.Add(0);
            histogram[bucket]++;
            if (sequence.Length > state.LongestTokens)
                state = state with { LongestTokens = sequence.Length, LongestLine = example.Line };
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
            warnings.Add($"{fileName} line {state.FirstUnsupervisedLine}: no token is learned, every assistant message has weight 0{(state.TruncatedExamples > 0 ? " or was cut off" : "")} ({Lines(state.UnsupervisedExamples)} like this)");
        if (state.SplitExamples > 0)
            warnings.Add($"{fileName} line {state.FirstSplitLine}: split into one sequence per learned turn, because the chat template rewrites earlier turns ({Lines(state.SplitExamples)} like this)");
        if (state.UnwrittenTools > 0)
            warnings.Add($"{fileName} line {state.FirstUnwrittenToolsLine}: the tools are not learned, because the model's chat template does not write them ({Lines(state.UnwrittenTools)} like this)");
        return warnings.ToImmutable();
    }

    private static string Lines(long count) => count == 1 ? "1 line is" : $"{count} lines are";
}
