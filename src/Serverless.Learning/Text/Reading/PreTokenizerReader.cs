using Serverless.Learning.Text.PreTokenizers;

namespace Serverless.Learning.Text.Reading;

/// <summary>Reads the section <c>pre_tokenizer</c> of a tokenizer.json.</summary>
internal static class PreTokenizerReader
{
    internal static PreTokenizer? Read(TokenizerField section) =>
        section.IsNull ? null : new SequencePreTokenizer([.. section.Steps("pretokenizers").Select(ReadStep)], section.Place);

    private static PreTokenizer ReadStep(TokenizerField step) => step.Type switch
    {
        "ByteLevel" => new ByteLevelPreTokenizer(
            step.Optional("add_prefix_space").Flag(whenAbsent: true), step.Optional("use_regex").Flag(whenAbsent: true)),
        "Digits" => new SplitPreTokenizer(
            new CodePointRegex(@"\p{N}"),
            step.Optional("individual_digits").Flag(whenAbsent: false) ? SplitBehavior.Isolated : SplitBehavior.Contiguous),
        "Metaspace" => ReadMetaspace(step),
        "Punctuation" => new SplitPreTokenizer(new CodePointRegex(@"[\p{P}$+<=>^`|~]"), ReadBehavior(step.Optional("behavior"))),
        "Split" => new SplitPreTokenizer(
            PatternReader.Read(step.Required("pattern")),
            ReadBehavior(step.Required("behavior")),
            step.Optional("invert").Flag(whenAbsent: false)),
        _ => throw step.Required("type").NotAllowed("ByteLevel, Digits, Metaspace, Punctuation, Sequence, Split"),
    };

    /// <summary>The mark that stands for a space: one character.</summary>
    internal static char ReadMark(TokenizerField metaspace)
    {
        var field = metaspace.Optional("replacement");
        if (field.IsNull)
            return '▁';
        return field.Text() is { Length: 1 } mark ? mark[0] : throw field.NotAllowed("one character");
    }

    /// <summary>The scheme by its present name, or by the flag <c>add_prefix_space</c> of older files.</summary>
    internal static PrependScheme ReadScheme(TokenizerField metaspace)
    {
        var field = metaspace.Optional("prepend_scheme");
        if (field.IsNull)
            return metaspace.Optional("add_prefix_space").Flag(whenAbsent: true) ? PrependScheme.Always : PrependScheme.Never;
        return field.Text() switch
        {
            "always" => PrependScheme.Always,
            "first" => PrependScheme.First,
            "never" => PrependScheme.Never,
            _ => throw field.NotAllowed("always, first, never"),
        };
    }

    private static MetaspacePreTokenizer ReadMetaspace(TokenizerField step) =>
        new(ReadMark(step), ReadScheme(step), step.Optional("split").Flag(whenAbsent: true));

    private static SplitBehavior ReadBehavior(TokenizerField field) => field.IsNull ? SplitBehavior.Isolated : field.Text() switch
    {
        "Removed" => SplitBehavior.Removed,
        "Isolated" => SplitBehavior.Isolated,
        "MergedWithPrevious" => SplitBehavior.MergedWithPrevious,
        "MergedWithNext" => SplitBehavior.MergedWithNext,
        "Contiguous" => SplitBehavior.Contiguous,
        _ => throw field.NotAllowed("Removed, Isolated, MergedWithPrevious, MergedWithNext, Contiguous"),
    };
}
