using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Serverless.Learning.Data;

/// <summary>
/// What is known of a data set after its first <see cref="Offset"/> bytes: the report of a finished scan, and the cursor of one that goes on.
/// It is plain JSON. Where the scan was interrupted never shows in the result.
/// </summary>
public sealed record DatasetScan
{
    /// <summary>Before the first byte.</summary>
    public static DatasetScan Start { get; } = new();

    /// <summary>Whether the file was read to its end, or to a fault after which reading makes no sense.</summary>
    public bool Finished { get; init; }

    /// <summary>What the lines hold and how that is known; null before the first line that is not blank.</summary>
    public FormatFinding? Format { get; init; }

    /// <summary>The offset of the next line, in bytes.</summary>
    public long Offset { get; init; }

    /// <summary>The lines read, blank ones included.</summary>
    public int Line { get; init; }

    /// <summary>The lines that were not blank.</summary>
    public int FilledLines { get; init; }

    /// <summary>The lines that held a conversation, even if the conversation has faults.</summary>
    public int Conversations { get; init; }

    /// <summary>The assistant messages in these.</summary>
    public int AssistantMessages { get; init; }

    /// <summary>The assistant messages whose weight is not 0.</summary>
    public int TrainedMessages { get; init; }

    /// <summary>The examples without fault.</summary>
    public int Examples { get; init; }

    /// <summary>The sequences they are trained as; more than the examples if the template rewrites history.</summary>
    public int Sequences { get; init; }

    /// <summary>The tokens of all sequences; 0 if no tokenizer was given.</summary>
    public long Tokens { get; init; }

    /// <summary>The tokens among them that are targets.</summary>
    public long SupervisedTokens { get; init; }

    /// <summary>The tokens of the longest sequence.</summary>
    public int LongestTokens { get; init; }

    /// <summary>The line of the longest sequence.</summary>
    public int LongestLine { get; init; }

    /// <summary>Entry k counts the sequences of 2^k to 2^(k+1) - 1 tokens.</summary>
    public ImmutableArray<int> TokenHistogram { get; init; } = [];

    /// <summary>The examples without any target.</summary>
    public int UnsupervisedExamples { get; init; }

    /// <summary>The line of the first of them.</summary>
    public int FirstUnsupervisedLine { get; init; }

    /// <summary>The examples that were cut off at their end.</summary>
    public int TruncatedExamples { get; init; }

    /// <summary>The line of the first of them.</summary>
    public int FirstTruncatedLine { get; init; }

    /// <summary>The tokens that were cut off, which no other count has.</summary>
    public long TruncatedTokens { get; init; }

    /// <summary>The examples that were split into several sequences.</summary>
    public int SplitExamples { get; init; }

    /// <summary>The line of the first of them.</summary>
    public int FirstSplitLine { get; init; }

    /// <summary>The examples with tools that the chat template does not write.</summary>
    public int UnwrittenTools { get; init; }

    /// <summary>The line of the first of them.</summary>
    public int FirstUnwrittenToolsLine { get; init; }

    /// <summary>The sketch of the lines seen, for repetitions; null when finished.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Sketch { get; init; }

    /// <summary>All faults found.</summary>
    public int FaultCount { get; init; }

    /// <summary>The first fault and up to ten more.</summary>
    public ImmutableArray<string> Faults { get; init; } = [];

    /// <summary>What does not prevent training but is worth knowing; complete when finished.</summary>
    public ImmutableArray<string> Warnings { get; init; } = [];
}
